"""A recurrent net laid out for windows: the buffers, and the forward pass through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.tape import Array, Operand, Tensor, read
from engine.nn.dropout import Rng
from engine.nn.dropout import dropout as drop_out
from engine.nn.recurrent.cell import Cell, CellState, SharedBuffers
from engine.nn.recurrent.net import RecurrentNet
from engine.nn.recurrent.primitives import Passage, cross_entropy, recur, weights_of
from engine.nn.recurrent.readout import Readout
from engine.pieces import LARGE, Pieces, whole


class _Buffers:
    """Cells and readout for one window at a time, with what they share."""

    def __init__(self, net: RecurrentNet, batch: int, length: int, dtype: DTypeLike, runs: int) -> None:
        scratch = SharedBuffers()
        self.cells: list[Cell] = [
            net.make(layer, batch, length, dtype, scratch, runs=runs) for layer in range(net.layers)
        ]
        self.readout = Readout(net.hidden, net.outputs, batch, length, dtype=dtype, scratch=scratch)

    @property
    def taken(self) -> bool:
        return self.readout.taken or any(cell.taken for cell in self.cells)


class Window:
    """Buffers in which a net reads windows of up to T steps and B columns; it holds no parameters.

    A window whose graph waits for its backward pass keeps its buffers: the next one takes others, made when they
    are first needed. So a net may read twice on one tape (an encoder that is its own decoder), and training, which
    goes backward each time, needs one set.

    Args:
        net: the model. batch: B. length: T. dtype: float32 to train, float64 to check.
        runs: R nets, each with parameters of its own, that read the same characters: arrays have R after T then,
            and the loss is (R,). 0: one net.
    """

    def __init__(
        self, net: RecurrentNet, batch: int, length: int, dtype: DTypeLike = np.float32, runs: int = 0
    ) -> None:
        self.net, self.batch, self.length, self.dtype = net, batch, length, np.dtype(dtype)
        self.runs = runs
        self._sets = [_Buffers(net, batch, length, dtype, runs)]
        self._now = self._sets[0]
        self._passages: list[Passage] = []

    @property
    def cells(self) -> list[Cell]:
        """The cells of the last window read, first layer first, with its gates and states."""
        return self._now.cells

    @property
    def readout(self) -> Readout:
        """The readout of the last window read."""
        return self._now.readout

    def zero_state(self) -> list[CellState]:
        """Return a state of zeros for every layer."""
        return [cell.zero_state() for cell in self.cells]

    def forward(
        self,
        parameters: Mapping[str, Operand],
        x: Operand,
        states: Sequence[Sequence[Operand]] | None = None,
        *,
        dropout: float = 0.0,
        rng: Rng = None,
    ) -> Tensor:
        """Return the last layer's h of every step, (T, H, B), on the tape if the parameters are.

        Args:
            x: (T, B) characters or (T, D, B) vectors. states: before the window, one a layer; tensors receive
                their gradient. dropout: probability, between layers only; needs ``rng``.
        Raises:
            ValueError: for dropout without ``rng``.
        """
        return whole(self.forward_in_pieces(parameters, x, states, dropout=dropout, rng=rng))

    def forward_in_pieces(
        self,
        parameters: Mapping[str, Operand],
        x: Operand,
        states: Sequence[Sequence[Operand]] | None = None,
        *,
        dropout: float = 0.0,
        rng: Rng = None,
    ) -> Pieces[Tensor]:
        """Do what `forward` does, and yield after each `LARGE` layer."""
        self._take()
        self._passages = []
        h: Operand = x
        for layer, cell in enumerate(self.cells):
            if layer and dropout > 0:
                if rng is None:
                    raise ValueError("dropout needs a random generator")
                h = drop_out(h, dropout, rng)
            passage = recur(cell, h, weights_of(parameters, layer), states[layer] if states else None)
            self._passages.append(passage)
            h = passage.h
            if passage.h.value.size >= LARGE:
                yield
        return passage.h

    def loss(
        self,
        parameters: Mapping[str, Operand],
        x: Array,
        targets: Array,
        states: Sequence[Sequence[Operand]] | None = None,
        *,
        dropout: float = 0.0,
        rng: Rng = None,
    ) -> Tensor:
        """Return the mean cross-entropy of a window, nats a character; then carry `last_states` on.

        Args:
            parameters: by name. x, targets: (T, B) characters. states: each layer's before; None for zeros.
            dropout: probability between layers. rng: draws the masks.
        """
        return whole(self.loss_in_pieces(parameters, x, targets, states, dropout=dropout, rng=rng))

    def loss_in_pieces(
        self,
        parameters: Mapping[str, Operand],
        x: Array,
        targets: Array,
        states: Sequence[Sequence[Operand]] | None = None,
        *,
        dropout: float = 0.0,
        rng: Rng = None,
    ) -> Pieces[Tensor]:
        """Do what `loss` does, and yield after each `LARGE` layer."""
        h = yield from self.forward_in_pieces(parameters, x, states, dropout=dropout, rng=rng)
        return cross_entropy(self.readout, h, parameters["Wy"], parameters["by"], targets)

    def last_states(self) -> list[CellState]:
        """Return copies of all layers' states after the last window: carried on, their gradient is cut."""
        return [passage.state for passage in self._passages]

    def ends(self) -> list[tuple[Tensor, ...]]:
        """Return all layers' states after the last window on the tape: carried on, their gradient flows back."""
        return [passage.ends for passage in self._passages]

    def scores(self, parameters: Mapping[str, Operand], h: Array) -> Array:
        """Return the scores of every step, (T, V, B).

        Args:
            parameters: by name. h: of the last layer, (T, H, B).
        """
        product: Array = np.matmul(read(parameters["Wy"]), h) + read(parameters["by"])[..., None]
        return product

    def _take(self) -> None:
        """Turn to a set of buffers that no graph waits for; give back what is not needed any more."""
        self._passages = []
        free = [buffers for buffers in self._sets if not buffers.taken]
        if not free:
            free = [_Buffers(self.net, self.batch, self.length, self.dtype, self.runs)]
            self._sets += free
        self._now = free[0]
        self._sets = [buffers for buffers in self._sets if buffers is self._now or buffers.taken]
