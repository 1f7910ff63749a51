"""One net of the comparison: its weights, its training, what is wrong with it since when."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.dataset import TrainingData
from engine.experiments.depth.params import PHASED, DepthParams, NetChoice
from engine.experiments.depth.sizes import architecture, dtype_of
from engine.nn.initializers import Scales
from engine.nn.losses import LOSSES
from engine.nn.lsuv import lsuv
from engine.nn.net import Net
from engine.nn.pretraining import pretrain_autoencoder, pretrain_rbm
from engine.nn.statistics import update_ratios
from engine.nn.training import Penalty, training_step
from engine.optimizers import Rule, State

UNDER = {"lsuv": "orthogonal", "rbm": "lecun_normal", "autoencoder": "lecun_normal"}
"""What the initializers that look at the data begin from."""
LSUV_TOLERANCE = 0.02
EPOCHS = 5
"""Passes over the data for each layer that is pre-trained."""


@dataclass
class Member:
    """A net in training.

    Args:
        choice: what it was asked to be. net: with its weights. state: of the update rule.
        drops: draws dropout's masks.
        stopped: the step at which a number stopped being finite, or -1.
        ratio: |change| / |weights| of each layer (L,) at the last update that was reported.
        since: illness -> step from which it was seen at every look.
        validation: the last validation loss and accuracy.
        last_loss: the last finite one.
        prepared: theta as an initialization that looks at the data leaves it.
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
    prepared: Array | None = None

    def prepare(self, layer: int) -> None:
        """Take over what the initialization made of a layer, from 1; nothing for one that looks at no data."""
        if self.prepared is not None:
            made = self.net.layout.views(self.prepared)
            for name in (f"W{layer}", f"V{layer}", f"b{layer}"):
                if name in made:
                    self.net.views[name][...] = made[name]

    @property
    def phased(self) -> bool:
        """True when its weights are made layer by layer, looking at the data."""
        return self.choice.init in PHASED


def member(params: DepthParams, choice: NetChoice, data: TrainingData, weights: np.random.Generator) -> Member:
    """Return a net as it stands before anything happens; ``weights`` is the same generator for every net."""
    rng = copy.deepcopy(weights)
    built = architecture(params, choice, data.inputs.shape[1], data.outputs)
    net = Net(built, dtype_of(built, params.samples))
    scales = Scales(choice.init_std, choice.constant, choice.sigma_w, choice.sigma_b)
    if choice.init != "mean_field":
        scales = Scales(choice.init_std, choice.constant, choice.sigma_w, 0.0)
    net.initialize(UNDER.get(choice.init) or choice.init, copy.deepcopy(rng), scales)
    prepared = _prepared(net, choice.init, data.inputs, rng) if choice.init in PHASED else None
    made = Member(choice, net, params.optimizer.init(net.theta), rng)
    made.ratio = np.full(params.depth, np.nan)
    made.prepared = prepared
    return made


def _prepared(net: Net, init: str, inputs: Array, rng: np.random.Generator) -> Array:
    """Return theta as the initialization leaves it in the end; the net itself stays as it begins."""
    start = net.theta.copy()
    with np.errstate(all="ignore"):
        if init == "lsuv":
            work: Iterator[object] = lsuv(net, inputs, rng, tolerance=LSUV_TOLERANCE)
        else:
            learn = pretrain_rbm if init == "rbm" else pretrain_autoencoder
            work = learn(net, inputs, rng, epochs=EPOCHS)
        for _ in work:
            pass
    end = net.theta.copy()
    net.theta[...] = start
    return end


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
