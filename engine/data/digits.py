"""Handwritten digits, 8 by 8 pixels: 1,797 images by thirteen writers."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np

from engine.data.dataset import DataSet

SIDE, COUNT, CLASSES = 8, 1797, 10
_DARKEST = 16


@cache
def digits() -> DataSet:
    """Return all images as rows of 64 pixels from 0 to 1, row by row; nobody writes into them.

    Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
        doi:10.24432/C50P49, CC BY 4.0 (``digits.txt`` beside this file).
    >>> data = digits()
    >>> data.inputs.shape, data.classes, float(data.inputs.max())
    ((1797, 64), 10, 1.0)
    """
    with resources.files("engine.data").joinpath("digits.npz").open("rb") as file, np.load(file) as packed:
        images, labels = packed["images"], packed["labels"].astype(np.intp)
    inputs = images.reshape(COUNT, SIDE * SIDE) / _DARKEST
    for array in (inputs, labels):
        array.flags.writeable = False
    return DataSet(inputs, labels, CLASSES, labels=tuple(map(str, range(CLASSES))))


def sampler(angle: float, right: float, down: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the matrix (64, 64) that moves an image: ``moved = image @ matrix``.

    Each pixel takes what lies at its place before the movement, bilinear between the four around it, 0 beyond the
    edge.

    Args:
        angle: of the turn about the middle, counterclockwise on the screen, in radians. right, down: the shift
            after it, in halves of the image.
    """
    place = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
    y, x = (grid.ravel() for grid in np.meshgrid(place, place, indexing="ij"))
    x, y = x - right, y - down
    from_x, from_y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    column, row = ((one + 1) * SIDE / 2 - 0.5 for one in (from_x, from_y))
    matrix = np.zeros((SIDE * SIDE, SIDE * SIDE))
    for to in range(SIDE * SIDE):
        left, top = int(np.floor(column[to])), int(np.floor(row[to]))
        across, along = column[to] - left, row[to] - top
        for i, j, share in (
            (top, left, (1 - along) * (1 - across)),
            (top, left + 1, (1 - along) * across),
            (top + 1, left, along * (1 - across)),
            (top + 1, left + 1, along * across),
        ):
            if 0 <= i < SIDE and 0 <= j < SIDE:
                matrix[i * SIDE + j, to] += share
    return matrix
