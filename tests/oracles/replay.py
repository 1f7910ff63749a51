"""Walk an oracle's case with the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import TypeAdapter

from engine.optimizers import AnyRule, AnySchedule, Clip, Rule, Schedule
from engine.surfaces import SURFACES
from tests.oracles.cases import STEPS, Case

_RULE: TypeAdapter[Rule] = TypeAdapter(AnyRule)
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(AnySchedule)


def replay(case: Case) -> np.ndarray:
    """Return the positions (STEPS + 1, 2) that the engine's rule takes on the engine's surface."""
    rule, schedule = _RULE.validate_python(case.rule), _SCHEDULE.validate_python(case.schedule)
    clip = Clip.model_validate(case.clip)
    objective = SURFACES[case.surface].formula
    theta = np.array(case.start)
    state = rule.init(theta)
    positions = [theta.copy()]
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            _value, gradient = objective.value_and_gradient(theta)
            clip.apply(gradient)
            rule.update(state, theta, gradient, schedule.factor(step, STEPS), objective)
            positions.append(theta.copy())
    return np.array(positions)


def relative_difference(ours: np.ndarray, reference: np.ndarray) -> Any:
    """Return the largest |ours - reference| / |reference| over the steps where the reference is finite."""
    finite = np.isfinite(reference).all(axis=-1)
    distance = np.linalg.norm(ours[finite] - reference[finite], axis=-1)
    return (distance / np.linalg.norm(reference[finite], axis=-1)).max()
