"""One net in training: who trains it, the state it carries, the windows in which it reads."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.data.corpora import Ids
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.text import Held
from engine.nn.dropout import Rng
from engine.nn.layout import Values
from engine.nn.recurrent import CellState, RecurrentNet, Window
from engine.nn.recurrent.initialize import initialize_in_pieces
from engine.nn.recurrent.walker import mean_loss_in_pieces
from engine.nn.training import LossInPieces, Step, Trainer
from engine.pieces import Pieces

MEASURED_WINDOW = 16
"""Characters that are read at once where only the loss is wanted."""
MOST_MEASURED = 6e10
"""Multiplications and additions that the held-out loss of all nets may take: about a second of a core."""

MOST_AT_ONCE = 2e9
"""Multiplications and additions that may be done at once where only the loss is wanted: about .1 seconds."""


def measured_window(columns: int, training: int, length: int) -> int:
    """Return how many characters are read at once in so many columns.

    Args:
        columns: that are read. training: columns of the windows that are learned. length: T of those.
    """
    return length if columns == training else MEASURED_WINDOW


def measured_part(held: Held, size: int) -> Ids:
    """Return the streams on which the held-out loss is measured; of large nets the beginning of each stretch.

    Args:
        held: the held-out text. size: parameters of all nets that are measured at a time.
    """
    most = int(MOST_MEASURED / (2.0 * held.streams.shape[1] * size))
    return held.streams[: max(held.warm + MEASURED_WINDOW, most) + 1]


def at_once(streams: Ids, size: int) -> int:
    """Return how many characters of the streams are read in a piece by a net of so many parameters."""
    return max(1, int(MOST_AT_ONCE / (streams.shape[1] * size)))


class Learner:
    """A net that learns window by window. A copy of it is small: it makes buffers when it first reads.

    Args:
        net: the model. theta: its parameters, (n,). params: of the run.
        columns: B, as many as the text has room for.
        base: seeds what is drawn here; nets of one run share it.
    """

    def __init__(self, net: RecurrentNet, theta: Array, params: CharRNNParams, columns: int, base: int) -> None:
        self.net = net
        self.columns, self.length = columns, params.sequence_length
        dropouts = np.random.default_rng([base, 2])
        self.trainer = Trainer(net.layout.parameters(theta), params.optimizer, clip=params.clip, rng=dropouts)
        self.states: list[CellState] | None = None
        self._read: list[CellState] = []
        self._windows: dict[int, Window] = {}

    @classmethod
    def drawn(cls, net: RecurrentNet, params: CharRNNParams, columns: int, base: int) -> Pieces[Self]:
        """Return a net whose parameters are drawn as ``params`` say; the arguments are the learner's."""
        theta = yield from initialize_in_pieces(
            net,
            params.init,
            np.random.default_rng([base, 1]),
            forget_bias=params.forget_bias,
            update_bias=params.update_bias,
            spectral_radius=params.spectral_radius,
        )
        return cls(net, theta, params, columns, base)

    @property
    def theta(self) -> Array:
        """The parameters, one flat vector (n,)."""
        return self.trainer.theta

    @property
    def views(self) -> dict[str, Array]:
        """Theta's stretches as plain arrays."""
        return self.net.layout.views(self.theta)

    def window(self, columns: int) -> Window:
        """Return buffers for so many columns; the same each time, so what is measured shares those of training."""
        if columns not in self._windows:
            length = measured_window(columns, self.columns, self.length)
            self._windows[columns] = Window(self.net, columns, length)
        return self._windows[columns]

    def change(self, params: CharRNNParams) -> None:
        """Train on under other parameters."""
        self.trainer.use(params.optimizer)
        self.trainer.clip = params.clip

    def look(self, x: Array, targets: Array, params: CharRNNParams) -> Pieces[Step]:
        """Return what `learn` would, without learning: no weight, state or random number changes."""
        loss, rng = self._loss(x, targets, params), copy.deepcopy(self.trainer.rng)
        return (yield from self.trainer.look_in_pieces(loss, rng))

    def learn(self, x: Array, targets: Array, params: CharRNNParams) -> Pieces[Step]:
        """Learn one window from where the state stands, a layer at a time.

        Args:
            x, targets: (T, B) characters. params: of the run, as they are now.
        """
        step = yield from self.trainer.step_in_pieces(self._loss(x, targets, params))
        self.states = self._read if params.carry_state else None
        return step

    def _loss(self, x: Array, targets: Array, params: CharRNNParams) -> LossInPieces:
        window, states = self.window(self.columns), self.states

        def loss(parameters: Values, rng: Rng) -> Pieces[Tensor]:
            dropout = params.dropout if rng else 0.0
            found = yield from window.loss_in_pieces(parameters, x, targets, states, dropout=dropout, rng=rng)
            if rng:
                self._read = window.last_states()
            return found

        return loss

    def carry(self, zeros: bool) -> None:
        """Begin with a state of zeros, to be filled, or with none."""
        shape = (self.net.hidden, self.columns)
        count = self.net.kind.states
        self.states = None
        if zeros:
            one = (tuple(np.zeros(shape, self.theta.dtype) for _ in range(count)) for _ in range(self.net.layers))
            self.states = list(one)

    def measure(self, held: Held | None, nets: int = 1) -> Pieces[float]:
        """Return the loss on held-out text, nats a character; nan when there is none.

        Args:
            held: the text.
            nets: how many are measured at a time. Large ones read the beginning of each stretch only.
        """
        if held is None:
            return float("nan")
        size, window = self.net.layout.size, self.window(held.streams.shape[1])
        streams = measured_part(held, nets * size)
        found = yield from mean_loss_in_pieces(window, self.views, streams, held.warm, at_once(streams, size))
        return float(found)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other.trainer = copy.deepcopy(self.trainer, memo)
        other.states = copy.deepcopy(self.states, memo)
        other._windows = {}  # two copies may train at once
        return other
