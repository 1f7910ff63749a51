"""One racer of a race, to be raced at very many settings and from very many starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.axes import Axis, axes
from engine.experiments.race.bulk import Air, Bulk, can_bulk, with_arrays
from engine.experiments.race.minibatch import Shuffled
from engine.experiments.race.params import check_racer
from engine.experiments.race.stack import Stack
from engine.message import _, say
from engine.optimizers import Rule
from engine.optimizers.own import OwnRule
from engine.optimizers.schedules import Constant
from engine.params import refused
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]
Range = tuple[float, float]

PIECE = 80_000
"""Racers times steps, as many as `Course.weight` makes of them, between two places where it may be interrupted."""
_FEW = 256
"""Fewer racers than these take about as long for a step."""
_SETTLED = 100
"""After so many steps most racers that solve systems rest, where all steps see the same loss."""
_CHEAP = 100
"""So many racers at once that their numbers stay in a processor's cache of 1 MB; fewer where a step costs more."""
RATE = "learning_rate"
_RATES = (1e-4, 10.0)
_CHECKS = 16
_FLOOR = 1e-11
"""A racer nearer than this share of the picture to a minimum is at the end of what float64 resolves."""
_NEAR = 0.02
_DECADES = 6
_SHARED = (RATE, "weight_decay")


@dataclass(frozen=True)
class Way:
    """An axis of a map, as far as it is drawn.

    Args:
        axis: the setting with its bounds. low, high: what is drawn. setting: within the racer. path: in the race's
            parameters.
    """

    axis: Axis
    low: float
    high: float
    setting: str
    path: str

    @property
    def log(self) -> bool:
        """Whether equal ratios have equal lengths."""
        return self.axis.scale == "log" and self.low > 0

    def places(self, n: int) -> Array:
        """Return the middles of n cells."""
        shares = (np.arange(n) + 0.5) / n
        if self.log:
            return np.asarray(self.low ** (1 - shares) * self.high**shares)
        return np.asarray(self.low + (self.high - self.low) * shares)

    def told(self) -> dict[str, Any]:
        """Return what a page shows of it."""
        scale = "log" if self.log else "linear"
        return {
            "name": self.setting,
            "title": self.axis.called,
            "low": self.low,
            "high": self.high,
            "scale": scale,
            "path": self.path,
            "bounds": [self.axis.low, self.axis.high],
            "whole": self.axis.whole,
        }


def _cost(rule: Rule) -> float:
    """Return what a step of a racer costs, in those of a text on a formula (11 ns)."""
    if can_bulk(rule):
        return 1
    if "hessian" in rule.needs:
        return 30
    return 60 + 5 * getattr(rule, "history_size", 8)


class Course:
    """One racer, and what it races through: taken from a race, which may go on afterwards."""

    def __init__(self, simulation: RaceSimulation, racer: int) -> None:
        check_racer(racer, simulation.rules)
        params = simulation.params
        self.racer, self.rule = racer, simulation.rules[racer]
        self.step, self.total = simulation.step, simulation.total
        self.surface, self.origin = params.landscape, np.array(params.origin)
        self.tolerance = params.tolerance
        noise, self._shuffled = None, None
        if params.noise > 0:
            noise = np.random.default_rng(params.seed).standard_normal((self.total, 2)) * params.noise
        if params.batch_size < self.surface.rows:
            self._shuffled = Shuffled(params.seed, self.surface.rows, params.batch_size)
        self._air = Air(self.total, params.schedule, params.clip, noise)
        self.plain = isinstance(params.schedule, Constant) and params.clip.mode == "none" and not self._shuffled
        self.together = can_bulk(self.rule)
        self._cost = _cost(self.rule)
        self.block = 4096 if self._cost <= _CHEAP else 1024

    # -- axes -------------------------------------------------------------------------------------------------

    def axes(self) -> dict[str, Axis]:
        """Return the numbers of the rule that can be varied, and where the racer starts."""
        found = {name: axis for name, axis in axes(self.rule).items() if not axis.choices}
        if isinstance(self.rule, OwnRule):
            own = {
                name: Axis(name, name, low=one.low, high=one.high, scale=one.scale)
                for name, one in self.rule.hyperparameters.items()
            }
            found = {RATE: found[RATE], **own, "weight_decay": found["weight_decay"]}
        starts = {
            f"start.{i}": Axis(f"start.{i}", self.surface.coordinates[i], _("Start"), low=low, high=high)
            for i, (low, high) in enumerate(self.surface.domain)
        }
        return {**found, **starts}

    def second(self, first: str) -> str:
        """Return the setting that is looked at beside ``first`` where nothing is said."""
        return next(name for name in (*self.axes(), RATE) if name != first)

    def axis(self, name: str, field: str, given: Range | None) -> Way:
        """Return an axis by name.

        Raises:
            InvalidParams: where the rule has none of that name, or it does not go so far.
        """
        known = self.axes()
        if name not in known:
            sentence = say(
                "{rule} has no setting “{name}”; there are {names}.",
                rule=self.rule.called,
                name=name,
                names=", ".join(known),
            )
            raise refused(sentence, field)
        axis = known[name]
        low, high = given or self._usual(axis)
        start = name.startswith("start")
        if (low < axis.low or high > axis.high) and not start:
            sentence = say("{name} goes from {low:g} to {high:g}.", name=axis.called, low=axis.low, high=axis.high)
            raise refused(sentence, f"{field}_range")
        own = f"hyperparameters.{name}.value" if isinstance(self.rule, OwnRule) and name not in _SHARED else name
        return Way(axis, low, high, name, name if start else f"racers.{self.racer}.{own}")

    @staticmethod
    def _usual(axis: Axis) -> Range:
        if axis.setting == RATE:
            return _RATES
        low = axis.high * 10.0**-_DECADES if axis.scale == "log" and axis.low <= 0 else axis.low
        return low, axis.high

    # -- runs -------------------------------------------------------------------------------------------------

    def run(self, values: Mapping[str, Array], shape: tuple[int, ...], measure: str) -> Pieces[Array]:
        """Race with settings as arrays that broadcast to ``shape``; returns what is measured (...)."""
        starts = np.stack([np.broadcast_to(values.get(f"start.{i}", self.origin[i]), shape) for i in range(2)])
        settings = {name: array for name, array in values.items() if not name.startswith("start")}
        races: Bulk | Stack = (
            Bulk(self.surface, with_arrays(self.rule, settings), starts, self._air, shape)
            if self.together
            else Stack(self.surface, self.rule, settings, starts, self._air)
        )
        result: Array = yield from getattr(self, f"_{measure}")(races)
        return np.where(races.out >= 0, np.inf, result) if measure != "rate" else result

    def _advance(self, races: Bulk | Stack, steps: int, losses: Array | None = None) -> None:
        rows = self._shuffled.steps(races.step, steps) if self._shuffled else None
        races.advance(steps, losses, rows)

    def _pieces(self, races: Bulk | Stack, stops: Sequence[int]) -> Iterator[int]:
        """Yield how many steps to take next, so that none is long and each stop is met."""
        most = max(1, int(PIECE / (max(races.out.size, _FEW) * self.weight)))
        for stop in stops:
            while races.step < stop:
                yield min(most, stop - races.step)

    @property
    def weight(self) -> float:
        """What a step of a racer costs, in those of a text on a formula."""
        rows = self._shuffled.size if self._shuffled else self.surface.rows
        return max(1.0, rows / 10) * self._cost

    @property
    def work(self) -> float:
        """About what a whole race costs, in the same measure."""
        rests = not self.together and self._shuffled is None and self._air.noise is None
        return (min(self.total, _SETTLED) if rests else self.total) * self.weight

    def _loss(self, races: Bulk | Stack) -> Pieces[Array]:
        """Return the loss after the last step, above the lowest minimum where there is one."""
        for steps in self._pieces(races, [self.total]):
            self._advance(races, steps)
            yield
        return races.loss - self.lowest

    def _steps(self, races: Bulk | Stack) -> Pieces[Array]:
        """Return the first step within the finish line; NaN where none is."""
        first = np.where(races.loss <= self.surface.lowest + self.tolerance, 0.0, np.nan)
        for steps in self._pieces(races, [self.total]):
            losses = np.empty((steps, *first.shape))
            before = races.step
            self._advance(races, steps, losses)
            within = losses <= self.surface.lowest + self.tolerance
            there = within.any(0) & np.isnan(first)
            first[there] = before + 1 + within.argmax(0)[there]
            yield
        return first

    def _rate(self, races: Bulk | Stack) -> Pieces[Array]:
        """Return by what share a step shortens the way to the nearest minimum, over the latter half of the steps.

        Where a racer arrived before (as near as float64 tells), the half before that; NaN where none is left.
        """
        stops = sorted({round(self.total * i / _CHECKS) for i in range(_CHECKS + 1)})
        distances = [self._distance(races.theta)]
        for stop in stops[1:]:
            for steps in self._pieces(races, [stop]):
                self._advance(races, steps)
                yield
            distances.append(self._distance(races.theta))
        ways, at = np.stack(distances), np.array(stops, dtype=np.float64)
        width = max(high - low for low, high in self.surface.domain)
        good = np.isfinite(ways) & (ways > _FLOOR * width)
        last = len(at) - 1 - np.argmax(good[::-1], axis=0)
        half = (last + 1) // 2
        half = np.where(half == last, 0, half)
        end, begin = (np.take_along_axis(ways, i[None], 0)[0] for i in (last, half))
        with np.errstate(all="ignore"):
            rate = np.exp(np.log(end / begin) / (at[last] - at[half]))
        return np.where(good.any(0) & (last > half), rate, np.where(races.out >= 0, np.inf, 0.0))

    def _distance(self, theta: Array) -> Array:
        apart = theta[:, None] - np.array(self.surface.minima).T.reshape(2, -1, *[1] * (theta.ndim - 1))
        return np.asarray(np.sqrt((apart**2).sum(0).min(0)))

    def _basin(self, races: Bulk | Stack) -> Pieces[Array]:
        """Return at which of the minima a racer is, by its place in the list; the list's length for none."""
        yield from self._loss(races)
        ends, width = self.ends, np.ptp(self.surface.domain, axis=1)
        where = np.full(races.out.shape, float(len(ends)))
        for i, end in reversed(list(enumerate(ends))):
            shape = (2, *[1] * races.out.ndim)
            near = np.abs(races.theta - np.reshape(end, shape)) <= _NEAR * width.reshape(shape)
            where[near.all(0)] = i
        return where

    @property
    def lowest(self) -> float:
        """The value at the lowest minimum; 0 where the surface has none."""
        return self.surface.lowest if self.surface.minima else 0.0

    @property
    def ends(self) -> list[tuple[float, float]]:
        """The minima, global ones first."""
        return [*self.surface.minima, *self.surface.local_minima]
