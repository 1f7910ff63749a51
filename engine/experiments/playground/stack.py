"""Trials of the playground: nets of one shape train as one array program, whatever their points and batches."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.dataset import Points, points_of
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture, looks_every, row_counts
from engine.experiments.playground.tables import DIGITS
from engine.experiments.playground.task import Task, task_of
from engine.experiments.playground.team import Learner, Team, bag_of, learners_of
from engine.nn.stack import rule_of, rule_shape
from engine.pieces import Pieces, quiet
from engine.trials import MOST, MOST_WORK, Going, alike, side_by_side

STRIDE = 4
"""Updates between two places where the work may be interrupted."""
MOST_HELD = 30_000_000
"""Bytes of points of one stack."""


def trials(settings: Sequence[PlaygroundParams]) -> Going:
    """Train the first net of each of ``settings``; the numbers are those of single runs, up to rounding."""
    stacks = yield from _all_built(settings)
    yield from side_by_side(stacks)


def _all_built(settings: Sequence[PlaygroundParams]) -> Pieces[list[Stack]]:
    found: list[Stack] = []
    for places in stacked(settings):
        found += [(yield from Stack.built(places, [settings[i] for i in places]))]
    return found


def stacked(settings: Sequence[PlaygroundParams]) -> list[list[int]]:
    """Return which trials can be one array program, by their places."""
    return alike(settings, _shape, lambda one: min(MOST, _together(one)))


def _together(params: PlaygroundParams) -> int:
    """Return how many such trials one stack should hold, so that one update of it is short."""
    rows, columns, _classes = params.shape
    net = params.nets[0]
    work = architecture(params, net).multiplications(min(net.batch_size, rows))
    return int(max(1, min(MOST_HELD // (16 * rows * columns), MOST_WORK // work)))


def _shape(params: PlaygroundParams) -> Hashable:
    """Return what is equal for trials that can be one array program: all that is no mere number of theirs."""
    rule = rule_shape(params.optimizer)
    if rule is None:
        return None
    net = params.nets[0]
    together = params.model_dump_json(
        include={"schedule", "clip", "steps", "max_norm", "augmentation", "transfer"}
    )
    batch = min(net.batch_size, row_counts(params)[0])
    return architecture(params, net), params.shape.classes, batch, together, rule, params.data == DIGITS


class Stack:
    """Some trials that train together.

    Args:
        places: their numbers among all trials. settings: their parameters. learners: their points and nets.
    """

    def __init__(
        self,
        places: Sequence[int],
        settings: Sequence[PlaygroundParams],
        learners: Sequence[tuple[Points, Learner]],
    ) -> None:
        self.places, self.settings = list(places), list(settings)
        self.points = [points for points, _learner in learners]
        self.task: Task = task_of(self.points[0].classes)
        self.step, self.total = 0, settings[0].steps
        self.last = np.full(len(places), np.nan)
        self._form([learner for _points, learner in learners])

    @classmethod
    def built(cls, places: Sequence[int], settings: Sequence[PlaygroundParams]) -> Pieces[Stack]:
        """Make the points and the first weights of every net, with a pause after each; return the stack."""
        learners = []
        for one in settings:
            points = points_of(one)
            yield
            learners.append((points, (yield from _learner(one, points))))
        return cls(places, settings, learners)

    def _form(self, learners: list[Learner]) -> None:
        seeds = {one.seed for one in self.settings}
        self.alike = len(seeds) == 1 and all(points is self.points[0] for points in self.points)
        """Whether all see the same points in the same batches."""
        if self.alike:
            for one in learners:
                one.rows, one.moves = learners[0].rows, learners[0].moves
        first = self.settings[0]
        self.team = Team(learners, first, first.optimizer)
        if len(learners) > 1:
            self.team.trainer.use(rule_of([one.optimizer for one in self.settings]))

    def train(self, step: int) -> Pieces[None]:
        """Train up to an update; the losses are those of the last look that an ordinary run takes."""
        return quiet(self._train(step))

    def _train(self, step: int) -> Pieces[None]:
        every = looks_every(self.total)
        measured = step if step == self.total else step // every * every
        if not step:
            self.last = yield from self.losses(1)
        while self.step < step:
            for _update in range(min(STRIDE, step - self.step)):
                yield from self.update()
                if self.step == measured:
                    self.last = yield from self.losses(1)
            yield

    def update(self) -> Pieces[None]:
        """Do one update of every net; to be done `quiet`."""
        team = self.team
        if self.alike:
            yield from team.step(self.points[0], self.task, team.take())
        else:
            inputs, targets = [], []
            for one, points in zip(team.learners, self.points, strict=True):
                rows = one.rows.take(team.size)
                rows = rows if one.bag is None else one.bag[rows]
                inputs.append(team.fed(points, rows, one))
                targets.append(points.targets[rows])
            yield from team.learn(np.stack(inputs), np.stack(targets), self.task)
        self.step += 1

    def losses(self, part: int) -> Pieces[Array]:
        """Return the loss of every net on its points that train (0), validate (1) or test (2), (R,).

        NaN where there are none, and where it is not finite. To be done `quiet`.
        """
        whole = [points.parts[part] for points in self.points]
        found = np.full(len(self.places), np.nan)
        views = self.team.trainer.parameters.views
        for r, (points, rows) in enumerate(zip(self.points, whole, strict=True)):
            if rows.start == rows.stop:
                continue
            own = {name: value[r] for name, value in views.items()} if len(self.places) > 1 else views
            signals = yield from self.team.net.forward_in_pieces(own, points.inputs[rows], "test")
            found[r] = self.task.loss(signals.outputs, points.targets[rows]).value
        return np.where(np.isfinite(found), found, np.nan)

    def only(self, keep: set[int]) -> Stack | None:
        """Return the stack of those that go on; None where there are none."""
        kept = [r for r, place in enumerate(self.places) if place in keep]
        if len(kept) < len(self.places):
            learners = self.team.apart()
            self.places, self.settings = [self.places[r] for r in kept], [self.settings[r] for r in kept]
            self.points, self.last = [self.points[r] for r in kept], self.last[kept]
            if kept:
                self._form([learners[r] for r in kept])
        return self if kept else None


def _learner(params: PlaygroundParams, points: Points) -> Pieces[Learner]:
    alone = params.model_copy(update={"compare": []})
    learner, *_others = yield from learners_of(alone, points, np.random.default_rng(params.seed))
    learner.bag = bag_of(params, points)
    return learner
