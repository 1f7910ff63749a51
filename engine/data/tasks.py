"""Two tasks that test a recurrent net's memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ADDING_BASELINE = 1 / 6
"""Mean squared error of always answering 1: the variance of the sum of two uniform numbers."""
COPY_LENGTH, COPY_SYMBOLS = 10, 8


def adding(
    rng: np.random.Generator, length: int, batch: int, dtype: type[np.floating] = np.float32
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Draw the adding problem: two of ``length`` numbers are marked, and their sum is wanted at the end.

    Args:
        length: T >= 2; one mark falls in each half.
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


def copy_memory(rng: np.random.Generator, delay: int, batch: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw the copying problem: ten symbols, a long blank, a signal; then the ten symbols are to be repeated.

    Args:
        delay: T, blanks between the symbols and the answer.
    Returns:
        inputs and targets, both (T + 20, B): symbols 0 to 7, 8 the blank, 9 the signal.
    Source: Hochreiter & Schmidhuber 1997, in the form of Arjovsky, Shah & Bengio 2016, arXiv:1511.06464.
    """
    symbols = rng.integers(0, COPY_SYMBOLS, (COPY_LENGTH, batch))
    inputs = np.full((delay + 2 * COPY_LENGTH, batch), COPY_SYMBOLS, np.intp)
    targets = inputs.copy()
    inputs[:COPY_LENGTH] = symbols
    inputs[delay + COPY_LENGTH - 1] = COPY_SYMBOLS + 1
    targets[-COPY_LENGTH:] = symbols
    return inputs, targets


def copy_baseline(delay: int) -> float:
    """Return the loss of a net without memory, nats a step: blanks for certain, the last ten guessed evenly."""
    return COPY_LENGTH * float(np.log(COPY_SYMBOLS)) / (delay + 2 * COPY_LENGTH)
