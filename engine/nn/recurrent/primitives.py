"""The recurrent layers as fused primitives of the tape: a whole window is one operation.

A primitive's pullback works on the buffers of its cell or readout, which hold one window at a time; where they
have been used since, the tape refuses (see `Lender`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks
from engine.nn.recurrent.cell import Cell, CellState, Weights
from engine.nn.recurrent.lender import Loan
from engine.nn.recurrent.readout import Readout


def _rooms(operands: tuple[Operand, ...]) -> tuple[list[Array], list[Array | None]]:
    """Return buffers to write gradients into, and what the pullback must then hand back for each."""
    buffers, results = [], []
    for operand in operands:
        room = operand.room() if isinstance(operand, Tensor) and operand.tracked else None
        buffer = np.empty_like(read(operand)) if room is None else room
        buffers.append(buffer)
        results.append(buffer if room is None and tracks(operand) else None)
    return buffers, results


class Passage:
    """A layer's way through a window.

    Args:
        h: of every step, (T, H, B). On the tape it is a view of the cell's buffer, good until backward has passed
            it and the cell is used again; apart from the tape it is new memory.
        cell: with the window's values in its buffers. after: where the end states leave their gradients.

    ``state`` is a copy of the state after the window, (h,) or (h, c): carried on, its gradient is cut.
    """

    def __init__(self, h: Tensor, cell: Cell, after: list[Array | None]) -> None:
        self.h, self.state, self._after = h, cell.last_state(), after

    @property
    def ends(self) -> tuple[Tensor, ...]:
        """The same on the tape: a decoder that begins with it sends its gradient back."""
        return tuple(self._end(k) for k in range(len(self.state)))

    def _end(self, k: int) -> Tensor:
        h, after = self.h, self._after

        def pullback(g: Array) -> list[Array]:
            earlier = after[k]
            after[k] = g if earlier is None else earlier + g
            return [np.broadcast_to(np.zeros((), h.value.dtype), h.shape)]

        return primitive(self.state[k].copy(), (h,), pullback, "end_state")


def recur(cell: Cell, x: Operand, weights: tuple[Operand, ...], state: Sequence[Operand] | None = None) -> Passage:
    """Run a cell over a window: (T, B) indices or (T, D, B) vectors in, h of every step (T, H, B) out.

    Args:
        x: the inputs. cell: owns the buffers. weights: Wx, Wh, bx, bh as in `Weights`.
        state: before the window, (h,) or (h, c); None for zeros. Tensors receive their gradient; with plain arrays
            back-propagation through time is cut here.
    """
    before: CellState | None = None if state is None else tuple(read(part) for part in state)
    h = cell.forward(read(x), Weights(*(read(weight) for weight in weights)), before)
    after: list[Array | None] = [None] * cell.states
    operands: tuple[Operand, ...] = (x, *weights, *(state or ()))
    if not any(tracks(operand) for operand in operands):
        return Passage(primitive(h.copy(), (), lambda g: ()), cell, after)
    loan = cell.lend()

    def pullback(g: Array, _kept: Loan = loan) -> list[Array | None]:
        buffers, results = _rooms(weights)
        ends = None
        if any(part is not None for part in after):
            zero = np.zeros((), g.dtype)
            ends = tuple(zero if part is None else part for part in after)
            after[:] = [None] * len(after)
        dx = cell.backward(g, Weights(*buffers), upstream_state=ends, wants_input=tracks(x))
        starts = [
            slot.copy() if tracks(part) else None
            for slot, part in zip(cell.start_gradients, state or (), strict=False)
        ]
        return [dx, *results, *starts]

    return Passage(primitive(h, operands, pullback, type(cell).__name__, cell), cell, after)


def cross_entropy(readout: Readout, h: Operand, Wy: Operand, by: Operand, targets: Array) -> Tensor:
    """Scores, softmax and the mean of -ln p[target] in one operation: nats a character.

    Args:
        readout: its buffers are used. h: (T, H, B). Wy: (V, H). by: (V,). targets: (T, B) characters.
    """
    loss = readout.forward(read(h), read(Wy), read(by), targets)
    if not any(tracks(operand) for operand in (h, Wy, by)):
        return primitive(loss, (), lambda g: ())
    loan = readout.lend()

    def pullback(g: Array, _kept: Loan = loan) -> list[Array | None]:
        buffers, results = _rooms((Wy, by))
        return [readout.backward(g, *buffers), *results]

    return primitive(loss, (h, Wy, by), pullback, "cross_entropy", readout)


def weights_of(parameters: Mapping[str, Operand], layer: int) -> tuple[Operand, ...]:
    """Return Wx, Wh, bx, bh of a layer from a model's named parameters."""
    return tuple(parameters[f"{name}{layer}"] for name in Weights._fields)
