"""Claims on learning and generalizing: what their checks find, on seeds of their own."""

from __future__ import annotations

import pytest

import engine
from engine.claim import Verdict

CLAIMS = engine.claims()


def verdict(name: str, *seeds: int) -> Verdict:
    return CLAIMS[name][1].check(seeds)


@pytest.mark.parametrize(("name", "seeds"), [("P1", (11, 12)), ("P12", (11,))])
def test_what_holds_for_any_seed(name: str, seeds: tuple[int, ...]) -> None:
    found = verdict(name, *seeds)
    assert found.holds == "yes", found.evidence
    assert found.fair


def test_the_mean_of_an_ensemble_loses_less_whatever_its_accuracy() -> None:
    found = verdict("P8", 11)
    assert found.holds in {"yes", "half"}
    values = found.headline.values if found.headline else {}
    assert values["together"] < values["alone"]
