"""The long mode: with ``--seeds 20`` no verdict changes on twenty seeds that nobody has looked at."""

from __future__ import annotations

import pytest

import engine
from app.verdicts import recorded

CLAIMS = engine.claims()
FIRST = 100
"""Recorded verdicts are of seeds 0 to 4."""


@pytest.mark.other_seeds
@pytest.mark.parametrize("name", CLAIMS)
def test_a_verdict_is_the_same_on_other_seeds(name: str, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("--seeds")
    verdict = CLAIMS[name][1].check(range(FIRST, FIRST + count))
    assert verdict.holds == recorded()[name].holds, str(verdict.evidence)
