"""Trainers of nets of one shape as one trainer: their runs stacked, each with its own numbers."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from engine.nn.layout import Parameters
from engine.nn.penalty import Penalty
from engine.nn.training import Trainer
from engine.optimizers import Rule
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.rule import State


def rule_shape(rule: Rule) -> Hashable:
    """Return what is equal for rules that can be one: all that is no number; None for one that never can."""
    if not isinstance(rule, FormulaRule):
        return None
    return str({name: value for name, value in rule.model_dump().items() if not isinstance(value, float)})


def rule_of(rules: Sequence[Rule]) -> Rule:
    """Return one rule for all, its hyperparameters arrays (R, 1) where they differ."""
    dumps = [rule.model_dump() for rule in rules]
    found = {
        name: each([one[name] for one in dumps]) for name, value in dumps[0].items() if isinstance(value, float)
    }
    arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
    return type(rules[0]).stacked(**{**dumps[0], **arrays}) if arrays else rules[0]


def each(values: Sequence[float]) -> Any:
    """Return a number where all are equal, else one for each run, (R, 1)."""
    return values[0] if len(set(values)) == 1 else np.array(values)[:, None]


def states_together(states: Sequence[State]) -> State:
    """Return the memory of several runs as one."""
    return {
        name: np.stack([state[name] for state in states])
        if isinstance(value, np.ndarray)
        else copy.deepcopy(value)
        for name, value in states[0].items()
    }


def state_of(state: State, run: int) -> State:
    """Return one run's part of the memory of several."""
    return {
        name: value[run].copy() if isinstance(value, np.ndarray) else copy.deepcopy(value)
        for name, value in state.items()
    }


def together(trainers: Sequence[Trainer]) -> Trainer:
    """Return one trainer that goes on from where all stand; they are of one `rule_shape`, clip and schedule."""
    first, parameters = trainers[0], [one.parameters for one in trainers]
    penalties = [one.penalty for one in trainers]
    whole = Trainer(
        Parameters(
            parameters[0].layout,
            np.stack([one.theta for one in parameters]),
            running=np.stack([one.running for one in parameters]),
        ),
        rule_of([one.rule for one in trainers]),
        clip=first.clip,
        penalty=first.penalty
        if all(one == first.penalty for one in penalties)
        else Penalty(
            each([one.l1 for one in penalties]), each([one.l2 for one in penalties]), first.penalty.max_norm
        ),
        schedule=first.schedule,
        total=first.total,
        rng=[one.generator for one in trainers],
    )
    whole.state, whole.steps = states_together([one.state for one in trainers]), first.steps
    return whole


def take_back(whole: Trainer, trainers: Sequence[Trainer]) -> None:
    """Let the trainers of which one was made stand where it stands."""
    for r, one in enumerate(trainers):
        one.theta[...], one.parameters.running[...] = whole.theta[r], whole.parameters.running[r]
        one.state, one.steps = state_of(whole.state, r), whole.steps
        one.parameters.changed()
