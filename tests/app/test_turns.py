"""Turns at the places where this process computes: light visitors hardly wait, heavy ones share.

Time here is what the works say they took: a clock that only they move on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from app.turns import Seat, Turns, Work
from app.verdicts import Spaced
from tests.timing import PATIENCE

SLICE = 0.01


class Clock:
    """Seconds that pass only while somebody works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[tuple[str, float]] = []

    def __call__(self) -> float:
        return self.now

    def work(self, name: str, part: float, parts: int, at: Callable[[], None] = lambda: None) -> Work[str]:
        """Work in parts of so many seconds; ``at`` is called after each."""
        for _ in range(parts):
            self.now += part
            self.log.append((name, part))
            at()
            yield
        return name

    def until(self, name: str, part: float, end: float) -> Work[None]:
        """Work in parts of so many seconds for as long as it is not yet ``end``."""
        while self.now < end:
            self.now += part
            self.log.append((name, part))
            yield

    def had(self, name: str) -> float:
        """The seconds that a visitor worked."""
        return sum(part for one, part in self.log if one == name)


def test_work_gives_its_result() -> None:
    async def main() -> tuple[str, int]:
        turns = Turns(1, 0.01)
        return await turns.run(Seat(), Clock().work("done", 0.01, 3)), await turns.call(Seat(), lambda: 7)

    assert anyio.run(main) == ("done", 7)


@pytest.mark.parametrize("heavy", [1, 4])
def test_who_asks_rarely_waits_one_turn_of_each_at_most_however_much_they_want(heavy: int) -> None:
    clock, waited = Clock(), list[float]()

    async def main() -> None:
        turns, seat = Turns(1, SLICE, clock), Seat()
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                began = clock.now
                await turns.run(seat, clock.work("light", SLICE / 10, 1))
                waited.append(clock.now - began)

            async def arrive() -> None:
                group.start_soon(ask)
                await anyio.wait_all_tasks_blocked()

            def now_and_then() -> None:
                if len(clock.log) in (37, 150):  # in the middle of somebody's turn
                    anyio.from_thread.run(arrive)

            for i in range(heavy):
                group.start_soon(turns.run, Seat(), clock.work(f"heavy {i}", SLICE / 5, 200, now_and_then))

    anyio.run(main)
    assert len(waited) == 2
    assert max(waited) <= (heavy + 0.2) * SLICE


def test_heavy_visitors_share_by_seconds_however_coarse_their_parts_are() -> None:
    clock, coarse = Clock(), 2 * SLICE

    async def main() -> None:
        turns = Turns(1, SLICE, clock)
        async with anyio.create_task_group() as group:
            for name, part in (("fine", SLICE / 10), ("coarse", coarse)):
                group.start_soon(turns.run, Seat(), clock.until(name, part, 100 * SLICE))

    anyio.run(main)
    assert abs(clock.had("fine") - clock.had("coarse")) <= coarse + SLICE


def test_who_leaves_while_waiting_does_not_keep_the_place() -> None:
    gate = threading.Event()

    async def main() -> str:
        turns = Turns(1, SLICE)
        async with anyio.create_task_group() as group:
            group.start_soon(turns.call, Seat(), gate.wait)
            await anyio.wait_all_tasks_blocked()
            async with anyio.create_task_group() as leaving:
                leaving.start_soon(turns.call, Seat(), gate.wait)
                await anyio.wait_all_tasks_blocked()
                leaving.cancel_scope.cancel()
            gate.set()
        with anyio.fail_after(60):
            return await turns.run(Seat(), Clock().work("next", 0.001, 1))

    assert anyio.run(main) == "next"


def test_a_fault_gives_the_place_back() -> None:
    def fail() -> None:
        raise ValueError("a bug")

    async def main() -> int:
        turns = Turns(1, SLICE)
        with pytest.raises(ValueError, match="a bug"):
            await turns.call(Seat(), fail)
        with anyio.fail_after(60):
            return await turns.call(Seat(), lambda: 1)

    assert anyio.run(main) == 1


def test_a_check_beside_the_places_gives_way_before_each_further_seed() -> None:
    """The place is taken when the second seed is wanted: it comes when the place is free again."""
    log: list[object] = []

    async def main() -> None:
        turns, seat = Turns(1, SLICE), Seat()
        busy, free = threading.Event(), threading.Event()

        def occupy() -> None:
            busy.set()
            free.wait(PATIENCE)
            log.append("the place is free")

        def check() -> None:
            for seed in Spaced(range(2), lambda seconds: anyio.from_thread.run(turns.give_way, seat, seconds)):
                log.append(seed)
                busy.wait(PATIENCE)
                threading.Timer(0.05, free.set).start()

        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, check)
            await turns.call(Seat(), occupy)

    anyio.run(main)
    assert log == [0, "the place is free", 1]
