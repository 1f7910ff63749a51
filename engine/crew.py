"""Who trains trials: one piece of work, what came of it, and a crew that is handed in from outside."""

from __future__ import annotations

import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.message import Message
from engine.params import check
from engine.pieces import Pieces, whole
from engine.trials import looks

REMEMBERED = 512
"""So much finished work is remembered by a crew of one."""


@dataclass(frozen=True)
class Job:
    """Trials that are trained as one piece of work. The same job gives the same numbers, wherever it is done.

    Args:
        laboratory: its name. settings: parameters of each trial as JSON, of equal ``steps``.
        halving: 0 trains all to the end; else at each rung only one in so many goes on (successive halving).
    """

    laboratory: str
    settings: tuple[str, ...]
    halving: int = 0

    @cached_property
    def key(self) -> str:
        """The job's content address; asked for at every look, so it is worked out once."""
        said = json.dumps([self.laboratory, self.settings, self.halving])
        return hashlib.blake2b(said.encode(errors="surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Done:
    """What came of a job.

    Args:
        steps: (k,), after how many updates the trials were looked at. curves: (trial, k), see `Trials`.
        spent: updates that each trial was given, (trial,); fewer than the last of ``steps`` where it was given up.
    """

    steps: NDArray[np.int64]
    curves: NDArray[np.float64]
    spent: NDArray[np.int64]

    @property
    def finals(self) -> NDArray[np.float64]:
        """The last value of each trial, (trial,): of its last look if it was given up, NaN if it diverged."""
        ends = np.searchsorted(self.steps, self.spent)
        return np.asarray(self.curves[np.arange(len(ends)), ends])


def rungs(count: int, total: int, halving: int) -> list[int]:
    """Return after how many updates one in ``halving`` of the trials goes on.

    Args:
        count: trials. total: updates of a whole one. halving: one in so many goes on; 0 for all.
    >>> rungs(9, 900, 3)
    [100, 300]
    """
    levels = int(math.log(count) / math.log(halving) + 1e-9) if halving and count > 1 else 0
    found = {max(1, round(total / halving**level)) for level in range(1, levels + 1)}
    return sorted(step for step in found if step < total)


def cost(count: int, total: int, halving: int) -> float:
    """Return how many updates that many trials take in all.

    Args:
        count: trials. total: updates of a whole one. halving: one in so many goes on at a rung; 0 for all.
    """
    spent, before, left = 0, 0, count
    for step in [*rungs(count, total, halving), total]:
        spent, before = spent + left * (step - before), step
        left = math.ceil(left / halving) if halving else left
    return float(spent)


def work(job: Job) -> Pieces[Done]:
    """Do a job, with pauses where it may be interrupted; return what came of it.

    Raises:
        InvalidParams: where the laboratory refuses the settings.
    """
    from engine.experiment import experiment  # which knows what trials are

    laboratory = experiment(job.laboratory)
    settings = [check(laboratory.Params, json.loads(one)) for one in job.settings]
    total, count = int(getattr(settings[0], "steps", 0)), len(settings)
    levels, going = rungs(count, total, job.halving), list(range(count))
    spent = np.zeros(count, np.int64)
    trials = laboratory.trials(settings)
    steps, curves = looks(total)[:1], np.full((count, 1), np.nan)
    send: list[int] | None = None
    while True:
        try:
            found = trials.send(send)
        except StopIteration:
            break
        send = None
        if found is None:
            yield
            continue
        steps, curves = found.steps, found.curves
        spent[going] = steps[-1]
        if levels and steps[-1] >= levels[0]:
            levels = [level for level in levels if level > steps[-1]]
            ranked = sorted(going, key=lambda i: (not np.isfinite(curves[i, -1]), curves[i, -1], i))
            send = going = sorted(ranked[: math.ceil(len(going) / job.halving)])
    return Done(steps, curves, spent)


def train(job: Job) -> Done:
    """Do a job without a pause."""
    return whole(work(job))


class Crew(Protocol):
    """Whoever trains for a search. A copy of a simulation shares the crew."""

    elsewhere: bool
    """Whether others train while one waits: then `look` is asked now and then, and `get` waits."""

    @property
    def trouble(self) -> Message | None:
        """What is wrong though the work goes on, a sentence: finished trials cannot be kept, for example."""

    def look(self, jobs: Sequence[Job]) -> list[Done | None]:
        """Return what came of each job, None where it is still to come. Elsewhere they are begun in this order."""

    def get(self, job: Job) -> Done:
        """Return what came of a job; it is done, or waited for."""


class Alone:
    """A crew of one: a job is done when it is wanted, by who wants it."""

    __slots__ = ("_kept",)  # what has no __dict__ is not counted as the memory of a run
    elsewhere = False
    trouble = None

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Done] = OrderedDict()

    def look(self, jobs: Sequence[Job]) -> list[Done | None]:
        """Return what is remembered."""
        return [self._kept.get(job.key) for job in jobs]

    def get(self, job: Job) -> Done:
        """Return what is remembered, or train."""
        found = self._kept.get(job.key)
        if found is None:
            found = self._kept[job.key] = train(job)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        return found
