"""A line search for the strong Wolfe conditions, and what the quasi-Newton rules share around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.optimizers.rule import Array, Objective, idle

TOLERANCE_GRADIENT = 1e-7
"""No quasi-Newton step is taken where the largest component of the gradient is at most this (torch)."""
TOLERANCE_CHANGE = 1e-9
"""The search ends when its bracket is this short; L-BFGS stays where a step promises less descent (torch)."""
_EVALUATIONS = 25


@dataclass
class Trial:
    """A length t along the direction: the loss there, its gradient (n,), and its slope g . d."""

    t: Any
    loss: Any
    gradient: Array
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Any], Trial], here: Trial, t: Any, reach: Any, *, c1: float = 1e-4, c2: float = 0.9
) -> Trial:
    """Find a step length that meets the strong Wolfe conditions: enough descent, and a slope flat enough.

        f(t) <= f(0) + c1 * t * f'(0)   and   |f'(t)| <= c2 * |f'(0)|

    Args:
        evaluate: the trial at a length. here: the trial at 0, with a negative slope.
        t: the first length to try.
        reach: the largest component of the direction, by which the bracket's length is judged.
    Returns: the trial chosen; after 25 evaluations the best end of the bracket.
    Convention: torch.optim.lbfgs._strong_wolfe, evaluation for evaluation.
    Source: Nocedal & Wright 2006, Numerical Optimization, Algorithms 3.5 and 3.6; minFunc (Schmidt 2005).
    """
    trial = evaluate(t)
    previous, evaluations = here, 0
    bracket: list[Trial] | None = None
    while evaluations < _EVALUATIONS:
        if trial.loss > here.loss + c1 * trial.t * here.slope or (evaluations > 1 and trial.loss >= previous.loss):
            bracket = [previous, trial]
            break
        if abs(trial.slope) <= -c2 * here.slope:
            return trial
        if trial.slope >= 0:
            bracket = [previous, trial]
            break
        shortest, longest = trial.t + 0.01 * (trial.t - previous.t), trial.t * 10
        t = _cubic_minimum(previous, trial, shortest, longest)
        previous, trial = trial, evaluate(t)
        evaluations += 1
    if bracket is None:
        bracket = [here, trial]
    low = _zoom(evaluate, here, bracket, _EVALUATIONS - evaluations, (reach, c1, c2))
    return bracket[low]


def _zoom(
    evaluate: Callable[[Any], Trial],
    here: Trial,
    bracket: list[Trial],
    evaluations: int,
    terms: tuple[Any, float, float],
) -> int:
    """Shrink ``bracket`` in place around a good length; return which of its two ends is the better."""
    reach, c1, c2 = terms
    stuck = False
    low, high = _ranked(bracket)
    for _evaluation in range(evaluations):
        one, two = bracket[0].t, bracket[1].t
        if abs(two - one) * reach < TOLERANCE_CHANGE:
            break
        t = _cubic_minimum(bracket[0], bracket[1], min(one, two), max(one, two))
        t, stuck = _away_from_the_ends(t, min(one, two), max(one, two), stuck)
        trial = evaluate(t)
        if trial.loss > here.loss + c1 * trial.t * here.slope or trial.loss >= bracket[low].loss:
            bracket[high] = trial
            low, high = _ranked(bracket)
            continue
        done = abs(trial.slope) <= -c2 * here.slope
        if not done and trial.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = trial
        if done:
            break
    return low


def _ranked(bracket: list[Trial]) -> tuple[int, int]:
    return (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)


def _away_from_the_ends(t: Any, shortest: Any, longest: Any, stuck: bool) -> tuple[Any, bool]:
    """Move ``t`` a tenth of the bracket inside when it keeps sticking to an end."""
    margin = 0.1 * (longest - shortest)
    if min(longest - t, t - shortest) >= margin:
        return t, False
    if not (stuck or t >= longest or t <= shortest):
        return t, True
    return (longest - margin if abs(t - longest) < abs(t - shortest) else shortest + margin), False


def _cubic_minimum(one: Trial, two: Trial, shortest: Any, longest: Any) -> Any:
    """Return where the cubic through two trials (losses and slopes) is least, kept within bounds."""
    x1, f1, g1 = one.t, one.loss, one.slope
    x2, f2, g2 = two.t, two.loss, two.slope
    d1 = g1 + g2 - 3 * (f1 - f2) / np.float64(x1 - x2)
    square = d1**2 - g1 * g2
    if not square >= 0:
        return (shortest + longest) / 2.0
    d2 = square**0.5
    if x1 <= x2:
        x = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        x = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(x, shortest), longest)


def search_along(
    objective: Objective | None, theta: Array, direction: Array, g: Array, *, slope: Any, t: Any, decay: float
) -> Any:
    """Return the step length that `strong_wolfe` finds from ``theta`` (n,) along ``direction`` (n,).

    Args:
        g, slope: the gradient at ``theta``, decay included, and g . direction. t: the first length to try.
        decay: weight_decay, whose decay/2 |theta|² counts as part of the loss.
    Raises: ValueError when no objective is given.
    """
    if objective is None:
        raise ValueError("A line search needs an objective, for the loss along the way.")

    def evaluate(length: Any) -> Trial:
        point = theta + length * direction
        loss, gradient = objective.value_and_gradient(point)
        if not idle(decay):
            loss = loss + 0.5 * decay * point.dot(point)
            gradient = gradient + decay * point
        return Trial(length, np.float64(loss), gradient, np.float64(gradient.dot(direction)))

    loss = np.float64(objective.value_and_gradient(theta)[0])
    if not idle(decay):
        loss = loss + 0.5 * decay * theta.dot(theta)
    here = Trial(0.0, loss, g, np.float64(slope))
    return strong_wolfe(evaluate, here, t, np.abs(direction).max()).t


def first_length(g: Array, learning_rate: float) -> float:
    """Return the length of the first step, when no curvature is known: min(1, 1/|g|_1) * learning_rate."""
    return min(1.0, 1.0 / float(np.abs(g).sum())) * learning_rate
