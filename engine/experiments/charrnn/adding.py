"""The adding problem: can a cell carry two numbers over a long stretch of others?"""

from __future__ import annotations

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, backward, primitive, read
from engine.data.tasks import adding
from engine.nn.recurrent import Architecture, Net
from engine.nn.recurrent.initialize import initialize
from engine.nn.recurrent.net import CellName
from engine.optimizers import Clip
from engine.optimizers.adam import Adam

TESTED = 1000
"""Sequences on which the error is measured, never trained on."""


def last_error(h: Operand, Wy: Operand, by: Operand, targets: Array) -> Tensor:
    """Return the mean squared error of Wy h_T + by, a regression from the last step alone.

    Args:
        h: (T, H, B). Wy: (1, H). by: (1,). targets: (B,).
    """
    value, weight = read(h), read(Wy)
    last = value[-1]
    error = weight[0] @ last + read(by)[0] - targets

    def pullback(g: Array) -> tuple[Array, Array, Array]:
        scaled = error * (2 * float(g) / len(targets))
        dh = np.zeros_like(value)
        dh[-1] = weight.T * scaled
        return dh, (last @ scaled)[None], np.array([scaled.sum()], weight.dtype)

    return primitive(np.array((error * error).mean()), (h, Wy, by), pullback)


def train_adding(
    cell: CellName,
    length: int,
    steps: int,
    seed: int,
    *,
    hidden: int = 32,
    batch: int = 32,
    learning_rate: float = 1e-2,
    carry: float = 3.0,
    enough: float = 0.0,
) -> tuple[float, list[float]]:
    """Train a net on the adding problem; the last third of the steps take a tenth of the learning rate.

    Args:
        length: T. enough: stop when the mean error of the last 50 batches is below this.
    Returns:
        the mean squared error on new sequences, and the training error by step.
    """
    rng = np.random.default_rng([seed, 21])
    architecture = Architecture(cell, 2, 1, hidden)
    theta = initialize(architecture, "orthogonal", rng, forget_bias=carry)
    if cell == "gru":  # z keeps the state, as the LSTM's forget gate does
        architecture.layout.views(theta)["bx0"][hidden : 2 * hidden] += carry
    parameters = architecture.layout.parameters(theta)
    net, rule, clip = Net(architecture, batch, length), Adam(learning_rate=learning_rate), Clip(mode="norm")
    state, errors = rule.init(theta), []
    for step in range(steps):
        inputs, targets = adding(rng, length, batch)
        parameters.reset()
        loss = last_error(net.hidden(parameters, inputs), parameters["Wy"], parameters["by"], targets)
        backward(loss)
        clip.apply(parameters.gradient)
        rule.update(state, theta, parameters.gradient, 1.0 if step < 2 * steps / 3 else 0.1)
        errors.append(float(loss.value))
        if step >= 50 and enough and np.mean(errors[-50:]) < enough:
            break
    inputs, targets = adding(np.random.default_rng([seed, 22]), length, TESTED)
    views = architecture.layout.views(theta)
    test = Net(architecture, TESTED, length)
    error = last_error(test.hidden(views, inputs), views["Wy"], views["by"], targets)
    return float(error.value), errors
