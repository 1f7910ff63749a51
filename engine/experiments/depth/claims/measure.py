"""What the checks measure: a comparison run as the page runs it, and numbers read off its frames and nets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Budget
from engine.experiments.depth.member import Member, batch_loss
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.simulation import DepthSimulation
from engine.frame import Frame
from engine.message import _
from engine.nn.losses import LOSSES
from engine.nn.statistics import update_ratios
from engine.nn.training import Trainer
from engine.params import check

Preset = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """A comparison that was run.

    Args:
        first: the frame of the start. last: the frame of the end, with every step's losses. simulation: as it
            stands at the end.
    """

    first: Frame
    last: Frame
    simulation: DepthSimulation

    def net(self, i: int = 0) -> Member:
        """Return a net as it stands at the end."""
        return self.simulation.members[i]

    def final(self, name: str, i: int = 0, steps: int = 20) -> float:
        """Return the mean of a curve over its last steps; infinity for a net that was stopped."""
        curve = np.asarray(self.last[name])[i, -steps:]
        return float(np.mean(curve)) if np.isfinite(curve).all() else float("inf")


def at(frame: Frame, name: str, net: int = 0) -> Array:
    """Return a net's array of a frame."""
    found: Array = np.asarray(frame[name])[net]
    return found


def run(preset: Preset, seed: int, **changes: Any) -> Course:
    """Run a preset from a seed, with some of its parameters changed, exactly as the page would.

    Raises:
        InvalidParams: where the laboratory refuses the parameters.
    """
    params = check(DepthParams, {**preset, **changes, "seed": seed})
    simulation = DepthSimulation(params, np.random.default_rng(seed))
    first = simulation.first()
    last = first if simulation.total == 0 else simulation.advance(simulation.total)
    return Course(first, last, simulation)


@dataclass(frozen=True)
class Sweep:
    """Several runs of one net, trained as one program.

    Args:
        losses: of every step, (run, step). ratios: |change| / |weights| of each layer at the last step,
            (run, layer). validation: loss on the validation rows at the end, (run,).
    """

    losses: Array
    ratios: Array
    validation: Array

    def final(self, steps: int = 20) -> Array:
        """Return the mean of each curve over its last steps, (run,); infinity where a net diverged."""
        curves = self.losses[:, -steps:]
        means: Array = np.where(np.isfinite(curves).all(axis=1), curves.mean(axis=1), np.inf)
        return means


def sweep(preset: Preset, seed: int, learning_rates: Sequence[float] = ()) -> Sweep:
    """Train as one program what as many runs of the page would do.

    Args:
        learning_rates: a run of the preset's first net for each; without them its nets, all of one shape and kind,
            are the runs.
    """
    params = check(DepthParams, {**preset, "seed": seed})
    simulation = DepthSimulation(params, np.random.default_rng(seed))
    net, data = simulation.members[0].net, simulation.data
    assert learning_rates or all(one.net == net for one in simulation.members)
    starts = [one.trainer.theta for one in simulation.members]
    thetas = np.tile(starts[0], (len(learning_rates), 1)) if learning_rates else np.array(starts)
    stack = net.layout.parameters(thetas)
    rule = params.optimizer
    if learning_rates:
        values = {**rule.model_dump(), "learning_rate": np.array(learning_rates)[:, None]}
        rule = type(rule).stacked(**values)
    trainer = Trainer(stack, rule)
    losses = np.empty((len(thetas), params.steps))
    ratios = np.empty((len(thetas), params.depth))
    for step in range(params.steps):
        rows = simulation.batches.take(params.batch_size)
        before = trainer.theta.copy() if step + 1 == params.steps else None
        found = trainer.step(batch_loss(net, data.inputs[rows], simulation.targets[rows], simulation.loss))
        losses[:, step] = found.loss
        if before is not None:
            pairs = zip(trainer.theta, before, strict=True)
            ratios = np.array([update_ratios(net, theta, old) for theta, old in pairs])
    outputs = net.forward(stack.views, data.validation_inputs, "test").outputs
    validation = LOSSES[simulation.loss].function(outputs, data.validation_targets).value
    return Sweep(losses, ratios, np.asarray(validation, np.float64))


def per_layer(values: Array) -> float:
    """Return by what factor a size changes from layer to layer: the geometric mean over the layers."""
    return float((values[-1] / values[0]) ** (1 / (len(values) - 1)))


UPDATES = _("updates")


def equal(spent: float, *sides: str) -> tuple[Budget, ...]:
    """Return the budgets of sides that each had ``spent`` updates; the sides' names are translatable."""
    return tuple(Budget(side, spent, UPDATES) for side in sides)
