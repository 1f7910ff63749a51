"""A run that visitors share: its frames as they were computed, and the simulation that computes the next ones.

A visitor is a reader at a step. What is recorded costs him nothing; at the end of it one computes and all who wait
read what came. So a link that a lecture hall opens is computed once, and going back is free. (params, changes) is
the run: frames, snapshots and simulation are caches that may be dropped, and are replayed when wanted again.
"""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Callable

import anyio
import numpy as np

from app.slices import Pace, join
from app.turns import Work
from engine.frame import Frame, Told, Value
from engine.replay import Run
from engine.simulation import Simulation

NOWHERE = -1
TOLD_BYTES = 2000
"""What a text with sentences in it is taken for."""
RECORDED_BYTES = 32_000_000
"""A recording that grows larger forgets the earlier half of its frames."""
WAIT_SECONDS = 0.03
"""So often one looks whether others have finished what they compute."""
WEIGH_SECONDS = 1.0
"""So often the memory of a run is measured; that takes about a millisecond."""


def never() -> bool:
    """Nothing newer was ordered."""
    return False


def elsewhere(run: Run, superseded: Callable[[], bool] = never) -> Work[bool]:
    """Wait, without a place, while what comes next is computed elsewhere; return False when a newer order came."""
    while run.simulation.waiting:
        yield WAIT_SECONDS
        if superseded():
            return False
    return True


def frame_bytes(frame: Frame) -> int:
    """Return about how many bytes a frame takes on the wire."""
    return sum(_size(value) for value in frame.values())


def _size(value: Value) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return TOLD_BYTES if isinstance(value, Told) else len(value)


class Track:
    """A run with what was recorded of it. Whoever calls a method that computes holds `lock`, and has a turn.

    Args:
        run: its present state is where the recording goes on. slice_seconds: aimed length of a slice.
        records: frames are kept for other readers. need: bytes that it will hold, about.
    """

    def __init__(self, run: Run, slice_seconds: float, *, records: bool = True, need: float = 0.0) -> None:
        self.run = run
        self.records = records
        self.pace = Pace(slice_seconds)
        self.lock = anyio.Lock()
        self.start: Frame | None = None
        """The frame of the start, once `begin` was done."""
        self.total = 0
        """How many steps the run has, as far as is known: it may end before its time."""
        self.readers = 0
        self.used = 0.0
        """When somebody wanted something of it, on the clock of `time.monotonic`."""
        self.nbytes = int(need)
        self._whole = 0
        """How many steps the run has if it does not end before its time."""
        self._frames: list[Frame] = []
        self._from = NOWHERE
        """The step after which the recorded frames begin."""
        self._frames_bytes = 0
        self._run_bytes = 0
        self._weighed = -math.inf

    @property
    def readable(self) -> bool:
        """True when one who begins can read this from its start on."""
        return self.start is not None and self._from in (NOWHERE, self.start.step)

    @property
    def end(self) -> int:
        """The last step recorded."""
        return self._frames[-1].step if self._frames else self._from

    def begin(self) -> Work[Frame]:
        """Return the frame of the start."""
        if self.start is None:
            self._started((yield from self.run.first_in_pieces()))
        assert self.start is not None
        return self.start

    def restore(self, data: bytes) -> Work[None]:
        """Begin with a checkpoint.

        Raises:
            InvalidParams: when it is none for these parameters.
        """
        self._started((yield from self.run.restore_in_pieces(data)))

    def _started(self, frame: Frame) -> None:
        self.start, self._from = frame, frame.step
        self.total = self._whole = self.run.simulation.total
        self.weigh()

    def _place(self, step: int) -> int | None:
        """Return how many recorded frames end by ``step``; None when none ends, and none begins, there."""
        if step == self._from:
            return 0
        place = bisect.bisect_right(self._frames, step, key=lambda frame: frame.step)
        return place if place and self._frames[place - 1].step == step else None

    def recorded(self, step: int, target: int, most_bytes: float) -> Frame | None:
        """Return what is recorded after ``step``, as far as ``target`` and ``most_bytes`` go; None if nothing."""
        place = self._place(step)
        found: list[Frame] = []
        size = 0
        for frame in self._frames[place:] if place is not None else ():
            if frame.step > target or size >= most_bytes:
                break
            found.append(frame)
            size += frame_bytes(frame)
            if frame.moment:
                break
        return join(found, self.run.experiment.arrays) if found else None

    def compute(
        self,
        step: int,
        target: int,
        *,
        deadline: float = 0.0,
        most_bytes: float = math.inf,
        superseded: Callable[[], bool] = never,
    ) -> Work[Frame | None]:
        """Go on from ``step`` and return the stretch as one frame; None where a newer order came before any.

        Args:
            target, deadline, most_bytes: stop when one of them is reached. The deadline is on the clock of
                `time.perf_counter`; where waiting has used it up, one slice's time is computed all the same.
            superseded: asked between slices; True stops too.
        """
        if not (yield from self.travel(step, superseded)):
            return None
        run = self.run
        if self.end != step and self.records:
            self._frames, self._from, self._frames_bytes = [], step, 0
        until = max(deadline, time.perf_counter() + self.pace.slice_seconds)
        found: list[Frame] = []
        size = 0
        while not run.done:
            if not (yield from elsewhere(run, superseded)):
                break
            frame = yield from self._slice(target, until - time.perf_counter())
            found.append(frame)
            size += frame_bytes(frame)
            enough = frame.moment or frame.step >= target or size >= most_bytes
            if enough or time.perf_counter() >= until or superseded():
                break
            yield
        self.weigh()
        return join(found, run.experiment.arrays) if found else None

    def travel(self, step: int, superseded: Callable[[], bool] = never) -> Work[bool]:
        """Bring the simulation to a step; return whether it arrived (not if a newer order came)."""
        self.run.go_back(step)
        yield from self.run.begun()
        while self.run.simulation.step < step and not self.run.done:
            yield
            if superseded() or not (yield from elsewhere(self.run, superseded)):
                return False
            behind = self.run.simulation.step < self.end
            yield from self._slice(min(self.end, step) if behind else step)
        return True

    def _slice(self, target: int, budget: float = math.inf) -> Work[Frame]:
        """Compute a frame, and keep it if it follows what is recorded."""
        before = self.run.simulation.step
        frame = yield from self.pace.slice(self.run, target - before, budget)
        self.total = self.run.simulation.total
        if before == self.end and self.records:
            self._frames.append(frame)
            self._frames_bytes += frame_bytes(frame)
        if self._frames_bytes > RECORDED_BYTES:
            half = len(self._frames) // 2
            self._from = self._frames[half - 1].step if half else self._from
            self._frames = self._frames[half:]
            self._frames_bytes = sum(map(frame_bytes, self._frames))
        return frame

    def branch(self, step: int, take: bool) -> Track:
        """Return another track with the same past up to ``step``; what is recorded of it is shared.

        Args:
            take: nobody else reads this one, so the new one may have its simulation.
        """
        other = Track(self.run.branch(step, take), self.pace.slice_seconds)
        other.inherit(self, step)
        return other

    def inherit(self, parent: Track, step: int) -> None:
        """Share what is recorded of a run with the same past up to ``step``."""
        self.start, self.total, self._whole = parent.start, parent._whole, parent._whole
        if parent._from <= step:
            self._from = parent._from
            self._frames = [frame for frame in parent._frames if frame.step <= step]
            self._frames_bytes = sum(map(frame_bytes, self._frames))

    def state_at(self, step: int, superseded: Callable[[], bool] = never) -> Work[Simulation | None]:
        """Return the state at a step, only to be looked at; None where a newer order came on the way."""
        if self.run.stands_at(step):
            return self.run.simulation
        aside = self.run.branch(step)
        yield from aside.begun()
        while aside.simulation.step < step and not aside.done:
            yield
            if superseded() or not (yield from elsewhere(aside, superseded)):
                return None
            yield from self.pace.slice(aside, step - aside.simulation.step)
        self.run.keep(aside.simulation)
        return aside.simulation

    def rest(self) -> None:
        """Let go of the simulation and its snapshots; what is recorded stays."""
        self.run.forget()
        self.weigh(at_once=True)

    def forget(self) -> None:
        """Let go of all but (params, changes) and the first frame; what is wanted again is replayed."""
        self._frames, self._from, self._frames_bytes = [], NOWHERE, 0
        self.rest()

    def thin(self) -> None:
        """Forget half of the snapshots."""
        self.run.thin()
        self.weigh(at_once=True)

    def weigh(self, at_once: bool = False) -> None:
        """Find out how much memory the run holds; where it need not be at once, only now and then."""
        now = time.monotonic()
        if at_once or now - self._weighed > WEIGH_SECONDS:
            self._weighed, self._run_bytes = now, self.run.nbytes
        self.nbytes = self._run_bytes + self._frames_bytes + (frame_bytes(self.start) if self.start else 0)
