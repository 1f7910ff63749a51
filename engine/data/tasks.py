"""The adding problem, which tests a recurrent net's memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ADDING_BASELINE = 1 / 6
"""Mean squared error of always answering 1: the variance of the sum of two uniform numbers."""


def adding(
    rng: np.random.Generator, length: int, batch: int, dtype: type[np.floating] = np.float32
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Draw the adding problem: two of ``length`` numbers are marked, and their sum is wanted at the end.

    Args:
        rng: draws numbers and marks. length: T >= 2; one mark falls in each half. batch: B >= 1.
        dtype: of both arrays.
    Returns:
        inputs (T, 2, B): a uniform number in [0, 1) and the mark; targets (B,).
    Source: Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015, arXiv:1504.00941.
    """
    inputs = np.zeros((length, 2, batch), dtype)
    inputs[:, 0] = rng.random((length, batch))
    columns, half = np.arange(batch), length // 2
    marks = rng.integers(0, half, batch), rng.integers(half, length, batch)
    for mark in marks:
        inputs[mark, 1, columns] = 1
    targets: NDArray[np.floating] = inputs[marks[0], 0, columns] + inputs[marks[1], 0, columns]
    return inputs, targets
