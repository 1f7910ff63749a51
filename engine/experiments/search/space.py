"""The space that is searched: a box of settings, seen as the unit cube."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.axes import Axis, placed
from engine.params import Params, Scale

Points = NDArray[np.float64]
"""Places in the unit cube, (n, axis)."""


@dataclass(frozen=True)
class Side:
    """One axis of the box.

    Args:
        axis: what the laboratory declares. low, high, scale: as searched. choices: those that are tried.
    """

    axis: Axis
    low: float
    high: float
    scale: Scale
    choices: tuple[Any, ...] = ()

    def value(self, u: float) -> Any:
        """Return the setting at a place from 0 to 1; numbers have four digits, so that addresses stay short."""
        if self.choices:
            return self.choices[min(len(self.choices) - 1, int(u * len(self.choices)))]
        if self.scale == "log":
            value = self.low * (self.high / self.low) ** u
        else:
            value = self.low + (self.high - self.low) * u
        if self.axis.whole:
            return round(min(self.high, max(self.low, value)))
        return min(self.high, max(self.low, float(f"{value:.4g}")))

    def place(self, value: Any) -> float:
        """Return the place of a setting: `value` undone."""
        if self.choices:
            return (self.choices.index(value) + 0.5) / len(self.choices)
        if self.scale == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return float((value - self.low) / (self.high - self.low))

    @property
    def values(self) -> float:
        """How many values there are."""
        return len(self.choices) or (self.high - self.low + 1 if self.axis.whole else math.inf)


@dataclass(frozen=True)
class Space:
    """The box, and what every trial has beside it."""

    base: Params
    sides: tuple[Side, ...]

    @property
    def axes(self) -> int:
        """How many axes it has."""
        return len(self.sides)

    def values(self, point: Sequence[float]) -> dict[str, Any]:
        """Return the settings at a place, by path."""
        return {side.axis.setting: side.value(u) for side, u in zip(self.sides, point, strict=True)}

    def params(self, values: Mapping[str, Any], seed: int) -> Params:
        """Return a trial's parameters.

        Raises:
            InvalidParams: where the laboratory refuses this combination.
        """
        return placed(self.base, {**values, "seed": seed})
