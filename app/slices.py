"""Computing in slices: how many steps fit into some 40 ms, so that others have their turn; joining the frames."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing

import numpy as np

from engine.frame import ArraySpec, Frame, Value
from engine.pieces import Pieces
from engine.replay import Run

FASTER_AT_MOST = 16
SNAPSHOT_AFTER = 0.3
"""Seconds of computing after which the state is remembered."""
SNAPSHOT_COST = 20
"""A snapshot must cost this much less than the computing that it saves."""


def join(frames: Sequence[Frame], specs: Mapping[str, ArraySpec]) -> Frame:
    """Join frames that follow each other into one: series along their step axis, of all else the latest.

    Only the last may be a moment: what an earlier one has to show would be lost.

    >>> one = Frame(1, {"loss": np.zeros((2, 1))}); two = Frame(3, {"loss": np.ones((2, 2))}, final=True)
    >>> join([one, two], {"loss": ArraySpec(("racer", "step"), "")})["loss"].shape
    (2, 3)
    """
    last = frames[-1]
    if len(frames) == 1:
        return last
    parts: dict[str, list[Value]] = {}
    for frame in frames:
        for name, value in frame.items():
            parts.setdefault(name, []).append(value)
    joined: dict[str, Value] = {}
    for name, values in parts.items():
        axes = specs[name].axes if name in specs else ()
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        joined[name] = np.concatenate(arrays, axis=axes.index("step")) if "step" in axes else values[-1]
    return Frame(last.step, joined, last.final, last.moment)


class Pace:
    """How many steps of one run fit into a slice, from the time that the last ones took.

    It begins with a single step and grows at most sixteenfold from one slice to the next.

    Args:
        slice_seconds: aimed length of a slice.
    """

    def __init__(self, slice_seconds: float) -> None:
        self.slice_seconds = slice_seconds
        self.steps = 1
        self._since_snapshot = 0.0
        self._snapshot_seconds = 0.0

    def slice(self, run: Run, limit: int, budget: float = float("inf")) -> Pieces[Frame]:
        """Do one slice of at most ``limit`` steps and ``budget`` seconds; return its frame.

        It yields only where a single step takes long; what others do meanwhile does not count.
        """
        aim = min(self.slice_seconds, budget)
        steps = max(1, min(limit, int(self.steps * aim / self.slice_seconds)))
        before = (yield from run.begun()).step
        seconds = 0.0
        with closing(run.advance_in_pieces(steps)) as pieces:
            while True:
                began = time.perf_counter()
                try:
                    next(pieces)
                except StopIteration as finished:
                    frame: Frame = finished.value
                    break
                finally:
                    seconds += time.perf_counter() - began
                yield
        done = max(1, frame.step - before)
        fitting = int(done * self.slice_seconds / max(seconds, 1e-6))
        self.steps = max(1, min(fitting, FASTER_AT_MOST * max(self.steps, done)))
        self._remember(run, seconds)
        return frame

    def _remember(self, run: Run, seconds: float) -> None:
        self._since_snapshot += seconds
        if self._since_snapshot > max(SNAPSHOT_AFTER, SNAPSHOT_COST * self._snapshot_seconds):
            began = time.perf_counter()
            run.snapshot()
            self._snapshot_seconds = time.perf_counter() - began
            self._since_snapshot = 0.0
