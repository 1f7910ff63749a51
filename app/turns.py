"""Whose turn it is to compute: a few places, and whoever has had the least of them comes next."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")
R = TypeVar("R")
Work = Generator[Any, None, T]
"""What is to be computed: it yields where it may be interrupted, and returns its result. Where it yields seconds
it waits so long, and holds no place meanwhile: others compute for it."""


class Seat:
    """What one visitor (a stream, a request, the gallery) has had; keep it as long as the visitor stays."""

    def __init__(self) -> None:
        self.due = 0.0
        """The virtual time at which all that the visitor had so far would be used up."""


class Turns:
    """The queue before the places where this process computes.

    Start-time fair queueing: a turn is stamped with the later of the queue's virtual time and the end of the
    visitor's last turn; the least stamp is served first. So who asks rarely hardly waits, who computes without end
    shares the places evenly, and nobody starves.

    Args:
        places: how many compute at once. slice_seconds: after so long a turn ends at the next opportunity.
        clock: tells the seconds by which turns are measured.
    Source: Goyal, Vin & Cheng 1996, Start-time Fair Queueing, doi:10.1145/248156.248171
    """

    def __init__(self, places: int, slice_seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self.slice_seconds = slice_seconds
        self._clock = clock
        self._free = places
        self._threads = anyio.CapacityLimiter(places)
        self._now = 0.0
        self._waiting: list[tuple[float, int, anyio.Event]] = []
        self._count = itertools.count()

    async def run(self, seat: Seat, work: Work[T]) -> T:
        """Do the work in turns, in a thread; return its result."""
        try:
            while True:
                await self._sit(seat)
                try:
                    done, result, wait = False, None, 0.0
                    while not done and not wait and not self._comes_before(seat):
                        done, result, wait = await self._compute(seat, lambda: self._slice(work))
                finally:
                    self._pass_on()
                if done:
                    return result  # type: ignore[return-value]  # T where it is done
                if wait:
                    await anyio.sleep(wait)
        finally:
            work.close()

    async def call(self, seat: Seat, work: Callable[[], T]) -> T:
        """Do work that cannot be interrupted, in one turn."""
        await self._sit(seat)
        try:
            return await self._compute(seat, work)
        finally:
            self._pass_on()

    async def give_way(self, seat: Seat, seconds: float) -> None:
        """Wait until nobody comes before a visitor who has just computed so long in a thread beside the places."""
        seat.due += seconds
        await self._sit(seat)
        self._pass_on()

    def _comes_before(self, seat: Seat) -> bool:
        """True when somebody waits who has had less."""
        return bool(self._waiting) and self._waiting[0][0] < seat.due

    def _slice(self, work: Work[T]) -> tuple[bool, T | None, float]:
        end = self._clock() + self.slice_seconds
        while True:
            try:
                wait: float | None = next(work)
            except StopIteration as finished:
                return True, finished.value, 0.0
            if wait or self._clock() >= end:
                return False, None, wait or 0.0

    async def _sit(self, seat: Seat) -> None:
        """Wait for a place."""
        seat.due = max(self._now, seat.due)
        if self._free:
            self._free -= 1
        else:
            await self._wait(seat.due)

    async def _compute(self, seat: Seat, work: Callable[[], R]) -> R:
        self._now = max(self._now, seat.due)
        began = self._clock()
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            seat.due += self._clock() - began

    async def _wait(self, start: float) -> None:
        called = anyio.Event()
        entry = (start, next(self._count), called)
        heapq.heappush(self._waiting, entry)
        try:
            await called.wait()
        except BaseException:
            if called.is_set():
                self._pass_on()
            else:
                self._waiting.remove(entry)
                heapq.heapify(self._waiting)
            raise

    def _pass_on(self) -> None:
        if self._waiting:
            heapq.heappop(self._waiting)[2].set()
        else:
            self._free += 1
