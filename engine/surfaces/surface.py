"""What a loss surface is: formula, domain, start, minima, source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.formula import Formula, compile_formula

Point = tuple[float, float]
Domain = tuple[Point, Point]


@dataclass(frozen=True)
class Surface:
    """A loss surface over two parameters.

    Args:
        name: as in links and parameters. title, note: translatable; the note says what to look for.
        text: the formula, for `engine.formula.compile_formula`.
        domain: ((x low, x high), (y low, y high)), what is drawn.
        start: where a race begins.
        minima: the global minima, to float64 precision; () where the surface falls without end.
        local_minima, saddles: further critical points in the domain (not all where there are very many).
        source: where the function comes from.
        parameters: names of the race's parameters that shape it.
    """

    name: str
    title: str
    text: str
    domain: Domain
    start: Point
    minima: tuple[Point, ...]
    note: str
    source: str
    local_minima: tuple[Point, ...] = ()
    saddles: tuple[Point, ...] = ()
    parameters: tuple[str, ...] = ()

    @property
    def formula(self) -> Formula:
        """The compiled formula (made once)."""
        return compile_formula(self.text)

    @property
    def lowest(self) -> float:
        """The value at the global minima; -inf where there is none."""
        return float(self.formula.value(self.minima).min()) if self.minima else -np.inf
