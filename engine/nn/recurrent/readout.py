"""From hidden states to a loss: scores, softmax and cross-entropy over a whole window."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Array
from engine.nn.recurrent.cell import SharedBuffers, steps_inside
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
        scratch: SharedBuffers | None = None,
    ) -> None:
        super().__init__()
        self.hidden, self.outputs, self.batch, self.length = hidden, outputs, batch, length
        self.dtype = np.dtype(dtype)
        self.scratch = scratch or SharedBuffers()
        self.places = np.arange(length * batch)
        self.count = 0

    def forward(self, h: Array, Wy: Array, by: Array, targets: Array) -> Array:
        """Return the mean loss in nats a character: a number, or (R,) of a stack of nets.

        Args:
            h: (T, H, B). Wy: (V, H). by: (V,). Of a stack (T, R, H, B), (R, V, H), (R, V).
            targets: (T, B) integers, for all of a stack.
        """
        self.generation += 1
        T, *stack, H, B = h.shape
        self.count = T * B
        self._Wy, self._targets = Wy, targets.reshape(-1)
        columns = self.scratch.take("side by side", (*stack, H, T, B), self.dtype)
        np.copyto(columns, steps_inside(h))
        self._columns = columns.reshape(*stack, H, T * B)
        y = self.scratch.take("scores", (*stack, self.outputs, T * B), self.dtype)
        with np.errstate(all="ignore"):
            np.matmul(Wy, self._columns, out=y)
            y += by[..., None]
            y -= y.max(axis=-2, keepdims=True)
            picked = y[..., self._targets, self.places[: self.count]]
            np.exp(y, out=y)
            self._sums = y.sum(axis=-2)
            self._y = y
            self.losses = np.log(self._sums) - picked
            return np.asarray(self.losses.mean(axis=-1, dtype=np.float64))

    def backward(self, upstream: Array, dWy: Array, dby: Array) -> Array:
        """Return dL/dh, (T, H, B), a view of a buffer; fill dL/dWy (V, H) and dL/dby (V,).

        Args:
            upstream: d objective / d loss, of its shape. dWy: (V, H), filled. dby: (V,), filled.
        """
        self.generation += 1
        y, n = self._y, self.count
        with np.errstate(all="ignore"):
            share = np.asarray(upstream / n, self.dtype)[..., None]
            y *= (share / self._sums)[..., None, :]
            y[..., self._targets, self.places[:n]] -= share
            np.matmul(y, self._columns.swapaxes(-1, -2), out=dWy)
            y.sum(axis=-1, out=dby)
            dh = self.scratch.take("readout gradient", self._columns.shape, self.dtype)
            np.matmul(self._Wy.swapaxes(-1, -2), y, out=dh)
        return np.moveaxis(dh.reshape(*dh.shape[:-1], -1, self.batch), -2, 0)
