"""A dense net with parameters of its own, as those who train one or play with one hold it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autodiff.tape import Operand, Tensor
from engine.nn import LOSSES, DenseNet, Parameters, Scales, Signals, Step, Trainer


class Held:
    """A model and its parameters, for short tests."""

    def __init__(self, net: DenseNet, dtype: Any = np.float64) -> None:
        self.net = net
        self.parameters: Parameters = net.start(dtype)

    @property
    def theta(self) -> np.ndarray:
        return self.parameters.theta

    @property
    def views(self) -> dict[str, np.ndarray]:
        return self.parameters.views

    def initialize(self, name: str, rng: np.random.Generator, scales: Scales | None = None) -> None:
        self.net.initialize(self.theta, name, rng, scales or Scales())

    def forward(self, inputs: Operand, *given: Any, **more: Any) -> Signals:
        return self.net.forward(self.parameters, inputs, *given, **more)

    def backward(self, signals: Signals, targets: np.ndarray, loss: str = "cross_entropy") -> Tensor:
        with np.errstate(all="ignore"):
            value = LOSSES[loss].function(signals.outputs, targets)
        self.parameters.backward(value)
        return value

    def gradients(self) -> dict[str, np.ndarray]:
        return self.net.layout.views(self.parameters.gradient)

    def loss(self, x: np.ndarray, y: np.ndarray, loss: str = "cross_entropy") -> Callable[..., Tensor]:
        """Return the loss of a batch, as a trainer asks for it."""

        def of(parameters: Any, rng: np.random.Generator | None) -> Tensor:
            signals = self.net.forward(parameters, x, "train" if rng else "measure", rng)
            return LOSSES[loss].function(signals.outputs, y)

        return of

    def accuracy(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean(self.net.forward(self.views, x, "test").outputs.value.argmax(axis=1) == y))


def steps(trainer: Trainer, loss: Callable[..., Tensor], count: int) -> Step:
    """Train for some steps; return what the last one found."""
    for _ in range(count):
        found = trainer.step(loss)
    return found
