"""What one mini-batch sees of a race's surface, and which rows each step's batch has."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.surfaces import Surface
from engine.surfaces.surface import Loss, Rows

Array = NDArray[np.float64]

_AHEAD = 500


class MiniBatch:
    """The loss as one mini-batch sees it: on its rows, plus a random slope, so that value and derivatives agree.

    f_batch(theta) = f(theta) + slope . theta,   slope ~ N(0, noise² I), drawn anew every step
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.loss: Loss = surface.formula
        self.slope: Array | None = None

    def draw(self, slope: Array | None, rows: Rows | None) -> None:
        """Stand for the next batch: its slope, or None for 0; its rows, or None for all of them."""
        self.slope = slope
        self.loss = self._surface.formula if rows is None else self._surface.on(rows)

    def value_and_gradient(self, theta: Array) -> tuple[Any, Array]:
        """Return the loss (...) and its gradient (..., 2) at ``theta`` (..., 2)."""
        value, gradient = self.loss.value_and_gradient(theta)
        if self.slope is not None:
            value = value + np.vecdot(theta, self.slope)
            gradient += self.slope
        return value, gradient

    def hessian(self, theta: Array) -> Array:
        """Return the Hessian (..., 2, 2) at ``theta`` (..., 2)."""
        return self.loss.hessian(theta)


def drawn(shuffle: np.random.Generator, steps: int, rows: int, size: int) -> Rows:
    """Return the rows of the coming batches (steps, size); the generator goes on alike for every size."""
    return np.argsort(shuffle.random((steps, rows)), axis=1)[:, :size]


class Shuffled:
    """The rows of every step's batch, as a race of this seed draws them; drawn as far as they were asked for.

    Args:
        seed: of the race. rows: how many there are. size: of a batch.
    """

    def __init__(self, seed: int, rows: int, size: int) -> None:
        self._shuffle = np.random.default_rng(seed).spawn(1)[0]
        self.rows, self.size = rows, size
        self._found = np.empty((0, size), np.intp)

    def steps(self, step: int, count: int) -> Rows:
        """Return the rows (count, size) of the batches of so many steps from ``step`` on."""
        while step + count > len(self._found):
            more = drawn(self._shuffle, _AHEAD, self.rows, self.size)
            self._found = np.concatenate([self._found, more])
        return self._found[step : step + count]
