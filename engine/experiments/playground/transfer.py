"""What a net learns of a related task before it sees its own points."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.data.batches import Rows
from engine.data.preprocessing import fit
from engine.data.toys import TOYS
from engine.experiments.playground.choice import NetChoice
from engine.experiments.playground.features import of_points
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.task import task_of
from engine.nn.dense import DenseNet, Mode
from engine.nn.dropout import Rng
from engine.nn.initializers import Scales
from engine.nn.layout import Values
from engine.nn.training import LossInPieces, Trainer
from engine.optimizers.adam import Adam
from engine.pieces import Pieces, quiet, remembered

POINTS, STEPS, BATCH = 2000, 1500, 64
"""Of the related task: enough to learn it well."""
TURN = np.deg2rad(30)


def take_over(params: PlaygroundParams, choice: NetChoice, net: DenseNet, theta: Array) -> Pieces[int]:
    """Write the first layers of a net that learned the related task into theta; return how many entries freeze."""
    name = params.data
    assert isinstance(name, str)
    keep = min(choice.transfer.keep, net.depth)
    task = Related(name, params.noise, params.standardize, tuple(params.features), params.seed)
    # Dropout may change during the run, what is known may not.
    known = yield from _learned(task, replace(net, dropout=0.0), choice.init)
    end = net.layout.slices[f"W{keep + 1}"].start
    theta[:end] = known[:end]
    return end if choice.transfer.freeze else 0


class Related(NamedTuple):
    """The related task: the same shape, turned. As in `PlaygroundParams`."""

    data: str
    noise: float
    standardize: bool
    features: tuple[str, ...]
    seed: int


@remembered
def _learned(related: Related, net: DenseNet, init: str) -> Pieces[Array]:
    """Return theta after learning the related task from many points; nobody writes into it."""
    rng = np.random.default_rng([related.seed, 6])
    found = TOYS[related.data].make(POINTS, rng, related.noise)
    turn = np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    middle = found.inputs.mean(axis=0)
    raw = (found.inputs - middle) @ turn + middle
    inputs = of_points(fit("standardize" if related.standardize else "none", raw).apply(raw), related.features)
    targets = np.asarray(found.targets) if found.classes else np.asarray(found.targets)[:, None]
    task = task_of(found.classes)
    parameters = net.start()
    net.initialize(parameters.theta, init, rng, Scales(init_std=0.5))
    trainer = Trainer(parameters, Adam(learning_rate=0.01), rng=rng)
    deck = Rows(POINTS, rng)

    def loss_of(rows: Array) -> LossInPieces:
        def loss(values: Values, masks: Rng) -> Pieces[Tensor]:
            mode: Mode = "train" if masks is not None else "measure"
            signals = yield from net.forward_in_pieces(values, inputs[rows], mode, masks)
            return task.loss(signals.outputs, targets[rows])

        return loss

    for _step in range(STEPS):
        yield from quiet(trainer.step_in_pieces(loss_of(deck.take(BATCH))))
        yield
    parameters.theta.flags.writeable = False
    return parameters.theta
