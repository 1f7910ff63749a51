"""The long short-term memory layer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.recurrent.cell import Cell, CellState, Weights


class LSTM(Cell):
    """Long short-term memory: a cell c whose path is multiplied by the forget gate only.

        i, f, o = sigmoid(W x_t + U h_{t-1} + b)    g = tanh(W x_t + U h_{t-1} + b)
        c_t = f * c_{t-1} + i * g                   h_t = o * tanh(c_t)

    ``C[t + 1]`` is c after step t, ``DC[t + 1]`` its whole gradient after `backward`.

    Convention: rows i, f, g, o and two biases, as torch; no peepholes. The buffers hold o, i, f, g, so that
        the three sigmoids are one block and the three gates that c's gradient reaches are one block.
    Source: Hochreiter & Schmidhuber 1997; Gers et al. 2000 (forget gate); torch.nn.LSTM.
    """

    gates: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o")
    sigmoid: ClassVar[frozenset[str]] = frozenset("ifo")
    forward_order: ClassVar[tuple[str, ...]] = ("o", "i", "f", "g")
    states: ClassVar[int] = 2

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        T, H, B = self.length, self.hidden, self.batch
        R = self.stack
        self.C, self.tanh_c = self.buffer(T + 1, *R, H, B), self.buffer(T, *R, H, B)
        self.DC = self.scratch.take("DC", (T + 1, *R, H, B), self.dtype)
        self.P = self.scratch.take("P", (T, *R, 4 * H, B), self.dtype)
        self.Q = self.scratch.take("Q", (T, *R, H, B), self.dtype)
        self._views = []
        self._back = []
        for t in range(T):
            z, p = self.Z[t], self.P[t]
            o, i, f, g = (z[..., k * H : (k + 1) * H, :] for k in range(4))
            self._views.append(
                (
                    z,
                    z[..., : 3 * H, :],
                    o,
                    i,
                    f,
                    g,
                    self.C[t],
                    self.C[t + 1],
                    self.tanh_c[t],
                    self.H[t],
                    self.H[t + 1],
                )
            )
            self._back.append(
                (
                    p,
                    p[..., :H, :],
                    p[..., H:, :].reshape(*R, 3, H, B),
                    self.Q[t],
                    f,
                    self.DH[t + 1],
                    self.DH[t],
                    self.DC[t + 1],
                    self.DC[t + 1][..., None, :, :],
                    self.DC[t],
                )
            )

    def _starts(self) -> CellState:
        return self.H[0], self.C[0]

    def _ends(self) -> CellState:
        return self.H[self.steps], self.C[self.steps]

    @property
    def start_gradients(self) -> CellState:
        return self.DH[0], self.DC[0]

    def _recur(self) -> None:
        W, product, small, half = self.Wf, self.product, self.small, self.half
        matmul, add, multiply, tanh = np.matmul, np.add, np.multiply, np.tanh
        for z, sigmoids, o, i, f, g, c_past, c, tanh_c, past, h in self._views[: self.steps]:
            matmul(W, past, product)
            add(z, product, z)
            tanh(z, z)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            multiply(f, c_past, c)
            multiply(i, g, small)
            add(c, small, c)
            tanh(c, tanh_c)
            multiply(o, tanh_c, h)

    def _unrecur(self, upstream_state: CellState | None) -> None:
        """Every factor that does not depend on the gradient is made for the whole window first.

        dz_o = dh tanh(c) o(1-o);  dc += dh o (1-tanh(c)^2);  dz_i, dz_f, dz_g = dc (g i(1-i), c' f(1-f),
        i(1-g^2))
        """
        T, H = self.steps, self.hidden
        Z, P, Q, tanh_c = self.Z[:T], self.P[:T], self.Q[:T], self.tanh_c[:T]
        S, g = Z[..., : 3 * H, :], Z[..., 3 * H :, :]
        o, i = Z[..., :H, :], Z[..., H : 2 * H, :]
        p_S, p_g = P[..., : 3 * H, :], P[..., 3 * H :, :]
        np.multiply(S, S, out=p_S)
        np.subtract(S, p_S, out=p_S)
        P[..., :H, :] *= tanh_c
        P[..., H : 2 * H, :] *= g
        P[..., 2 * H : 3 * H, :] *= self.C[:T]
        np.multiply(g, g, out=p_g)
        np.subtract(self.one, p_g, out=p_g)
        p_g *= i
        np.multiply(tanh_c, tanh_c, out=Q)
        np.subtract(self.one, Q, out=Q)
        Q *= o
        self.DC[T] = 0
        if upstream_state:
            self.DH[T] += upstream_state[0]
            self.DC[T] += upstream_state[1]
        W, small, matmul, add, multiply = self.Wt, self.small, np.matmul, np.add, np.multiply
        for p, p_o, p_ifg, q, f, dh, dh_past, dc, dc_each, dc_past in self._back[T - 1 :: -1]:
            multiply(dh, q, small)
            add(dc, small, dc)
            multiply(p_ifg, dc_each, p_ifg)
            multiply(p_o, dh, p_o)
            multiply(dc, f, dc_past)
            matmul(W, p, small)
            add(dh_past, small, dh_past)

    def _window_products(self, past: Array, gradients: Weights) -> Array:
        dz = self._columns(self.P[: self.steps])
        self._recurrent_products(dz, past, self.forward_order, gradients)
        return dz
