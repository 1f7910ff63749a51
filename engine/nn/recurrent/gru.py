"""The gated recurrent unit, in both of its published forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.recurrent.cell import Cell, CellState, Weights, steps_inside


class _GatedUnit(Cell):
    """What both forms share: rows r, z, n, and what h' = n + z (h - n) means for the gates' gradients."""

    gates: ClassVar[tuple[str, ...]] = ("r", "z", "n")
    sigmoid: ClassVar[frozenset[str]] = frozenset("rz")
    forward_order: ClassVar[tuple[str, ...]] = ("r", "z", "n")

    def _factors(self, p_z: Array, p_n: Array, other: Array) -> None:
        """Fill the local factors of z and n over the window, (T, H, B) each; ``other`` is overwritten.

        z: (h - n) z(1-z);  n: (1-z)(1-n^2)
        """
        _r, z, n = (self.gate(name) for name in self.gates)
        np.multiply(n, n, out=p_n)
        np.subtract(self.one, p_n, out=p_n)
        np.subtract(self.one, z, out=other)
        p_n *= other
        np.multiply(other, z, out=p_z)
        np.subtract(self.H[: self.steps], n, out=other)
        p_z *= other


class GRU(_GatedUnit):
    """Gated recurrent unit, the reset gate applied after the product.

        r, z = sigmoid(W x_t + bx + U h_{t-1} + bh)
        n = tanh(W x_t + bx + r * (U h_{t-1} + bh))
        h_t = (1 - z) * n + z * h_{t-1}

    Convention: rows r, z, n; z keeps the old state; reset after the product (torch, cuDNN). The buffers hold
        r, z, n forward and u, r, z, n backward, u being the product U h + bh that r scales.
    Source: Cho et al. 2014, arXiv:1406.1078, as changed by cuDNN; torch.nn.GRU.
    """

    hidden_order: ClassVar[tuple[str, ...]] = ("n", "r", "z")
    """Order of the rows u, r, z in the gradient that goes to the recurrent weights."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        T, H, B = self.length, self.hidden, self.batch
        R = self.stack
        self.U = self.buffer(T, *R, H, B)
        self.recurrent_bias = self.buffer(*R, H, B)
        self.P = self.scratch.take("P", (T, *R, 4, H, B), self.dtype)
        self._views, self._back = [], []
        for t in range(T):
            gates, product = self.Z[t], self.product
            self._views.append(
                (
                    gates[..., : 2 * H, :],
                    gates[..., :H, :],
                    gates[..., H : 2 * H, :],
                    gates[..., 2 * H :, :],
                    self.U[t],
                    self.H[t],
                    self.H[t + 1],
                    product[..., : 2 * H, :],
                    product[..., 2 * H :, :],
                )
            )
            p, z, dh = self.P[t].reshape(*R, 4 * H, B), gates[..., H : 2 * H, :], self.DH[t + 1]
            self._back.append((self.P[t], p[..., : 3 * H, :], z, dh, dh[..., None, :, :], self.DH[t]))

    def _prepare_backward(self, gate: str, block: Array) -> None:
        self.Wt[..., self.rows(gate, self.hidden_order)] = block.swapaxes(-1, -2)

    def _prepare(self, weights: Weights) -> None:
        super()._prepare(weights)
        self.recurrent_bias[...] = weights.bh[..., self.rows("n"), None]

    def _input_bias(self, gate: str, weights: Weights) -> Array:
        return weights.bx[..., self.rows("n")] if gate == "n" else super()._input_bias(gate, weights)

    def _recur(self) -> None:
        W, product, small, half, bias = self.Wf, self.product, self.small, self.half, self.recurrent_bias
        matmul, add, multiply, subtract, tanh = np.matmul, np.add, np.multiply, np.subtract, np.tanh
        for sigmoids, r, z, n, u, past, h, product_rz, product_n in self._views[: self.steps]:
            matmul(W, past, product)
            add(sigmoids, product_rz, sigmoids)
            tanh(sigmoids, sigmoids)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            add(product_n, bias, u)
            multiply(r, u, small)
            add(n, small, n)
            tanh(n, n)
            subtract(past, n, small)
            multiply(small, z, small)
            add(n, small, h)

    def _unrecur(self, upstream_state: CellState | None) -> None:
        """All four local factors are linear in dh, so they are made for the whole window first.

        z: (h' - n) z(1-z);  n: (1-z)(1-n^2);  r: that times u r(1-r);  u: that times r
        """
        T = self.steps
        r = self.gate("r")
        p_u, p_r, p_z, p_n = (self.P[:T, ..., k, :, :] for k in range(4))
        self._factors(p_z, p_n, p_u)
        np.multiply(p_n, r, out=p_u)
        np.subtract(self.one, r, out=p_r)
        p_r *= p_u
        p_r *= self.U[:T]
        if upstream_state:
            self.DH[T] += upstream_state[0]
        W, small, matmul, add, multiply = self.Wt, self.small, np.matmul, np.add, np.multiply
        for p, p_h, z_t, dh, dh_each, earlier in self._back[T - 1 :: -1]:
            multiply(p, dh_each, p)
            matmul(W, p_h, small)
            add(earlier, small, earlier)
            multiply(dh, z_t, small)
            add(earlier, small, earlier)

    def _window_products(self, past: Array, gradients: Weights) -> Array:
        T, H, B = self.steps, self.hidden, self.batch
        dz = self._columns(self.P[:T].reshape(T, *self.stack, 4 * H, B))
        self._recurrent_products(dz[..., : 3 * H, :], past, self.hidden_order, gradients)
        gradients.bh[..., self.rows("n")] = dz[..., :H, :].sum(axis=-1)
        return dz[..., H:, :]

    def _bias_products(self, db: Array, gradients: Weights) -> None:
        two = slice(0, 2 * self.hidden)
        gradients.bh[..., two] = gradients.bx[..., two]


class GRUBefore(_GatedUnit):
    """Gated recurrent unit, the reset gate applied before the product, as its paper has it.

        r, z = sigmoid(W x_t + U h_{t-1} + b)
        n = tanh(W x_t + U (r * h_{t-1}) + b)
        h_t = (1 - z) * n + z * h_{t-1}

    Convention: rows r, z, n; z keeps the old state. It takes two products in a row, so it is slower.
    Source: Cho et al. 2014, arXiv:1406.1078, equations 5 to 8.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        T, H, B = self.length, self.hidden, self.batch
        R = self.stack
        self.RH = self.buffer(T, *R, H, B)
        self.P = self.scratch.take("P before", (T, *R, 3, H, B), self.dtype)
        self.Q = self.scratch.take("Q", (T, *R, H, B), self.dtype)
        self._views: list[Sequence[Array]] = []
        self._back: list[Sequence[Array]] = []
        for t in range(T):
            gates, p = self.Z[t], self.P[t]
            r, z, n = gates[..., :H, :], gates[..., H : 2 * H, :], gates[..., 2 * H :, :]
            self._views.append((gates[..., : 2 * H, :], r, z, n, self.RH[t], self.H[t], self.H[t + 1]))
            p_zn, p_rz = p[..., 1:, :, :], p[..., :2, :, :].reshape(*R, 2 * H, B)
            p_r, p_n, dh = p[..., 0, :, :], p[..., 2, :, :], self.DH[t + 1]
            self._back.append((p_zn, p_rz, p_r, p_n, r, z, dh, dh[..., None, :, :], self.DH[t]))

    def _recur(self) -> None:
        H, small, half = self.hidden, self.small, self.half
        W_rz, W_n = self.Wf[..., : 2 * H, :], self.Wf[..., 2 * H :, :]
        product = self.product[..., : 2 * H, :]
        matmul, add, multiply, subtract, tanh = np.matmul, np.add, np.multiply, np.subtract, np.tanh
        for sigmoids, r, z, n, rh, past, h in self._views[: self.steps]:
            matmul(W_rz, past, product)
            add(sigmoids, product, sigmoids)
            tanh(sigmoids, sigmoids)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            multiply(r, past, rh)
            matmul(W_n, rh, small)
            add(n, small, n)
            tanh(n, n)
            subtract(past, n, small)
            multiply(small, z, small)
            add(n, small, h)

    def _unrecur(self, upstream_state: CellState | None) -> None:
        T, H = self.steps, self.hidden
        r = self.gate("r")
        p_r, p_z, p_n = (self.P[:T, ..., k, :, :] for k in range(3))
        self._factors(p_z, p_n, p_r)
        np.subtract(self.one, r, out=p_r)  # p_r becomes r (1 - r) h', to be multiplied by the gradient of r * h'
        p_r *= r
        p_r *= self.H[:T]
        if upstream_state:
            self.DH[T] += upstream_state[0]
        small, other = self.small, self.scratch.take("other", self.small.shape, self.dtype)
        W_rz, W_n = (np.ascontiguousarray(self.Wt[..., part]) for part in (slice(2 * H), slice(2 * H, None)))
        matmul, add, multiply = np.matmul, np.add, np.multiply
        for p_zn, p_rz, pr, pn, r_t, z_t, dh, dh_each, earlier in self._back[T - 1 :: -1]:
            multiply(p_zn, dh_each, p_zn)
            matmul(W_n, pn, other)
            multiply(pr, other, pr)
            multiply(other, r_t, other)
            add(earlier, other, earlier)
            multiply(dh, z_t, small)
            add(earlier, small, earlier)
            matmul(W_rz, p_rz, small)
            add(earlier, small, earlier)

    def _window_products(self, past: Array, gradients: Weights) -> Array:
        T, H, B = self.steps, self.hidden, self.batch
        dz = self._columns(self.P[:T].reshape(T, *self.stack, 3 * H, B))
        np.matmul(dz[..., : 2 * H, :], past.swapaxes(-1, -2), out=gradients.Wh[..., : 2 * H, :])
        np.copyto(past.reshape(*self.stack, H, T, B), steps_inside(self.RH[:T]))
        np.matmul(dz[..., 2 * H :, :], past.swapaxes(-1, -2), out=gradients.Wh[..., 2 * H :, :])
        return dz
