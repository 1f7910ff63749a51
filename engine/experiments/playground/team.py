"""Nets that train: each alone, and as many as can as one array program."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.data.batches import Indices, Rows
from engine.experiments.playground.augment import moved
from engine.experiments.playground.choice import NetChoice
from engine.experiments.playground.dataset import Points
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture
from engine.experiments.playground.task import Task
from engine.experiments.playground.transfer import take_over
from engine.nn.dense import DenseNet, Mode, Signals
from engine.nn.dropout import Rng
from engine.nn.initializers import Scales
from engine.nn.layout import Parameters, Values
from engine.nn.penalty import Penalty
from engine.nn.stack import each, state_of, states_together
from engine.nn.training import LossInPieces, Step, Trainer
from engine.optimizers.rule import Rule, State
from engine.pieces import Pieces


@dataclass
class Learner:
    """A net between one change of settings and the next.

    Args:
        choice: what it was asked to be. theta (n,), running (m,), state, steps: where it stands.
        rng: draws its dropout. rows: deals its batches; learners that share one see the same.
        moves: draws what augmentation does; shared as ``rows`` are.
        bag: its own draw of the training points, (n,), or None.
        frozen: how many entries of theta, from the first on, no update changes.
    """

    choice: NetChoice
    theta: Array
    running: Array
    rng: np.random.Generator
    rows: Rows
    moves: np.random.Generator
    bag: Indices | None = None
    frozen: int = 0
    state: State | None = None
    steps: int = 0

    def key(self) -> tuple[Any, ...]:
        """Return what is equal for learners that train as one array program."""
        one = self.choice
        shape = tuple(one.hidden), one.activation, one.batch_norm
        deal = one.batch_size, one.augmentation, id(self.rows), self.bag is None
        return *shape, one.dropout, one.max_norm, *deal, self.frozen, self.steps


class Team:
    """Learners of one shape that train as one array program; a single one as it would alone.

    Args:
        learners: of equal `Learner.key`. rule: by which they trained so far; `PlaygroundParams.optimizer` follows.
    """

    def __init__(self, learners: Sequence[Learner], params: PlaygroundParams, rule: Rule) -> None:
        self.learners = learners
        first = learners[0]
        self.net: DenseNet = architecture(params, first.choice)
        self.size = first.choice.batch_size
        alone = len(learners) == 1
        theta = first.theta.copy() if alone else np.stack([one.theta for one in learners])
        running = first.running.copy() if alone else np.stack([one.running for one in learners])
        choices = [one.choice for one in learners]
        self.trainer = Trainer(
            Parameters(self.net.layout, theta, running=running),
            rule,
            clip=params.clip,
            schedule=params.schedule,
            total=params.steps,
            rng=first.rng if alone else [one.rng for one in learners],
            penalty=Penalty(
                each([one.l1 for one in choices]), each([one.l2 for one in choices]), first.choice.max_norm
            ),
        )
        if first.state is not None:
            states = [one.state or {} for one in learners]
            self.trainer.state = copy.deepcopy(states[0]) if alone else states_together(states)
        self.trainer.steps = first.steps
        self.trainer.use(params.optimizer)
        self.bags = None if first.bag is None else np.stack([one.bag for one in learners if one.bag is not None])
        self.virtual: Array | None = None
        """The points of the last batch as augmentation moved them, (B, columns)."""

    @property
    def theta(self) -> Array:
        """The parameters of all, (R, n)."""
        return np.atleast_2d(self.trainer.theta)

    def apart(self) -> list[Learner]:
        """Return the learners as they stand."""
        for one, part in zip(self.learners, list(self.parts()), strict=True):
            one.theta, one.running, one.state = part
            one.steps = self.trainer.steps
            if one.moves is not self.learners[0].moves:
                one.moves = copy.deepcopy(self.learners[0].moves)
        return list(self.learners)

    def parts(self) -> Iterator[tuple[Array, Array, State]]:
        """Yield copies of each learner's theta, of what its net remembers, and of what its rule does."""
        running, state, count = (
            np.atleast_2d(self.trainer.parameters.running),
            self.trainer.state,
            len(self.learners),
        )
        for r in range(count):
            own = copy.deepcopy(state) if count == 1 else state_of(state, r)
            yield self.theta[r].copy(), running[r].copy(), own

    def take(self) -> Indices:
        """Return the rows of the next batch."""
        return self.learners[0].rows.take(self.size)

    def step(self, points: Points, task: Task, rows: Indices) -> Pieces[Step]:
        """Do one update, to be done `quiet`; every number of what is found is (R,)."""
        if self.bags is not None:
            rows = self.bags[:, rows] if len(self.learners) > 1 else self.bags[0, rows]
        return (yield from self.learn(self.fed(points, rows, self.learners[0]), points.targets[rows], task))

    def fed(self, points: Points, rows: Indices, one: Learner) -> Array:
        """Return what a learner is fed of some rows: as they are, or as augmentation moves them."""
        if one.choice.augmentation.idle:
            return points.inputs[rows]
        self.virtual = moved(points.raw[rows], one.choice.augmentation, one.moves, points.images)
        return points.feed(self.virtual)

    def learn(self, inputs: Array, targets: Array, task: Task) -> Pieces[Step]:
        """Do one update on a batch (B, D), or on one of each learner's own (R, B, D); to be done `quiet`."""
        frozen = self.learners[0].frozen
        kept = self.theta[:, :frozen].copy()
        found = yield from self.trainer.step_in_pieces(self.loss(inputs, targets, task))
        self.theta[:, :frozen] = kept
        return found

    def loss(self, inputs: Array, targets: Array, task: Task) -> LossInPieces:
        """Return the loss of some rows, as the trainer takes it."""
        net = self.net

        def loss(parameters: Values, rng: Rng) -> Pieces[Tensor]:
            mode: Mode = "train" if rng is not None else "measure"
            signals = yield from net.forward_in_pieces(parameters, inputs, mode, rng)
            return task.loss(signals.outputs, targets)

        return loss

    def signals(self, inputs: Array, runs: Sequence[int]) -> Pieces[Signals]:
        """Return what passes through some of the nets on some rows in test mode; to be done `quiet`."""
        views = self.trainer.parameters.views
        if len(runs) < len(self.learners):
            views = {name: values[list(runs)] for name, values in views.items()}
        return self.net.forward_in_pieces(views, inputs, "test")

    def penalties(self) -> Array:
        """Return what the penalty adds to each loss, (R,)."""
        penalty, count = self.trainer.penalty, len(self.learners)
        added = penalty.value(self.trainer.parameters) if penalty.adds else 0.0
        return np.broadcast_to(np.asarray(added, np.float64), (count,))

    def noise(self, points: Points, task: Task, rng: np.random.Generator) -> Pieces[Array]:
        """Return how much the gradient differs from batch to batch at these weights, (R,); to be done `quiet`.

        sqrt(E|g_B - E g_B|²), estimated by |g_1 - g_2| / sqrt(2) of two batches drawn apart
        """
        count = points.ends[0]
        if len(self.learners) > 1 and self.bags is not None:
            return np.full(len(self.learners), np.nan)  # each has another
        size = min(self.size, count)
        found = []
        for _draw in range(2):
            rows = np.arange(count) if size == count else rng.permutation(count)[:size]
            loss = self.loss(points.inputs[rows], points.targets[rows], task)
            yield from self.trainer.look_in_pieces(loss, None)
            found.append(np.atleast_2d(self.trainer.parameters.gradient).copy())
        return np.asarray(np.linalg.norm(found[0] - found[1], axis=1) / np.sqrt(2))


def learners_of(params: PlaygroundParams, points: Points, rng: np.random.Generator) -> Pieces[list[Learner]]:
    """Return the nets as initialized: of one shape alike; those of one batch size will see the same batches."""
    weights, shuffles, masks, moves = rng.spawn(4)
    decks: dict[int, Rows] = {}
    found = []
    for choice in params.nets:
        net = architecture(params, choice)
        start = net.start()
        scales = Scales(init_std=choice.init_std)
        net.initialize(start.theta, choice.init, copy.deepcopy(weights), scales)
        size = min(choice.batch_size, points.ends[0])
        rows = decks.setdefault(size, Rows(points.ends[0], copy.deepcopy(shuffles)))
        one = Learner(choice, start.theta, start.running, copy.deepcopy(masks), rows, copy.deepcopy(moves))
        if choice.transfer.keep:
            one.frozen = yield from take_over(params, choice, net, one.theta)
        found.append(one)
        yield
    return found


def members_of(params: PlaygroundParams, points: Points, first: Learner) -> Pieces[list[Learner]]:
    """Return the further members of the ensemble that the first net leads: other first weights, the same batches.

    Bagging gives every member, the first too, its own draw of the training points.
    """
    found = [first]
    for member in range(1, params.ensemble):
        rng = np.random.default_rng([params.seed, 4, member])
        net = architecture(params, first.choice)
        start = net.start()
        net.initialize(start.theta, first.choice.init, rng, Scales(init_std=first.choice.init_std))
        found.append(Learner(first.choice, start.theta, start.running, rng, first.rows, first.moves))
        yield
    for member, one in enumerate(found):
        one.bag = bag_of(params, points, member)
    return found[1:]


def bag_of(params: PlaygroundParams, points: Points, member: int = 0) -> Indices | None:
    """Return a member's own draw of the training points, (n,); None without bagging."""
    if not params.bagging or params.ensemble == 1:
        return None
    return np.random.default_rng([params.seed, 5, member]).integers(0, points.ends[0], points.ends[0])


def teams_of(learners: Sequence[Learner], params: PlaygroundParams, rule: Rule) -> list[Team]:
    """Return the learners in teams, in the order of each team's first."""
    groups: dict[tuple[Any, ...], list[Learner]] = {}
    for place, one in enumerate(learners):
        together = one.key() if not params.optimizer.needs else (place,)
        groups.setdefault(together, []).append(one)
    return [Team(group, params, rule) for group in groups.values()]


def stacked(values: Array) -> Array:
    """Return (R, B, n) of one net's (B, n), or as it is."""
    return values if values.ndim > 2 else values[None]
