"""A recurrent net over windows: stacked cells and a readout, as a function of one flat theta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Array, Operand, Tensor, read
from engine.nn.layout import Layout
from engine.nn.recurrent.cell import Cell, Scratch, State
from engine.nn.recurrent.gru import GRU, GRUBefore
from engine.nn.recurrent.lstm import LSTM
from engine.nn.recurrent.primitives import cross_entropy, drop, recur, weights_of
from engine.nn.recurrent.readout import Readout
from engine.nn.recurrent.rnn import RNN

CellName: TypeAlias = Literal["rnn", "lstm", "gru"]
Activation: TypeAlias = Literal["tanh", "relu", "linear"]
Reset: TypeAlias = Literal["after", "before"]


@dataclass(frozen=True)
class Architecture:
    """What fixes the shapes and the equations of a recurrent net.

    Args:
        inputs: D, or the number of characters. outputs: V (or 1 for a regression). hidden: H. layers: L.
        activation: of the vanilla RNN. reset: where the GRU's reset gate acts.
    """

    cell: CellName
    inputs: int
    outputs: int
    hidden: int
    layers: int = 1
    activation: Activation = "tanh"
    reset: Reset = "after"

    @property
    def kind(self) -> type[Cell]:
        """The class of the cell."""
        if self.cell == "gru":
            return GRU if self.reset == "after" else GRUBefore
        return LSTM if self.cell == "lstm" else RNN

    @property
    def gates(self) -> Sequence[str]:
        """Letters of the cell's gates, in the order of the parameters' rows."""
        return self.kind.gates

    @property
    def layout(self) -> Layout:
        """Names and shapes: Wx0, Wh0, bx0, bh0, Wx1, ..., Wy (V, H), by (V,)."""
        rows = len(self.gates) * self.hidden
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.layers):
            width = self.inputs if layer == 0 else self.hidden
            shapes |= {f"Wx{layer}": (rows, width), f"Wh{layer}": (rows, self.hidden)}
            shapes |= {f"bx{layer}": (rows,), f"bh{layer}": (rows,)}
        return Layout(shapes | {"Wy": (self.outputs, self.hidden), "by": (self.outputs,)})

    def make(self, layer: int, batch: int, length: int, dtype: DTypeLike, scratch: Scratch) -> Cell:
        """Return the cell of a layer with its buffers."""
        options = {"activation": self.activation} if self.cell == "rnn" else {}
        width = self.inputs if layer == 0 else self.hidden
        return self.kind(width, self.hidden, batch, length, dtype=dtype, scratch=scratch, **options)

    def resized(self, cell: CellName, size: int) -> Architecture:
        """Return this net with another cell, as wide as brings its parameter count nearest to ``size``."""

        def count(hidden: int) -> int:
            return self.with_cell(cell, hidden).layout.size

        low, high = 1, 2
        while count(high) < size:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count(middle) <= size else (low, middle)
        nearest = min((low, high), key=lambda hidden: abs(count(hidden) - size))
        return self.with_cell(cell, nearest)

    def with_cell(self, cell: CellName, hidden: int) -> Architecture:
        """Return this net with another cell and width."""
        return Architecture(cell, self.inputs, self.outputs, hidden, self.layers, self.activation, self.reset)


class Net:
    """Cells and readout with the buffers for windows of up to T steps and B columns; it holds no parameters.

    Args:
        architecture: of the net. batch: B. length: T. dtype: float32 to train, float64 to check.
    """

    def __init__(self, architecture: Architecture, batch: int, length: int, dtype: DTypeLike = np.float32) -> None:
        self.architecture, self.batch, self.length, self.dtype = architecture, batch, length, np.dtype(dtype)
        scratch = Scratch()
        self.cells = [
            architecture.make(layer, batch, length, dtype, scratch) for layer in range(architecture.layers)
        ]
        self.readout = Readout(
            architecture.hidden, architecture.outputs, batch, length, dtype=dtype, scratch=scratch
        )

    def zero_state(self) -> list[State]:
        """Return a state of zeros for every layer."""
        return [cell.zero_state() for cell in self.cells]

    def hidden(
        self,
        parameters: Mapping[str, Operand],
        x: Array,
        states: Sequence[State] | None = None,
        *,
        dropout: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> Operand:
        """Return the last layer's h of every step, (T, H, B), on the tape if the parameters are.

        Args:
            x: (T, B) characters or (T, D, B) vectors. states: before the window, one a layer.
            dropout: probability, between layers only; needs ``rng``.
        """
        h: Operand = x
        for layer, cell in enumerate(self.cells):
            if layer and dropout > 0:
                if rng is None:
                    raise ValueError("dropout needs a random generator")
                h = drop(h, dropout, rng)
            h = recur(cell, h, weights_of(parameters, layer), states[layer] if states else None)
        return h

    def loss(
        self,
        parameters: Mapping[str, Operand],
        x: Array,
        targets: Array,
        states: Sequence[State] | None = None,
        *,
        dropout: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> Tensor:
        """Return the mean cross-entropy of a window, nats a character; then carry `last_states` on."""
        h = self.hidden(parameters, x, states, dropout=dropout, rng=rng)
        return cross_entropy(self.readout, h, parameters["Wy"], parameters["by"], targets)

    def last_states(self) -> list[State]:
        """Return copies of all layers' states after the last window: carried on, their gradient is cut."""
        return [cell.last_state() for cell in self.cells]

    def scores(self, parameters: Mapping[str, Operand], h: Array) -> Array:
        """Return the scores of every step, (T, V, B)."""
        product: Array = np.matmul(read(parameters["Wy"]), h) + read(parameters["by"])[:, None]
        return product
