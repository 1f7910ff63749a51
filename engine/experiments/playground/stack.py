"""Trials of the playground: nets of one shape that see the same batches train as one array program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.choice import NetChoice
from engine.experiments.playground.dataset import Points, points_of
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import LOOKS
from engine.experiments.playground.task import Task, task_of
from engine.experiments.playground.team import Learner, Team, learners_of
from engine.optimizers import Rule
from engine.optimizers.formula_rule import FormulaRule
from engine.trials import Going, Trials, looks

STRIDE = 4
"""Updates between two places where the work may be interrupted."""
_EACH = {"l1", "l2", "init", "init_std", "name"}
"""Fields of a net in which those of one stack may differ."""
_OF_OTHERS = {"optimizer", "compare", "ensemble", "bagging"} | set(NetChoice.model_fields)


def trials(settings: Sequence[PlaygroundParams]) -> Going:
    """Train the first net of each of ``settings``; the numbers are those of single runs, up to rounding."""
    stacks = [Stack(places, [settings[i] for i in places]) for places in _stacked(settings)]
    steps = looks(settings[0].steps)
    curves = np.full((len(settings), len(steps)), np.nan)
    last = np.full(len(settings), np.nan)
    for stack in stacks:
        last[stack.places] = stack.validation()
    curves[:, 0] = last
    every = max(1, math.ceil(settings[0].steps / LOOKS))
    for k, look in enumerate(steps[1:], 1):
        measured = int(look) if look == steps[-1] else int(look) // every * every
        for stack in stacks:
            while stack.step < look:
                for _update in range(min(STRIDE, int(look) - stack.step)):
                    stack.update()
                    if stack.step == measured:
                        last[stack.places] = stack.validation()
                yield None
            curves[stack.places, k] = last[stack.places]
        keep = yield Trials(steps[: k + 1], curves[:, : k + 1].copy())
        if keep is not None:
            stacks = [left for stack in stacks if (left := stack.only(set(keep)))]


def _stacked(settings: Sequence[PlaygroundParams]) -> list[list[int]]:
    """Return which trials can be one array program, by their places."""
    groups: dict[Any, list[int]] = {}
    for i, one in enumerate(settings):
        rule = one.optimizer
        shared = {name: value for name, value in rule.model_dump().items() if not isinstance(value, float)}
        alone = [] if isinstance(rule, FormulaRule) else [i]
        whole = one.model_dump_json(exclude=_OF_OTHERS)
        net = one.nets[0].model_dump_json(exclude=_EACH)
        bag = (one.bagging, one.ensemble) if one.bagging else ()
        groups.setdefault((whole, net, bag, str(shared), *alone), []).append(i)
    return list(groups.values())


class Stack:
    """Some trials that train together.

    Args:
        places: their numbers among all trials. settings: their parameters.
    """

    def __init__(self, places: Sequence[int], settings: Sequence[PlaygroundParams]) -> None:
        self.places, self.settings = list(places), list(settings)
        first = settings[0]
        self.points: Points = points_of(first)
        self.task: Task = task_of(self.points.classes)
        self.step = 0
        self._form([_learner(one, self.points) for one in settings])

    def _form(self, learners: list[Learner]) -> None:
        for one in learners:
            one.rows, one.moves = learners[0].rows, learners[0].moves
        first = self.settings[0]
        self.team = Team(learners, first, first.optimizer)
        if len(learners) > 1:
            self.team.trainer.use(_rule([one.optimizer for one in self.settings]))

    def update(self) -> None:
        """Do one update of every net."""
        self.team.step(self.points, self.task, self.team.take())
        self.step += 1

    def validation(self) -> Array:
        """Return the loss of every net on the validation points, (R,); NaN where it is not finite."""
        begin, end, _whole = self.points.ends
        if begin == end:
            return np.full(len(self.places), np.nan)
        with np.errstate(all="ignore"):
            outputs = self.team.outputs(self.points.inputs[begin:end])
            value = np.asarray(self.task.loss(outputs, self.points.targets[begin:end]).value, np.float64)
        return np.where(np.isfinite(value), value, np.nan)

    def only(self, keep: set[int]) -> Stack | None:
        """Return the stack of those that go on; None where there are none."""
        kept = [r for r, place in enumerate(self.places) if place in keep]
        if len(kept) < len(self.places):
            learners = self.team.apart()
            self.places, self.settings = [self.places[r] for r in kept], [self.settings[r] for r in kept]
            if kept:
                self._form([learners[r] for r in kept])
        return self if kept else None


def _learner(params: PlaygroundParams, points: Points) -> Learner:
    alone = params.model_copy(update={"compare": []})
    learner = learners_of(alone, points, np.random.default_rng(params.seed))[0]
    if params.bagging and params.ensemble > 1:
        learner.bag = np.random.default_rng([params.seed, 5, 0]).integers(0, points.ends[0], points.ends[0])
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
