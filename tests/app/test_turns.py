"""Turns at the places where this process computes: light visitors hardly wait, heavy ones share."""

from __future__ import annotations

import time

import anyio
import pytest

from app.turns import Seat, Turns, Work


def burn(seconds: float, parts: int, log: list[str], name: str) -> Work[str]:
    """Be busy for so long, in parts."""
    for _ in range(parts):
        time.sleep(seconds / parts)
        log.append(name)
        yield
    return name


def test_work_gives_its_result() -> None:
    async def main() -> tuple[str, int]:
        turns = Turns(1, 0.01)
        return await turns.run(Seat(), burn(0.01, 3, [], "done")), await turns.call(Seat(), lambda: 7)

    assert anyio.run(main) == ("done", 7)


def test_one_who_asks_rarely_is_served_before_those_who_compute_without_end() -> None:
    async def main() -> list[str]:
        turns, log = Turns(1, 0.01), []
        async with anyio.create_task_group() as group:
            for i in range(4):
                group.start_soon(turns.run, Seat(), burn(0.4, 80, log, f"heavy {i}"))
            await anyio.sleep(0.2)
            await turns.run(Seat(), burn(0.005, 1, log, "light"))
            at = log.index("light")
            log.append(f"{at} of {len(log)}")
            group.cancel_scope.cancel()
        return log

    log = anyio.run(main)
    before = log[: log.index("light")]
    # Fewer than two further turns (of 10 ms, 5 ms a part) were begun after it came at 200 ms.
    assert len(before) < 80


def test_heavy_visitors_share_evenly() -> None:
    async def main() -> dict[str, int]:
        turns, log = Turns(1, 0.005), []
        async with anyio.create_task_group() as group:
            for name, part in (("fine", 0.001), ("coarse", 0.02)):
                group.start_soon(turns.run, Seat(), burn(part * 1000, 1000, log, name))
            await anyio.sleep(0.6)
            group.cancel_scope.cancel()
        return {name: log.count(name) for name in ("fine", "coarse")}

    counts = anyio.run(main)
    # By seconds, not by turns: a part of the coarse one takes as long as 20 of the fine one's.
    assert counts["fine"] > 5 * counts["coarse"]


def test_who_leaves_while_waiting_does_not_keep_the_place() -> None:
    async def main() -> str:
        turns = Turns(1, 0.001)
        async with anyio.create_task_group() as group:
            group.start_soon(turns.run, Seat(), burn(0.05, 10, [], "first"))
            await anyio.sleep(0.01)
            with anyio.move_on_after(0.001):
                await turns.run(Seat(), burn(0.01, 1, [], "gone"))
        with anyio.fail_after(5):
            return await turns.run(Seat(), burn(0.001, 1, [], "next"))

    assert anyio.run(main) == "next"


def test_a_fault_gives_the_place_back() -> None:
    def fail() -> None:
        raise ValueError("a bug")

    async def main() -> int:
        turns = Turns(1, 0.001)
        with pytest.raises(ValueError, match="a bug"):
            await turns.call(Seat(), fail)
        with anyio.fail_after(5):
            return await turns.call(Seat(), lambda: 1)

    assert anyio.run(main) == 1
