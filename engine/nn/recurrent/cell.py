"""What the recurrent layers share: how inputs enter, products over a whole window, who owns memory.

A cell computes a window of T steps for B columns at once. Gates are rows and the batch is columns, (4H, B),
so that every gate is one contiguous block, and all buffers are made once. Of the products of backward only
``Wh.T @ dz`` has to wait for its turn; those for the weights are done once for the window, (G, T*B) @ (T*B,
H).

Inside, sigmoid(x) is written tanh(x/2)/2 + 1/2 and the half is taken into the weights, so that one call of
tanh serves all the gates.

A stack of R nets reads the same characters at once: R stands after T in every buffer, before the rows
elsewhere. What is written here as (G, B) is (R, G, B) then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Array
from engine.nn.recurrent.lender import Lender

CellState = tuple[Array, ...]
"""What a layer carries from window to window: (h,) or, for the LSTM, (h, c); each (H, B)."""


class Weights(NamedTuple):
    """The parameters of one layer, in the shapes and the order of gates of `torch.nn` (G gates of H rows).

    Wx: (G*H, D). Wh: (G*H, H). bx, bh: (G*H,).
    """

    Wx: Array
    Wh: Array
    bx: Array
    bh: Array


class SharedBuffers:
    """Buffers that layers of the same shape share, since only one of them works at a time."""

    def __init__(self) -> None:
        self._buffers: dict[tuple[Any, ...], Array] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return the buffer of that name and shape; its content is whatever was left there.

        Args:
            name: what the buffer is for. shape, dtype: of the buffer; with the name they tell buffers apart.
        """
        key = (name, shape, np.dtype(dtype))
        if key not in self._buffers:
            self._buffers[key] = np.zeros(shape, dtype)
        return self._buffers[key]


class Cell(Lender, ABC):
    """One recurrent layer over a window, forward and backward, on plain arrays.

    Args:
        inputs: D, the size of an input vector, or the number of characters when inputs are picked by index.
        hidden: H. batch: B columns. length: T, the longest window. dtype: of everything.
        scratch: shared by the layers of a net; None makes one. runs: R of a stack, 0 for a single net.

    After `forward`, ``H[t + 1]`` is h after step t and ``H[0]`` the state before. After `backward`, ``DH[t + 1]``
    is the whole gradient dL/dh after step t (what comes from its output and what comes from the future), until
    another layer that shares the scratch goes backward; the gates are overwritten by then.
    """

    gates: ClassVar[Sequence[str]]
    """The gates in the order of the parameters' rows, by the letter of the papers."""
    sigmoid: ClassVar[frozenset[str]]
    """Which of them are squashed to (0, 1)."""
    forward_order: ClassVar[Sequence[str]]
    """The order in which the gates stand in the buffers."""
    states: ClassVar[int] = 1

    def __init__(
        self,
        inputs: int,
        hidden: int,
        batch: int,
        length: int,
        *,
        dtype: DTypeLike = np.float32,
        scratch: SharedBuffers | None = None,
        runs: int = 0,
    ) -> None:
        super().__init__()
        self.inputs, self.hidden, self.batch, self.length = inputs, hidden, batch, length
        self.stack: tuple[int, ...] = (runs,) if runs else ()
        self.dtype = np.dtype(dtype)
        self.scratch = scratch or SharedBuffers()
        self.steps = 0
        """How many steps the last window had, at most ``length``."""
        G, D, H, B, T = len(self.gates) * hidden, inputs, hidden, batch, length
        self.half, self.one = (np.array(value, self.dtype) for value in (0.5, 1.0))
        R = self.stack
        self.Wf, self.Wt = np.empty((*R, G, H), self.dtype), np.empty((*R, H, G), self.dtype)
        self.by_columns = batch == 1 and not R
        self.Wx = np.empty((*R, G, D), self.dtype, order="F" if self.by_columns else "C")
        self.bias = np.empty((*R, G, 1), self.dtype)
        self.Z, self.H = self.buffer(T, *R, G, B), self.buffer(T + 1, *R, H, B)
        self.DH = self.scratch.take("DH", (T + 1, *R, H, B), self.dtype)
        self.product = self.scratch.take("product", (*R, G, B), self.dtype)
        self.small = self.scratch.take("small", (*R, H, B), self.dtype)
        self._x: Array = np.empty(0)
        self._weights: Weights

    def buffer(self, *shape: int) -> Array:
        """Return a new array of zeros of this cell's type."""
        return np.zeros(shape, self.dtype)

    def rows(self, gate: str, order: Sequence[str] | None = None) -> slice:
        """Return the rows of a gate in an order (of the parameters by default)."""
        place = (order or self.gates).index(gate)
        return slice(place * self.hidden, (place + 1) * self.hidden)

    def gate(self, gate: str) -> Array:
        """Return a gate’s values over the last window: a view, (T, H, B), good until `backward`."""
        return self.Z[: self.steps, ..., self.rows(gate, self.forward_order), :]

    def zero_state(self) -> CellState:
        """Return a new state of zeros."""
        return tuple(np.zeros((*self.stack, self.hidden, self.batch), self.dtype) for _ in range(self.states))

    # forward

    def forward(self, x: Array, weights: Weights | None, state: CellState | None = None) -> Array:
        """Run a window.

        Args:
            x: (T, B) integers, each picking a column of Wx (the product of Wx with a one-hot vector), or
                (T, D, B) vectors. weights: None for those of the last call, with inputs of the same sort:
                spares laying them out again. state: as the last window's `last_state`; None for zeros. It is
                copied.
        Returns:
            h of every step, (T, H, B): a view of this cell's buffer, overwritten by the next call.
        Raises:
            ValueError: when the window is empty or longer than ``length``.
        """
        self.generation += 1
        self.steps, self._x = len(x), x
        if not 1 <= self.steps <= self.length:
            raise ValueError(f"a window of {self.steps} steps in a cell made for 1 to {self.length}")
        if weights is not None:
            self._weights = weights
            self._prepare(weights)
            if x.ndim == 2:
                np.add(self.Wx, self.bias, out=self.Wx)
        self._feed(x)
        for buffer, start in zip(self._starts(), state or (0.0,) * self.states, strict=True):
            buffer[...] = start
        with np.errstate(all="ignore"):
            self._recur()
        return self.H[1 : self.steps + 1]

    def last_state(self) -> CellState:
        """Return a copy of the state after the last window."""
        return tuple(array.copy() for array in self._ends())

    def _prepare(self, weights: Weights) -> None:
        """Copy the weights into the buffers' order, the sigmoids' rows halved; Wt, for backward, is not."""
        for gate in self.gates:
            source, target = self.rows(gate), self.rows(gate, self.forward_order)
            scale = self.half if gate in self.sigmoid else self.one
            np.multiply(weights.Wh[..., source, :], scale, out=self.Wf[..., target, :])
            np.multiply(weights.Wx[..., source, :], scale, out=self.Wx[..., target, :])
            np.multiply(self._input_bias(gate, weights), scale, out=self.bias[..., target, 0])
            self._prepare_backward(gate, weights.Wh[..., source, :])

    def _prepare_backward(self, gate: str, block: Array) -> None:
        self.Wt[..., self.rows(gate, self.forward_order)] = block.swapaxes(-1, -2)

    def _input_bias(self, gate: str, weights: Weights) -> Array:
        rows = self.rows(gate)
        total: Array = weights.bx[..., rows] + weights.bh[..., rows]
        return total

    def _feed(self, x: Array) -> None:
        """Put what the inputs and the biases contribute into Z, for the recurrence to add to."""
        if x.ndim == 2 and self.by_columns:  # Wx lies by columns then: one pick for the whole window
            self.Wx.T.take(x[:, 0], axis=0, out=self.Z[: self.steps, :, 0], mode="clip")
        elif x.ndim == 2:
            take = self.Wx.take
            for picks, z in zip(x, self.Z, strict=False):
                take(picks, -1, z, "clip")
        else:
            Z = self.Z[: self.steps]
            np.matmul(self.Wx, x, out=Z)
            Z += self.bias

    def _starts(self) -> CellState:
        """Return the buffers' slots for the state before the window."""
        return (self.H[0],)

    def _ends(self) -> CellState:
        """Return the buffers' slots that hold the state after it."""
        return (self.H[self.steps],)

    @property
    def start_gradients(self) -> CellState:
        """After `backward`, dL/d(state before the window): views of the scratch."""
        return (self.DH[0],)

    @abstractmethod
    def _recur(self) -> None:
        """Do the steps in turn: Z holds the inputs' part and becomes the gates, H becomes the outputs."""

    # backward

    def backward(
        self,
        upstream: Array,
        gradients: Weights,
        *,
        upstream_state: CellState | None = None,
        wants_input: bool = True,
    ) -> Array | None:
        """Send a gradient back through the last window; the state before it is where the gradient is cut.

        Args:
            upstream: dL/dh of each step from outside the layer, (T, H, B).
            gradients: buffers for dL/d weights, overwritten.
            upstream_state: dL/d(state after the window), for a loss that reaches beyond it.
            wants_input: whether the inputs' gradient is needed (not for indices).
        Returns:
            dL/dx, (T, D, B), new memory, or None.
        """
        T, H, B = self.steps, self.hidden, self.batch
        self.generation += 1
        self.DH[0] = 0
        self.DH[1 : T + 1] = upstream
        with np.errstate(all="ignore"):
            self._unrecur(upstream_state)
            past = self.scratch.take("side by side", (*self.stack, H, T, B), self.dtype)
            np.copyto(past, steps_inside(self.H[:T]))
            dz = self._window_products(past.reshape(*self.stack, H, T * B), gradients)
            return self._input_products(dz, gradients, wants_input)

    @abstractmethod
    def _unrecur(self, upstream_state: CellState | None) -> None:
        """Do the steps in reverse turn, DH[t] complete when step t - 1 is done."""

    @abstractmethod
    def _window_products(self, past: Array, gradients: Weights) -> Array:
        """Fill the gradients of Wh and bh, given all h of the past, (H, T*B).

        Returns:
            the gradient of the inputs' part of Z in the order `input_order`, (G, T*B).
        """

    @property
    def input_order(self) -> Sequence[str]:
        """Order of the gates in what `_window_products` returns."""
        return self.forward_order

    def _columns(self, P: Array) -> Array:
        """Lay steps side by side: (T, G, B) -> (G, T*B), in the memory of the gates, which are done with."""
        T, *_stack, G, B = P.shape
        shape = *self.stack, G, T, B
        if self.Z.shape[-2] == G:
            side = self.Z.reshape(-1)[: P.size].reshape(shape)
        else:
            side = self.scratch.take("columns", shape, self.dtype)
        np.copyto(side, steps_inside(P))
        return side.reshape(*self.stack, G, T * B)

    def _recurrent_products(self, dz: Array, past: Array, order: Sequence[str], gradients: Weights) -> None:
        dWh = self.scratch.take("dWh", (*self.stack, len(order) * self.hidden, self.hidden), self.dtype)
        np.matmul(dz, past.swapaxes(-1, -2), out=dWh)
        for gate in order:
            gradients.Wh[..., self.rows(gate), :] = dWh[..., self.rows(gate, order), :]

    def _input_products(self, dz: Array, gradients: Weights, wants_input: bool) -> Array | None:
        order, x, T, D, B = self.input_order, self._x, self.steps, self.inputs, self.batch
        dWx = self.scratch.take("dWx", (*dz.shape[:-1], D), self.dtype)
        if x.ndim == 2:
            sum_by_pick(dz, x.reshape(-1), dWx)
            db = dWx.sum(axis=-1)
        else:
            shape = *x.shape[1:-2], D, T, B
            side = self.scratch.take("side by side", shape, self.dtype)
            np.copyto(side, steps_inside(x))
            np.matmul(dz, side.reshape(*shape[:-2], T * B).swapaxes(-1, -2), out=dWx)
            db = dz.sum(axis=-1)
        for gate in order:
            source, target = self.rows(gate, order), self.rows(gate)
            gradients.Wx[..., target, :] = dWx[..., source, :]
            gradients.bx[..., target] = db[..., source]
        self._bias_products(db, gradients)
        if x.ndim == 2 or not wants_input:
            return None
        Wx = np.concatenate([self._weights.Wx[..., self.rows(gate), :] for gate in order], axis=-2)
        dx: Array = (Wx.swapaxes(-1, -2) @ dz).reshape(*self.stack, D, T, B)
        return np.moveaxis(dx, -2, 0)

    def _bias_products(self, db: Array, gradients: Weights) -> None:
        """Fill the gradient of bh; the same as that of bx where both biases are simply added."""
        gradients.bh[...] = gradients.bx


def steps_inside(steps: Array) -> Array:
    """Return (T, ..., n, B) as (..., n, T, B), a view: what is summed over a window lies side by side."""
    return np.moveaxis(steps, 0, -2)


MATRIX_IS_QUICKER = 96
"""Up to this many different characters in a window a product with one-hot columns beats adding by groups."""


def sum_by_pick(columns: Array, picks: Array, out: Array) -> None:
    """Add up columns by what they picked: the gradient of an embedding, or of Wx under one-hot inputs.

        out[:, v] = sum of columns[:, n] over the n with picks[n] = v

    Args:
        columns: (..., G, N). picks: (N,) integers. out: (..., G, V), overwritten.
    """
    counts = np.bincount(picks, minlength=out.shape[-1])
    used = np.flatnonzero(counts)
    if len(used) <= MATRIX_IS_QUICKER:
        place = np.zeros(out.shape[-1], np.intp)
        place[used] = np.arange(len(used))
        one_hot = np.zeros((len(picks), len(used)), columns.dtype)
        one_hot[np.arange(len(picks)), place[picks]] = 1
        sums = columns @ one_hot
    else:
        order = np.argsort(picks, kind="stable")
        sums = np.add.reduceat(columns[..., order], np.cumsum(counts[used]) - counts[used], axis=-1)
    if len(used) == out.shape[-1]:
        out[...] = sums
    else:
        out.fill(0)
        out[..., used] = sums
