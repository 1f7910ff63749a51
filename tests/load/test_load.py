"""The short form of the load: a crowd of all laboratories, and nobody is lost, refused or starved."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.app.client import serving
from tests.load.visitors import crowd


@pytest.mark.slow
def test_a_mixed_crowd_loses_nobody() -> None:
    with serving() as url:
        visit = crowd(url, {"race": 6, "depth": 3, "charrnn": 3}, seconds=6, think=1)
        with ThreadPoolExecutor(1) as thread:  # the browser tests leave an event loop running in the main one
            tallies = thread.submit(asyncio.run, visit).result()
    for name, tally in tallies.items():
        assert (tally.lost, tally.refused) == (0, 0), name
        assert min(tally.steps) > 0, name
