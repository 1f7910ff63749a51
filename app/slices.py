"""Computing in slices: a run goes on in a worker thread, some 40 ms at a time, so that others have their turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import anyio
import anyio.to_thread
import numpy as np

from engine.experiment import Run
from engine.frame import ArraySpec, Frame, Value

FASTER_AT_MOST = 4
SNAPSHOT_AFTER = 0.3
"""Seconds of computing after which the state is remembered."""
SNAPSHOT_COST = 20
"""A snapshot must cost this much less than the computing that it saves."""


def join(frames: Sequence[Frame], specs: Mapping[str, ArraySpec]) -> Frame:
    """Join frames that follow each other into one: series along their step axis, of all else the latest.

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
    return Frame(last.step, joined, last.final)


class Pace:
    """How many steps fit into a slice, from the time that the last ones took.

    Args:
        slice_seconds: aimed length of a slice. Grows at most fourfold from one slice to the next.
    """

    def __init__(self, slice_seconds: float) -> None:
        self.slice_seconds = slice_seconds
        self.steps = 4
        self._since_snapshot = 0.0
        self._snapshot_seconds = 0.0

    def restart(self) -> None:
        """A new run: what was measured is a hint only, so go carefully at first."""
        self.steps = max(1, self.steps // FASTER_AT_MOST)
        self._since_snapshot = 0.0

    def slice(self, run: Run, limit: int, budget: float) -> tuple[Frame, float]:
        """Do one slice of at most ``limit`` steps and ``budget`` seconds; return its frame and its seconds."""
        aim = min(self.slice_seconds, budget)
        steps = max(1, min(limit, self._fitting(aim)))
        before = run.simulation.step
        began = time.perf_counter()
        frame = run.advance(steps)
        seconds = time.perf_counter() - began
        done = max(1, frame.step - before)
        fitting = int(done * self.slice_seconds / max(seconds, 1e-6))
        self.steps = max(1, min(fitting, FASTER_AT_MOST * max(self.steps, done)))
        self._remember(run, seconds)
        return frame, seconds

    def _fitting(self, aim: float) -> int:
        return int(self.steps * aim / self.slice_seconds)

    def _remember(self, run: Run, seconds: float) -> None:
        self._since_snapshot += seconds
        if self._since_snapshot > max(SNAPSHOT_AFTER, SNAPSHOT_COST * self._snapshot_seconds):
            began = time.perf_counter()
            run.snapshot()
            self._snapshot_seconds = time.perf_counter() - began
            self._since_snapshot = 0.0


async def compute(
    run: Run,
    pace: Pace,
    limiter: anyio.CapacityLimiter,
    *,
    steps: int | None = None,
    seconds: float = float("inf"),
    most_bytes: float = float("inf"),
    superseded: Callable[[], bool] = lambda: False,
) -> Frame:
    """Advance a run slice by slice and return the stretch as one frame.

    Args:
        steps, seconds, most_bytes: stop when one of them is reached, but not before one slice is done.
        superseded: asked between slices; True stops too.
    """
    frames: list[Frame] = []
    size = 0
    spent = 0.0
    target = run.simulation.total if steps is None else run.simulation.step + steps
    while True:
        left = target - run.simulation.step
        frame, took = await anyio.to_thread.run_sync(pace.slice, run, left, seconds - spent, limiter=limiter)
        frames.append(frame)
        size += sum(_size(value) for value in frame.values())
        spent += took
        enough = frame.step >= target or spent >= seconds or size >= most_bytes
        if enough or run.done or superseded():
            return join(frames, run.experiment.arrays)


def _size(value: Value) -> int:
    """Return about how many bytes a value takes on the wire."""
    return value.nbytes if isinstance(value, np.ndarray) else len(str(value))


async def travel(
    run: Run, step: int, pace: Pace, limiter: anyio.CapacityLimiter, superseded: Callable[[], bool] = lambda: False
) -> bool:
    """Go to a step, back or on, slice by slice; return whether the run arrived (not if superseded)."""
    await anyio.to_thread.run_sync(run.go_back, step, limiter=limiter)
    while run.simulation.step < step and not run.done:
        if superseded():
            return False
        await anyio.to_thread.run_sync(
            pace.slice, run, step - run.simulation.step, pace.slice_seconds, limiter=limiter
        )
    return True
