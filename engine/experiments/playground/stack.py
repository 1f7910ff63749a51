"""Trials of the playground: nets of one shape train as one array program, whatever their points and batches."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.dataset import Points, points_of
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture, looks_every, split
from engine.experiments.playground.tables import DIGITS
from engine.experiments.playground.task import Task, task_of
from engine.experiments.playground.team import Learner, Team, bag_of, learners_of
from engine.optimizers import Rule
from engine.optimizers.formula_rule import FormulaRule
from engine.trials import Going, Trials, looks

STRIDE = 4
"""Updates between two places where the work may be interrupted."""
MOST = 32
"""Nets of one stack: more of them would not stay in a processor's cache."""
MOST_HELD, MOST_WORK = 30_000_000, 20_000_000
"""Bytes of points, and multiplications of an update, of one stack."""


def trials(settings: Sequence[PlaygroundParams]) -> Going:
    """Train the first net of each of ``settings``; the numbers are those of single runs, up to rounding."""
    stacks = yield from _all_built(settings)
    steps = looks(settings[0].steps)
    curves = np.full((len(settings), len(steps)), np.nan)
    last = np.full(len(settings), np.nan)
    for stack in stacks:
        last[stack.places] = stack.losses(1)
    curves[:, 0] = last
    every = looks_every(settings[0].steps)
    for k, look in enumerate(steps[1:], 1):
        measured = int(look) if look == steps[-1] else int(look) // every * every
        for stack in stacks:
            while stack.step < look:
                for _update in range(min(STRIDE, int(look) - stack.step)):
                    stack.update()
                    if stack.step == measured:
                        last[stack.places] = stack.losses(1)
                yield None
            curves[stack.places, k] = last[stack.places]
        keep = yield Trials(steps[: k + 1], curves[:, : k + 1].copy())
        if keep is not None:
            stacks = [left for stack in stacks if (left := stack.only(set(keep)))]


def _all_built(settings: Sequence[PlaygroundParams]) -> Generator[None, None, list[Stack]]:
    found: list[Stack] = []
    for places in stacked(settings):
        found += [(yield from Stack.built(places, [settings[i] for i in places]))]
    return found


def stacked(settings: Sequence[PlaygroundParams]) -> list[list[int]]:
    """Return which trials can be one array program, by their places."""
    groups: dict[Any, list[list[int]]] = {}
    for i, one in enumerate(settings):
        places = groups.setdefault(_shape(one) if isinstance(one.optimizer, FormulaRule) else i, [[]])
        if len(places[-1]) >= min(MOST, _together(one)):
            places.append([])
        places[-1].append(i)
    return [places for group in groups.values() for places in group]


def _together(params: PlaygroundParams) -> int:
    """Return how many such trials one stack should hold, so that one update of it is short."""
    rows, columns, _classes = params.shape
    net = params.nets[0]
    work = architecture(params, net).multiplications(min(net.batch_size, rows))
    return int(max(1, min(MOST_HELD // (16 * rows * columns), MOST_WORK // work)))


def _shape(params: PlaygroundParams) -> Any:
    """Return what is equal for trials that can be one array program: all that is no mere number of theirs."""
    net = params.nets[0]
    rule = {name: value for name, value in params.optimizer.model_dump().items() if not isinstance(value, float)}
    together = params.model_dump_json(
        include={"schedule", "clip", "steps", "max_norm", "augmentation", "transfer"}
    )
    batch = min(net.batch_size, split(params)[0])
    return architecture(params, net), params.shape.classes, batch, together, str(rule), params.data == DIGITS


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
        self.step = 0
        self._form([learner for _points, learner in learners])

    @classmethod
    def built(cls, places: Sequence[int], settings: Sequence[PlaygroundParams]) -> Generator[None, None, Stack]:
        """Make the points and the first weights of every net, with a pause after each; return the stack."""
        learners = []
        for one in settings:
            points = points_of(one)
            learners.append((points, _learner(one, points)))
            yield None
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
            self.team.trainer.use(_rule([one.optimizer for one in self.settings]))

    def update(self) -> None:
        """Do one update of every net."""
        team = self.team
        if self.alike:
            team.step(self.points[0], self.task, team.take())
        else:
            inputs, targets = [], []
            for one, points in zip(team.learners, self.points, strict=True):
                rows = one.rows.take(team.size)
                rows = rows if one.bag is None else one.bag[rows]
                inputs.append(team.fed(points, rows, one))
                targets.append(points.targets[rows])
            team.learn(np.stack(inputs), np.stack(targets), self.task)
        self.step += 1

    def losses(self, part: int) -> Array:
        """Return the loss of every net on its points that train (0), validate (1) or test (2), (R,).

        NaN where there are none, and where it is not finite.
        """
        whole = [points.parts[part] for points in self.points]
        found = np.full(len(self.places), np.nan)
        views = self.team.trainer.parameters.views
        with np.errstate(all="ignore"):
            for r, (points, rows) in enumerate(zip(self.points, whole, strict=True)):
                if rows.start == rows.stop:
                    continue
                own = {name: value[r] for name, value in views.items()} if len(self.places) > 1 else views
                outputs = self.team.net.forward(own, points.inputs[rows], "test").outputs
                found[r] = self.task.loss(outputs, points.targets[rows]).value
        return np.where(np.isfinite(found), found, np.nan)

    def only(self, keep: set[int]) -> Stack | None:
        """Return the stack of those that go on; None where there are none."""
        kept = [r for r, place in enumerate(self.places) if place in keep]
        if len(kept) < len(self.places):
            learners = self.team.apart()
            self.places, self.settings = [self.places[r] for r in kept], [self.settings[r] for r in kept]
            self.points = [self.points[r] for r in kept]
            if kept:
                self._form([learners[r] for r in kept])
        return self if kept else None


def _learner(params: PlaygroundParams, points: Points) -> Learner:
    alone = params.model_copy(update={"compare": []})
    learner = learners_of(alone, points, np.random.default_rng(params.seed))[0]
    learner.bag = bag_of(params, points)
    return learner


def _rule(rules: Sequence[Rule]) -> Rule:
    """Return one rule for all, its hyperparameters arrays (R, 1) where they differ."""
    dumps = [rule.model_dump() for rule in rules]
    each = {
        name: np.array([one[name] for one in dumps])[:, None]
        for name, value in dumps[0].items()
        if isinstance(value, float) and any(one[name] != value for one in dumps)
    }
    return type(rules[0]).stacked(**{**dumps[0], **each}) if each else rules[0]
