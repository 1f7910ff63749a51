"""Where each claim's preset shows what its check measured: on the surface, or in a curve below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.claim import Drawn, Reading
from engine.data.preprocessing import condition
from engine.experiments.race.claims.measure import Array, detour, reached, settled, step_lengths
from engine.experiments.race.claims.noise import WAY, aim

_SURFACE, _LOSS, _DISTANCE = "The surface", "Loss above the minimum", "Distance to the nearest minimum"
_NORM, _STEP = "Gradient norm", "Effective step size"
_NOISE, _PROGRESS = "The gradient's noise by batch size", "Loss after the same number of examples"
_MINIMA, _FIT = "How often a random critical point is a minimum", "The data and each racer's fit"
_BASIN = "Where a racer ends, over where it starts"
_ASKED: Mapping[str, Any] = {"y": {}}


def _paths(drawn: Drawn) -> Array:
    """Return the positions (racers, steps + 1, 2)."""
    return np.asarray(drawn["positions"])


def _curves(drawn: Drawn) -> Array:
    """Return the curves (racers, steps + 1)."""
    return np.asarray(drawn["y"])


def _share_left(drawn: Drawn, racer: int) -> float:
    """Return the distance from the origin at the end, as a share of that at the start."""
    apart = np.hypot(*np.moveaxis(_paths(drawn)[racer], -1, 0))
    return float(apart[-1] / apart[0])


def _beyond(drawn: Drawn, racer: int) -> float:
    """Return how far along x a racer went beyond 0, as a share of where it began."""
    x = _paths(drawn)[racer, :, 0]
    return float(-(x / x[0]).min())


def _rate(drawn: Drawn, racer: int) -> float:
    """Return by what a late step multiplies the distance."""
    distances = _curves(drawn)[racer]
    k = np.arange(100, 301)
    return float(np.exp(np.polyfit(k, np.log(distances[k]), 1)[0]))


def _first_step(drawn: Drawn, racer: int) -> float:
    """Return the first step along x in learning rates of 0.05."""
    x = _paths(drawn)[racer, :2, 0]
    return float(abs(x[1] - x[0]) / 0.05)


def _crossed(drawn: Drawn) -> float:
    """Return from what share of the starts of R5's check a racer ended at the deep minimum."""
    x, y, ends = (np.asarray(drawn[role]) for role in ("x", "y", "values"))
    left, middle = (x > -2.4) & (x < -1.2), np.abs(y) < 1.0
    return float((ends[np.ix_(middle, left)] == 0).mean())


def _driven(drawn: Drawn, racer: int) -> float:
    """Return how far a racer is from its start."""
    path = _paths(drawn)[racer]
    return float(np.hypot(*(path[-1] - path[0])))


def _floors(drawn: Drawn) -> bool:
    """Return whether the loss is lower on the second and on the third of three stretches of equal length."""
    stretches = np.array_split(_curves(drawn)[0, 1:], 3)
    means = [float(stretch[len(stretch) // 4 :].mean()) for stretch in stretches]
    return means[0] > 2 * means[1] > 4 * means[2]


def _slower_but_straighter(drawn: Drawn) -> bool:
    """Return whether the second racer settles later than the first, on a path that bends less."""
    paths = _paths(drawn)
    ends = settled(np.hypot(paths[..., 0], paths[..., 1]), 0.1)
    bends = [detour(path[: end + 1 or None]) for path, end in zip(paths, ends, strict=True)]
    return bool(0 <= ends[0] < ends[1] and bends[1] < bends[0])


def _late_steps(drawn: Drawn) -> float:
    """Return how many times as long as the first racer's the second one's last hundred steps are."""
    lengths = step_lengths(_paths(drawn))[:, -100:].mean(axis=-1)
    return float(lengths[1] / lengths[0])


def _way(drawn: Drawn, racer: int) -> float:
    """Return how long a racer's path is until it stays within 0.25 of Beale's minimum."""
    path = _paths(drawn)[racer]
    end = settled(np.hypot(path[:, 0] - 3, path[:, 1] - 0.5), 0.25)
    return float(step_lengths(path[: end + 1]).sum())


def _aimed(drawn: Drawn, racer: int) -> float:
    """Return the mean cosine of a racer's steps with the way down, before it is at rest."""
    return float(aim(_paths(drawn), np.asarray(drawn["minima"])[0])[racer, WAY].mean())


_BOOTH = np.array([[10.0, 8.0], [8.0, 10.0]])
_RESTING = np.linalg.solve(_BOOTH + 0.5 * np.eye(2), _BOOTH @ [1.0, 3.0])
"""Where Booth's slope is -0.5 w: nearer to the origin than its minimum at (1, 3)."""

READINGS: Mapping[str, tuple[Reading, ...]] = {
    "R1": (
        Reading(
            _SURFACE, lambda drawn: abs(_paths(drawn)[0, -1, 0] / _paths(drawn)[0, 0, 0]), "shallow", 1e-9, step=50
        ),
        Reading(
            _SURFACE, lambda drawn: abs(_paths(drawn)[0, -1, 1] / _paths(drawn)[0, 0, 1]), "steep", 1e-9, step=50
        ),
    ),
    "R2": (
        Reading(_SURFACE, lambda drawn: np.hypot(*_paths(drawn)[0, -1]) < 1e-6),
        Reading(_NORM, lambda drawn: _curves(drawn)[0, -1] < 1e-6),
    ),
    "R3": (
        Reading(_MINIMA, lambda drawn: _curves(drawn)[1], "two", 0.1, asked=_ASKED),
        Reading(_MINIMA, lambda drawn: np.asarray(drawn["smooth"])[2], "smooth_three", 0.15, asked=_ASKED),
    ),
    "R4": (
        Reading(_NOISE, lambda drawn: _curves(drawn)[0] / _curves(drawn)[4], "ratio", 0.1, asked=_ASKED),
        Reading(_LOSS, lambda drawn: np.median(_curves(drawn)[0, 200:]) < np.median(_curves(drawn)[1, 200:]) / 2),
    ),
    "R5": (
        Reading(_BASIN, lambda drawn: _crossed(drawn) == 0, asked={"values": {"racer": 0}}),
        Reading(_BASIN, lambda drawn: 0.1 < _crossed(drawn) < 1, asked={"values": {"racer": 1}}),
    ),
    "R6": (
        Reading(_SURFACE, lambda drawn: _aimed(drawn, 1), "velocity", 0.1),
        Reading(_SURFACE, lambda drawn: _aimed(drawn, 0), "single", 0.3),
    ),
    "R7": (
        Reading(_SURFACE, lambda drawn: _beyond(drawn, 2), "high", 0.01),
        Reading(_SURFACE, lambda drawn: _beyond(drawn, 1), "low", 0.01),
    ),
    "R8": (
        Reading(_DISTANCE, lambda drawn: _rate(drawn, 2), "nesterov", 0.02),
        Reading(_DISTANCE, lambda drawn: _rate(drawn, 3), "tuned", 0.02),
    ),
    "R9": (
        Reading(_SURFACE, lambda drawn: _share_left(drawn, 0), "adagrad", 0.15),
        Reading(_SURFACE, lambda drawn: _share_left(drawn, 1) < 0.05),
        Reading(_STEP, lambda drawn: _curves(drawn)[0, -1] < _curves(drawn)[1, -1]),
    ),
    "R10": (
        Reading(_SURFACE, _late_steps, "ratio", 0.2),
        Reading(
            _STEP, lambda drawn: np.median(_curves(drawn)[1, -100:]) > 5 * np.median(_curves(drawn)[0, -100:])
        ),
    ),
    "R11": (Reading(_SURFACE, _slower_but_straighter),),
    "R12": (Reading(_SURFACE, lambda drawn: _way(drawn, 2) > _way(drawn, 1)),),
    "R13": (
        Reading(_SURFACE, lambda drawn: _first_step(drawn, 0), "with_it", 1e-5, step=1),
        Reading(_SURFACE, lambda drawn: _first_step(drawn, 1), "without", 1e-5, step=1),
    ),
    "R14": (Reading(_DISTANCE, lambda drawn: _curves(drawn)[1, -1] < 0.1 * _curves(drawn)[0, -1], step=400),),
    "R15": (
        Reading(_SURFACE, lambda drawn: _driven(drawn, 0), "adam", 0.5, step=20),
        Reading(_SURFACE, lambda drawn: _driven(drawn, 1) < _driven(drawn, 0) / 3, step=20),
    ),
    "R16": (Reading(_LOSS, _floors),),
    "R17": (
        Reading(_NORM, lambda drawn: _curves(drawn)[0, -1] < 1e-6),
        Reading(_SURFACE, lambda drawn: drawn["losses"][0, -1] > 1 > drawn["losses"][1, -1]),
    ),
    "R18": (
        Reading(
            _DISTANCE, lambda drawn: _curves(drawn)[:2, 100:].max(axis=-1).min() > _curves(drawn)[2, 100:].max()
        ),
    ),
    "R19": (
        Reading(_PROGRESS, lambda drawn: _curves(drawn)[-1], "full", asked=_ASKED),
        Reading(_PROGRESS, lambda drawn: _curves(drawn).min(), "small", asked=_ASKED),
    ),
    "R20": (Reading(_SURFACE, lambda drawn: np.abs(_paths(drawn)[1, -1] - _RESTING).max() < 1e-3),),
    "R21": (
        Reading(
            _SURFACE,
            lambda drawn: (
                _paths(drawn)[0, -100:, 0].mean() < 0 < _paths(drawn)[1, -100:, 0].mean()
                and reached(-_paths(drawn)[1, :, 0], 0.0) > 0
            ),
        ),
    ),
    "D21": (Reading(_FIT, lambda drawn: condition(np.asarray(drawn["points"])[:, :1]), "raw"),),
}
"""By claim. Where the check moves the start about, or averages over seeds, the picture agrees within a share."""
