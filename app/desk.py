"""What all visitors of one process share: places to compute, memory, and what was computed once."""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar, cast

import anyio

import engine
from app.ledger import Key, Ledger, keys_of
from app.settings import Settings
from app.track import Track
from app.trainers.hire import crew_of
from app.turns import Seat, Turns, Work
from engine.experiment import Experiment
from engine.frame import Frame
from engine.message import _, say
from engine.params import InvalidParams, Problem, check
from engine.replay import Change, Run

T = TypeVar("T")
ONCE = 256
"""So many results are kept."""


class Full(InvalidParams):
    """No place, or no memory, at the moment."""


class Desk:
    """The turns, the ledger, the crew and the count of visitors of one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.slice_seconds = settings.slice_ms / 1000
        self.turns = Turns(settings.places, self.slice_seconds)
        self.ledger = Ledger(settings.memory_bytes, settings.memory_bytes // 8)
        self.crew = crew_of(settings)
        self.open = 0
        self._once: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, anyio.Lock] = {}

    def experiment(self, name: str) -> Experiment:
        """Return a laboratory, its trials trained by this server's crew.

        Raises:
            InvalidParams: when there is none of that name.
        """
        return engine.experiment(name).with_crew(self.crew)

    @contextlib.contextmanager
    def visit(self) -> Iterator[Seat]:
        """Count a visitor, and give him a seat.

        Raises:
            InvalidParams: when all places are taken.
        """
        if self.open >= self.settings.sessions:
            sentence = _("All {count} places on this server are taken. Please try again in a few minutes.")
            raise Full([Problem("", say(sentence, count=self.settings.sessions))])
        self.open += 1
        try:
            yield Seat()
        finally:
            self.open -= 1

    async def open_run(self, seat: Seat, experiment: Experiment, data: Any, changes: Sequence[Change]) -> Track:
        """Return the run with these parameters and changes, held for one reader: a new one, or one at hand.

        Raises:
            InvalidParams
        """

        def read() -> Work[tuple[Run, list[Key]]]:
            run = Run(experiment, check(experiment.Params, data))
            for change in sorted(changes, key=lambda change: change.step):
                yield
                run.foresee(change)
            yield
            return run, keys_of(experiment, run.params, run.changes)

        run, keys = await self.turns.run(seat, read())
        track = self.ledger.find(keys[-1])
        if track is None:
            track = self.new_track(run)
            for k in reversed(range(len(run.changes))):
                parent = self.ledger.find(keys[k])
                if parent is not None:
                    track.inherit(parent, run.changes[k].step)
                    break
        self.ledger.hold(track, keys[-1])
        return track

    def new_track(self, run: Run, records: bool = True) -> Track:
        """Return a run of its own, for which there is memory.

        Raises:
            InvalidParams: when there is none.
        """
        need = run.experiment.memory(run.params)
        self.ledger.admit(need)
        return Track(run, self.slice_seconds, records=records, need=need)

    async def record(self, experiment: Experiment, params: Any, steps: int, stride: int) -> list[Frame]:
        """Return the frames of a run's first ``steps`` steps, ``stride`` each; computed once in a process."""

        async def run() -> list[Frame]:
            begun = Run(experiment, check(experiment.Params, params))
            with self.visit() as seat, self.private(begun) as track:
                return [frame async for frame in self.frames(seat, track, stride, steps)]

        key = experiment.name, repr(params), steps, stride
        return await self.once(key, run)

    @contextlib.contextmanager
    def private(self, run: Run) -> Iterator[Track]:
        """Hold memory for a run that is read once, by one visitor.

        Raises:
            InvalidParams: when there is none.
        """
        track = self.new_track(run, records=False)
        self.ledger.hold(track)
        try:
            yield track
        finally:
            self.ledger.release(track)

    async def frames(self, seat: Seat, track: Track, stride: int, steps: float = math.inf) -> AsyncIterator[Frame]:
        """Yield the frames that `engine.run` would yield, up to ``steps``, computed in turns."""
        frame: Frame | None = await self.turns.run(seat, track.begin())
        while frame is not None:
            yield frame
            step = frame.step
            if step >= min(track.total, steps):
                return
            self.ledger.touch(track)
            async with track.lock:
                frame = await self.turns.run(seat, track.compute(step, step + stride, deadline=math.inf))

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return what ``make`` gives, made once for each key; who comes meanwhile waits for it."""
        if key not in self._once:
            async with self._making.setdefault(key, anyio.Lock()):
                if key not in self._once:
                    self._once[key] = await make()
            self._making.pop(key, None)
        self._once.move_to_end(key)
        if len(self._once) > ONCE:
            self._once.popitem(last=False)
        return cast(T, self._once[key])
