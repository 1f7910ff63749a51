"""A surface as NumPy code that works in place: value and slopes at very many points at once, in memory at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite, log10
from typing import Any, NamedTuple

import numpy as np
import sympy
from numpy.typing import NDArray

from engine.formula import Formula
from engine.formula.floats import from_sympy
from engine.formula.plan import Plan
from engine.formula.reader import Assignment
from engine.formula.tree import Apply, Name, Node, Number, names
from engine.formula.vectors import in_place

Array = NDArray[np.float64]
_BOUNDED = {"sin": 1.0, "cos": 1.0, "tanh": 1.0, "sigmoid": 1.0}
_HIGHEST = 16


class Ground(NamedTuple):
    """A surface as trees: common parts, the value, the two slopes."""

    shared: tuple[Assignment, ...]
    value: Node
    slopes: tuple[Node, Node]


@lru_cache(maxsize=64)
def ground(formula: Formula) -> Ground | None:
    """Return a formula's value and slopes as trees, or None where they hold what no tree has."""
    expressions = [formula.expression, *formula.first_derivatives]
    try:
        shared, (value, *slopes) = sympy.cse(expressions, symbols=sympy.numbered_symbols("q"))
        lines = tuple(Assignment(str(symbol), from_sympy(part)) for symbol, part in shared)
        return Ground(lines, from_sympy(value), (from_sympy(slopes[0]), from_sympy(slopes[1])))
    except NotImplementedError:
        return None


@dataclass(frozen=True)
class Terrain:
    """Value and slopes of a surface at points (2, ...), written into arrays.

    Args:
        both, slopes: (theta, g, x, y, f, gx, gy, scratch...) and (theta, g, x, y, gx, gy, scratch...); the first
            two are left alone. works: how many scratch arrays the two take.
        solid: the surface as trees.
    """

    both: Any
    slopes: Any
    works: tuple[int, int]
    solid: Ground

    def evaluate(self, theta: Array, value: Array | None, slope: Array, scratch: list[Array]) -> None:
        """Write the value (...) where it is wanted, and the slopes (2, ...); `scratch` has `max(works)` arrays.

        Args:
            theta: (2, ...). value: (...), or None where only the slopes are wanted. slope: (2, ...).
            scratch: arrays (...) to work in, `max(works)` of them.
        """
        if value is None:
            self.slopes(None, None, theta[0], theta[1], slope[0], slope[1], *scratch[: self.works[1]])
        else:
            self.both(None, None, theta[0], theta[1], value, slope[0], slope[1], *scratch[: self.works[0]])

    def within(self, reach: float) -> bool:
        """Tell whether value and slopes are surely finite as far as ``reach`` from the origin."""
        most: dict[str, float] = {"x": reach, "y": reach}
        for line in self.solid.shared:
            most[line.target] = _most(line.value, most)
        return all(_most(node, most) < 1e300 for node in (self.solid.value, *self.solid.slopes))


def _most(node: Node, most: dict[str, float]) -> float:
    """Return a bound of a tree's absolute value; infinity where none is known."""
    match node:
        case Number(value):
            return abs(value)
        case Name(name):
            return most[name]
        case Apply("+" | "-", (a, b)):
            return _most(a, most) + _most(b, most)
        case Apply("*", (a, b)):
            return _most(a, most) * _most(b, most)
        case Apply("/", (a, Number(value))) if value:
            return _most(a, most) / abs(value)
        case Apply("neg", (a,)):
            return _most(a, most)
        case Apply("**", (a, Number(value))) if value.is_integer() and 0 <= value <= _HIGHEST:
            base = _most(a, most)
            return base**value if base <= 1.0 or value * log10(base) < 300 else inf
        case Apply(head, _) if head in _BOUNDED:
            return _BOUNDED[head]
    return inf


@lru_cache(maxsize=64)
def terrain(formula: Formula) -> Terrain | None:
    """Compile a formula of x and y; None where its derivatives hold what no tree has."""
    solid = ground(formula)
    if solid is None:
        return None
    slopes = {"gx": solid.slopes[0], "gy": solid.slopes[1]}
    both, most = _compiled(solid, {"f": solid.value, **slopes})
    alone, least = _compiled(solid, slopes)
    return Terrain(both, alone, (most, least), solid)


def _compiled(solid: Ground, wanted: dict[str, Node]) -> tuple[Any, int]:
    results = [Assignment(f"{name}@1", node) for name, node in wanted.items()]
    lines = tuple(_products([*_needed(solid.shared, [line.value for line in results]), *results]))
    states = {name: (name, name) for name in ("x", "y")} | {name: (f"{name}@0", f"{name}@1") for name in wanted}
    return in_place(Plan((), (), lines, (), states, {}, "theta@0"))


def _needed(shared: Iterable[Assignment], wanted: list[Node]) -> list[Assignment]:
    used = {name for node in wanted for name in names(node)}
    found: list[Assignment] = []
    for line in reversed(list(shared)):
        if line.target in used:
            used |= set(names(line.value))
            found.append(line)
    return found[::-1]


def _products(lines: Iterable[Assignment]) -> list[Assignment]:
    """Write whole powers as products: NumPy's power takes thirty times as long."""
    found: list[Assignment] = []
    known: dict[Node, Name] = {}

    def named(node: Node) -> Node:
        if isinstance(node, Name | Number):
            return node
        if node not in known:
            known[node] = Name(f"@{len(known)}")
            found.append(Assignment(known[node].id, node))
        return known[node]

    def power(base: Node, exponent: int) -> Node:
        if exponent == 1:
            return base
        if exponent == 2:
            return Apply("**", (base, Number(2.0)))
        if exponent % 2:
            return Apply("*", (named(power(base, exponent - 1)), base))
        return Apply("**", (named(power(base, exponent // 2)), Number(2.0)))

    def lowered(node: Node) -> Node:
        if not isinstance(node, Apply):
            return node
        parts = tuple(map(lowered, node.parts))
        match node.head, parts:
            case "**", (base, Number(value)) if value.is_integer() and 3 <= value <= _HIGHEST and isfinite(value):
                return power(named(base), int(value))
        return Apply(node.head, parts)

    for line in lines:
        value = lowered(line.value)
        found.append(Assignment(line.target, value))
    return found
