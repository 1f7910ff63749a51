"""The short form of the load: a crowd of all laboratories, and nobody is lost, refused or starved."""

from __future__ import annotations

import asyncio

import pytest

from tests.app.client import serving
from tests.load.visitors import crowd


@pytest.mark.slow
def test_a_mixed_crowd_loses_nobody() -> None:
    with serving() as url:
        tallies = asyncio.run(crowd(url, {"race": 6, "depth": 3, "charrnn": 3}, seconds=6, think=1))
    for name, tally in tallies.items():
        assert (tally.lost, tally.refused) == (0, 0), name
        assert min(tally.steps) > 0, name
