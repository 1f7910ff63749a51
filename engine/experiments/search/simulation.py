"""A search in progress: step t is the t-th trial of every sampler and repeat, in the order of their numbers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.crew import Crew
from engine.experiments.search.line import Line, Piece
from engine.experiments.search.params import SearchParams
from engine.frame import Frame, Value
from engine.simulation import Simulation

AHEAD = 64
"""So many pieces of work are begun before they are wanted."""
FRESH = 4
"""So many of them are laid out at one look: each takes some milliseconds."""


class SearchSimulation(Simulation):
    """All samplers and repeats, trial by trial.

    The numbers hang on parameters alone: not on who trains, how many do, or in which order they finish.

    Args:
        params: of the search. crew: who trains.
    """

    def __init__(self, params: SearchParams, crew: Crew) -> None:
        self.params, self.crew = params, crew
        self.space = params.space
        self.total = params.trials
        self.lines = [
            Line(params, self.space, sampler, repeat)
            for sampler in params.samplers
            for repeat in range(params.repeats)
        ]
        self.best = np.full((len(self.lines),), np.nan)

    def change(self, params: Any) -> None:
        """Nothing of a search is live."""
        self.params = params

    def first(self) -> Frame:
        """Return the search before its first trial."""
        return Frame(0, self._columns(0, 1, empty=True), self.total == 0)

    @property
    def waiting(self) -> bool:
        """Whether the next trials are trained elsewhere, and are still to come."""
        if not self.crew.elsewhere or self.step >= self.total:
            return False
        self._collect()
        return bool(self._missing())

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` further trials of every line: those of the pieces of work that are next."""
        self._collect()
        for piece in self._missing():
            if piece is not None and piece.job is not None:
                piece.done = self.crew.get(piece.job)
        ready = self.step + 1
        while ready < self.total and not self._missing(ready):
            ready += 1
        end = min(self.step + steps, ready)
        columns = self._columns(self.step, end - self.step)
        self.step = end
        return Frame(self.step, columns, self.step >= self.total)

    def _collect(self) -> None:
        """Take what came, and have the next pieces begun."""
        wanted = list(islice(self._ahead(), AHEAD))
        found = self.crew.look([piece.job for piece in wanted if piece.job is not None])
        for piece, done in zip(wanted, found, strict=True):
            piece.done = done

    def _ahead(self) -> Iterator[Piece]:
        """Yield the unfinished pieces from here on, one of each line in turn; few of them are laid out anew."""
        fresh = 0
        for ahead in range(AHEAD):
            for line in self.lines:
                laid = len(line.pieces)
                piece = line.piece(line.number(self.step) + ahead)
                if piece is not None and not piece.finished:
                    yield piece
                fresh += len(line.pieces) > laid
                if fresh == FRESH:
                    return

    def _missing(self, trial: int | None = None) -> list[Piece | None]:
        """Return the pieces that the next step (or the one of that trial) waits for."""
        at = self.step if trial is None else trial
        pieces = [line.piece(line.number(at)) for line in self.lines if not line.over(at)]
        return [piece for piece in pieces if piece is None or not piece.finished]

    def _columns(self, begin: int, count: int, *, empty: bool = False) -> dict[str, Value]:
        lines, axes = len(self.lines), self.space.axes
        values, codes = np.full((lines, count), np.nan), np.full((lines, count), -1.0)
        updates, points = np.zeros((lines, count)), np.full((lines, count, axes), np.nan)
        settings, best = np.full((lines, count, axes), np.nan), np.full((lines, count), np.nan)
        for i, line in enumerate(self.lines):
            for j in range(0 if empty else count):
                found = line.at(begin + j)
                if found is not None:
                    piece, at = found
                    _steps, curve, spent = piece.curve(at)
                    codes[i, j], updates[i, j] = piece.code(at, self.params.updates), spent
                    values[i, j] = curve[-1] if len(curve) else np.nan
                    points[i, j] = piece.points[at]
                    settings[i, j] = _numbers(line.settings(begin + j))
                self.best[i] = np.fmin(self.best[i], line.value(begin + j))
                best[i, j] = self.best[i]
        rows = best.reshape(len(self.params.samplers), -1, count)
        low, middle, high = _quartiles(rows)
        return {
            "values": values,
            "outcomes": codes,
            "points": points,
            "settings": settings,
            "updates": updates,
            "best": middle,
            "best_low": low,
            "best_high": high,
            "distinct": self._distinct(0 if empty else begin + count),
        }

    def _distinct(self, trials: int) -> NDArray[np.float64]:
        """Return how many values of each axis each sampler's first repeat has tried, (sampler, axis)."""
        found = np.zeros((len(self.params.samplers), self.space.axes))
        for i, line in enumerate(self.lines[:: self.params.repeats]):
            tried = [list(values.values()) for t in range(trials) if (values := line.settings(t))]
            found[i] = [len({row[axis] for row in tried}) for axis in range(self.space.axes)]
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other.lines, other.best = copy.deepcopy(self.lines, memo), self.best.copy()
        return other


def _numbers(values: dict[str, Any]) -> list[float]:
    """Return settings as numbers; NaN for those that are words."""
    return [float(value) if isinstance(value, int | float) else np.nan for value in values.values()]


def _quartiles(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the quartiles over repeats of (sampler, repeat, k), as (sampler, k); NaN until all have a value."""
    return tuple(np.asarray(one) for one in np.quantile(rows, [0.25, 0.5, 0.75], axis=1))
