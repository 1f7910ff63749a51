"""Where tensors lie: memory that is lent out again and again, and how a stale use of it is noticed."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]


class Owner(Protocol):
    """Whoever owns buffers that tensors are views of; it raises ``generation`` before it overwrites them."""

    generation: int


class Memory:
    """Where results and gradients lie: here, in new memory each time."""

    generation: int = 0
    """Raised when memory handed out before is about to be overwritten: it makes older results stale."""

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array with unspecified entries.

        Args:
            shape, dtype: of the array.
        """
        return np.empty(shape, dtype)


FRESH = Memory()
FRESH.empty = np.empty  # type: ignore[method-assign]  # the same without a call in between


class Version:
    """Counts how often values that tensors share were written (see `Tensor.belongs`)."""

    __slots__ = ("generation",)

    def __init__(self) -> None:
        self.generation = 0


class StaleError(RuntimeError):
    """A tensor was used after the memory that it lies in was given to a later computation."""
