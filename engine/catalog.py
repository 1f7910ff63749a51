"""What is registered by name: a name may be taken once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def by_name(entries: Iterable[T], name: Callable[[Any], str] = attrgetter("name")) -> dict[str, T]:
    """Return entries by their name, in their order.

    Raises:
        ValueError: when two have the same name; both are told.
    >>> by_name([1, 2], str)
    {'1': 1, '2': 2}
    """
    found: dict[str, T] = {}
    for entry in entries:
        other = found.setdefault(name(entry), entry)
        if other is not entry:
            raise ValueError(f"two are named {name(entry)!r}: {other!r} and {entry!r}")
    return found
