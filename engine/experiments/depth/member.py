"""One net of the comparison: its weights, its training, what is wrong with it since when."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.experiments.depth.dataset import TrainingData
from engine.experiments.depth.params import PHASED, DepthParams, NetChoice
from engine.experiments.depth.preparation import Preparation
from engine.experiments.depth.sizes import architecture, dtype_of
from engine.nn.dense import DenseNet, Mode, Signals
from engine.nn.dropout import Rng
from engine.nn.initializers import Scales
from engine.nn.layout import Parameters, Values
from engine.nn.losses import LOSSES
from engine.nn.prediction import Expectation
from engine.nn.statistics import update_ratios
from engine.nn.training import LossInPieces, Trainer
from engine.nn.workspace import Workspace
from engine.pieces import Pieces

UNDER = {"lsuv": "orthogonal", "rbm": "lecun_normal", "autoencoder": "lecun_normal"}
"""What the initializers that look at the data begin from."""


@dataclass
class Member:
    """A net in training.

    Args:
        choice: what it was asked to be. net: the model. trainer: has its parameters, and draws dropout's masks.
        stopped: the step at which a number stopped being finite, or -1.
        ratio: |change| / |weights| of each layer (L,) at the last update that was reported.
        since: illness -> step from which it was seen at every look.
        expected: what theory expects of the weights as drawn; None where there is none, or before a look.
        validation: the last validation loss and accuracy.
        last_loss: the last finite one.
        preparation: makes the weights of an initialization that looks at the data.
    """

    choice: NetChoice
    net: DenseNet
    trainer: Trainer
    stopped: int = -1
    ratio: Array = field(default_factory=lambda: np.empty(0))
    since: dict[str, int] = field(default_factory=dict)
    expected: Expectation | None = None
    validation: tuple[float, float] = (float("nan"), float("nan"))
    last_loss: float = float("nan")
    preparation: Preparation | None = None

    @property
    def parameters(self) -> Parameters:
        """Its theta, with the gradient and what it remembers."""
        return self.trainer.parameters

    @property
    def views(self) -> dict[str, Array]:
        """Its parameters as plain arrays, by name."""
        return self.parameters.views

    def forward(self, inputs: Array, mode: Mode = "measure") -> Signals:
        """Pass rows through the net; nothing is recorded."""
        return self.net.forward(self.views, inputs, mode)

    def look(
        self, inputs: Array, targets: Array, loss: str, workspace: Workspace | None = None
    ) -> Pieces[tuple[Signals, float]]:
        """Pass rows through the net and back, to be done `quiet`: every gradient is filled.

        Args:
            inputs, targets: the rows. loss: its name. workspace: where signals and gradients shall lie.
        Returns:
            the signals and the loss.
        """
        signals = yield from self.net.forward_in_pieces(self.parameters, inputs, workspace=workspace)
        value = LOSSES[loss].function(signals.outputs, targets)
        yield from self.parameters.fill_in_pieces(value)
        return signals, float(value.value)

    def prepare(self, layer: int) -> None:
        """Take over what the initialization made of a layer, from 1; nothing for one that looks at no data."""
        if self.preparation is not None:
            made = self.preparation.layer(layer)
            for name in (f"W{layer}", f"V{layer}", f"b{layer}"):
                if name in made:
                    self.views[name][...] = made[name]
            self.trainer.generator.bit_generator.state = self.preparation.rng.bit_generator.state

    @property
    def phased(self) -> bool:
        """True when its weights are made layer by layer, looking at the data."""
        return self.choice.init in PHASED


def member(
    params: DepthParams, choice: NetChoice, data: TrainingData, weights: np.random.Generator
) -> Pieces[Member]:
    """Return a net as it stands before anything happens; ``weights`` is the same generator for every net."""
    rng = copy.deepcopy(weights)
    net = architecture(params, choice, data.inputs.shape[1], data.outputs)
    parameters = net.start(dtype_of(net, params.samples))
    yield
    sigma_b = choice.sigma_b if choice.init == "mean_field" else 0.0
    scales = Scales(choice.init_std, choice.constant, choice.sigma_w, sigma_b)
    drawn = UNDER.get(choice.init) or choice.init
    yield from net.initialize_in_pieces(parameters.theta, drawn, copy.deepcopy(rng), scales)
    made = Member(choice, net, Trainer(parameters, params.optimizer, rng=rng))
    made.ratio = np.full(params.depth, np.nan)
    if made.phased:
        made.preparation = Preparation(net, parameters, choice.init, data.inputs, rng)
    return made


def train(one: Member, rows: tuple[Array, Array], *, loss: str, report: bool) -> Pieces[tuple[float, float, bool]]:
    """Do one update, to be done `quiet`.

    Args:
        one: the net. rows: inputs and targets of the batch. loss: its name.
        report: whether the update's size is wanted.
    Returns:
        the loss and the accuracy of the batch from before it, and whether all is finite.
    """
    outputs: Array = np.empty(0)

    def keep(scores: Array) -> None:
        nonlocal outputs
        outputs = scores

    theta = one.parameters.theta
    before = theta.copy() if report else None
    step = yield from one.trainer.step_in_pieces(batch_loss(one.net, *rows, loss, keep))
    if before is not None:
        one.ratio = update_ratios(one.net, theta, before)
    finite = step.finite and bool(np.isfinite(theta.sum()) or np.isfinite(theta).all())
    if finite:
        one.last_loss = step.loss
    return step.loss, accuracy_of(outputs, rows[1]), finite


def batch_loss(
    net: DenseNet, inputs: Array, targets: Array, name: str, keep: Callable[[Array], None] | None = None
) -> LossInPieces:
    """Return the loss of a batch, for one net or a stack of them.

    Args:
        net: the model. inputs, targets: the batch. name: of the loss. keep: is given the outputs in training.
    """

    def loss(parameters: Values, rng: Rng) -> Pieces[Tensor]:
        signals = yield from net.forward_in_pieces(parameters, inputs, "train" if rng else "measure", rng)
        if rng and keep:
            keep(signals.outputs.value)
        return LOSSES[name].function(signals.outputs, targets)

    return loss


def accuracy_of(outputs: Array, targets: Array) -> float:
    """Return the share of rows whose largest output is the right class; NaN where there are no classes."""
    if outputs.shape[1] == 1:
        return float("nan")
    classes = targets.argmax(axis=1) if targets.ndim == 2 else targets
    return float(np.mean(outputs.argmax(axis=1) == classes))


def validate(one: Member, inputs: Array, targets: Array, loss: str) -> Pieces[None]:
    """Measure loss and accuracy on the validation rows, in test mode; to be done `quiet`."""
    outputs = (yield from one.net.forward_in_pieces(one.views, inputs, "test")).outputs
    value = float(LOSSES[loss].function(outputs, targets).value)
    one.validation = value, accuracy_of(outputs.value, targets)
