"""One net in training: its parameters, its rule's memory, the state it carries."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np

from engine.autodiff.tape import Array, backward
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.text import Held
from engine.nn.layout import Parameters
from engine.nn.recurrent import Architecture, Net, State
from engine.nn.recurrent.initialize import initialize
from engine.nn.recurrent.walker import mean_loss
from engine.optimizers import Rule

_SCRATCH = ("work", "regularized")
"""What a rule's state holds only to save allocations."""
MEASURED_WINDOW = 16
"""Characters that are read at once where only the loss is wanted."""


class Learner:
    """A net that learns window by window. A copy of it is small: the buffers for windows are shared.

    Args:
        architecture: of the net. params: of the run. columns: B, as many as the text has room for.
        base: seeds what is drawn here; nets of one run share it.
    """

    def __init__(self, architecture: Architecture, params: CharRNNParams, columns: int, base: int) -> None:
        self.architecture = architecture
        self.columns, self.length = columns, params.sequence_length
        self.theta = initialize(
            architecture,
            params.init,
            np.random.default_rng([base, 1]),
            forget_bias=params.forget_bias,
            spectral_radius=params.spectral_radius,
        )
        self.dropout_rng = np.random.default_rng([base, 2])
        self.rule_state: dict[str, Any] = {}
        self.rule_name = ""
        self.states: list[State] | None = None
        self._bare = False
        self._buffers: dict[int, Net] = {}
        self._parameters: Parameters | None = None

    @property
    def parameters(self) -> Parameters:
        """Theta's stretches as leaves of the tape."""
        if self._parameters is None:
            self._parameters = self.architecture.layout.parameters(self.theta)
        return self._parameters

    @property
    def views(self) -> dict[str, Array]:
        """Theta's stretches as plain arrays."""
        return self.architecture.layout.views(self.theta)

    def net(self, columns: int) -> Net:
        """Return buffers for so many columns; the same each time, so what is measured shares those of training."""
        if columns not in self._buffers:
            length = self.length if columns == self.columns else MEASURED_WINDOW
            self._buffers[columns] = Net(self.architecture, columns, length)
        return self._buffers[columns]

    def look(self, x: Array, targets: Array, params: CharRNNParams) -> tuple[float, float, float]:
        """Return what `learn` would, without learning: no weight, state or random number changes."""
        return self._gradient(x, targets, params, copy.deepcopy(self.dropout_rng))[1:]

    def learn(self, x: Array, targets: Array, params: CharRNNParams) -> tuple[float, float, float]:
        """Learn one window from where the state stands.

        Args:
            x, targets: (T, B) characters.
        Returns:
            the loss before the update, the gradient's norm, and the norm after clipping.
        """
        net, loss, norm, clipped = self._gradient(x, targets, params, self.dropout_rng)
        self.states = net.last_states() if params.carry_state else None
        with np.errstate(all="ignore"):
            self._update(params)
        return loss, norm, clipped

    def _gradient(
        self, x: Array, targets: Array, params: CharRNNParams, rng: np.random.Generator
    ) -> tuple[Net, float, float, float]:
        """Leave the clipped gradient in the parameters; return the net, the loss and both norms."""
        net, parameters = self.net(self.columns), self.parameters
        parameters.reset()
        loss = net.loss(parameters, x, targets, self.states, dropout=params.dropout, rng=rng)
        gradient = parameters.gradient
        with np.errstate(all="ignore"):
            backward(loss)
            norm = float(params.clip.apply(gradient))
            clipped = float(np.sqrt(gradient @ gradient)) if params.clip.mode == "value" else norm
            if params.clip.mode == "norm":
                clipped = min(norm, params.clip.threshold)
        return net, float(loss.value), norm, clipped

    def _update(self, params: CharRNNParams) -> None:
        rule = params.optimizer
        if self.rule_name != rule.rule:
            self.rule_name, self.rule_state = rule.rule, rule.init(self.theta)
        elif self._bare:
            self.rule_state = {**rule.init(self.theta), **self.rule_state}
        self._bare = False
        rule.update(self.rule_state, self.theta, self.parameters.gradient)

    def kept_rule_state(self) -> dict[str, Any]:
        """Return the rule's memory without what only saves allocations."""
        return {name: value for name, value in self.rule_state.items() if name not in _SCRATCH}

    def prepare(self, rule: Rule | None, carried: bool) -> None:
        """Make room for the memory of a rule (None: not begun) and for a carried state, to be filled."""
        self.rule_name = rule.rule if rule else ""
        self.rule_state = rule.init(self.theta) if rule else {}
        kind, batch = self.architecture.kind, self.columns
        shape = (self.architecture.hidden, batch)
        one = tuple(np.zeros(shape, self.theta.dtype) for _ in range(kind.states))
        self.states = [copy.deepcopy(one) for _ in range(self.architecture.layers)] if carried else None

    def measure(self, held: Held | None) -> float:
        """Return the loss on held-out text, nats a character; nan when there is none."""
        if held is None:
            return float("nan")
        return mean_loss(self.net(held.streams.shape[1]), self.views, held.streams, held.warm)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other.theta = self.theta.copy()
        other.dropout_rng = copy.deepcopy(self.dropout_rng)
        other.rule_state = copy.deepcopy(self.kept_rule_state())
        other.states = copy.deepcopy(self.states)
        other._parameters, other._bare = None, True
        return other
