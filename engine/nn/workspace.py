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
        self._arrays: dict[tuple[tuple[int, ...], np.dtype[Any]], list[Array]] = {}
        self._used: dict[tuple[tuple[int, ...], np.dtype[Any]], int] = {}

    def rewind(self) -> None:
        """Declare every array free again, and let go of those that the last pass had no use for."""
        self.generation += 1
        self._arrays = {key: arrays[: self._used[key]] for key, arrays in self._arrays.items() if self._used[key]}
        self._used = dict.fromkeys(self._arrays, 0)

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array with unspecified entries, not handed out since the last `rewind`."""
        key = (shape, np.dtype(dtype))
        arrays, used = self._arrays.setdefault(key, []), self._used.get(key, 0)
        self._used[key] = used + 1
        if used == len(arrays):
            arrays.append(np.empty(shape, dtype))
        array = arrays[used]
        array.setflags(write=True)  # the tape locks what it records
        return array

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(array.nbytes for arrays in self._arrays.values() for array in arrays)

    def __deepcopy__(self, memo: dict[int, Any]) -> Workspace:
        return Workspace()
