"""A program computed line by line on plain numbers, for those who want to see every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.formula.arithmetic import CAREFUL
from engine.formula.reader import Assignment
from engine.formula.specialize import compare
from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number


def value(node: Node, at: Mapping[str, float]) -> float:
    """Return what a tree amounts to where its names have the values ``at``.

    >>> value(Apply("+", (Name("x"), Number(1.0))), {"x": 2.0})
    3.0
    """
    match node:
        case Number(number):
            return number
        case Name(name):
            return at[name]
        case Apply("where", (condition, a, b)):
            return value(a if value(condition, at) else b, at)
        case Apply("neg", (a,)):
            return -value(a, at)
        case Apply(head, (a, b)) if head in COMPARISONS:
            return float(compare(head, value(a, at), value(b, at)))
        case Apply("+", (a, b)):
            return value(a, at) + value(b, at)
        case Apply("-", (a, b)):
            return value(a, at) - value(b, at)
        case Apply("*", (a, b)):
            return value(a, at) * value(b, at)
        case Apply(head, parts):
            return float(CAREFUL[head](*(value(part, at) for part in parts)))
    raise TypeError(type(node).__name__)


def steps(lines: Sequence[Assignment], at: Mapping[str, float]) -> list[tuple[dict[str, float], float]]:
    """Return, for each line, the values that its names have when it is computed, and its result.

    Args:
        lines: of a program. at: the values of the names that it is given.
    """
    now, found = dict(at), []
    for line in lines:
        before = dict(now)
        now[line.target] = value(line.value, now)
        found.append((before, now[line.target]))
    return found
