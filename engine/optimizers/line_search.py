"""A line search for the strong Wolfe conditions: of one run, or of all runs of a stack at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine.optimizers.rule import Array, LossAndGradient, idle
from engine.optimizers.runs import dot, doubles, pick, wide
from engine.pieces import Pieces

TOLERANCE_GRADIENT = 1e-7
"""No quasi-Newton step is taken where the largest component of the gradient is at most this (torch)."""
TOLERANCE_CHANGE = 1e-9
"""The search ends when its bracket is this short; L-BFGS stays where a step promises less descent (torch)."""
_EVALUATIONS = 25
_C1, _C2 = 1e-4, 0.9


class Trial(NamedTuple):
    """A length t along the direction, the loss there, and its slope g . d; a number a run."""

    t: Any
    loss: Any
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Any, Any], Pieces[Trial]], here: Trial, t: Any, reach: Any, goes: Any = True
) -> Pieces[Any]:
    """Find step lengths that meet the strong Wolfe conditions: enough descent, and a slope flat enough.

        f(t) <= f(0) + 1e-4 * t * f'(0)   and   |f'(t)| <= 0.9 * |f'(0)|

    Every run of a stack goes through the trials that it would go through alone.

    Args:
        evaluate: the trial at lengths, of those runs of the stack whose numbers are given (of one run: ``...``).
        here: the trial at 0, with a negative slope; of a stack, of all its runs.
        t: the first lengths to try.
        reach: the largest component of the direction, by which the bracket's length is judged.
        goes: which runs search; the others keep ``t``.
    Returns: the lengths chosen; after 25 evaluations the best end of the bracket.
    Convention: torch.optim.lbfgs._strong_wolfe, evaluation for evaluation.
    Source: Nocedal & Wright 2006, Numerical Optimization, Algorithms 3.5 and 3.6; minFunc (Schmidt 2005).
    """
    stacked = isinstance(here.slope, np.ndarray)
    runs: Any = np.flatnonzero(np.broadcast_to(goes, here.slope.shape)) if stacked else ...
    if not np.any(goes):
        return t
    chosen: Any = np.array(np.broadcast_to(t, here.slope.shape)) if stacked else t
    search = _Search(here, chosen, reach)
    if stacked:
        search.narrow(runs)
    for evaluation in range(_EVALUATIONS + 1):
        done = search.take((yield from evaluate(search.t, runs)), evaluation)
        if not stacked:
            if done:
                return search.low.t
        elif done.any():
            chosen[runs[done]] = search.low.t[done]
            runs = runs[~done]
            search.narrow(~done)
            if not runs.size:
                break
        search.aim()
    return chosen


class _Search:
    """Where the searches of a stack's runs stand, or that of one run.

    Attributes: ``t``, the lengths to try next. While a run looks for a bracket, ``low`` is its last trial and
    ``high`` the one before; then they are the ends of the bracket, ``low`` the better one.
    """

    def __init__(self, here: Trial, t: Any, reach: Any) -> None:
        no = np.zeros(np.shape(here.slope), np.bool_)[()]
        self.here = self.low = self.high = here
        self.t, self._reach = t, reach
        self._zooms, self._stuck = no, no
        self._first = ~no
        """Whether ``low`` stands first in torch's bracket, which decides where both ends are as low."""

    def narrow(self, runs: Any) -> None:
        """Go on with some of the runs."""
        self.here, self.low, self.high = (
            Trial(*(number[runs] for number in end)) for end in (self.here, self.low, self.high)
        )
        self.t, self._reach = self.t[runs], self._reach[runs]
        self._zooms, self._stuck, self._first = self._zooms[runs], self._stuck[runs], self._first[runs]

    def take(self, trial: Trial, evaluation: int) -> Any:
        """Take in a trial; returns whether the search is over, at ``low``."""
        here, low, high, zooms = self.here, self.low, self.high, self._zooms
        last = evaluation == _EVALUATIONS
        worse = trial.loss > here.loss + _C1 * trial.t * here.slope
        worse = worse | ((zooms | (evaluation > 1)) & (trial.loss >= low.loss))
        flat = abs(trial.slope) <= -_C2 * here.slope
        ranked = worse | (~(zooms | flat) & (trial.slope >= 0))  # low and the trial are the bracket
        swaps = ranked & pick(self._first, ~(low.loss <= trial.loss), trial.loss <= low.loss)
        crosses = ~zooms | (trial.slope * (high.t - low.t) >= 0)
        back = swaps | (~ranked & crosses)  # what was low becomes high
        self.high = _picked(back, low, _picked(ranked & ~swaps, trial, high))
        self.low = _picked(swaps | ~ranked, trial, low)
        self._first, self._zooms = self._first ^ swaps, zooms | ranked
        if last:  # a run without a bracket takes the better of its trial and where it stands
            self.low = _picked(zooms, self.low, _picked(here.loss <= trial.loss, here, trial))
        short = self._zooms & (abs(self.high.t - self.low.t) * self._reach < TOLERANCE_CHANGE)
        return (~worse & flat) | short | last

    def aim(self) -> None:
        """Find the next lengths: farther out, or inside the bracket and not for ever at one of its ends."""
        low, high, zooms = self.low, self.high, self._zooms
        rising = low.t <= high.t
        left, right = _picked(rising, low, high), _picked(rising, high, low)
        shortest = pick(zooms, left.t, low.t + 0.01 * (low.t - high.t))
        longest = pick(zooms, right.t, low.t * 10)
        t = _cubic_minimum(left, right, shortest, longest)
        margin = 0.1 * (longest - shortest)
        near = zooms & ~((longest - t >= margin) & (t - shortest >= margin))
        moved = near & (self._stuck | (t >= longest) | (t <= shortest))
        inside = pick(abs(t - longest) < abs(t - shortest), longest - margin, shortest + margin)
        self.t, self._stuck = pick(moved, inside, t), near & ~moved


def _picked(condition: Any, one: Trial, other: Trial) -> Trial:
    if not isinstance(condition, np.ndarray):
        return one if condition else other
    return Trial(*(np.where(condition, a, b) for a, b in zip(one, other, strict=True)))


def _cubic_minimum(left: Trial, right: Trial, shortest: Any, longest: Any) -> Any:
    """Return where the cubic through two trials (losses and slopes) is least, kept within bounds."""
    d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t)
    square = d1 * d1 - left.slope * right.slope
    real = square >= 0
    d2 = np.sqrt(pick(real, square, 0.0))
    below = pick(real, right.slope - left.slope + 2 * d2, 1.0)
    t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / below)
    t = pick(shortest > t, shortest, t)
    t = pick(longest < t, longest, t)
    return pick(real, t, (shortest + longest) / 2.0)


def search_along(
    objective: LossAndGradient | None,
    theta: Array,
    direction: Array,
    *,
    slope: Any,
    t: Any,
    decay: Any,
    goes: Any = True,
) -> Pieces[Any]:
    """Return the step lengths that `strong_wolfe` finds from ``theta`` (..., n) along ``direction`` (..., n).

    Args:
        objective: of all runs of a stack. slope: gradient . direction at ``theta``, decay included. t: the first
            lengths to try. decay: weight_decay, whose decay/2 |theta|² counts as part of the loss.
        goes: which runs search; the others keep ``t``.
    Raises: ValueError when no objective is given.
    """
    if objective is None:
        raise ValueError("A line search needs an objective, for the loss along the way.")

    def losses(points: Array, runs: Any) -> Pieces[tuple[Any, Array]]:
        loss, gradient = yield from objective(points)
        if not idle(decay):
            own = decay[runs] if isinstance(decay, np.ndarray) else decay
            loss = loss + 0.5 * own * dot(points, points)
            gradient = gradient + wide(own) * points
        return doubles(loss), gradient

    def evaluate(lengths: Any, runs: Any) -> Pieces[Trial]:
        along = direction[runs]
        loss, gradient = yield from losses(theta[runs] + wide(lengths) * along, runs)
        return Trial(lengths, loss, doubles(dot(gradient, along)))

    slope = doubles(slope)
    here = Trial(np.zeros_like(slope)[()], (yield from losses(theta, ...))[0], slope)
    return (yield from strong_wolfe(evaluate, here, doubles(t), np.abs(direction).max(-1), goes))
