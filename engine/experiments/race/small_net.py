"""A small net on visible data, which the racers train in the space of all its parameters."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import DataSet
from engine.data.toys import TOYS
from engine.nn import DenseNet, Layout, Parameters
from engine.nn.activations import ACTIVATIONS
from engine.nn.losses import sigmoid_cross_entropy
from engine.optimizers import Clip, Rule, Schedule

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

POINTS = 100
SETS = ("moons", "circles", "xor", "gaussians")
WIDTHS = (8, 8)
INITIAL = {"tanh": "xavier_normal", "relu": "he_normal"}
"""The activations of its hidden units, and how each one's weights are drawn."""
FAR = 1e4
"""A racer whose parameters are farther from 0 than this has diverged."""
_WORK = 96
"""So many racers times steps between two places where the training may be interrupted."""
_ASKED = 12
"""What a racer that asks for the loss elsewhere (a line search) costs beside the others."""


@dataclass(frozen=True)
class SmallNet:
    """A 2-8-8-1 net and the points that it is to tell apart; its loss is the mean cross-entropy over rows.

    Args:
        net: with one output, the logarithm of the odds of class 1. data: the points and their classes.
        start: the first weights, (n,).
    """

    net: DenseNet
    data: DataSet
    start: Array

    @classmethod
    def made(cls, data: str, activation: str, seed: int) -> SmallNet:
        """Return the net on a set of `SETS`, its points and first weights drawn with the seed."""
        draws, weights = np.random.default_rng([seed, 11]).spawn(2)
        net = DenseNet(2, WIDTHS, 1, (activation,) * len(WIDTHS))
        start = net.start()
        net.initialize(start.theta, INITIAL[activation], weights)
        return cls(net, TOYS[data].make(POINTS, draws), start.theta)

    @property
    def layout(self) -> Layout:
        """Where each weight and bias stands in theta."""
        return self.net.layout

    @property
    def called(self) -> str:
        """The sizes of its layers: ``2-8-8-1``."""
        return "-".join(map(str, (self.net.inputs, *self.net.widths, self.net.outputs)))

    def value(self, thetas: Array) -> Array:
        """Return the loss on all points of nets ``thetas`` (R, n), all as one array program, (R,)."""
        outputs = self.net.forward(self.layout.views(thetas), self.data.inputs).outputs
        return np.asarray(sigmoid_cross_entropy(outputs, self.data.targets).value)

    def slopes(self, parameters: Parameters, rows: Rows | None = None) -> Array:
        """Return the loss (...) on all points or some rows, and leave its gradient in ``parameters`` (..., n)."""
        inputs, targets = self.data.inputs, self.data.targets
        if rows is not None:
            inputs, targets = inputs[rows], targets[rows]
        loss = sigmoid_cross_entropy(self.net.forward(parameters, inputs).outputs, targets)
        parameters.backward(loss)
        return np.asarray(loss.value)

    def chances(self, thetas: Array, places: Array) -> Array:
        """Return the chance of class 1 that nets ``thetas`` (R, n) give to places (B, 2), (R, B)."""
        outputs = self.net.forward(self.layout.views(thetas), places).outputs
        return np.asarray(ACTIVATIONS["sigmoid"].function(outputs.value[..., 0]))


class Batch:
    """The loss as one mini-batch sees it: on its rows, plus a random slope. Rules with line searches ask it."""

    def __init__(self, net: SmallNet) -> None:
        self._net = net
        self.rows: Rows | None = None
        self.slope: Array | None = None

    def value_and_gradient(self, theta: Array) -> tuple[float, Array]:
        """Return the loss and its gradient (n,) at ``theta`` (n,)."""
        parameters = self._net.layout.parameters(theta.copy())
        value, gradient = float(self._net.slopes(parameters, self.rows)), parameters.gradient
        if self.slope is not None:
            return value + float(theta @ self.slope), gradient + self.slope
        return value, gradient

    def hessian(self, theta: Array) -> Array:
        """Refuse: nobody may ask for it (see `can_train`).

        Raises:
            ValueError: always.
        """
        raise ValueError(f"a Hessian of {theta.size} x {theta.size} numbers is not computed here")


def can_train(rule: Rule) -> bool:
    """Tell whether a rule can train the net: it needs no Hessian."""
    return "hessian" not in rule.needs


@dataclass(frozen=True)
class Lessons:
    """What all racers share.

    Args:
        steps: of each. schedule, clip: as in the race. noise: deviation of what is added to each entry of a
            gradient. batch_size: rows of a step, drawn anew, the same for all. seed: draws noise and batches.
    """

    steps: int
    schedule: Schedule
    clip: Clip
    noise: float
    batch_size: int
    seed: int


def train(net: SmallNet, rules: Sequence[Rule], lessons: Lessons) -> Generator[None, None, Array]:
    """Train the net once with each rule; the gradients of all are one array program.

    Returns: the paths (racers, steps + 1, n), the start first; NaN from where a racer has diverged, and for rules
        that cannot train it.
    """
    n, count = net.layout.size, len(rules)
    paths = np.full((count, lessons.steps + 1, n), np.nan)
    runs = [i for i, rule in enumerate(rules) if can_train(rule)]
    paths[runs, 0] = net.start
    theta = np.tile(net.start, (max(1, len(runs)), 1))
    parameters, batch = net.layout.parameters(theta), Batch(net)
    states = [rules[i].init(theta[r]) for r, i in enumerate(runs)]
    updates = [rules[i].prepared() for i in runs]
    alive = np.ones(len(runs), np.bool_)
    noise, shuffle = np.random.default_rng([lessons.seed, 12]).spawn(2)
    asking = sum(bool(rules[i].needs) for i in runs)
    pause = max(1, _WORK // (count + _ASKED * asking))
    for k in range(lessons.steps if runs else 0):
        if k % pause == 0:
            yield
        if lessons.noise > 0:
            batch.slope = noise.standard_normal(n) * lessons.noise
        if lessons.batch_size < POINTS:
            batch.rows = shuffle.permutation(POINTS)[: lessons.batch_size]
        with np.errstate(all="ignore"):
            net.slopes(parameters, batch.rows)
            gradient = parameters.gradient
            if batch.slope is not None:
                gradient += batch.slope
            if lessons.clip.mode != "none":
                lessons.clip.apply(gradient)
            factor = lessons.schedule.factor(k, lessons.steps)
            for r in np.flatnonzero(alive):
                objective: Any = batch if rules[runs[r]].needs else None
                updates[r](states[r], theta[r], gradient[r], factor, objective)
                if theta[r] @ theta[r] < FAR**2:
                    paths[runs[r], k + 1] = theta[r]
                else:
                    alive[r], theta[r] = False, net.start
        parameters.changed()
    return paths
