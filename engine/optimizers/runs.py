"""Arithmetic that one run and a stack share: a number of a run is a NumPy scalar, of a stack an array (R,)."""

from __future__ import annotations

from typing import Any

import numpy as np


def dot(a: Any, b: Any) -> Any:
    """Return a . b of vectors (..., n), a number a run; the same bits in a stack as alone."""
    return a.dot(b) if a.ndim == 1 else np.vecdot(a, b)


def wide(numbers: Any, axes: int = 1) -> Any:
    """Return a number a run as what multiplies vectors, or what has so many ``axes``."""
    return numbers.reshape(*numbers.shape, *[1] * axes) if isinstance(numbers, np.ndarray) else numbers


def pick(condition: Any, one: Any, other: Any) -> Any:
    """Return ``one`` for the runs where the condition holds, ``other`` for the rest.

    Args:
        condition: a truth a run. one, other: numbers, vectors or matrices of the runs, or one number for all.
    """
    if not isinstance(condition, np.ndarray):
        return one if condition else other
    return np.where(wide(condition, max(np.ndim(one), np.ndim(other), 1) - 1), one, other)


def doubles(numbers: Any) -> Any:
    """Return a number a run as float64: of one run NumPy's scalar, which divides by zero without an exception."""
    return np.asarray(numbers, dtype=np.float64)[()]
