"""From hidden states to a loss: scores, softmax and cross-entropy over a whole window."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Array
from engine.nn.recurrent.cell import Scratch
from engine.nn.recurrent.lender import Lender


class Readout(Lender):
    """Scores y = Wy h + by, p = softmax(y), and the loss -ln p[target], mean over the window's characters.

    Characters are rows and the window's T*B places are columns, so the softmax runs along contiguous memory.

    Args:
        hidden: H. outputs: V. batch: B. length: T, the longest window.
    """

    def __init__(
        self,
        hidden: int,
        outputs: int,
        batch: int,
        length: int,
        *,
        dtype: DTypeLike,
        scratch: Scratch | None = None,
    ) -> None:
        super().__init__()
        self.hidden, self.outputs, self.batch, self.length = hidden, outputs, batch, length
        self.dtype = np.dtype(dtype)
        self.scratch = scratch or Scratch()
        self.places = np.arange(length * batch)
        self.count = 0

    def forward(self, h: Array, Wy: Array, by: Array, targets: Array) -> float:
        """Return the mean loss in nats a character.

        Args:
            h: (T, H, B). Wy: (V, H). by: (V,). targets: (T, B) integers.
        """
        self.generation += 1
        T, H, B = h.shape
        self.count = T * B
        self._Wy, self._targets = Wy, targets.reshape(-1)
        columns = self.scratch.take("side by side", (H, T, B), self.dtype)
        np.copyto(columns, h.transpose(1, 0, 2))
        self._columns = columns.reshape(H, T * B)
        y = self.scratch.take("scores", (self.outputs, T * B), self.dtype)
        with np.errstate(all="ignore"):
            np.matmul(Wy, self._columns, out=y)
            y += by[:, None]
            y -= y.max(axis=0)
            picked = y[self._targets, self.places[: self.count]]
            np.exp(y, out=y)
            self._sums = y.sum(axis=0)
            self._y = y
            self.losses = np.log(self._sums) - picked
            return float(self.losses.mean(dtype=np.float64))

    def backward(self, upstream: float, dWy: Array, dby: Array) -> Array:
        """Return dL/dh, (T, H, B), a view of a buffer; fill dL/dWy (V, H) and dL/dby (V,).

        Args:
            upstream: d objective / d loss. dWy: (V, H), filled. dby: (V,), filled.
        """
        self.generation += 1
        y, n = self._y, self.count
        with np.errstate(all="ignore"):
            y *= np.asarray(upstream / n, self.dtype) / self._sums
            y[self._targets, self.places[:n]] -= np.asarray(upstream / n, self.dtype)
            np.matmul(y, self._columns.T, out=dWy)
            y.sum(axis=1, out=dby)
            dh = self.scratch.take("readout gradient", self._columns.shape, self.dtype)
            np.matmul(self._Wy.T, y, out=dh)
        return dh.reshape(self.hidden, -1, self.batch).transpose(1, 0, 2)
