"""The adding problem: can a cell carry two numbers over a long stretch of others?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read
from engine.data.tasks import adding
from engine.frame import ArraySpec
from engine.message import _
from engine.nn.dropout import Rng
from engine.nn.layout import Values
from engine.nn.recurrent import RecurrentNet, Window
from engine.nn.recurrent.initialize import initialize
from engine.nn.recurrent.net import CellName
from engine.nn.training import Trainer
from engine.optimizers import Clip
from engine.optimizers.adam import Adam
from engine.optimizers.schedules import StepDecay
from engine.pieces import Pieces, remembered

LENGTH, UPDATES, TOGETHER = 30, 700, 10
"""What the page and the claim train: numbers in a sequence, updates; errors are averaged over so many updates."""
ARRAYS: Mapping[str, ArraySpec] = {
    "adding_error": ArraySpec(("net", "index"), _("Mean squared error of every cell on the adding problem"))
}
"""The answer to ``adding``."""
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
) -> Pieces[tuple[float, list[float]]]:
    """Train a net on the adding problem; the last third of the steps take a tenth of the learning rate.

    Args:
        cell: of the net, with ``hidden`` units. length: T.
        steps: updates at most, each on ``batch`` new sequences.
        seed: draws weights and sequences. learning_rate: of Adam.
        carry: bias of the LSTM's forget gate, of the GRU's update gate.
        enough: stop when the mean error of the last 50 batches is below this.
    Returns:
        the mean squared error on new sequences, and the training error by step.
    """
    rng = np.random.default_rng([seed, 21])
    net = RecurrentNet(cell, 2, 1, hidden)
    theta = initialize(net, "orthogonal", rng, forget_bias=carry, update_bias=carry)
    window, test = Window(net, batch, length), Window(net, TESTED, length)
    trainer = Trainer(
        net.layout.parameters(theta),
        Adam(learning_rate=learning_rate),
        clip=Clip(mode="norm"),
        schedule=StepDecay(every=max(1, math.ceil(2 * steps / 3))),
        total=steps,
    )
    errors: list[float] = []
    for step in range(steps):
        errors.append(trainer.step(partial(_error, window, *adding(rng, length, batch))).loss)
        yield
        if step >= 50 and enough and np.mean(errors[-50:]) < enough:
            break
    inputs, targets = adding(np.random.default_rng([seed, 22]), length, TESTED)
    return float(_error(test, inputs, targets, net.layout.views(theta)).value), errors


@remembered
def trained_on_adding(cell: CellName, seed: int) -> Pieces[tuple[float, tuple[float, ...]]]:
    """Return `train_adding` as the page and the claim do it: 16 units, the learning rate 0.02."""
    found, errors = yield from train_adding(cell, LENGTH, UPDATES, seed, hidden=16, batch=16, learning_rate=0.02)
    return found, tuple(errors)


def curve(cell: CellName, seed: int) -> Pieces[Array]:
    """Return the training error by tens of updates, (UPDATES / TOGETHER,); the last on new sequences."""
    found, errors = yield from trained_on_adding(cell, seed)
    means: Array = np.reshape(errors, (-1, TOGETHER)).mean(axis=1)
    means[-1] = found
    return means


def _error(window: Window, inputs: Array, targets: Array, parameters: Values, _rng: Rng = None) -> Tensor:
    return last_error(window.forward(parameters, inputs), parameters["Wy"], parameters["by"], targets)
