"""The claims about optimizers: their verdicts stand, with any seeds, and a rule that is wrong does not pass."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from string import Formatter
from typing import Any

import pytest

from app.verdicts import recorded
from engine.claim import Claim, Verdict
from engine.experiment import experiment
from engine.message import Message
from engine.optimizers import RULES
from engine.params import check

EXPECTED = {
    "R1": "yes",
    "R2": "half",  # at a saddle only on the ridge and without noise
    "R3": "yes",
    "R4": "yes",
    "R5": "half",  # on the ridge of a plain saddle momentum stays too
    "R6": "yes",
    "R7": "yes",
    "R8": "half",  # momentum with its own best settings is faster on a bowl
    "R9": "half",  # without noise its rate settles on a bowl, and it arrives
    "R10": "yes",
    "R11": "half",  # not in a steep basin, not in a curved valley
    "R12": "half",  # RMSProp rattles in a curved valley, Adam does not
    "R13": "yes",
    "R14": "half",  # eps is a learning rate in disguise
    "R15": "half",  # on a steep wall its first steps are the worse ones
    "R16": "yes",
    "R17": "yes",
    "R18": "yes",
    "R19": "half",  # on a round bowl the full batch is at the bottom in one step
    "R20": "yes",
    "R21": "half",  # with a small rate it stays
    "D21": "half",  # scaling helps; correlation needs whitening
}
CLAIMS = {claim.id: claim for claim in experiment("race").claims}


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


def test_every_claim_of_the_race_is_there_once_and_in_order() -> None:
    assert [claim.id for claim in experiment("race").claims] == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_verdict_is_the_recorded_one(name: str, verdicts: Callable[[str, range], Verdict]) -> None:
    found = verdicts(name, range(5))
    assert found.holds == EXPECTED[name] == recorded()[name].holds, str(found.evidence)


@pytest.mark.parametrize("name", EXPECTED)
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
    assert "{" not in str(evidence)
    assert str(evidence).endswith(".")
    assert verdict.fair or CLAIMS[name].unequal


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_the_preset_is_valid_and_fits_a_link(claim: Claim) -> None:
    params = check(experiment("race").Params, claim.params)
    assert len(json.dumps(dict(claim.params))) < 600
    assert check(experiment("race").Params, params.model_dump(mode="json")) == params


def test_statements_differ_and_end_as_sentences() -> None:
    statements = [claim.statement for claim in CLAIMS.values()]
    assert len(set(statements)) == len(statements)
    assert all(statement.endswith(".") for statement in statements)


@pytest.mark.parametrize("name", ["R2", "R15", "R16"])
def test_seeds_matter_and_the_same_seeds_repeat_the_evidence(
    name: str, verdicts: Callable[[str, range], Verdict]
) -> None:
    first, again = verdicts(name, range(5)), CLAIMS[name].check(range(5))
    assert first == again
    assert numbers(first) != numbers(verdicts(name, range(100, 105)))


@pytest.mark.parametrize(
    ("name", "rule", "fault"),
    [
        ("R1", "sgd", 0.99),
        ("R8", "nesterov", 0.8),
        ("R13", "adam", 1.01),
        ("R15", "radam", 1.01),
        ("R16", "sgd", 1.6),
        ("R17", "newton", 0.99),
        ("R20", "momentum", 1.0001),
    ],
)
def test_a_rule_with_a_wrong_learning_rate_is_found_out(
    name: str, rule: str, fault: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = RULES[rule].update

    def wrong(self: Any, state: Any, theta: Any, *given: Any) -> None:
        gradient, factor, objective = given
        right(self, state, theta, gradient, factor * fault, objective)

    monkeypatch.setattr(RULES[rule], "update", wrong)
    assert CLAIMS[name].check(range(5)).holds != EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "rule", "impostor"),
    [
        ("R5", "momentum", "sgd"),
        ("R9", "adagrad", "rmsprop"),
        ("R10", "rmsprop", "adagrad"),
        ("R12", "adam", "adamw"),
        ("R14", "adadelta", "sgd"),
        ("R18", "adam", "momentum"),
    ],
)
def test_another_rule_in_its_place_is_found_out(
    name: str, rule: str, impostor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = RULES[impostor]()
    monkeypatch.setattr(RULES[rule], "init", lambda _self, theta: other.init(theta))

    def update(self: Any, state: Any, theta: Any, *given: Any) -> None:
        gradient, factor, objective = given
        share = self.learning_rate / other.learning_rate
        other.update(state, theta, gradient, factor * share, objective)

    monkeypatch.setattr(RULES[rule], "update", update)
    assert CLAIMS[name].check(range(5)).holds != EXPECTED[name]
