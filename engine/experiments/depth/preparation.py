"""Initializations that look at the data, made a layer at a time as the run comes to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.dense import DenseNet
from engine.nn.layout import Parameters, Values
from engine.nn.lsuv import LsuvStep, lsuv
from engine.nn.pretraining import PretrainingStep, pretrain_autoencoder, pretrain_rbm

LSUV_TOLERANCE = 0.02
EPOCHS = 5
"""Passes over the data for each layer that is pre-trained."""


class Preparation:
    """A net's weights on their way from where they begin to where the initialization leaves them.

    A copy begins anew and makes again what is asked of it, so a snapshot costs nothing.

    Args:
        parameters: where the weights begin; left as they are. init: ``lsuv``, ``rbm`` or ``autoencoder``.
        inputs: the training rows. rng: left as it is.
    """

    def __init__(
        self, net: DenseNet, parameters: Parameters, init: str, inputs: Array, rng: np.random.Generator
    ) -> None:
        self._net, self._init, self._inputs = net, init, inputs
        self._parameters, self._rng = copy.deepcopy(parameters), copy.deepcopy(rng)
        self._begin()

    def _begin(self) -> None:
        self.rng = copy.deepcopy(self._rng)
        """What the preparation draws from; where it has come to."""
        self._there = copy.deepcopy(self._parameters)
        self._work = self._start()
        self._done = 0

    def _start(self) -> Iterator[LsuvStep | PretrainingStep]:
        net, there = self._net, self._there
        if self._init == "lsuv":
            return lsuv(net, there, self._inputs, self.rng, tolerance=LSUV_TOLERANCE)
        learn = pretrain_rbm if self._init == "rbm" else pretrain_autoencoder
        return learn(net, there.theta, self._inputs, self.rng, epochs=EPOCHS)

    def layer(self, layer: int) -> Values:
        """Return the weights with all layers made up to this one, from 1."""
        with np.errstate(all="ignore"):
            while self._done < layer:
                self._done = next((step.layer for step in self._work if _ends(step)), layer)
        return self._net.layout.views(self._there.theta)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other._begin()
        return other


def _ends(step: LsuvStep | PretrainingStep) -> bool:
    return step.done if isinstance(step, LsuvStep) else step.epoch == EPOCHS
