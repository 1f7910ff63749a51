"""What a checked text has become: small trees of numbers, names and applications, which never change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a hyperparameter, an earlier line's value."""

    id: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation: ``+ - * / **``, ``neg``, a comparison (1 or 0), ``where``, or a function's name."""

    head: str
    parts: tuple[Node, ...]


Node = Number | Name | Apply

ZERO, ONE = Number(0.0), Number(1.0)
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def apply(head: str, *parts: Node) -> Apply:
    """Return an operation on ``parts``.

    >>> apply("+", Name("x"), ONE)
    Apply(head='+', parts=(Name(id='x'), Number(value=1.0)))
    """
    return Apply(head, parts)


def names(node: Node) -> Iterator[str]:
    """Yield every name of a tree, as often as it stands there, from left to right."""
    match node:
        case Name(name):
            yield name
        case Apply(_, parts):
            for part in parts:
                yield from names(part)


def size(node: Node) -> int:
    """Return how many nodes a tree has."""
    return 1 + sum(map(size, node.parts)) if isinstance(node, Apply) else 1


def replaced(node: Node, change: Callable[[str], Node]) -> Node:
    """Return the tree with every name changed."""
    match node:
        case Name(name):
            return change(name)
        case Apply(head, parts):
            return Apply(head, tuple(replaced(part, change) for part in parts))
    return node
