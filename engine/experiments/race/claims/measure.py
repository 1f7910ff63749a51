"""What the checks measure: a race run as the page runs it, and numbers read off its paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import claim
from engine.experiment import experiment
from engine.experiments.race.minibatch import MiniBatch
from engine.experiments.race.params import RaceParams
from engine.experiments.race.simulation import RaceSimulation
from engine.message import _
from engine.params import check
from engine.replay import Run
from engine.surfaces import Surface

Array = NDArray[np.float64]
Preset = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """A race that was run.

    Args:
        surface: it was run on.
        positions: (racers, steps + 1, 2), the start first.
        losses: (racers, steps + 1).
    """

    surface: Surface
    positions: Array
    losses: Array

    @property
    def gradients(self) -> Array:
        """The exact gradient, without noise, at every position (racers, steps + 1, 2)."""
        return self.surface.formula.gradient(self.positions)

    def distances(self, to: Sequence[Any] | None = None) -> Array:
        """Return each position's distance (racers, steps + 1) to the nearest of some points: the global minima."""
        points = np.array(self.surface.minima if to is None else to, dtype=np.float64)
        apart = self.positions[:, :, None, :] - points
        nearest: Array = np.hypot(apart[..., 0], apart[..., 1]).min(-1)
        return nearest


def run(preset: Preset, **changes: Any) -> Course:
    """Run the race of a preset, with some of its parameters changed, exactly as the page would.

    Raises:
        InvalidParams: where the race refuses the parameters.
    """
    params = check(RaceParams, {**preset, **changes})
    race = Run(experiment("race"), params)
    frames = [race.first()]
    while not race.done:
        frames.append(race.advance(race.simulation.total))
    positions, losses = (np.concatenate([f[name] for f in frames], axis=1) for name in ("positions", "losses"))
    return Course(params.landscape, positions, losses)


def surface_of(preset: Preset) -> Surface:
    """Return the surface that a preset names, shapes or writes."""
    return check(RaceParams, preset).landscape


def near(start: Sequence[float], seed: int, spread: float) -> list[float]:
    """Return a start moved at random by at most ``spread`` in each coordinate."""
    moved = np.array(start) + np.random.default_rng(seed).uniform(-spread, spread, 2)
    return [float(x) for x in moved]


def settled(distances: Array, tolerance: float) -> Array:
    """Return after how many steps each racer is within ``tolerance`` for good; -1 where it is not at the end.

    Args:
        distances: (..., steps + 1).
    """
    outside = ~(distances < tolerance)
    first = distances.shape[-1] - np.argmax(outside[..., ::-1], axis=-1)
    return np.where(outside[..., -1], -1, np.where(outside.any(-1), first, 0))


def reached(distances: Array, tolerance: float) -> Array:
    """Return after how many steps each racer is first within ``tolerance``; -1 where it never is."""
    inside = distances < tolerance
    return np.where(inside.any(-1), np.argmax(inside, axis=-1), -1)


def detour(path: Array) -> float:
    """Return a path's length over the straight distance between its ends: 1 is straight. ``path`` (steps, 2)."""
    steps = np.diff(path, axis=0)
    length = np.hypot(steps[:, 0], steps[:, 1]).sum()
    return float(length / np.hypot(*(path[-1] - path[0])))


def step_lengths(positions: Array) -> Array:
    """Return how far each step went: (..., steps) for positions (..., steps + 1, 2)."""
    steps = np.diff(positions, axis=-2)
    lengths: Array = np.hypot(steps[..., 0], steps[..., 1])
    return lengths


def exponent(steps: NDArray[np.integer[Any]], sizes: Array) -> float:
    """Return p of the power law sizes ~ steps**p: the slope of a straight line through the logarithms.

    Sizes are averaged in bins of equal width in log(steps) first, so that noise and crowding do not bias the fit.
    """
    edges = np.geomspace(steps[0], steps[-1] + 1, 13)
    bins = np.digitize(steps, edges)
    used = np.unique(bins)
    x = [np.log(steps[bins == b]).mean() for b in used]
    y = [np.log(sizes[bins == b].mean()) for b in used]
    return float(np.polyfit(x, y, 1)[0])


class _Counting(MiniBatch):
    """A mini-batch that counts how often its gradient is asked for."""

    asked = 0

    def value_and_gradient(self, theta: Array) -> tuple[Any, Array]:
        self.asked += 1
        return super().value_and_gradient(theta)


def evaluations(preset: Preset, racer: Mapping[str, Any], **changes: Any) -> tuple[Array, NDArray[np.int64]]:
    """Run one racer alone and count its gradients, those of line searches too.

    Returns: positions (steps + 1, 2), and how many gradients each of them had cost (steps + 1,).
    """
    params = check(RaceParams, {**preset, **changes, "racers": [racer]})
    race = RaceSimulation(params, np.random.default_rng(params.seed))
    race.batch = counter = _Counting(race.surface)
    positions, counts = [np.asarray(race.first()["positions"])[0, -1]], [0]
    for step in range(1, race.total + 1):
        positions.append(np.asarray(race.advance(1)["positions"])[0, -1])
        counts.append(step + counter.asked)
    return np.array(positions), np.array(counts)


GRADIENTS = _("gradient evaluations")


equal = partial(claim.equal, unit=GRADIENTS)
"""Budgets of sides that each spent as many gradients."""
