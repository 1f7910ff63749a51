"""One net of the comparison: its weights, its training, what is wrong with it since when."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.dataset import DataSet
from engine.experiments.depth.params import PHASED, DepthParams, NetChoice
from engine.experiments.depth.sizes import architecture, dtype_of
from engine.nn.initializers import Scales
from engine.nn.losses import LOSSES
from engine.nn.net import Net
from engine.nn.statistics import update_ratios
from engine.nn.training import Penalty, training_step
from engine.optimizers import Rule, State

UNDER = {"lsuv": "orthogonal", "rbm": "lecun_normal", "autoencoder": "lecun_normal"}
"""What the initializers that look at the data begin from."""


@dataclass
class Member:
    """A net in training.

    Args:
        choice: what it was asked to be. net: with its weights. state: of the update rule. drops: draws dropout's
            masks. stopped: the step at which a number stopped being finite, or -1. ratio: |change| / |weights| of
            each layer (L,) at the last update that was reported. since: illness -> step from which it was seen at
            every look. validation: the last validation loss and accuracy.
    """

    choice: NetChoice
    net: Net
    state: State
    drops: np.random.Generator
    stopped: int = -1
    ratio: Array = field(default_factory=lambda: np.empty(0))
    since: dict[str, int] = field(default_factory=dict)
    validation: tuple[float, float] = (float("nan"), float("nan"))
    last_loss: float = float("nan")

    @property
    def phased(self) -> bool:
        """True when its weights are made layer by layer, looking at the data."""
        return self.choice.init in PHASED


def member(params: DepthParams, choice: NetChoice, data: DataSet, weights: np.random.Generator) -> Member:
    """Return a net as it stands before anything happens; ``weights`` is the same generator for every net."""
    rng = copy.deepcopy(weights)
    built = architecture(params, choice, data.inputs.shape[1], data.outputs)
    net = Net(built, dtype_of(built, params.samples))
    scales = Scales(choice.init_std, choice.constant, choice.sigma_w, choice.sigma_b)
    if choice.init != "mean_field":
        scales = Scales(choice.init_std, choice.constant, choice.sigma_w, 0.0)
    net.initialize(UNDER.get(choice.init) or choice.init, rng, scales)
    made = Member(choice, net, params.optimizer.init(net.theta), rng)
    made.ratio = np.full(params.depth, np.nan)
    return made


def train(
    one: Member, rule: Rule, rows: tuple[Array, Array], *, loss: str, penalty: Penalty, report: bool
) -> tuple[float, float, bool]:
    """Do one update; return the loss and the accuracy of the batch from before it, and whether all is finite.

    Args:
        rows: inputs and targets of the batch. report: whether the update's size is wanted.
    """
    inputs, targets = rows
    net = one.net
    before = net.theta.copy() if report else None
    with np.errstate(all="ignore"):
        step = training_step(net, rule, one.state, inputs, targets, loss=loss, penalty=penalty, rng=one.drops)
        if before is not None:
            one.ratio = update_ratios(net, before)
        finite = step.finite and bool(np.isfinite(net.theta.sum()) or np.isfinite(net.theta).all())
    if finite:
        one.last_loss = step.loss
    return step.loss, accuracy_of(step.signals.outputs.value, targets), finite


def accuracy_of(outputs: Array, targets: Array) -> float:
    """Return the share of rows whose largest output is the right class; NaN where there are no classes."""
    if outputs.shape[1] == 1:
        return float("nan")
    classes = targets.argmax(axis=1) if targets.ndim == 2 else targets
    return float(np.mean(outputs.argmax(axis=1) == classes))


def validate(one: Member, inputs: Array, targets: Array, loss: str) -> None:
    """Measure loss and accuracy on the validation rows, in test mode."""
    with np.errstate(all="ignore"):
        outputs = one.net.forward(inputs, "test", parameters=one.net.views).outputs
        value = float(LOSSES[loss].function(outputs, targets).value)
    one.validation = value, accuracy_of(outputs.value, targets)
