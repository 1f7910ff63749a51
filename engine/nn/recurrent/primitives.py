"""The recurrent layers as fused primitives of the tape: a whole window is one operation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks
from engine.nn.recurrent.cell import Cell, State, Weights
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


def recur(cell: Cell, x: Operand, weights: tuple[Operand, ...], state: State | None = None) -> Tensor:
    """Run a cell over a window: (T, B) indices or (T, D, B) vectors in, h of every step (T, H, B) out.

    The state before the window is a constant: here back-propagation through time is cut.

    Args:
        cell: owns the buffers; the result's value is a view of them, good until the cell's next window.
        weights: Wx, Wh, bx, bh as in `Weights`.
    """
    h = cell.forward(read(x), Weights(*(read(weight) for weight in weights)), state)

    def pullback(g: Array) -> list[Array | None]:
        buffers, results = _rooms(weights)
        dx = cell.backward(g, Weights(*buffers), wants_input=tracks(x))
        return [dx, *results]

    return primitive(h, (x, *weights), pullback)


def cross_entropy(readout: Readout, h: Operand, Wy: Operand, by: Operand, targets: Array) -> Tensor:
    """Scores, softmax and the mean of -ln p[target] in one operation: a scalar, nats a character."""
    loss = readout.forward(read(h), read(Wy), read(by), targets)

    def pullback(g: Array) -> list[Array | None]:
        buffers, results = _rooms((Wy, by))
        return [readout.backward(float(g), *buffers), *results]

    return primitive(np.array(loss), (h, Wy, by), pullback)


def drop(x: Operand, probability: float, rng: np.random.Generator) -> Tensor:
    """Inverted dropout: each entry is zero with this probability, else divided by what is kept on average.

    Source: Srivastava et al. 2014; torch.nn.LSTM's ``dropout`` applies it between layers in the same way.
    """
    value = read(x)
    mask = (rng.random(value.shape, dtype=np.float32) >= probability).astype(value.dtype)
    mask /= value.dtype.type(1 - probability)
    return primitive(value * mask, (x,), lambda g: (g * mask,))


def weights_of(parameters: Mapping[str, Operand], layer: int) -> tuple[Operand, ...]:
    """Return Wx, Wh, bx, bh of a layer from a model's named parameters."""
    return tuple(parameters[f"{name}{layer}"] for name in Weights._fields)
