"""The short form of the load: crowds of all laboratories; nobody is lost, refused or starved, memory stays."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.app.client import serving
from tests.load.__main__ import memory
from tests.load.visitors import crowd

MIXED = {"race": 5, "depth": 2, "charrnn": 2, "playground": 2, "graph": 2}


@pytest.mark.slow
def test_mixed_crowds_lose_nobody_and_leave_the_memory_as_it_was() -> None:
    """The second crowd finds what the first one left: modules, caches, runs up to an eighth of the budget."""
    held = []
    serve = serving(warm=True, memory_mb=400)
    with serve as url, ThreadPoolExecutor(1) as thread:  # the main one may have a loop already
        for _crowd in range(2):
            visit = crowd(url, MIXED, seconds=4, think=1)
            tallies = thread.submit(asyncio.run, visit).result()
            held.append(memory(os.getpid()))
            for name, tally in tallies.items():
                assert (tally.lost, tally.refused) == (0, 0), name
                assert min(tally.steps) > 0, name
    print(f"after each crowd: {held[0]:.0f} MB, {held[1]:.0f} MB")
    assert held[1] - held[0] < 100
