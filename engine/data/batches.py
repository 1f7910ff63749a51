"""What is learned from at each step: rows in a shuffled order, or windows of a text in its own.

Both remember where they stand, and a deep copy goes on from there by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


def epoch_of(count: int, size: int, rng: np.random.Generator) -> Iterator[Indices]:
    """Yield every row once, in an order drawn now, ``size`` at a time; the last batch holds what is left.

    Args:
        count: rows. size: of a batch, at least 1. rng: draws the order.
    >>> [len(rows) for rows in epoch_of(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    order = rng.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


class Rows:
    """Batches of rows without end: no row twice in an epoch, the order drawn anew for each.

    Args:
        count: how many rows there are. rng: draws the orders.
    Convention: what is left of an epoch and fills no batch is dropped (torch's DataLoader with drop_last).

    >>> rows = Rows(5, np.random.default_rng(0))
    >>> len(set(rows.take(2)) | set(rows.take(2))), len(rows.take(9))
    (4, 5)
    """

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count, self.rng = count, rng
        self.order: Indices = np.empty(0, np.intp)
        """What is left of the present epoch."""

    def take(self, size: int) -> Indices:
        """Return the rows of the next batch: ``size`` of them, or all where there are fewer."""
        size = min(size, self.count)
        if len(self.order) < size:
            self.order = self.rng.permutation(self.count)
        rows, self.order = self.order[:size], self.order[size:]
        return rows


class Windows:
    """Windows of a text laid out in columns, one after another, and from the columns' end again from the start.

    Args:
        streams: (n, B) characters, each column a stretch of the text. length: T of a window; n > T.
    """

    def __init__(self, streams: NDArray[Any], length: int) -> None:
        self.streams, self.length = streams, length
        self.position = 0
        """Where the next window begins."""

    @property
    def at_end(self) -> bool:
        """True when the next window is the first again, and no state fits it."""
        return self.position + self.length + 1 > len(self.streams)

    def peek(self) -> tuple[Indices, Indices]:
        """Return the next window and what follows each of its characters, (T, B) both."""
        start = 0 if self.at_end else self.position
        rows = self.streams[start : start + self.length + 1].astype(np.intp)
        return rows[:-1], rows[1:]

    def take(self) -> tuple[Indices, Indices]:
        """Return what `peek` does, and go on to the window after it."""
        window = self.peek()
        self.position = (0 if self.at_end else self.position) + self.length
        return window
