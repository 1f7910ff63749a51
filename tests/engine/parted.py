"""Work in pieces, done to its end and compared with what is done at once."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from engine.frame import Frame
from engine.pieces import Pieces

T = TypeVar("T")


class Counted:
    """Runs pieces to the end and counts them."""

    def __init__(self) -> None:
        self.pieces = 0

    def __call__(self, pieces: Pieces[T]) -> T:
        while True:
            self.pieces += 1
            try:
                next(pieces)
            except StopIteration as finished:
                return finished.value


def same(one: Frame, other: Frame) -> None:
    for name, value in one.items():
        np.testing.assert_equal(other[name], value)
