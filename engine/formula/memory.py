"""Memory for kernels: aligned, lent from step to step, numbers as arrays."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

_LINE = 8
"""Numbers in a line of the processor's cache."""


def each(value: Any, count: int, shape: tuple[int, ...]) -> Any:
    """Return a number's arrays, one a step: of no axes where it is the same for all runs, else like them."""
    value = np.asarray(value)
    if value.ndim <= len(shape):
        return [value.reshape(()) if value.size == 1 else aligned(shape, value)] * count
    if value.size == count:
        return [value.reshape(-1)[j : j + 1].reshape(()) for j in range(count)]
    return np.ascontiguousarray(np.broadcast_to(value, (count, *shape)))


def aligned(shape: tuple[int, ...], values: Any = None) -> Any:
    """Return a new float64 array that begins at a cache line: passes over it take half to two thirds of the time.

    Args:
        values: what it holds, broadcast to ``shape``; None leaves it open.
    """
    memory = np.empty(prod(shape) + _LINE)
    begin = -memory.ctypes.data // memory.itemsize % _LINE
    result = memory[begin : begin + prod(shape)].reshape(shape)
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
            self._like, self._works = like, [np.empty(shape, like.dtype) for _ in range(count)]
        return self._works

    def numbers(self, values: list[Any], dtype: Any) -> list[Any]:
        """Return the numbers as arrays of no axes: with a Python float each call takes a third longer."""
        if len(self._numbers) != len(values) or self._row.dtype != dtype:
            self._row = np.empty(len(values), dtype)
            self._numbers = [self._row[i : i + 1].reshape(()) for i in range(len(values))]
        self._row[:] = values
        return self._numbers
