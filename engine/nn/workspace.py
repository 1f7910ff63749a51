"""Memory that passes use again and again: for large nets, fresh memory costs a third of the matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.memory import Memory
from engine.autodiff.tape import Array


class Workspace(Memory):
    """Arrays for the signals of one pass after another.

    `DenseNet.forward` with a workspace begins by `rewind`: the signals of the pass before, and their gradients,
    are then overwritten. So measure a pass before the next begins, and let one workspace serve one thread: the
    tape refuses to compute further with a pass that was overwritten, or to go back through it.
    A deep copy is a new, empty workspace.

    >>> workspace = Workspace()
    >>> first = workspace.empty((2, 3), float)
    >>> workspace.rewind()
    >>> workspace.empty((2, 3), float) is first
    True
    """

    def __init__(self) -> None:
        self._shelves: dict[tuple[tuple[int, ...], DTypeLike], tuple[list[Array], list[Array]]] = {}

    def rewind(self) -> None:
        """Declare every array free again, and let go of those that the last pass had no use for."""
        self.generation += 1
        self._shelves = {key: (used[::-1], []) for key, (_, used) in self._shelves.items() if used}

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array with unspecified entries, not handed out since the last `rewind`."""
        shelf = self._shelves.get((shape, dtype))
        if shelf is None:
            shelf = self._shelves[shape, dtype] = [], []
        free, used = shelf
        array: Array = free.pop() if free else np.empty(shape, dtype)
        array.setflags(write=True)  # the tape locks what it records
        used.append(array)
        return array

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(array.nbytes for free, used in self._shelves.values() for array in (*free, *used))

    def __deepcopy__(self, memo: dict[int, Any]) -> Workspace:
        return Workspace()
