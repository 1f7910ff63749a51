"""What fixes a recurrent net: stacked cells and a readout, as a function of one flat theta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Operand, Tensor, read
from engine.nn.dropout import Rng
from engine.nn.layout import Entry, Layout
from engine.nn.recurrent.cell import Cell, SharedBuffers
from engine.nn.recurrent.gru import GRU, GRUBefore
from engine.nn.recurrent.lstm import LSTM
from engine.nn.recurrent.rnn import RNN

if TYPE_CHECKING:
    from engine.nn.recurrent.window import Window

CellName: TypeAlias = Literal["rnn", "lstm", "gru"]
Squashing: TypeAlias = Literal["tanh", "relu", "linear"]
Reset: TypeAlias = Literal["after", "before"]


@dataclass(frozen=True)
class RecurrentNet:
    """A recurrent net: its shapes and its equations. It holds no parameters and no buffers (see `Window`).

    Args:
        inputs: D, or the number of characters. outputs: V (or 1 for a regression). hidden: H. layers: L.
        activation: of the vanilla RNN. reset: where the GRU's reset gate acts.
    """

    cell: CellName
    inputs: int
    outputs: int
    hidden: int
    layers: int = 1
    activation: Squashing = "tanh"
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

    @cached_property
    def layout(self) -> Layout:
        """Names and shapes: Wx0, Wh0, bx0, bh0, Wx1, ..., Wy (V, H), by (V,)."""
        rows = len(self.gates) * self.hidden
        entries: list[Entry] = []
        for layer in range(self.layers):
            width = self.inputs if layer == 0 else self.hidden
            entries += [
                Entry(f"Wx{layer}", (rows, width), "weight", units=0),
                Entry(f"Wh{layer}", (rows, self.hidden), "recurrent", units=0),
                Entry(f"bx{layer}", (rows,), "bias"),
                Entry(f"bh{layer}", (rows,), "bias"),
            ]
        readout = Entry("Wy", (self.outputs, self.hidden), "weight", units=0), Entry("by", (self.outputs,), "bias")
        return Layout([*entries, *readout])

    def window(self, batch: int, length: int, dtype: DTypeLike = np.float32, runs: int = 0) -> Window:
        """Return buffers for windows of up to ``length`` steps in ``batch`` columns.

        Args:
            batch: B columns. length: T at most. dtype: of buffers and parameters. runs: R of a stack; 0: one net.
        """
        from engine.nn.recurrent.window import Window

        return Window(self, batch, length, dtype, runs)

    def forward(
        self,
        parameters: Mapping[str, Operand],
        inputs: Operand,
        states: Sequence[Sequence[Operand]] | None = None,
        *,
        dropout: float = 0.0,
        rng: Rng = None,
    ) -> Tensor:
        """Return the last layer's h of every step, (T, H, B), in buffers of its own (see `Window.forward`).

        Args:
            parameters: by name. inputs: (T, B) characters, or (T, D, B). states: each layer's before the window;
                None for zeros. dropout: probability between layers. rng: draws the masks.
        """
        length, batch = np.shape(read(inputs))[0], np.shape(read(inputs))[-1]
        window = self.window(batch, length, read(parameters["Wy"]).dtype)
        return window.forward(parameters, inputs, states, dropout=dropout, rng=rng)

    def make(
        self, layer: int, batch: int, length: int, dtype: DTypeLike, scratch: SharedBuffers, *, runs: int = 0
    ) -> Cell:
        """Return the cell of a layer with its buffers.

        Args:
            layer: from 0 on. batch: B columns. length: T at most. dtype: of the buffers.
            scratch: buffers that the layers of a net share. runs: R of a stack; 0: one net.
        """
        options: dict[str, Any] = {"activation": self.activation} if self.cell == "rnn" else {}
        width = self.inputs if layer == 0 else self.hidden
        return self.kind(width, self.hidden, batch, length, dtype=dtype, scratch=scratch, runs=runs, **options)

    def resized(self, cell: CellName, size: int) -> RecurrentNet:
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

    def with_cell(self, cell: CellName, hidden: int) -> RecurrentNet:
        """Return this net with another cell and width."""
        return RecurrentNet(cell, self.inputs, self.outputs, hidden, self.layers, self.activation, self.reset)
