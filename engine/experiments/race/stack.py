"""Very many races of a rule that solves systems or searches along a line, as one array program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.experiments.race.bulk import FAR, Air, with_arrays
from engine.experiments.race.minibatch import MiniBatch
from engine.optimizers import Rule
from engine.surfaces import Surface
from engine.surfaces.surface import Rows

Array = NDArray[np.float64]


class Stack:
    """R races of one rule side by side, each as it goes alone, to rounding: `Bulk` for rules that are no text.

    The rule moves those that still race, and asks the loss elsewhere for those that still search. Where every step
    sees the same loss, a racer that no longer moves rests for good.

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
        self._settings = {
            name: np.broadcast_to(_whole(rule, name, values), self._shape).reshape(-1, 1)
            for name, values in settings.items()
        }
        self._rule = with_arrays(rule, self._settings)
        self._state = self._rule.init(self._places)
        self._reach = FAR * max(high - low for low, high in surface.domain)
        self._batch = MiniBatch(surface)
        count = len(self._places)
        self._racing = np.arange(count)
        self._out = np.full(count, -1)
        self._value, self._slope = np.empty(count), np.empty((count, 2))
        with np.errstate(all="ignore"):
            self._narrow(self._look())

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
        air = self.air
        batch: Any = self._batch
        still = air.noise is None and rows is None
        with np.errstate(all="ignore"):
            for j in range(steps):
                factor, racing = air.schedule.factor(self.step, air.total), self._racing
                self.step += 1
                if racing.size:
                    slope = None if air.noise is None else air.noise[self.step - 1]
                    batch.draw(slope, None if rows is None else rows[j])
                    before = self._places[racing]
                    after = before.copy()
                    self._rule.update(self._state, after, self._given(before, rows is not None), factor, batch)
                    self._places[racing] = after
                    stays = self._look()
                    if still and factor > 0:
                        stays &= (after != before).any(-1)
                    self._narrow(stays)
                if losses is not None:
                    losses[j] = self.loss

    def _given(self, places: Array, anew: bool) -> Array:
        """Return the gradients (n, 2) that those that race are given; a batch is asked anew."""
        batch, clip = self._batch, self.air.clip
        if anew:
            given = batch.value_and_gradient(places)[1]
        else:
            given = self._slope[self._racing] + (0.0 if batch.slope is None else batch.slope)
        if clip.mode != "none":
            clip.apply(given)
        return given

    def _look(self) -> NDArray[np.bool_]:
        """Ask the surface where those that race are, and take out who is lost; returns who is not."""
        racing = self._racing
        at = self._places[racing]
        value, slope = self._loss.value_and_gradient(at)
        slope[~np.isfinite(slope).all(-1)] = 0.0
        self._value[racing], self._slope[racing] = value, slope
        here: NDArray[np.bool_] = ((at * at).sum(-1) < self._reach**2) & np.isfinite(value)
        self._out[racing[~here]] = self.step
        return here

    def _narrow(self, stays: NDArray[np.bool_]) -> None:
        """Go on with some of those that race."""
        if stays.all():
            return
        self._racing = self._racing[stays]
        arrays = {name: value[self._racing] for name, value in self._settings.items()}
        self._rule = self._rule.model_copy(update=arrays)
        self._state = {
            name: value[stays] if isinstance(value, np.ndarray) else value for name, value in self._state.items()
        }


def _whole(rule: Rule, name: str, values: Array) -> Any:
    """Return a setting's values, whole where the setting is."""
    return np.rint(values).astype(np.int64) if isinstance(getattr(rule, name, None), int) else values
