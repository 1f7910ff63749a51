"""What theory predicts for a racer where it is, beside what it does: curvature, border, rate of convergence."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.race.bulk import can_bulk
from engine.experiments.race.params import check_racer, racer_field
from engine.experiments.race.theory import theory_of
from engine.frame import ArraySpec, Told, Value, number
from engine.message import Message, _, say
from engine.optimizers import Rule, State

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]

MEASURED = 10
"""Over so many of the last steps the rate is measured."""
_NUDGE = 1e-6


class Outlook(Asked):
    """Predicted and measured, for one racer."""

    racer: int = racer_field()

    def answer(self, simulation: RaceSimulation) -> dict[str, Value]:
        """Return ``outlook``, numbers in groups, and ``outlook_remark``, what they mean together."""
        check_racer(self.racer, simulation.rules)
        if simulation.diverged[self.racer] >= 0:
            return {"outlook": Told([]), "outlook_remark": Told(say("This racer is out; go back to look at it."))}
        rule, theta = simulation.rules[self.racer], simulation.theta[self.racer]
        hessian = simulation.surface.formula.hessian(theta)
        if not np.isfinite(hessian).all():
            return {"outlook": Told([]), "outlook_remark": Told(say("The curvature is no number here."))}
        low, high = np.linalg.eigvalsh(hessian).tolist()
        rate = float(rule.learning_rate) * simulation.params.schedule.factor(
            min(simulation.step, simulation.total - 1), simulation.total
        )
        theory = theory_of(rule)
        border = 2 / high if high > 0 else np.nan
        own = float(theory.border(high)) if theory else np.nan
        way = np.linalg.pinv(hessian) @ simulation.gradient[self.racer]
        predicted = predicted_rate(rule, rate, simulation.states[self.racer], way, hessian)
        measured = measured_rate(simulation, self.racer)
        here, speed = say("Curvature here"), say("Factor of the distance in a step")
        numbers = [
            number(here, say("smallest eigenvalue"), low),
            number(here, say("largest eigenvalue"), high),
            number(here, say("condition number κ"), high / low if low > 0 else np.nan),
            number(here, say("2/λ_max"), border),
            number(speed, say("learning rate now"), rate),
            number(speed, say("stable below, for this rule"), own),
            number(speed, say("predicted"), predicted),
            number(speed, say("measured, last {count} steps", count=MEASURED), measured),
        ]
        remark = _remark(rule, low=low, rate=rate, border=own, predicted=predicted)
        return {"outlook": Told(numbers), "outlook_remark": Told(remark)}


def predicted_rate(rule: Rule, learning_rate: float, state: State, way: Array, hessian: Array) -> float:
    """Return by what a step multiplies a deviation in the long run, on the quadratic that fits here.

    By closed form where there is one; else the spectral radius of the update linearized at this state, which holds
    as long as the state changes slowly. NaN where neither can be had.

    Args:
        rule: with its hyperparameters. learning_rate: of this step, schedule included. state: of the rule.
        way: the place as seen from the minimum of that quadratic, H⁻¹ g, (2,). hessian: (2, 2).
    """
    theory = theory_of(rule)
    if theory is not None:
        return float(theory.rate(learning_rate, np.linalg.eigvalsh(hessian)))
    if not can_bulk(rule):
        return np.nan
    share = learning_rate / float(rule.learning_rate)
    matrix = linearized(rule, share, state, way, hessian)
    return float(np.abs(np.linalg.eigvals(matrix)).max()) if np.isfinite(matrix).all() else np.nan


def linearized(rule: Rule, factor: float, state: State, theta: Array, hessian: Array) -> Array:
    """Return the matrix of an update's derivatives by theta and the state's vectors, by central differences.

    Args:
        rule: a text, with its hyperparameters. factor: the schedule's. state: of the rule. hessian: (2, 2).
        theta: (2,), as seen from the minimum of the quadratic that fits here, whose gradient is
            ``hessian @ theta``.
    """
    names = [name for name, value in state.items() if np.ndim(value)]
    here = np.concatenate([theta, *[state[name] for name in names]])
    nudges = _NUDGE * np.maximum(np.abs(here), 1e-3 * np.abs(here).max(initial=1e-12))
    places = np.concatenate([here + np.diag(nudges), here - np.diag(nudges)])
    parts = np.split(places, len(names) + 1, axis=1)
    after: State = {**copy.deepcopy(state), **{n: part.copy() for n, part in zip(names, parts[1:], strict=True)}}
    moved = parts[0].copy()
    with np.errstate(all="ignore"):
        rule.update(after, moved, parts[0] @ hessian, factor)
        ends = np.concatenate([moved, *[after[name] for name in names]], axis=1)
        up, down = np.split(ends, 2)
        return np.asarray(((up - down) / (2 * nudges[:, None])).T)


def measured_rate(simulation: RaceSimulation, racer: int) -> float:
    """Return by what a step multiplied the distance to the nearest minimum, over the last steps; NaN if none."""
    recent = simulation.recent[racer][-MEASURED - 1 :]
    minima = np.array([*simulation.surface.minima, *simulation.surface.local_minima]).reshape(-1, 2)
    if len(recent) < 2 or not len(minima):
        return np.nan
    goal = minima[np.argmin(np.hypot(*(minima - recent[-1]).T))]
    first, last = np.hypot(*(recent[[0, -1]] - goal).T)
    return float((last / first) ** (1 / (len(recent) - 1))) if first > 0 and last > 0 else np.nan


def _remark(rule: Rule, *, low: float, rate: float, border: float, predicted: float) -> Message:
    if low <= 0:
        return say("A direction curves downwards or not at all here: no step size makes this place a minimum.")
    if np.isfinite(border) and rate > border:
        return say("The learning rate is above the border of this rule here: the steepest direction grows.")
    if theory_of(rule) is not None:
        return say("The prediction is that of the quadratic that fits here; the last steps saw other places too.")
    if np.isfinite(predicted):
        return say(
            "No closed form for {rule}: the prediction is the spectral radius of its update, linearized at this "
            "state.", rule=rule.called
        )  # fmt: skip
    return say("No closed form for {rule}, and nothing to linearize here.", rule=rule.called)


_ANSWER: dict[str, Any] = {
    "outlook": ArraySpec((), _("Curvature, border and rate, predicted and measured")),
    "outlook_remark": ArraySpec((), _("What they mean together")),
}
QUESTIONS = (Question("outlook", _("Predicted beside measured"), Outlook, _ANSWER, exact=True),)
