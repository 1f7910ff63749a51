"""The vanilla recurrent layer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.recurrent.cell import Cell, CellState, Weights


class RNN(Cell):
    """The vanilla recurrent layer with tanh, ReLU or no squashing at all.

        h_t = phi(Wx x_t + bx + Wh h_{t-1} + bh)

    Convention: two biases, as torch; "linear" is phi(z) = z, which torch does not offer.
    Source: Elman 1990, "Finding structure in time"; torch.nn.RNN.
    """

    gates: ClassVar[tuple[str, ...]] = ("h",)
    sigmoid: ClassVar[frozenset[str]] = frozenset()
    forward_order: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(self, *args: Any, activation: str = "tanh", **options: Any) -> None:
        super().__init__(*args, **options)
        if activation not in ("tanh", "relu", "linear"):
            raise ValueError(f"no activation {activation!r} for a recurrent layer")
        self.activation = activation
        T, H, B = self.length, self.hidden, self.batch
        self.P = self.scratch.take("P", (T, *self.stack, H, B), self.dtype)
        self._views = [(self.Z[t], self.H[t], self.H[t + 1]) for t in range(T)]
        self._back = [(self.P[t], self.DH[t + 1], self.DH[t]) for t in range(T)]

    def _recur(self) -> None:
        W, matmul, add, tanh, maximum = self.Wf, np.matmul, np.add, np.tanh, np.maximum
        zero = self.buffer()
        for z, past, h in self._views[: self.steps]:
            matmul(W, past, h)
            add(z, h, h)
            if self.activation == "tanh":
                tanh(h, h)
            elif self.activation == "relu":
                maximum(h, zero, out=h)

    def _unrecur(self, upstream_state: CellState | None) -> None:
        P, h = self.P[: self.steps], self.H[1 : self.steps + 1]
        if self.activation == "tanh":
            np.multiply(h, h, out=P)
            np.subtract(self.one, P, out=P)
        elif self.activation == "relu":
            np.greater(h, 0, out=P)
        else:
            P.fill(1)
        if upstream_state:
            self.DH[self.steps] += upstream_state[0]
        W, small, matmul, add, multiply = self.Wt, self.small, np.matmul, np.add, np.multiply
        for p, dh, earlier in self._back[self.steps - 1 :: -1]:
            multiply(p, dh, p)
            matmul(W, p, small)
            add(earlier, small, earlier)

    def _window_products(self, past: Array, gradients: Weights) -> Array:
        dz = self._columns(self.P[: self.steps])
        self._recurrent_products(dz, past, self.forward_order, gradients)
        return dz
