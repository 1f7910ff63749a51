"""A fair race: equal gradient evaluations, equally tuned learning rates, many starts and seeds."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.asked import Growing
from engine.experiment import Question
from engine.experiments.race.bulk import FAR, Air, Bulk, can_bulk, compile_in_pieces, with_arrays
from engine.frame import ArraySpec, Frame, Told
from engine.message import Message, _, say
from engine.optimizers import Clip, Rule, Schedule
from engine.params import slider
from engine.surfaces import Loss, Surface
from engine.surfaces.surface import Rows

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]

RATES = np.geomspace(1e-4, 1e2, 16)
"""The learning rates that every racer tries."""
TUNING = 8
"""From how many starts each of them is tried."""
HESSIAN = 2
"""What a Hessian of two parameters counts: as many gradients as it has columns."""
_PIECE, _STEPS = 40, 20
"""So many steps of a stack, or of one run, at most between two places where it may be interrupted."""


@dataclass
class Counter:
    """The loss as a rule sees it, with a step's noise or on its batch, counting the gradients asked for."""

    loss: Loss
    slope: Array | None = None
    spent: int = 0

    def value_and_gradient(self, theta: NDArray[np.floating[Any]]) -> tuple[Any, NDArray[np.floating[Any]]]:
        """Return the loss and its gradient at ``theta`` (2,)."""
        self.spent += 1
        value, gradient = self.loss.value_and_gradient(theta)
        if self.slope is not None:
            return value + theta @ self.slope, gradient + self.slope
        return value, gradient

    def hessian(self, theta: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return the Hessian at ``theta`` (2,)."""
        self.spent += HESSIAN
        return self.loss.hessian(theta)


class Batches:
    """The rows of each step's batch, of each start its own, the same for every racer.

    Args:
        rows: of the data. size: of a batch, without a row twice. starts: how many. seed: draws them.
    """

    def __init__(self, rows: int, size: int, starts: int, seed: Sequence[int]) -> None:
        self._shape, self._size, self._seed = (_PIECE, starts, rows), size, seed
        self._drawn: list[Rows] = []

    def piece(self, step: int) -> Rows:
        """Return the batches from a step on, a multiple of _PIECE, (_PIECE, S, B); drawn once."""
        while len(self._drawn) <= step // _PIECE:
            rng = np.random.default_rng([*self._seed, len(self._drawn)])
            order = np.argsort(rng.random(self._shape), axis=-1)[..., : self._size]
            self._drawn.append(order.astype(np.min_scalar_type(self._shape[-1])))
        return self._drawn[step // _PIECE]


@dataclass(frozen=True)
class Field:
    """Where all racers start, and what disturbs them there: the same for each of them.

    Args:
        starts: (2, S). noise: of each step and start, (budget, 2, S), or None. batches: or None for all rows.
    """

    starts: Array
    noise: Array | None
    batches: Batches | None

    def alone(self, step: int, start: int) -> tuple[Array | None, Rows | None]:
        """Return the noise and the rows of one start's step."""
        noise = None if self.noise is None else self.noise[step, :, start]
        return noise, None if self.batches is None else self.batches.piece(step)[step % _PIECE, start]


@dataclass(frozen=True)
class Ground:
    """What all racers share.

    Args:
        surface, schedule, clip: as in the race. budget: gradient evaluations of each run, each of a batch.
        batch_size: rows of a batch, or 0 for all of them. tuning, race: two fields that have no start in common.
    """

    surface: Surface
    schedule: Schedule
    clip: Clip
    budget: int
    batch_size: int
    tuning: Field
    race: Field

    @classmethod
    def of(cls, simulation: RaceSimulation, budget: int, starts: int) -> Ground:
        """Return the ground of a race; starts lie anywhere in the picture."""
        params, surface = simulation.params, simulation.surface
        size = params.batch_size if params.batch_size < surface.rows else 0
        rng = np.random.default_rng([params.seed, 7])
        low, high = np.array(surface.domain).T[:, :, None]
        counts = (TUNING, starts)
        places = [rng.uniform(low, high, (2, n)) for n in counts]
        fields = [
            Field(
                place,
                rng.standard_normal((budget, 2, n)) * params.noise if params.noise > 0 else None,
                Batches(surface.rows, size, n, [params.seed, 8, i]) if size else None,
            )
            for i, (place, n) in enumerate(zip(places, counts, strict=True))
        ]
        return cls(surface, params.schedule, params.clip, budget, size, *fields)

    @property
    def lowest(self) -> float:
        """The value at the lowest minimum; 0 where the surface has none."""
        return self.surface.lowest if self.surface.minima else 0.0

    def curves(self, rule: Rule, rates: Array, *, tuning: bool) -> Generator[None, None, Array]:
        """Return the loss above the minimum after 0, 1, ... evaluations (budget + 1, rates, starts); inf: out."""
        field = self.tuning if tuning else self.race
        if can_bulk(rule):
            found = yield from self._together(rule, rates, field)
        else:
            found = np.empty((self.budget + 1, len(rates), field.starts.shape[1]))
            for i, rate in enumerate(rates):
                one = with_arrays(rule, {"learning_rate": float(rate)})
                for j in range(field.starts.shape[1]):
                    found[:, i, j] = yield from self._alone(one, field, j)
        excess: Array = found - self.lowest
        if self.surface.minima:
            # lower than the lowest minimum: out of the picture, where some surfaces have no bottom
            excess[excess < -1e-9 * (1 + abs(self.lowest))] = np.inf
            np.maximum(excess, 0.0, out=excess)
        return np.where(np.isfinite(excess), excess, np.inf)

    def _together(self, rule: Rule, rates: Array, field: Field) -> Generator[None, None, Array]:
        shape = (len(rates), field.starts.shape[1])
        gusts = None if field.noise is None else field.noise[:, :, None, :]
        air = Air(self.budget, self.schedule, self.clip, gusts)
        bulk = Bulk(self.surface, with_arrays(rule, {"learning_rate": rates[:, None]}), field.starts, air, shape)
        losses = np.empty((self.budget + 1, *shape))
        losses[0] = bulk.loss
        while bulk.step < self.budget:
            k = min(_PIECE, self.budget - bulk.step)
            rows = None if field.batches is None else field.batches.piece(bulk.step)
            bulk.advance(k, losses[bulk.step + 1 : bulk.step + 1 + k], rows)
            yield
        return np.where((bulk.out >= 0) & (np.arange(self.budget + 1)[:, None, None] >= bulk.out), np.nan, losses)

    def _alone(self, rule: Rule, field: Field, start: int) -> Generator[None, None, Array]:
        """Return the loss after 0, 1, ... evaluations of a rule that may ask for more than one a step."""
        loss = self.surface.formula
        seen = Counter(loss)
        theta, update = field.starts[:, start].copy(), rule.prepared()
        state, losses, step = rule.init(theta), np.empty(self.budget + 1), 0
        reach = (FAR * max(high - low for low, high in self.surface.domain)) ** 2
        value, done = float(loss.value(theta)), 0
        while seen.spent < self.budget:
            if step % _STEPS == 0:
                yield
            with np.errstate(all="ignore"):
                seen.slope, rows = field.alone(step, start)
                seen.loss = loss if rows is None else self.surface.on(rows)
                gradient = seen.value_and_gradient(theta)[1]
                if not gradient.any() and rows is None:
                    break  # at rest for good
                if self.clip.mode != "none":
                    self.clip.apply(gradient)
                update(state, theta, gradient, self.schedule.factor(step, self.budget), seen)
                step += 1
                losses[done : seen.spent] = value  # until the step was paid for
                if seen.spent > self.budget:
                    return losses
                value, done = float(loss.value(theta)), seen.spent
                if not (theta @ theta < reach and np.isfinite(value)):
                    value = np.inf
                    break
        losses[done:] = value
        return losses


@dataclass
class Result:
    """What one racer came to: its rate, and the loss above the minimum by evaluations (budget + 1, S)."""

    rate: float
    excess: Array
    tuned: Array = field(default_factory=lambda: np.empty(0))

    def quantile(self, q: float) -> Array:
        """Return the quantile over starts, one of the values, (budget + 1,)."""
        ranked = np.sort(self.excess, axis=1)
        return ranked[:, round(q * (ranked.shape[1] - 1))]

    def arrivals(self, tolerance: float) -> Array:
        """Return after how many evaluations each start was within the tolerance; inf where it never was."""
        within = self.excess <= tolerance
        return np.where(within.any(0), within.argmax(0), np.inf)


def raced(ground: Ground, rule: Rule) -> Generator[None, None, Result]:
    """Tune a racer's learning rate, then race it from the other starts."""
    tuning = yield from ground.curves(rule, RATES, tuning=True)
    ends = np.median(tuning[-1], axis=1)
    best = int(ends.argmin())
    curves = yield from ground.curves(rule, RATES[best : best + 1], tuning=False)
    return Result(float(RATES[best]), curves[:, 0], ends)


def wins(results: list[Result], tolerance: float) -> NDArray[np.int64]:
    """Return how many starts each racer won: first at the finish line, else lowest; a tie is nobody's."""
    arrivals = np.array([result.arrivals(tolerance) for result in results])
    ends = np.array([result.excess[-1] for result in results])
    counts = np.zeros(len(results), np.int64)
    for j in range(ends.shape[1]):
        scores = arrivals[:, j] if np.isfinite(arrivals[:, j]).any() else ends[:, j]
        first = np.flatnonzero(scores == scores.min())
        if len(first) == 1 and np.isfinite(scores.min()):
            counts[first[0]] += 1
    return counts


class FairRace(Growing):
    """The race again, with equal budgets."""

    budget: int = slider(
        200, 20, 1_000, _("Gradient evaluations"), _("What each run may spend; line searches count."), scale="log"
    )
    starts: int = slider(24, 8, 64, _("Starts"), _("From how many random starts each racer runs."))

    def answers(self, simulation: RaceSimulation) -> Generator[Frame | None, None, None]:
        """Yield the curves, one racer more each time."""
        ground = Ground.of(simulation, self.budget, self.starts)
        step, tolerance, rules = simulation.step, simulation.params.tolerance, list(simulation.rules)
        results: list[Result] = []
        yield from compile_in_pieces(ground.surface)
        for rule in rules:
            results += [(yield from raced(ground, rule))]
            yield Frame(step, self._told(ground, results, rules, tolerance))

    def _told(self, ground: Ground, results: list[Result], rules: list[Rule], tolerance: float) -> dict[str, Any]:
        won = wins(results, tolerance)
        blank = np.full((len(rules), self.budget + 1), np.nan)
        arrays = {"fair_low": 0.25, "fair_median": 0.5, "fair_high": 0.75}
        quantiles = {name: blank.copy() for name in arrays}
        for i, result in enumerate(results):
            for name, q in arrays.items():
                found = result.quantile(q)
                quantiles[name][i] = np.where(
                    np.isfinite(found) | (q != 0.5), found, np.nan
                )  # a band has an edge there
        rows = []
        for i, result in enumerate(results):
            there = result.arrivals(tolerance)
            took = float(np.median(there))
            end = float(result.quantile(0.5)[-1])
            rows.append(
                {
                    "series": i,
                    "cells": [
                        int(won[i]),
                        f"{int(np.isfinite(there).sum())}/{self.starts}",
                        int(took) if np.isfinite(took) else None,
                        end if np.isfinite(end) else None,
                        result.rate,
                    ],
                }
            )
        return {
            "fair_evaluations": np.arange(self.budget + 1, dtype=np.float64),
            **quantiles,
            "fair_table": Told({"head": _HEAD, "rows": rows}),
            "fair_remark": Told(self._remark(ground, results, rules, won)),
        }

    def _remark(self, ground: Ground, results: list[Result], rules: list[Rule], won: NDArray[np.int64]) -> Message:
        told = say(
            "Every run had {budget} gradient evaluations; those of line searches count, and a Hessian counts as "
            "{hessian}. Each racer's learning rate is the best of the same {rates}, tried from {tuning} starts: "
            "{spent:,} evaluations of tuning for each. The curves are from {starts} other starts, the same for "
            "all.",
            budget=self.budget,
            hessian=HESSIAN,
            rates=len(RATES),
            tuning=TUNING,
            spent=len(RATES) * TUNING * self.budget,
            starts=self.starts,
        )
        if ground.batch_size:
            told = say(
                "{told} Each evaluation sees a batch of {size} rows, the same batches for all: {samples:,} rows a "
                "run.",
                told=told,
                size=ground.batch_size,
                samples=ground.batch_size * ground.budget,
            )
        if len(results) < len(rules):
            return say("{told} {done} of {all} racers are done.", told=told, done=len(results), all=len(rules))
        best = int(won.argmax())
        if not won[best]:
            return say("{told} Nobody won a start alone.", told=told)
        return say("{told} {name} won {wins} of them.", told=told, name=rules[best].called, wins=int(won[best]))


_HEAD = [say("Wins"), say("Arrived"), say("Median evaluations"), say("Median loss at the end"), say("Tuned rate")]
_CURVES = ("racer", "evaluation")
FAIR = Question(
    "fair",
    _("A fair race"),
    FairRace,
    {
        "fair_evaluations": ArraySpec(("evaluation",), _("Gradient evaluations")),
        "fair_median": ArraySpec(_CURVES, _("Loss above the minimum, median")),
        "fair_low": ArraySpec(_CURVES, _("Lower quartile")),
        "fair_high": ArraySpec(_CURVES, _("Upper quartile")),
        "fair_table": ArraySpec((), _("Wins, arrivals and tuned rates")),
        "fair_remark": ArraySpec((), _("In a sentence")),
    },
    parts=True,
)
