"""Several runs of one net as one program: its learning rates, or the nets of a comparison, on the page's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.member import batch_loss
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.simulation import DepthSimulation
from engine.nn.layout import Parameters
from engine.nn.losses import LOSSES
from engine.nn.statistics import update_ratios
from engine.nn.training import Trainer
from engine.pieces import quiet, whole


@dataclass(frozen=True)
class Sweep:
    """What came of it; a run is a learning rate, or a net of the comparison.

    Args:
        simulation: it was taken from, as it stands at the start.
        losses: of every step, (run, step). ratios: |change| / |weights| of each layer at the last step,
            (run, layer). parameters: of all of them at the end, stacked. Where all have diverged it stops early.
    """

    simulation: DepthSimulation
    losses: Array
    ratios: Array
    parameters: Parameters

    def final(self, steps: int = 20) -> Array:
        """Return the mean of each curve over its last steps, (run,); infinity where a net diverged."""
        curves = self.losses[:, -steps:]
        finite: Array = np.asarray(np.isfinite(curves).all(axis=1))
        means: Array = np.where(finite, np.where(finite[:, None], curves, 0).mean(axis=1), np.inf)
        return means

    @property
    def accuracy(self) -> Array:
        """Share of the training rows that are classified right at the end, (run,); NaN where a net diverged."""
        data, net = self.simulation.data, self.simulation.members[0].net
        outputs = net.forward(self.parameters.views, data.inputs, "test").outputs.value
        right = (outputs.argmax(axis=-1) == data.targets).mean(axis=-1)
        shares: Array = np.where(np.isfinite(outputs).all(axis=(1, 2)), right, np.nan)
        return shares

    @property
    def validation(self) -> Array:
        """Loss on the validation rows at the end, (run,)."""
        data, net = self.simulation.data, self.simulation.members[0].net
        with np.errstate(all="ignore"):
            outputs = net.forward(self.parameters.views, data.validation_inputs, "test").outputs
            loss = LOSSES[self.simulation.loss].function(outputs, self.simulation.validation_targets)
        return np.asarray(loss.value, np.float64)


def sweep(params: DepthParams, learning_rates: Sequence[float] = ()) -> Sweep:
    """Train as one program what as many runs of the page would do.

    Args:
        params: of the comparison. learning_rates: a run of the first net for each; without them the comparison's
            nets, all of one shape and kind, are the runs.
    """
    simulation = whole(DepthSimulation.begin(params, np.random.default_rng(params.seed)))
    net, data = simulation.members[0].net, simulation.data
    assert learning_rates or all(one.net == net for one in simulation.members)
    starts = [one.trainer.theta for one in simulation.members]
    thetas = np.tile(starts[0], (len(learning_rates), 1)) if learning_rates else np.array(starts)
    rule = params.optimizer
    if learning_rates:
        rule = type(rule).stacked(**{**rule.model_dump(), "learning_rate": np.array(learning_rates)[:, None]})
    trainer = Trainer(net.layout.parameters(thetas), rule)
    losses = np.full((len(thetas), params.steps), np.nan)
    ratios = np.full((len(thetas), params.depth), np.nan)
    for step in range(params.steps):
        rows = simulation.batches.take(params.batch_size)
        before = trainer.theta.copy() if step + 1 == params.steps else None
        loss = batch_loss(net, data.inputs[rows], simulation.targets[rows], simulation.loss)
        found = whole(quiet(trainer.step_in_pieces(loss)))
        losses[:, step] = found.loss
        if not np.isfinite(losses[:, step]).any():
            break
        if before is not None:
            pairs = zip(trainer.theta, before, strict=True)
            with np.errstate(all="ignore"):
                ratios = np.array([update_ratios(net, theta, old) for theta, old in pairs])
    return Sweep(simulation, losses, ratios, trainer.parameters)
