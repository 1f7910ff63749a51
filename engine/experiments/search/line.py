"""One search: a sampler with its budget and its seeds; its trials come in pieces of work."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.crew import Done, Job
from engine.experiments.search.naming import CODES, outcome
from engine.experiments.search.params import SearchParams
from engine.experiments.search.samplers import SAMPLERS, Sampler
from engine.experiments.search.space import Points, Space
from engine.params import InvalidParams, Params


@dataclass
class Piece:
    """Trials that are trained together.

    Args:
        points: (n, axis). params: of each trial, None where the laboratory refuses it. job: the others', or None.
        done: what came of it.
    """

    points: Points
    params: list[Params | None]
    job: Job | None
    done: Done | None = None

    @property
    def finished(self) -> bool:
        """Whether it is known what came of all of it."""
        return self.job is None or self.done is not None

    def curve(self, i: int) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
        """Return at which steps the i-th trial was looked at, its losses there, and its updates."""
        if self.params[i] is None or self.done is None:
            return np.zeros(0, np.int64), np.zeros(0), 0
        row = sum(one is not None for one in self.params[:i])
        end = int(np.searchsorted(self.done.steps, self.done.spent[row])) + 1
        return self.done.steps[:end], self.done.curves[row, :end], int(self.done.spent[row])

    def code(self, i: int, total: int) -> int:
        """Return what became of the i-th trial."""
        if self.params[i] is None:
            return CODES["refused"]
        _steps, curve, spent = self.curve(i)
        return CODES[outcome(curve, spent >= total)]


class Line:
    """A sampler at work.

    Args:
        params: of the whole search. space: that is searched. sampler: its name. repeat: from 0 on.
    """

    def __init__(self, params: SearchParams, space: Space, sampler: str, repeat: int) -> None:
        self.sampler: Sampler = SAMPLERS[sampler]()
        self.repeat, self.space, self.seed = repeat, space, params.seed + repeat
        self.laboratory, self.halving, self.updates = params.laboratory, params.halving, params.updates
        self.trials = params.trials
        self._begins = list(accumulate(self._sizes(params), initial=0))[:-1]
        """The first trial of each piece of work."""
        self.pieces: list[Piece] = []
        self._design: Points | None = None

    def _sizes(self, params: SearchParams) -> Iterator[int]:
        """Yield how many trials each piece of work has: small at first, so that a search shows something soon.

        Where there are few lines the last ones are small too, so that all who train end at about the same time.
        """
        together, lines = params.objective.together, len(params.samplers) * params.repeats
        few, begun = max(1, together // 4), 0
        while left := self.trials - begun:
            size = few if self.sampler.learns else min(together, max(few, left * lines // 2))
            size = together if self.halving else min(size, left, max(1, begun))
            yield size
            begun += size

    def number(self, trial: int) -> int:
        """Return the number of the piece of work that a trial, from 0 on, belongs to."""
        return bisect_right(self._begins, trial) - 1

    def piece(self, number: int) -> Piece | None:
        """Return a piece of work; None after the last one, and where it hangs on what is still to come."""
        while len(self.pieces) <= number:
            points = self._next()
            if points is None:
                return None
            self.pieces.append(self._piece(points))
        return self.pieces[number]

    def _next(self) -> Points | None:
        """Return the points of the next piece."""
        begun = sum(len(piece.points) for piece in self.pieces)
        if len(self.pieces) == len(self._begins):
            return None
        count = [*self._begins, self.trials][len(self.pieces) + 1] - begun
        none = np.empty((0, self.space.axes)), np.empty(0)
        if not self.sampler.learns:
            if self._design is None:
                self._design = self.sampler.propose(self.space, self.trials, *none, self.seed)
            found = self._design[begun : begun + count]
            return found if len(found) else None
        if not all(piece.finished for piece in self.pieces):
            return None
        seen = np.concatenate([piece.points for piece in self.pieces]) if self.pieces else none[0]
        values = np.array([self.value(i) for i in range(begun)])
        return self.sampler.propose(self.space, count, seen, values, self.seed)

    def _piece(self, points: Points) -> Piece:
        params: list[Params | None] = []
        for point in points:
            try:
                params.append(self.space.params(self.space.values(point), self.seed))
            except InvalidParams:
                params.append(None)
        texts = tuple(one.model_dump_json() for one in params if one is not None)
        return Piece(points, params, Job(self.laboratory, texts, self.halving) if texts else None)

    def at(self, trial: int) -> tuple[Piece, int] | None:
        """Return the piece that a trial, from 0 on, is in, and its place there; None where it is still to come."""
        number = self.number(trial)
        piece, within = self.piece(number), trial - self._begins[number]
        return (piece, within) if piece and piece.finished and within < len(piece.points) else None

    def over(self, trial: int) -> bool:
        """Whether there is no such trial: a grid may have fewer points than the budget."""
        begun = sum(len(piece.points) for piece in self.pieces)
        return trial >= begun and (
            trial >= self.trials or (self._design is not None and trial >= len(self._design))
        )

    def value(self, trial: int) -> float:
        """Return how low a trial came; NaN where it diverged, was refused or given up, or is still to come."""
        found = self.at(trial)
        if found is None:
            return np.nan
        _steps, curve, spent = found[0].curve(found[1])
        return float(curve[-1]) if len(curve) and spent >= self.updates else np.nan

    def settings(self, trial: int) -> dict[str, Any]:
        """Return what a trial has along the axes, by path."""
        found = self.at(trial)
        return {} if found is None else self.space.values(found[0].points[found[1]])

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other.pieces = [copy.copy(piece) for piece in self.pieces]  # what came of them is never written to
        return other
