"""The claims about signals through depth: their verdicts stand, with any seeds, and a wrong net does not pass."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from string import Formatter
from typing import Any

import numpy as np
import pytest

from app.verdicts import recorded
from engine.claim import Claim, Verdict
from engine.experiment import experiment
from engine.message import Message
from engine.nn.dense import DenseNet
from engine.params import check
from engine.pieces import Pieces

EXPECTED = {
    "D1": "yes",
    "D2": "yes",
    "D3": "half",  # tanh saturates, but the gradient explodes rather than dies
    "D4": "yes",
    "D5": "yes",
    "D6": "yes",
    "D7": "half",  # with He's weights ReLU does end it
    "D8": "half",  # of one row, not of a batch
    "D9": "yes",
    "D10": "half",  # leaky units end on the flat side, ELU nets diverge
    "D11": "half",  # slower indeed, but the matrix product dwarfs it
    "D12": "yes",
    "D13": "half",  # weakens it, does not end it
    "D14": "yes",
    "D15": "yes",
    "D16": "yes",
    "D17": "yes",
    "D18": "half",  # it helps; a scaled random start does as well
    "D19": "half",  # with He's weights some per cent are left
    "D20": "yes",
    "D22": "yes",
    "D23": "yes",
    "D24": "yes",
    "D25": "half",  # not faster than a tuned tanh
    "D26": "yes",
    "D27": "half",  # much smaller, not gone
    "D28": "yes",
    "D29": "half",  # standardizing leaves a smaller condition number
}
CLAIMS = {claim.id: claim for claim in experiment("depth").claims}
QUICK = ("D1", "D3", "D4", "D5", "D7", "D8", "D9", "D12", "D17", "D19", "D20", "D22", "D23")


def numbers(verdict: Verdict) -> dict[str, Any]:
    """Return every number that a verdict tells."""
    headline = verdict.headline.values if verdict.headline else {}
    return {**verdict.evidence.values, **headline}


@pytest.fixture(scope="module")
def verdicts() -> Callable[[str, range], Verdict]:
    """Return a claim's verdict for some seeds, each worked out once."""
    known: dict[tuple[str, range], Verdict] = {}

    def verdict(name: str, seeds: range) -> Verdict:
        if (name, seeds) not in known:
            known[name, seeds] = CLAIMS[name].check(seeds)
        return known[name, seeds]

    return verdict


def test_every_claim_on_depth_is_there_once_and_in_order() -> None:
    assert [claim.id for claim in experiment("depth").claims] == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_verdict_is_the_recorded_one(name: str, verdicts: Callable[[str, range], Verdict]) -> None:
    found = verdicts(name, range(5))
    assert found.holds == EXPECTED[name] == recorded()[name].holds, str(found.evidence)


@pytest.mark.parametrize("name", QUICK)
def test_other_seeds_give_the_same_verdict(name: str, verdicts: Callable[[str, range], Verdict]) -> None:
    assert verdicts(name, range(100, 105)).holds == EXPECTED[name], str(verdicts(name, range(100, 105)).evidence)


@pytest.mark.parametrize("name", EXPECTED)
def test_evidence_is_a_sentence_filled_with_finite_numbers(
    name: str, verdicts: Callable[[str, range], Verdict]
) -> None:
    verdict = verdicts(name, range(5))
    evidence = verdict.evidence
    for message in (evidence, verdict.headline):
        assert isinstance(message, Message)
        fields = {field for _, field, _, _ in Formatter().parse(message.template) if field}
        assert fields == set(message.values)
    assert len(numbers(verdict)) >= 2
    assert all(math.isfinite(value) for value in numbers(verdict).values())
    assert str(evidence).endswith(".")
    assert verdict.fair or CLAIMS[name].unequal


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_the_preset_is_valid_and_fits_a_link(claim: Claim) -> None:
    params = check(experiment("depth").Params, claim.params)
    assert len(json.dumps(dict(claim.params))) < 600
    assert check(experiment("depth").Params, params.model_dump(mode="json")) == params


def test_statements_differ_and_end_as_sentences() -> None:
    statements = [claim.statement for claim in CLAIMS.values()]
    assert len(set(statements)) == len(statements)
    assert all(statement.endswith(".") for statement in statements)


@pytest.mark.parametrize("name", ["D3", "D5", "D20"])
def test_seeds_matter_and_the_same_seeds_repeat_the_evidence(
    name: str, verdicts: Callable[[str, range], Verdict]
) -> None:
    first, again = verdicts(name, range(5)), CLAIMS[name].check(range(5))
    assert first == again
    assert numbers(first) != numbers(verdicts(name, range(100, 105)))


@pytest.mark.parametrize(("name", "factor"), [("D1", 1.0), ("D4", 1.3), ("D5", 1.2), ("D6", 1.2), ("D20", 1.3)])
def test_weights_drawn_wrong_are_found_out(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    right = DenseNet.initialize_in_pieces

    def wrong(self: DenseNet, theta: Any, *given: Any) -> Pieces[None]:
        yield from right(self, theta, *given)
        views = self.layout.views(theta)
        for weight in self.layout.names("weight"):
            views[weight][...] *= factor
            views[weight][...] += 1e-3 * np.random.default_rng(0).standard_normal(views[weight].shape)

    monkeypatch.setattr(DenseNet, "initialize_in_pieces", wrong)
    assert CLAIMS[name].check(range(5)).holds != EXPECTED[name]
