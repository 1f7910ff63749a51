"""What a loss surface is: a loss of two parameters, its domain, start, minima, source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data.dataset import DataSet
from engine.formula import compile_formula

Array = NDArray[np.float64]
Point = tuple[float, float]
Domain = tuple[Point, Point]
Rows = NDArray[np.integer[Any]]
"""Numbers of rows of data."""


class Loss(Protocol):
    """A loss of two parameters: a `Formula`, or the mean over rows of data. Points have them on the last axis."""

    @property
    def mathml(self) -> str:
        """The loss as it is written, ``<math ...>``."""

    def value(self, points: ArrayLike) -> Array:
        """Return f (...) at points (..., 2)."""

    def value_and_gradient(self, points: ArrayLike) -> tuple[Array, Array]:
        """Return f (...) and its gradient (..., 2) at points (..., 2)."""

    def evaluate(self, points: Array, value: Array, gradient: Array) -> None:
        """Write f and its gradient into arrays.

        Args:
            points: (..., 2). value: (...), written. gradient: (..., 2), written.
        """

    def gradient(self, points: ArrayLike) -> Array:
        """Return the gradient (..., 2) at points (..., 2)."""

    def hessian(self, points: ArrayLike) -> Array:
        """Return the Hessian (..., 2, 2) at points (..., 2)."""


@dataclass(frozen=True)
class Surface:
    """A loss surface over two parameters.

    Args:
        name: as in links and parameters. title, note: translatable; the note says what to look for.
        text: the formula, for `engine.formula.compile_formula`; "" where the loss is no formula of two variables.
        domain: ((x low, x high), (y low, y high)), what is drawn.
        start: where a race begins.
        minima: the global minima, to float64 precision; () where the surface falls without end.
        local_minima, saddles: further critical points in the domain (not all where there are very many).
        source: where the function comes from.
        coordinates: what the two parameters are called.
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
    coordinates: tuple[str, str] = ("x", "y")

    @property
    def formula(self) -> Loss:
        """The loss as a function (made once)."""
        return compile_formula(self.text)

    @property
    def lowest(self) -> float:
        """The value at the global minima; -inf where there is none."""
        return float(self.formula.value(self.minima).min()) if self.minima else -np.inf

    @property
    def rows(self) -> int:
        """Of how many rows of data the loss is the mean; 0 where there are none."""
        return 0

    @property
    def data(self) -> DataSet | None:
        """The rows, where there are any."""
        return None

    def on(self, rows: Rows) -> Loss:
        """Return the loss on some of the rows: what a mini-batch sees."""
        raise NotImplementedError(f"{self.name} has no rows")

    def shaped(self, by: Mapping[str, Any]) -> Surface:
        """Return the surface as the race's parameters shape it; most surfaces heed none of them."""
        return self


@dataclass(frozen=True)
class Bowl(Surface):
    """The bowl (x² + κ y²)/2: its Hessian has the eigenvalues 1 and the parameter ``condition`` (>= 1)."""

    def shaped(self, by: Mapping[str, Any]) -> Surface:
        number = repr(float(by["condition"])).removesuffix(".0")
        return Surface(**{**vars(self), "text": f"0.5*(x**2 + {number}*y**2)"})
