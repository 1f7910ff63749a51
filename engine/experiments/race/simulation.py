"""The race itself: all racers take a step, then the surface is asked once for all of them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.experiments.race.bulk import FAR
from engine.experiments.race.leg import Given, Leg, can_run
from engine.experiments.race.minibatch import MiniBatch, drawn
from engine.experiments.race.params import RaceParams
from engine.experiments.race.standing import WINDOW, judge
from engine.formula import Formula
from engine.formula.terrain import ground_in_pieces
from engine.frame import Frame
from engine.optimizers import Rule, State
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.schedules import Constant
from engine.params import Params
from engine.pieces import Pieces
from engine.replay import Stretch, stretched
from engine.simulation import Simulation
from engine.surfaces.surface import Rows

Array = NDArray[np.float64]

GHOST = "ghost_"
"""What the names of arrays begin with that tell of the race as it would have gone on."""


class Track(NamedTuple):
    """What a slice of k steps has recorded.

    Args:
        positions: (racers, k, 2). losses: (racers, k). gradients: the exact ones, with the start's
        (racers, k + 1, 2). given: those that the rules were given, before clipping (racers, k, 2).
    """

    positions: Array
    losses: Array
    gradients: Array
    given: Array

    def write(self, racer: int, steps: int | slice, position: Array, loss: Array, gradient: Array) -> None:
        """Record where a racer is after one step or after several."""
        self.positions[racer, steps], self.losses[racer, steps] = position, loss
        self.gradients[racer, 1:][steps] = gradient


class RaceSimulation(Simulation):
    """A race in progress.

    Every step draws one noise vector and, where the loss is one on data, one batch of rows: the same for every
    racer, whether or not noise and batches are on. A small batch is part of any larger one. A racer that
    goes off to infinity, or to where the loss is no number, is out: its later entries are NaN, and nobody else
    notices.
    """

    def __init__(self, params: RaceParams, rng: np.random.Generator) -> None:
        self.params = params
        self.rng = rng
        self.total = params.steps
        self.surface = params.landscape
        self.batch = MiniBatch(self.surface)
        self._shuffle = rng.spawn(1)[0]
        self.ghost: RaceSimulation | None = None
        """The same race without the changes since it was forked."""
        self.past: tuple[Stretch[RaceParams], ...] = ()
        """All that it was told so far."""
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
        for racer in np.flatnonzero(~np.isfinite(self.loss)).tolist():
            self._lose(racer, 0)
        self.gradient[~np.isfinite(self.gradient).all(-1)] = 0.0
        self.recent = self.theta[:, None].copy()
        self._cross(self.loss[:, None], 0)
        self.change(params)
        self.states: list[State] = [
            rule.init(theta.copy()) for rule, theta in zip(self.rules, self.theta, strict=True)
        ]

    def change(self, params: Params) -> None:
        """Race on under other parameters; each racer keeps its place and its memory.

        With ``fork`` the race without the change goes on beside it: a copy of the whole state, the generators
        included. The first change forks; later ones alter the new future only.
        """
        assert isinstance(params, RaceParams)
        if not params.fork:
            self.ghost = None
        elif self.ghost is None and self.step and params != self.params.model_copy(update={"fork": True}):
            self.ghost = copy.deepcopy(self)
        self.params = params
        self.past = stretched(self.past, self.step, params)
        self.rules = params.rules

    @property
    def forked(self) -> int | None:
        """The step at which the old future parted from the new one; None where there is none."""
        return None if self.ghost is None else self.past[len(self.ghost.past)].step

    def first(self) -> Frame:
        """Return the frame of the start: one column."""
        steps = np.full((len(self.rules), 1), np.nan)
        positions, losses = self.theta[:, None].copy(), self.loss[:, None].copy()
        return self._frame(positions, losses, self.gradient[:, None], steps)

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` steps and return them as columns, and what the ghost did meanwhile."""
        frame = self._advance(steps)
        if self.ghost is None:
            return frame
        beside = {f"{GHOST}{name}": value for name, value in self.ghost.advance(steps).items()}
        return replace(frame, arrays={**frame, **beside})

    def advance_in_pieces(self, steps: int) -> Pieces[Frame]:
        """Do what `advance` does; a formula that is walked for the first time is taken apart in pieces."""
        if isinstance(self.surface.formula, Formula):
            yield from ground_in_pieces(self.surface.formula)
        return self.advance(steps)

    def _advance(self, steps: int) -> Frame:
        k = max(0, min(steps, self.total - self.step))
        count = len(self.rules)
        positions, losses = np.full((count, k, 2), np.nan), np.full((count, k), np.nan)
        gradients = np.full((count, k + 1, 2), np.nan)
        gradients[:, 0] = self.gradient
        before = self.theta.copy()
        noise, rows = self._draw(k, self.rng, self._shuffle)
        with np.errstate(all="ignore"):
            alive = np.flatnonzero(self.diverged < 0).tolist()
            formula = self.surface.formula
            runners = [i for i in alive if rows is None and can_run(formula, self.rules[i])]
            track = Track(positions, losses, gradients, np.full((count, k, 2), np.nan))
            self._walk(runners, noise, track)
            self._march([i for i in alive if i not in runners], noise, rows, track)
            track.given[runners] = gradients[runners, :-1] + noise
            moves, given = np.diff(positions, axis=1, prepend=before[:, None]), track.given
            lengths = np.hypot(moves[..., 0], moves[..., 1]) / np.hypot(given[..., 0], given[..., 1])
            self._cross(losses, self.step + 1)
            self.step += k
            self.recent = np.concatenate([self.recent, positions], axis=1)[:, -WINDOW - 1 :]
            return self._frame(positions, losses, gradients[:, 1:], lengths)

    def _draw(self, k: int, rng: np.random.Generator, shuffle: np.random.Generator) -> tuple[Array, Rows | None]:
        """Return the noise of k steps (k, 2) and the rows of their batches (k, B), or None for all rows.

        Both generators go on by as much whatever noise and batch size are.
        """
        noise = rng.standard_normal((k, 2)) * self.params.noise
        if not self.surface.rows:
            return noise, None
        rows = drawn(shuffle, k, self.surface.rows, self.params.batch_size)
        return noise, rows if self.params.batch_size < self.surface.rows else None

    def coming(self) -> MiniBatch:
        """Return the batch of the next step, without drawing it."""
        batch = MiniBatch(self.surface)
        noise, rows = self._draw(1, copy.deepcopy(self.rng), copy.deepcopy(self._shuffle))
        batch.draw(noise[0] if self.params.noise > 0 else None, None if rows is None else rows[0])
        return batch

    def _walk(self, racers: list[int], noise: Array, track: Track) -> None:
        """Take k steps with the racers whose rule is a text, each in one go, and write them into the arrays."""
        k = len(noise)
        if not racers or not k:
            return
        params, formula = self.params, self.surface.formula
        assert isinstance(formula, Formula)
        schedule = params.schedule
        given = Given(
            k,
            None
            if isinstance(schedule, Constant)
            else [schedule.factor(self.step + j, self.total) for j in range(k)],
            noise.ravel().tolist() if params.noise > 0 else None,
            params.clip,
            self._reach,
        )
        legs = {i: Leg(formula, self.rules[i], self.states[i], self.theta[i], given) for i in racers}  # type: ignore[arg-type]  # not None: they race
        at = np.full((len(racers), k, 2), np.nan)
        for row, leg in zip(at, legs.values(), strict=True):
            path = leg.quick()
            if path is not None:
                row[...] = np.array(path).reshape(k, 2)
        value, slope = formula.value_and_gradient(at)
        near = np.einsum("...i,...i->...", at, at) < self._reach**2
        odd = ~(near & np.isfinite(value) & np.isfinite(slope).all(-1)).all(-1)
        for r in np.flatnonzero(odd).tolist():
            path, out = legs[racers[r]].careful()
            taken = len(path) // 2
            at[r] = np.nan
            at[r, :taken] = np.array(path).reshape(taken, 2)
            value[r], slope[r] = formula.value_and_gradient(at[r])
            slope[r, :taken][~np.isfinite(slope[r, :taken]).all(-1)] = 0.0
            if out:
                slope[r, taken - 1] = 0.0
                self._lose(racers[r], self.step + taken)
        for r, i in enumerate(racers):
            legs[i].keep()
            track.write(i, slice(0, k), at[r], value[r], slope[r])
            if self.diverged[i] < 0:
                self.theta[i], self.loss[i], self.gradient[i] = at[r, -1], value[r, -1], slope[r, -1]

    def _march(self, racers: list[int], noise: Array, rows: Rows | None, track: Track) -> None:
        """Take k steps, step by step, with racers whose rule is code or that learn from data; write them down."""
        if not racers:
            return
        params, batch, formula = self.params, self.batch, self.surface.formula
        theta, loss, gradient = self.theta[racers], self.loss[racers], self.gradient[racers]
        given, out = gradient.copy(), np.zeros(len(racers), np.bool_)
        rules = [self.rules[i] for i in racers]
        own = [type(rule).update is not FormulaRule.update for rule in rules]
        updates = [rule.update if code else rule.prepared() for rule, code in zip(rules, own, strict=True)]
        for j in range(len(noise)):
            batch.draw(noise[j] if params.noise > 0 else None, None if rows is None else rows[j])
            given[...] = gradient + noise[j] if rows is None else batch.value_and_gradient(theta)[1]
            track.given[racers, j] = given
            if params.clip.mode != "none":
                params.clip.apply(given)
            factor = params.schedule.factor(self.step + j, self.total)
            for r in np.flatnonzero(~out):
                objective: Any = batch if self.rules[racers[r]].needs else None
                updates[r](self.states[racers[r]], theta[r], given[r], factor, objective)
            formula.evaluate(theta, loss, gradient)
            gradient[~np.isfinite(gradient).all(-1)] = 0.0
            for r in np.flatnonzero(~out):
                i = racers[r]
                track.write(i, j, theta[r], loss[r], gradient[r])
                if not (theta[r].dot(theta[r]) < self._reach**2 and np.isfinite(loss[r])):
                    out[r] = True
                    self._lose(i, self.step + j + 1)
                    theta[r] = self._origin
        stays = [i for r, i in enumerate(racers) if not out[r]]
        self.theta[stays], self.loss[stays], self.gradient[stays] = theta[~out], loss[~out], gradient[~out]

    def _lose(self, racer: int, step: int) -> None:
        """Take out a racer, leaving it at the start, where its numbers do no harm."""
        self.diverged[racer] = step
        self.theta[racer], self.loss[racer], self.gradient[racer] = self._origin, 0.0, 0.0

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
        excess = losses.copy()
        if np.isfinite(self._lowest):
            excess -= self._lowest
            excess[np.abs(excess) < 1e-15 * (1 + abs(self._lowest))] = 0.0  # rounding at the minimum itself
        status = judge(self.surface, self.recent, self.finished >= 0, self.diverged >= 0)
        arrays = {
            "positions": positions,
            "losses": losses,
            "excess": excess,
            "gradient_norms": np.hypot(gradients[..., 0], gradients[..., 1]),
            "distances": distances,
            "step_sizes": lengths,
            "status": status,
            "finish_steps": self.finished.astype(np.int32),
        }
        return Frame(self.step, arrays, final=self.step >= self.total)
