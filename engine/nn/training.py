"""One step of training a deep net: loss, gradient, penalties, clipping, the rule, max-norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array, backward
from engine.nn.losses import LOSSES
from engine.nn.net import Net, Signals
from engine.nn.workspace import Workspace
from engine.optimizers.clipping import Clip
from engine.optimizers.rule import Rule, State


@dataclass(frozen=True)
class Penalty:
    """Regularization of the matrices (not of biases, gamma, beta or slopes).

        loss + l1 * sum|w| + l2/2 * sum w²;     after the update |column| <= max_norm

    Args:
        l1, l2: >= 0. max_norm: bound on the length of each unit's incoming weights; 0 means none.
    Convention: l2 carries the 1/2, so that the gradient is l2 * w (torch's weight_decay). The gradient of |w|
        at 0 is 0.
    Source: Srivastava et al. 2014, JMLR 15, section 5.1 (max-norm).
    """

    l1: float = 0.0
    l2: float = 0.0
    max_norm: float = 0.0

    def value(self, net: Net) -> float:
        """Return what the penalty adds to the loss."""
        total = 0.0
        if self.l1 or self.l2:
            for name in net.architecture.weight_names:
                w = net.views[name].ravel()
                total += self.l1 * float(np.abs(w).sum()) + 0.5 * self.l2 * float(np.dot(w, w))
        return total

    def add_gradient(self, net: Net) -> None:
        """Add the penalty's gradient to the net's flat gradient."""
        if self.l1 or self.l2:
            gradients = net.layout.views(net.parameters.gradient)
            for name in net.architecture.weight_names:
                w, g = net.views[name], gradients[name]
                if self.l2:
                    g += self.l2 * w
                if self.l1:
                    g += self.l1 * np.sign(w)

    def bound(self, net: Net) -> None:
        """Shorten, in place, every unit's incoming weights that are longer than max_norm."""
        if self.max_norm:
            for name in net.architecture.weight_names:
                w = net.views[name]
                norms = np.sqrt(np.einsum("io,io->o", w, w))
                w *= np.minimum(self.max_norm / np.maximum(norms, 1e-12), 1.0)


NO_PENALTY = Penalty()


@dataclass(slots=True)
class Step:
    """What a training step found, all from before the update.

    Args:
        loss: of the batch, without the penalty. penalty: what regularization adds.
        gradient_norm: of the whole gradient, penalty included, before clipping.
        signals: of the batch, with their gradients.
    """

    loss: float
    penalty: float
    gradient_norm: float
    signals: Signals

    @property
    def finite(self) -> bool:
        """False when the loss or the gradient is NaN or infinite: the update then spoils theta."""
        return bool(np.isfinite(self.loss) and np.isfinite(self.gradient_norm))


@dataclass
class BatchObjective:
    """The loss of one batch as a function of theta, for rules that ask for it (L-BFGS's line search)."""

    net: Net
    inputs: Array
    targets: Array
    loss: str
    penalty: Penalty

    def value_and_gradient(self, theta: Array) -> tuple[float, Array]:
        """Return loss plus penalty and its gradient (n,) at ``theta`` (n,); batch statistics, no dropout."""
        other = _at(self.net, theta)
        value = other.backward(other.forward(self.inputs), self.targets, self.loss)
        self.penalty.add_gradient(other)
        return float(value.value) + self.penalty.value(other), other.parameters.gradient

    def hessian(self, theta: Array) -> Array:
        """Refuse: n² numbers of a net are too many.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"a Hessian of {theta.size} x {theta.size} numbers is too large; use L-BFGS")


def _at(net: Net, theta: Array) -> Net:
    other = Net(net.architecture, net.dtype)
    other.theta[...] = theta
    return other


def training_step(
    net: Net,
    rule: Rule,
    state: State,
    inputs: Array,
    targets: Array,
    *,
    loss: str = "cross_entropy",
    penalty: Penalty = NO_PENALTY,
    clip: Clip | None = None,
    factor: float = 1.0,
    rng: np.random.Generator | None = None,
    workspace: Workspace | None = None,
) -> Step:
    """Do one update of ``net`` on a batch, in place.

    Args:
        rule, state: of `engine.optimizers`; ``state = rule.init(net.theta)`` before the first step.
        inputs: (B, D). targets: as the loss takes them. factor: the schedule's. rng: for dropout.
        workspace: see `Net.forward`.
    """
    with np.errstate(all="ignore"):
        signals = net.forward(inputs, "train", rng, workspace=workspace)
        value = LOSSES[loss].function(signals.outputs, targets)
        net.parameters.reset()
        backward(value)
        gradient = net.parameters.gradient
        penalty.add_gradient(net)
        if clip is None or clip.mode == "none":
            norm = float(np.sqrt(np.dot(gradient, gradient)))
        else:
            norm = float(clip.apply(gradient))
        step = Step(float(value.value), penalty.value(net), norm, signals)
        objective = BatchObjective(net, inputs, targets, loss, penalty) if rule.needs else None
        rule.update(state, net.theta, gradient, factor, objective)
        penalty.bound(net)
    return step


def evaluate(net: Net, inputs: Array, targets: Array, loss: str = "cross_entropy") -> tuple[float, float]:
    """Return the loss and the accuracy in test mode (accuracy NaN for a loss that does not classify)."""
    with np.errstate(all="ignore"):
        outputs = net.forward(inputs, "test", parameters=net.views).outputs
        value = float(LOSSES[loss].function(outputs, targets).value)
    if not LOSSES[loss].classifies:
        return value, float("nan")
    return value, float(np.mean(outputs.value.argmax(axis=1) == targets))
