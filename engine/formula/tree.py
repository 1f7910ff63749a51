"""What a checked text has become: small trees of numbers, names and applications, which never change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Span = tuple[int, int]
"""Where a part begins in the text, and where it ends (exclusive); (0, 0) for what nobody typed."""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant; ``typed`` is how it stood in the text (``pi``, ``1e-3``), "" for one that was computed."""

    value: float
    typed: str = field(default="", compare=False, repr=False)
    span: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a hyperparameter, an earlier line's value."""

    id: str
    span: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation: ``+ - * / ** @``, ``neg``, a comparison (1 or 0), ``where``, or a function's name."""

    head: str
    parts: tuple[Node, ...]
    span: Span = field(default=(0, 0), compare=False, repr=False)


Node = Number | Name | Apply

ZERO, ONE = Number(0.0), Number(1.0)
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def apply(head: str, *parts: Node) -> Apply:
    """Return an operation on ``parts``.

    >>> apply("+", Name("x"), ONE)
    Apply(head='+', parts=(Name(id='x'), Number(value=1.0)))
    """
    return Apply(head, parts)


def walk(node: Node) -> Iterator[Node]:
    """Yield a tree's nodes, each before its parts, from left to right."""
    yield node
    if isinstance(node, Apply):
        for part in node.parts:
            yield from walk(part)


def names(node: Node) -> Iterator[str]:
    """Yield every name of a tree, as often as it stands there, from left to right."""
    return (part.id for part in walk(node) if isinstance(part, Name))


def replaced(node: Node, change: Callable[[str], Node]) -> Node:
    """Return the tree with every name changed.

    Args:
        node: the tree. change: gives what stands for a name.
    """
    match node:
        case Name(name):
            return change(name)
        case Apply(head, parts):
            return Apply(head, tuple(replaced(part, change) for part in parts))
    return node
