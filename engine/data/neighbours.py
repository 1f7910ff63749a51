"""What nearest neighbours say of a row: a yardstick that needs no training."""

from __future__ import annotations

import numpy as np

from engine.data.dataset import Array

_BLOCK = 256
"""Rows whose distances are held at a time."""


def neighbours_of(inputs: Array, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Return the nearest other rows of each row by Euclidean distance, nearest first or not, (N, count).

    >>> neighbours_of(np.array([[0.0], [1.0], [5.0]]), 1)[:, 0].tolist()
    [1, 0, 1]
    """
    squares = np.square(inputs).sum(axis=1)
    found = np.empty((len(inputs), count), np.intp)
    for start in range(0, len(inputs), _BLOCK):
        block = inputs[start : start + _BLOCK]
        distances = squares - 2 * block @ inputs.T
        distances[np.arange(len(block)), start + np.arange(len(block))] = np.inf
        found[start : start + _BLOCK] = np.argpartition(distances, count - 1, axis=1)[:, :count]
    return found


def left_out_error(inputs: Array, targets: Array, classes: int, count: int = 5) -> float:
    """Return how wrong a row's nearest others are about it: the share of wrong classes by majority, else MSE.

    Args:
        inputs: (N, D). targets: classes (N,), or numbers (N,) when ``classes`` is 0. count: neighbours asked.
    """
    said = targets[neighbours_of(inputs, min(count, len(inputs) - 1))]
    if not classes:
        return float(np.square(said.mean(axis=1) - targets).mean())
    votes = (said[:, :, None] == np.arange(classes)).sum(axis=1)
    return float((votes.argmax(axis=1) != targets).mean())
