"""Many settings tried side by side: what is minimized, and how low each trial has come."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from engine.params import Params, check

if TYPE_CHECKING:
    from engine.experiment import Experiment

LOOKS = 40
"""So many times, evenly over a trial, it is told how low it has come."""


@dataclass(frozen=True)
class Objective:
    """What trials of a laboratory make small.

    Args:
        array: a series of its frames, (step,) or (net, step): that of the first net is taken.
        title: translatable, for example “Validation loss”. unit: translatable.
        settings: of a trial that says nothing else: small, so that hundreds train in seconds; plain JSON.
        axes: what one would search first: setting -> from, to.
        stride: updates that a run does without interruption; some milliseconds.
        script: the question that gives a trial's training as a program (text ``code``); empty where there is none.
        together: how many trials are trained as one piece of work.
    """

    array: str
    title: str
    unit: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    stride: int = 25
    together: int = 8
    script: str = ""

    def params(self, laboratory: Experiment, settings: Mapping[str, Any] | None = None) -> Params:
        """Return a trial's parameters: those of ``settings``, then ours, then the laboratory's defaults.

        Raises:
            InvalidParams
        """
        return check(laboratory.Params, {**self.settings, **(settings or {})})


@dataclass(frozen=True)
class Trials:
    """How far trials have come.

    Args:
        steps: after how many updates there was a look, (k,), the start among them.
        curves: the objective there, (trial, k). NaN from where a trial diverged, or was given up.
    """

    steps: NDArray[np.int64]
    curves: NDArray[np.float64]


Going: TypeAlias = Generator[Trials | None, Sequence[int] | None, None]
"""Trials that train: it yields what they have reached so far, in between None (some milliseconds apart) where the
work may be interrupted. Which trials go on may be sent in after a look; the others are given up."""


def looks(total: int) -> NDArray[np.int64]:
    """Return after how many updates trials of that length are looked at, the start and the end among them.

    >>> looks(3)
    array([0, 1, 2, 3])
    """
    return np.unique(np.linspace(0, total, LOOKS + 1).round().astype(np.int64))


def one_by_one(laboratory: Experiment, settings: Sequence[Params]) -> Going:
    """Train a run of the laboratory for each of ``settings``: what an ordinary run would do, look by look.

    All are of one length.

    Raises:
        ValueError: where they are not, or the laboratory declares no objective.
    """
    objective = laboratory.objective
    if objective is None or len({getattr(one, "steps", 0) for one in settings}) > 1:
        raise ValueError(f"trials of {laboratory.name!r} need an objective, and equal steps")
    runs = [laboratory.begin(one, np.random.default_rng(getattr(one, "seed", 0))) for one in settings]
    wholes = [run.total for run in runs]
    last = [_last(run.first(), objective.array) for run in runs]
    steps, curves = looks(max(wholes)), [[one] for one in last]
    going = set(range(len(runs)))
    for look in steps[1:]:
        for i, run in enumerate(runs):
            while i in going and run.step < min(look, run.total):
                found = _last(run.advance(min(objective.stride, int(look) - run.step)), objective.array)
                last[i] = found if run.step >= min(look, run.total) or np.isnan(found) else last[i]
                yield None
            ended = run.step < min(look, wholes[i])  # before its time: it has diverged
            curves[i].append(last[i] if i in going and not ended else np.nan)
        done = len(curves[0])
        keep = yield Trials(steps[:done], np.array(curves))
        if keep is not None:
            going &= set(keep)


def _last(frame: Frame, name: str) -> float:
    """Return the last value of a series' first row; NaN where it is not finite."""
    value = float(np.atleast_2d(np.asarray(frame[name], np.float64))[0, -1])
    return value if np.isfinite(value) else np.nan
