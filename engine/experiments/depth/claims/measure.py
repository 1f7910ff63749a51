"""What the checks measure: a comparison run as the page runs it, and numbers read off its frames and nets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Budget, equal
from engine.experiments.depth.member import Member
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.simulation import DepthSimulation
from engine.experiments.depth.sweep import Sweep
from engine.experiments.depth.sweep import sweep as stacked
from engine.frame import Frame
from engine.message import _
from engine.params import check
from engine.pieces import whole

Preset = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """A comparison that was run.

    Args:
        first: the frame of the start. last: the frame of the end, with every step's losses. simulation: as it
            stands at the end.
    """

    first: Frame
    last: Frame
    simulation: DepthSimulation

    def net(self, i: int = 0) -> Member:
        """Return a net as it stands at the end."""
        return self.simulation.members[i]

    def final(self, name: str, i: int = 0, steps: int = 20) -> float:
        """Return the mean of a curve over its last steps; infinity for a net that was stopped."""
        curve = np.asarray(self.last[name])[i, -steps:]
        return float(np.mean(curve)) if np.isfinite(curve).all() else float("inf")


def at(frame: Frame, name: str, net: int = 0) -> Array:
    """Return a net's array of a frame."""
    found: Array = np.asarray(frame[name])[net]
    return found


def run(preset: Preset, seed: int, **changes: Any) -> Course:
    """Run a preset from a seed, with some of its parameters changed, exactly as the page would.

    Raises:
        InvalidParams: where the laboratory refuses the parameters.
    """
    params = check(DepthParams, {**preset, **changes, "seed": seed})
    simulation = whole(DepthSimulation.begin(params, np.random.default_rng(seed)))
    first = simulation.first()
    last = first if simulation.total == 0 else simulation.advance(simulation.total)
    return Course(first, last, simulation)


def sweep(preset: Preset, seed: int, learning_rates: Sequence[float] = ()) -> Sweep:
    """Train as one program what as many runs of the page would do, see `engine.experiments.depth.sweep`."""
    return stacked(check(DepthParams, {**preset, "seed": seed}), learning_rates)


def looked_at(draws: float, preset: Preset, *sides: str, **changes: Any) -> tuple[Budget, ...]:
    """Return the budgets of sides whose untrained nets were drawn as often, in one shape, on as many rows."""
    params = check(DepthParams, {**preset, **changes})
    had = (
        (draws, _("draws of the weights")),
        (params.samples, _("rows")),
        (params.depth, _("layers")),
        (params.width, _("units a layer")),
    )
    return tuple(budget for spent, unit in had for budget in equal(spent, *sides, unit=unit))


def per_layer(values: Array) -> float:
    """Return by what factor a size changes from layer to layer: the geometric mean over the layers."""
    return float((values[-1] / values[0]) ** (1 / (len(values) - 1)))
