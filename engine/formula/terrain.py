"""A surface as NumPy code that works in place: value and slopes at very many points at once, in memory at hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite, log10
from typing import Any, NamedTuple

import numpy as np
import sympy
from numpy.typing import NDArray

from engine.formula import Formula
from engine.formula.build import derivative_sizes
from engine.formula.floats import from_sympy
from engine.formula.plan import Plan
from engine.formula.reader import Assignment
from engine.formula.tree import Apply, Name, Node, Number, names, walk
from engine.formula.vectors import in_place
from engine.pieces import Pieces, in_turn, remembered, undivided, whole

Array = NDArray[np.float64]
_BOUNDED = {"sin": 1.0, "cos": 1.0, "tanh": 1.0, "sigmoid": 1.0}
_HIGHEST = 16
_SHORT = 1000
"""Formulas with more nodes, derivatives included, are taken as they are: looking for a shorter form takes long."""


class Ground(NamedTuple):
    """A surface as trees: common parts, the value, the two slopes."""

    shared: tuple[Assignment, ...]
    value: Node
    slopes: tuple[Node, Node]


def ground(formula: Formula) -> Ground | None:
    """Return a formula's value and slopes as trees, or None where they hold what no tree has."""
    return whole(ground_in_pieces(formula))


@partial(remembered, most=64)
def ground_in_pieces(formula: Formula) -> Pieces[Ground | None]:
    """Do what `ground` does, and yield on the way: SymPy takes long."""
    expressions = [formula.expression, *formula.first_derivatives]
    forms = [expressions]
    if sum(derivative_sizes(formula.expression)) <= _SHORT:
        forms.append((yield from in_turn(map(undivided(sympy.factor_terms), expressions))))
        for symbol in sympy.symbols("x y"):
            collected = undivided(partial(_collected, symbol=symbol))
            forms.append((yield from in_turn(map(collected, forms[1]))))
    try:
        found = yield from in_turn(map(undivided(_shared), forms))
    except NotImplementedError:
        return None
    return min(found, key=_effort)


def _collected(expression: Any, symbol: Any) -> Any:
    """Write sums as x (...) + ..., where that can be."""
    return expression.replace(lambda part: part.is_Add, lambda part: sympy.collect(part, symbol))


def _shared(expressions: list[Any]) -> Ground:
    shared, (value, *slopes) = sympy.cse(expressions, symbols=sympy.numbered_symbols("q"))
    lines = tuple(Assignment(str(symbol), from_sympy(part)) for symbol, part in shared)
    return Ground(lines, from_sympy(value), (from_sympy(slopes[0]), from_sympy(slopes[1])))


def _effort(solid: Ground) -> int:
    """Return how many operations the slopes take."""
    return sum(isinstance(node, Apply) for line in _lines(solid, _slopes(solid)) for node in walk(line.value))


@dataclass(frozen=True)
class Terrain:
    """Value and slopes of a surface at points (2, ...), written into arrays.

    Args:
        both, slopes: take (x, y, f, gx, gy) and (x, y, gx, gy), each with a list of scratch arrays. works: how
            many of these the two take.
        solid: the surface as trees.
    """

    both: Callable[..., None]
    slopes: Callable[..., None]
    works: tuple[int, int]
    solid: Ground

    def evaluate(self, theta: Array, value: Array | None, slope: Array, scratch: list[Array]) -> None:
        """Write the value (...) where it is wanted, and the slopes (2, ...); `scratch` has `max(works)` arrays.

        Args:
            theta: (2, ...). value: (...), or None where only the slopes are wanted. slope: (2, ...).
            scratch: arrays (...) to work in, `max(works)` of them.
        """
        if value is None:
            self.slopes(theta[0], theta[1], slope[0], slope[1], scratch=scratch)
        else:
            self.both(theta[0], theta[1], value, slope[0], slope[1], scratch=scratch)

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


def terrain(formula: Formula) -> Terrain | None:
    """Compile a formula of x and y; None where its derivatives hold what no tree has."""
    return whole(terrain_in_pieces(formula))


@partial(remembered, most=64)
def terrain_in_pieces(formula: Formula) -> Pieces[Terrain | None]:
    """Do what `terrain` does, and yield on the way."""
    solid = yield from ground_in_pieces(formula)
    if solid is None:
        return None
    both, most = _compiled(solid, {"f": solid.value, **_slopes(solid)})
    yield
    alone, least = _compiled(solid, _slopes(solid))
    return Terrain(both, alone, (most, least), solid)


def _compiled(solid: Ground, wanted: dict[str, Node]) -> tuple[Callable[..., None], int]:
    numbers: dict[float, str] = {}
    lines = tuple(Assignment(line.target, _unnumbered(line.value, numbers)) for line in _lines(solid, wanted))
    states = {name: (name, name) for name in ("x", "y")} | {name: (f"{name}@0", f"{name}@1") for name in wanted}
    move, works = in_place(Plan((), (), lines, (), states, {}, "theta@0"))
    constants = [np.array(float(value)) for value in numbers]

    def evaluate(*places: Array, scratch: list[Array]) -> None:
        move(None, None, *places, *constants, *scratch[:works])

    return evaluate, works


def _slopes(solid: Ground) -> dict[str, Node]:
    return dict(zip(("gx", "gy"), solid.slopes, strict=True))


def _lines(solid: Ground, wanted: dict[str, Node]) -> list[Assignment]:
    """Return what computes the trees of ``wanted``; their names end in ``@1``."""
    results = [Assignment(f"{name}@1", node) for name, node in wanted.items()]
    return _products([*_needed(solid.shared, list(wanted.values())), *results], {line.target for line in results})


def _unnumbered(node: Node, numbers: dict[float, str]) -> Node:
    """Give constants names, in the order in which they are read: as arrays of no axes they are quicker."""
    match node:
        case Number(value):
            return Name(numbers.setdefault(value, f"#{len(numbers)}"))
        case Apply("**", (base, Number() as exponent)):
            return Apply("**", (_unnumbered(base, numbers), exponent))
        case Apply(head, parts):
            return Apply(head, tuple(_unnumbered(part, numbers) for part in parts))
    return node


def _needed(shared: Iterable[Assignment], wanted: list[Node]) -> list[Assignment]:
    used = {name for node in wanted for name in names(node)}
    found: list[Assignment] = []
    for line in reversed(list(shared)):
        if line.target in used:
            used |= set(names(line.value))
            found.append(line)
    return found[::-1]


def _products(lines: Iterable[Assignment], keep: Collection[str]) -> list[Assignment]:
    """Write whole powers as products: NumPy's power takes thirty times as long. Lines of ``keep`` stay."""
    found: list[Assignment] = []
    known: dict[Node, Name] = {}
    same: dict[str, Node] = {}

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
        if isinstance(node, Name):
            return same.get(node.id, node)
        if isinstance(node, Number):
            return node
        parts = tuple(map(lowered, node.parts))
        match node.head, parts:
            case "**", (base, Number(value)) if value.is_integer() and 3 <= value <= _HIGHEST and isfinite(value):
                return power(named(base), int(value))
        return Apply(node.head, parts)

    for line in lines:
        value = lowered(line.value)
        if value in known and line.target not in keep:
            same[line.target] = known[value]
            continue
        found.append(Assignment(line.target, value))
        if isinstance(value, Apply) and line.target not in keep:
            known[value] = Name(line.target)
    return found
