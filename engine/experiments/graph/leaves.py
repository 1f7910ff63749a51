"""Values for the variables that nobody set: a shape that fits, numbers that one can reckon with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.autodiff.expression import Expression
from engine.autodiff.tape import Array
from engine.formula.tree import Apply, Node, walk

SIDE = 3
"""Of vectors and matrices where nobody said a size: all alike, so they fit each other."""
_OF_TABLES = frozenset({"@", "sum", "mean", "softmax", "log_softmax", "transpose"})


def shape_of(expression: Expression, name: str, side: int = SIDE) -> tuple[int, ...]:
    """Return the shape that a variable has by its name: where matrices are met, ``W`` is one and ``x`` a vector.

    >>> from engine.autodiff.expression import read_expression
    >>> shape_of(read_expression("W @ x + b"), "W"), shape_of(read_expression("x*y"), "x")
    ((3, 3), ())
    """
    if not any(_is_of_tables(part) for line in expression.lines for part in walk(line.value)):
        return ()
    return (side, side) if name[0].isupper() else (side,)


def _is_of_tables(part: Node) -> bool:
    match part:
        case Apply(head, parts):
            return head in _OF_TABLES or (head in ("max", "min") and len(parts) == 1)
    return False


def drawn(name: str, shape: Sequence[int], seed: int) -> Array:
    """Return numbers for a variable: whole ones from -4 to 4 without 0, or tenths in vectors and matrices.

    They do not depend on what other variables there are.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    if not shape:
        return np.array(float(rng.integers(1, 5) * rng.choice([-1, 1])))
    numbers: Array = np.round(rng.normal(0, 0.7, tuple(shape)), 1)
    return np.where(numbers == 0, 0.1, numbers)


def fill(
    expression: Expression, values: Mapping[str, Any], shapes: Mapping[str, Sequence[int]], seed: int
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return a value for each input, and which of them were drawn."""
    sides = {side for value in values.values() for side in np.shape(value)}
    sides |= {side for shape in shapes.values() for side in shape}
    side = sides.pop() if len(sides) == 1 else SIDE
    found: dict[str, Any] = {}
    free = []
    for name in expression.inputs:
        if name in values:
            found[name] = values[name]
        else:
            free.append(name)
            found[name] = drawn(name, shapes.get(name, shape_of(expression, name, side)), seed)
    return found, frozenset(free)
