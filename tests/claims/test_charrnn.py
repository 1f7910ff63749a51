"""The lecture notes' claims about recurrent nets, decided anew over five seeds."""

from __future__ import annotations

import pytest

from engine.claim import Claim
from engine.experiments.charrnn import CharRNN
from engine.experiments.charrnn.claims import CLAIMS
from engine.experiments.charrnn.params import CharRNNParams
from engine.params import check

HALF_TRUE = {"N13"}
"""Deeper nets are slower to train, but what they gain does not show within these seconds."""


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_of_the_notes(claim: Claim) -> None:
    verdict = claim.check(range(5))
    assert verdict.holds == ("half" if claim.id in HALF_TRUE else "yes"), str(verdict.evidence)
    assert any(character.isdigit() for character in str(verdict.evidence))


def test_every_claim_from_n1_to_n14_is_here_with_a_preset_that_is_valid() -> None:
    assert [claim.id for claim in CharRNN.claims] == [f"N{number}" for number in range(1, 15)]
    for claim in CLAIMS:
        check(CharRNNParams, dict(claim.params))


def test_every_preset_is_valid() -> None:
    for preset in CharRNN.presets:
        check(CharRNNParams, dict(preset.params))
