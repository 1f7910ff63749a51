"""Work in pieces: a generator that yields where others may have a turn, and returns what came of the work."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import wraps
from typing import ParamSpec, TypeAlias, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")
Pieces: TypeAlias = Generator[None, None, T]
"""Work that yields between its pieces, and returns its result."""

LARGE = 16_384
"""A net's layer whose signals are so many numbers is a piece; of smaller ones a whole pass is."""


def whole(pieces: Pieces[T]) -> T:
    """Do all pieces at once and return their result.

    >>> def sum_of(numbers):
    ...     total = 0
    ...     for number in numbers:
    ...         total += number
    ...         yield
    ...     return total
    >>> whole(sum_of([1, 2, 3]))
    6
    """
    try:
        while True:
            next(pieces)
    except StopIteration as finished:
        result: T = finished.value
        return result


def undivided(work: Callable[P, T]) -> Callable[P, Pieces[T]]:
    """Return work as what is done in one piece."""

    def pieces(*args: P.args, **options: P.kwargs) -> Pieces[T]:
        yield from ()
        return work(*args, **options)

    return pieces


def remembered(work: Callable[P, Pieces[T]], most: int = 32) -> Callable[P, Pieces[T]]:
    """Return work whose latest results are kept, ``most`` of them: `lru_cache` for work in pieces.

    Args:
        work: of hashable arguments. most: how many results are kept.
    """
    kept: dict[object, tuple[T]] = {}

    @wraps(work)
    def pieces(*args: P.args, **options: P.kwargs) -> Pieces[T]:
        key = (args, *options.items())
        found = kept.pop(key, None) or ((yield from work(*args, **options)),)
        kept[key] = found
        for oldest in list(kept)[:-most]:
            kept.pop(oldest, None)
        return found[0]

    return pieces


def in_turn(works: Iterable[Pieces[T]]) -> Pieces[list[T]]:
    """Do one work after the other and return what came of each."""
    found: list[T] = []
    for work in works:
        found += [(yield from work)]
        yield
    return found


def quiet(pieces: Pieces[T]) -> Pieces[T]:
    """Do each piece without NumPy's warnings: numbers that are not finite are a result.

    `np.errstate` around a `yield` would hold for whoever has the turn.
    """
    with closing(pieces):
        while True:
            with np.errstate(all="ignore"):
                try:
                    next(pieces)
                except StopIteration as finished:
                    result: T = finished.value
                    return result
            yield
