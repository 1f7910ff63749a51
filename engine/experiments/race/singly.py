"""Races of a rule that solves systems: each racer goes by itself, all of them in step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.experiments.race.bulk import FAR, Air
from engine.experiments.race.minibatch import MiniBatch
from engine.optimizers import Rule, State
from engine.surfaces import Surface
from engine.surfaces.surface import Rows

Array = NDArray[np.float64]


def remembers(rule: Rule) -> bool:
    """Tell whether a rule keeps anything from step to step; where it does not, one update moves all racers."""
    return any(isinstance(value, np.ndarray) for value in rule.init(np.zeros(2)).values())


class Singly:
    """R races of one rule as they go alone, to the bit; what `Bulk` is for rules that are a text.

    Where every step sees the same loss, a racer that no longer moves rests for good.

    Args:
        surface: on which they race. rule: any. settings: hyperparameters that broadcast to the racers, by name.
        starts: (2, ...). air: as for `Bulk`.

    Attributes: ``theta`` (2, ...), NaN for racers that are out; ``out`` (...): the step at which a racer went out,
    or -1; ``step``.
    """

    def __init__(
        self, surface: Surface, rule: Rule, settings: Mapping[str, Array], starts: Array, air: Air
    ) -> None:
        self._shape, self._loss, self.air, self.step = starts.shape[1:], surface.formula, air, 0
        self._places = np.ascontiguousarray(starts.reshape(2, -1).T)
        count = len(self._places)
        self._rule, self._together = rule, not remembers(rule)
        self._settings = {name: np.broadcast_to(values, self._shape).ravel() for name, values in settings.items()}
        self._rules = [] if self._together else [self._one(i) for i in range(count)]
        self._states: list[State] = [one.init(at) for one, at in zip(self._rules, self._places, strict=False)]
        self._reach = FAR * max(high - low for low, high in surface.domain)
        self._batch = MiniBatch(surface)
        self._out = np.full(count, -1)
        self._rests = np.zeros(count, np.bool_)
        self._value, self._slope = np.empty(count), np.empty((count, 2))
        with np.errstate(all="ignore"):
            self._look(np.arange(count))

    @property
    def theta(self) -> Array:
        """The places (2, ...); new memory."""
        return self._shaped(np.where(self._out < 0, self._places.T, np.nan))

    @property
    def out(self) -> NDArray[np.intp]:
        """The step at which each racer (...) went out, or -1."""
        return self._out.reshape(self._shape)

    @property
    def loss(self) -> Array:
        """The loss of each racer (...), NaN for those that are out; new memory."""
        return self._shaped(np.where(self._out < 0, self._value, np.nan))

    def _shaped(self, values: Array) -> Array:
        return values.reshape(*values.shape[:-1], *self._shape)

    def advance(self, steps: int, losses: Array | None = None, rows: Rows | None = None) -> None:
        """Take so many steps with all racers.

        Args:
            losses: (steps, ...), filled with the loss after each step.
            rows: (at least steps, B), the batch of each step; None for all rows.
        """
        air, batch = self.air, self._batch
        objective: Any = batch
        still = air.noise is None and rows is None
        with np.errstate(all="ignore"):
            for j in range(steps):
                racing = np.flatnonzero((self._out < 0) & ~self._rests)
                if racing.size:
                    slope = None if air.noise is None else air.noise[self.step]
                    batch.draw(slope, None if rows is None else rows[j])
                    factor = air.schedule.factor(self.step, air.total)
                    before, given = self._places[racing], self._given(racing, rows is not None)
                    if self._together:
                        after = before.copy()
                        self._some(racing).update({"step": self.step}, after, given, factor, objective)
                        self._places[racing] = after
                    else:
                        for i, own in zip(racing.tolist(), given, strict=True):
                            self._rules[i].update(self._states[i], self._places[i], own, factor, objective)
                    if still and factor > 0:
                        self._rests[racing] = (self._places[racing] == before).all(-1)
                self.step += 1
                self._look(racing)
                if losses is not None:
                    losses[j] = self.loss

    def _one(self, racer: int) -> Rule:
        """Return the rule as one racer has it; whole settings stay whole."""
        rule, values = self._rule, {name: float(values[racer]) for name, values in self._settings.items()}
        whole = {name: round(value) for name, value in values.items() if isinstance(getattr(rule, name), int)}
        return rule.model_copy(update={**values, **whole})

    def _some(self, racers: NDArray[np.intp]) -> Rule:
        """Return the rule as some racers have it, one value for each."""
        return self._rule.model_copy(update={name: v[racers, None] for name, v in self._settings.items()})

    def _given(self, racing: NDArray[np.intp], anew: bool) -> Array:
        """Return the gradients (n, 2) that the rules of these racers are given; a batch is asked anew."""
        batch, clip = self._batch, self.air.clip
        if anew:
            given = batch.value_and_gradient(self._places[racing])[1]
        else:
            given = self._slope[racing] + (0.0 if batch.slope is None else batch.slope)
        if clip.mode != "none":
            clip.apply(given)
        return given

    def _look(self, racing: NDArray[np.intp]) -> None:
        """Ask the surface where these racers are, and take out who is lost."""
        at = self._places[racing]
        value, slope = self._loss.value_and_gradient(at)
        slope[~np.isfinite(slope).all(-1)] = 0.0
        self._value[racing], self._slope[racing] = value, slope
        lost = ~(((at * at).sum(-1) < self._reach**2) & np.isfinite(value))
        self._out[racing[lost]] = self.step
