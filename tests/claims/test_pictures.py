"""Picture and verdict agree: a claim's preset shows what its check measured, on the same seed."""

from __future__ import annotations

import dataclasses
import math

import pytest

import engine
from engine.claim import Claim, Reading, with_readings
from engine.experiment import Experiment
from engine.page import Page

CLAIMS = engine.claims()


def compare(laboratory: Experiment, claim: Claim) -> list[str]:
    """Return how the page of a claim's preset contradicts its check; nothing where all agrees."""
    page = Page(laboratory, claim.params, claim.look.focus)

    def step_of(reading: Reading) -> int:
        steps = (reading.step, claim.look.step, page.total)
        return next(step for step in steps if step is not None)

    found = {}
    if any(reading.value for reading in claim.readings):
        verdict = claim.check([getattr(page.run.params, "seed", 0)])
        found = {**(verdict.headline.values if verdict.headline else {}), **verdict.evidence.values}
    wrong = []
    for reading in sorted(claim.readings, key=step_of):
        page.go_to(step_of(reading))
        shown = reading.read(page.drawn(page.panel(reading.panel, claim.look.view), reading.asked))
        if not reading.value and not shown:
            wrong.append(f"{reading.panel}: the picture does not show it")
        elif reading.value:
            said = found[reading.value]
            if not math.isclose(shown, said, rel_tol=reading.within, abs_tol=1e-300):
                wrong.append(f"{reading.panel}: {reading.value} is {shown} there, the check says {said}")
    return wrong


@pytest.mark.parametrize("name", CLAIMS)
def test_what_the_check_measured_is_seen_on_the_page(name: str) -> None:
    assert compare(*CLAIMS[name]) == []


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_says_where_the_page_shows_it(name: str) -> None:
    _laboratory, claim = CLAIMS[name]
    assert claim.readings
    assert {reading.panel for reading in claim.readings} <= set(claim.look.panels)


def test_a_picture_that_contradicts_its_check_is_found_out() -> None:
    laboratory, claim = CLAIMS["D9"]
    other = dataclasses.replace(claim, params={**claim.params, "init_std": 0.1})
    assert len(compare(laboratory, other)) == 1  # the first net alone was changed


def test_a_picture_of_another_net_than_the_claim_means_is_found_out() -> None:
    laboratory, claim = CLAIMS["P3"]
    assert compare(laboratory, dataclasses.replace(claim, look=dataclasses.replace(claim.look, focus=0)))


def test_readings_of_no_claim_are_refused() -> None:
    with pytest.raises(ValueError, match="R999"):
        with_readings([CLAIMS["R1"][1]], {"R999": ()})
