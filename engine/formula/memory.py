"""Memory for kernels: aligned, lent from step to step, numbers as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np

_LINE = 64
"""Bytes in a line of the processor's cache."""


def each(value: Any, count: int, shape: tuple[int, ...]) -> Iterable[Any]:
    """Return a number's arrays, one a step: of no axes where all runs have the same, else like the runs.

    Args:
        value: the number of all steps: (...) where it is the same in each, or (count or 1, ...). Or (ufunc, a, b):
            worked out step by step, into the same memory each time, where the sides have fewer numbers.
        count: of the steps. shape: of the parameters, (n, ...), n of each run. What stays the same is repeated for
            all n: a pass over two like arrays takes less than half the time.
    """
    runs = shape[1:]
    if isinstance(value, tuple):
        ufunc, a, b = value
        a, b = np.asarray(a), np.asarray(b)
        if prod(np.broadcast_shapes(a.shape, b.shape)) > a.size + b.size + count:
            return _paired(ufunc, (_stepped(side, count, runs) for side in (a, b)), aligned(shape))
        value = ufunc(a, b)
    value = np.asarray(value)
    if value.ndim <= len(runs):
        return [value.reshape(()) if value.size == 1 else aligned(shape, value)] * count
    if value.size == count:
        return [value.reshape(-1)[j : j + 1].reshape(()) for j in range(count)]
    return np.ascontiguousarray(np.broadcast_to(value, (count, *runs)))


def _stepped(value: Any, count: int, runs: tuple[int, ...]) -> Any:
    """Return a number with the steps as its first axis, ``count`` of them."""
    return np.broadcast_to(value, (count, *value.shape[max(0, value.ndim - len(runs)) :]))


def _paired(ufunc: Any, sides: Iterable[Any], result: Any) -> Iterator[Any]:
    for a, b in zip(*sides, strict=True):
        ufunc(a, b, result[0])
        result[1:] = result[0]
        yield result


def aligned(shape: int | tuple[int, ...], values: Any = None, dtype: Any = np.float64) -> Any:
    """Return a new array that begins at a cache line: many passes over it take a quarter less time.

    Args:
        shape: of the array. values: what it holds, broadcast to ``shape``; None leaves it open.
        dtype: of its entries.
    """
    count = shape if isinstance(shape, int) else prod(shape)
    size = np.dtype(dtype).itemsize
    memory = np.empty(count + _LINE // size, dtype)
    begin = -memory.ctypes.data % _LINE // size
    result = memory[begin : begin + count].reshape(shape)
    if values is not None:
        result[...] = values
    return result


class Scratch:
    """Memory that whoever steps a kernel lends it each time, so that none is made in a step."""

    def __init__(self) -> None:
        self._like: Any = None
        self._works: list[Any] = []
        self._row: Any = None
        self._numbers: list[Any] = []

    def vectors(self, count: int, like: Any, length: int = 0) -> list[Any]:
        """Return so many arrays like one, or flat ones of a length; what they hold is left from before.

        Args:
            count: how many. like: an array whose shape and dtype they have.
            length: of flat ones instead; 0 for the shape of ``like``.
        """
        if self._like is not like or len(self._works) != count:
            shape = length or like.shape
            self._like, self._works = like, [aligned(shape, dtype=like.dtype) for _ in range(count)]
        return self._works

    def numbers(self, values: list[Any], dtype: Any) -> list[Any]:
        """Return the numbers as arrays of no axes: with a Python float each call takes a third longer.

        Args:
            values: Python floats. dtype: of the arrays.
        """
        if len(self._numbers) != len(values) or self._row.dtype != dtype:
            self._row = np.empty(len(values), dtype)
            self._numbers = [self._row[i : i + 1].reshape(()) for i in range(len(values))]
        self._row[:] = values
        return self._numbers
