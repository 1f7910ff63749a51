"""How much memory things hold, found by walking from them to every array; how many copies a run may keep."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

import numpy as np

_SMALL = (str, bytes, int, float, complex, bool, type, np.generic, types.FunctionType, types.ModuleType)
_BESIDE = 64
"""Bytes that an array or a text takes beside its content."""
MOST_COPIES, FEWEST_COPIES = 12, 2
_COPIES_BYTES = 50_000_000


def held_bytes(*things: Any) -> int:
    """Return how many bytes of arrays and texts hang on the things; what they share counts once.

    >>> a = np.zeros(1000)
    >>> held_bytes({"a": a, "half": a[:500]}, [a]) == a.nbytes + _BESIDE
    True
    """
    seen: set[int] = set()
    total = 0
    waiting = list(things)
    while waiting:
        one = waiting.pop()
        if isinstance(one, np.ndarray):
            while isinstance(one.base, np.ndarray):  # a view holds all of what it looks at
                one = one.base
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            total += one.nbytes + _BESIDE
            if one.dtype.hasobject:
                waiting += one.ravel().tolist()
        elif isinstance(one, str | bytes):
            total += len(one) + _BESIDE
        elif isinstance(one, _SMALL):
            continue
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        else:
            waiting += getattr(one, "__dict__", {}).values()
    return total


def copies_kept(size: float) -> int:
    """Return how many copies of its state a run keeps for going back, where one copy takes so many bytes.

    >>> copies_kept(1e6), copies_kept(1e7), copies_kept(1e9)
    (12, 5, 2)
    """
    return max(FEWEST_COPIES, min(MOST_COPIES, int(_COPIES_BYTES // max(size, 1))))
