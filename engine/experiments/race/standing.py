"""How a racer stands: on its way, at the finish, off the map, or stuck, and at what."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.message import say
from engine.surfaces import Surface

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STEP = {"n": "{n}"}  # the page fills the step in
OUTCOMES: tuple[dict[str, Any], ...] = (
    {"state": "running", "words": say("running"), "words_at_end": say("not there yet"), "tone": ""},
    {"state": "finished", "words": say("finished at step {n}", **_STEP), "tone": "good", "end": "reached"},
    {"state": "diverged", "words": say("diverged at step {n}", **_STEP), "tone": "bad", "end": "left"},
    {"state": "minimum", "words": say("stuck in another minimum"), "tone": "half"},
    {"state": "saddle", "words": say("stuck at a saddle"), "tone": "half"},
    {"state": "plateau", "words": say("stuck on a plateau"), "tone": "half"},
    {"state": "stopped", "words": say("hardly moves"), "tone": ""},
    {"state": "escaped", "words": say("left the picture: no bottom there"), "tone": ""},
)
"""What the codes of a frame's ``status`` mean: a state, its words and tone, and which two are an end with a step.

0 running
1 finished: it has been within the tolerance
2 diverged: off to infinity, or to where the loss is no number
3 minimum: stuck at a local one
4 saddle: stuck at one
5 plateau: hardly moving where slope and curvature are all but nothing
6 stopped: hardly moving for another reason, such as steps that have shrunk
7 escaped: out of the picture on a surface that falls without end
"""
STATUSES: tuple[str, ...] = tuple(one["state"] for one in OUTCOMES)
RUNNING, FINISHED, DIVERGED, MINIMUM, SADDLE, PLATEAU, STOPPED, ESCAPED = range(len(STATUSES))

WINDOW = 25
"""Over how many steps a racer must have kept still to count as stuck."""
STILL = 2e-3
"""Keeping still is to move less than this share of the domain's width."""
_NEAR = 0.02  # a critical point is nearby when Newton's step is this share of the width
_SHARE = 5  # the slope of a plateau, followed across the picture, goes down no more than 1/5 of what is left


def judge(surface: Surface, recent: Array, finished: Mask, diverged: Mask) -> NDArray[np.int8]:
    """Return the status code of each racer, int8 (racers,).

    A racer that kept still is told by Newton's step -H⁻¹g, which leads to a critical point nearby if there is one,
    and by the signs of the Hessian's eigenvalues.

    Args:
        surface: on which they race.
        recent: the last positions (racers, at most WINDOW + 1, 2), the present one last.
        finished, diverged: (racers,).
    """
    theta = recent[:, -1]
    low, high = np.array(surface.domain).T
    width = high - low
    status = np.full(len(theta), RUNNING, dtype=np.int8)
    if not surface.minima:
        status[((theta < low) | (theta > high)).any(-1)] = ESCAPED
    status[finished] = FINISHED
    status[diverged] = DIVERGED
    if recent.shape[1] > WINDOW:
        still = (np.ptp(recent, axis=1) <= STILL * width).all(-1) & (status == RUNNING)
        for i in np.flatnonzero(still):
            status[i] = _where(surface, theta[i], width)
    return status


def _where(surface: Surface, theta: Array, width: Array) -> int:
    """Return at what a racer that keeps still is stuck."""
    gradient, hessian = surface.formula.gradient(theta), surface.formula.hessian(theta)
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        return STOPPED
    eigenvalues, axes = np.linalg.eigh(hessian)
    largest = np.abs(eigenvalues).max()
    if largest > 0:
        # Newton's step, by eigenvectors; along a direction without curvature only a zero slope counts as there.
        slopes = axes.T @ gradient
        with np.errstate(all="ignore"):
            way = np.where(slopes == 0, 0.0, slopes / eigenvalues)
        if np.linalg.norm(axes @ way / width) <= _NEAR:
            goal = theta - axes @ way
            if eigenvalues[0] < 0:
                return SADDLE if eigenvalues[1] > 0 else STOPPED
            return RUNNING if _close(surface.minima, goal, width) else MINIMUM
    if _close(surface.saddles, theta, width):
        return SADDLE
    gap = float(surface.formula.value(theta)) - _floor(surface)
    across = float(np.linalg.norm(width))
    if _SHARE * np.linalg.norm(gradient) * across <= gap and largest * across**2 <= gap:
        return PLATEAU
    return STOPPED


def _close(points: tuple[tuple[float, float], ...], theta: Array, width: Array) -> bool:
    return any(bool((np.abs(theta - np.array(point)) <= 1e-2 * width).all()) for point in points)


@lru_cache(maxsize=64)
def _floor(surface: Surface) -> float:
    """Return the lowest value of a surface: at its minima, or in its picture where it has none."""
    if surface.minima:
        return surface.lowest
    axes = [np.linspace(low, high, 31) for low, high in surface.domain]
    values = surface.formula.value(np.stack(np.meshgrid(*axes), -1))
    return float(values[np.isfinite(values)].min(initial=np.inf))
