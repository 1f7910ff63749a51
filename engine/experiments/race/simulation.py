"""The race itself: all racers take a step, then the surface is asked once for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.experiment import Simulation
from engine.experiments.race.params import RaceParams
from engine.experiments.race.standing import WINDOW, judge
from engine.formula import Formula
from engine.frame import Frame
from engine.optimizers import Rule, State
from engine.params import Params

Array = NDArray[np.float64]

FAR = 1e6
"""A racer this many widths of the domain away from the origin has diverged."""


class MiniBatch:
    """The loss as one mini-batch sees it: f plus a random slope, so that value, gradient and Hessian agree.

    f_batch(theta) = f(theta) + slope . theta,   slope ~ N(0, noise² I), drawn anew every step
    """

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.slope: Array | None = None

    def value_and_gradient(self, theta: Array) -> tuple[Any, Array]:
        """Return the loss (...) and its gradient (..., 2) at ``theta`` (..., 2)."""
        value, gradient = self.formula.value_and_gradient(theta)
        if self.slope is not None:
            value = value + theta @ self.slope
            gradient += self.slope
        return value, gradient

    def hessian(self, theta: Array) -> Array:
        """Return the Hessian (..., 2, 2) at ``theta`` (..., 2)."""
        return self.formula.hessian(theta)


class RaceSimulation(Simulation):
    """A race in progress.

    Every step draws one noise vector, the same for every racer, whether or not the noise is on. A racer that
    goes off to infinity, or to where the loss is no number, is out: its later entries are NaN, and nobody else
    notices.
    """

    def __init__(self, params: RaceParams, rng: np.random.Generator) -> None:
        self.params = params
        self.rng = rng
        self.total = params.steps
        self.surface = params.landscape
        self.batch = MiniBatch(self.surface.formula)
        self.rules: list[Rule] = []
        self._reach = FAR * max(high - low for low, high in self.surface.domain)
        self._origin = np.array(params.origin)
        count = len(params.racers)
        self.theta = np.tile(self._origin, (count, 1))
        self.loss = np.empty(count)
        self.gradient = np.empty((count, 2))
        with np.errstate(all="ignore"):
            self.surface.formula.evaluate(self.theta, self.loss, self.gradient)
        self.diverged = np.full(count, -1)  # the step at which a racer went out, or -1
        self.finished = np.full(count, -1)  # the step at which it reached the finish line, or -1
        self._lowest = self.surface.lowest
        self._minima = np.array(self.surface.minima).reshape(-1, 2)
        self._bury(0)
        self._recent = self.theta[:, None].copy()
        self._cross(self.loss[:, None], 0)
        self.change(params)
        self.states: list[State] = [
            rule.init(theta.copy()) for rule, theta in zip(self.rules, self.theta, strict=True)
        ]

    def change(self, params: Params) -> None:
        """Race on under other parameters; each racer keeps its place and its memory."""
        assert isinstance(params, RaceParams)
        self.params = params
        shared = params.weight_decay
        self.rules = [
            rule.model_copy(update={"weight_decay": rule.weight_decay + shared}) if shared else rule
            for rule in params.racers
        ]

    def first(self) -> Frame:
        """Return the frame of the start: one column."""
        steps = np.full((len(self.rules), 1), np.nan)
        positions, losses = self.theta[:, None].copy(), self.loss[:, None].copy()
        return self._frame(positions, losses, self.gradient[:, None], steps)

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` steps and return them as columns."""
        k = max(0, min(steps, self.total - self.step))
        count = len(self.rules)
        positions, losses = np.empty((count, k, 2)), np.empty((count, k))
        gradients = np.empty((count, k + 1, 2))
        gradients[:, 0] = self.gradient
        before = self.theta.copy()
        alive = self.diverged < 0
        noise = self.rng.standard_normal((k, 2)) * self.params.noise
        with np.errstate(all="ignore"):
            self._walk(k, noise, positions, losses, gradients)
            moves = np.diff(positions, axis=1, prepend=before[:, None])
            given = gradients[:, :-1] + noise
            lengths = np.hypot(moves[..., 0], moves[..., 1]) / np.hypot(given[..., 0], given[..., 1])
            for i in np.flatnonzero(self.diverged >= 0):
                out = self.diverged[i] - self.step if alive[i] else 0
                for array in (positions, losses, gradients[:, 1:], lengths):
                    array[i, out:] = np.nan
            self._cross(losses, self.step + 1)
            self.step += k
            self._recent = np.concatenate([self._recent, positions], axis=1)[:, -WINDOW - 1 :]
            return self._frame(positions, losses, gradients[:, 1:], lengths)

    def _walk(self, k: int, noise: Array, positions: Array, losses: Array, gradients: Array) -> None:
        """Take k steps and write them into the arrays."""
        params, batch, formula = self.params, self.batch, self.surface.formula
        theta, loss, gradient, given = self.theta, self.loss, self.gradient, self.gradient.copy()
        noisy, clipping = params.noise > 0, params.clip.mode != "none"
        altered = noisy or clipping
        batch.slope = None
        flat, limit = theta.ravel(), self._reach**2
        factor_at, total = params.schedule.factor, self.total
        evaluate = formula.evaluate
        movers = self._movers(given if altered else gradient)
        for j in range(k):
            if altered:
                np.add(gradient, noise[j], given)
                if noisy:
                    batch.slope = noise[j]
                if clipping:
                    params.clip.apply(given)
            factor = factor_at(self.step + j, total)
            for update, state, place, slope, objective in movers:
                update(state, place, slope, factor, objective)
            evaluate(theta, loss, gradient)
            positions[:, j] = theta
            losses[:, j] = loss
            gradients[:, j + 1] = gradient
            # One sum tells that nothing is amiss; comparisons with NaN are false.
            if not (flat.dot(flat) < limit and np.isfinite(loss.sum() + gradient.sum())):
                self._bury(self.step + j + 1)
                movers = self._movers(given if altered else gradient)

    def _movers(self, given: Array) -> list[tuple[Any, State, Array, Array, MiniBatch | None]]:
        """Return, for each racer still in the race, its update and what that works on."""
        racers = zip(self.rules, self.states, self.theta, given, self.diverged, strict=True)
        return [
            (rule.update, state, theta, gradient, self.batch if rule.needs else None)
            for rule, state, theta, gradient, out in racers
            if out < 0
        ]

    def _bury(self, step: int) -> None:
        """Take out the racers that have diverged, leaving them at the start, where their numbers do no harm.

        Where a finite loss has no gradient (a tip), the slope counts as 0.
        """
        with np.errstate(all="ignore"):
            near = np.linalg.norm(self.theta, axis=-1) < self._reach
        lost = ~near | ~np.isfinite(self.loss)
        self.diverged[lost & (self.diverged < 0)] = step
        self.theta[lost] = self._origin
        self.loss[lost] = 0.0
        self.gradient[lost | ~np.isfinite(self.gradient).all(-1)] = 0.0

    def _cross(self, losses: Array, first: int) -> None:
        """Note the first step at which a racer is within the tolerance; ``first`` is the first column's step."""
        within = losses <= self._lowest + self.params.tolerance
        arrived = within.any(axis=1) & (self.finished < 0)
        if arrived.any():
            self.finished[arrived] = first + within[arrived].argmax(axis=1)

    def _frame(self, positions: Array, losses: Array, gradients: Array, lengths: Array) -> Frame:
        if len(self._minima):
            apart = positions[:, :, None] - self._minima
            distances = np.hypot(apart[..., 0], apart[..., 1]).min(axis=-1)
        else:
            distances = np.full(losses.shape, np.nan)
        status = judge(self.surface, self._recent, self.finished >= 0, self.diverged >= 0)
        arrays = {
            "positions": positions,
            "losses": losses,
            "excess": losses - self._lowest if np.isfinite(self._lowest) else losses,
            "gradient_norms": np.hypot(gradients[..., 0], gradients[..., 1]),
            "distances": distances,
            "step_sizes": lengths,
            "status": status,
            "finish_steps": self.finished.astype(np.int32),
        }
        return Frame(self.step, arrays, final=self.step >= self.total)
