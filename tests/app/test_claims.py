"""Claims over REST, on the command line and as a page."""

from __future__ import annotations

import json

import httpx
import pytest

import engine
from app.cli import main
from app.cli_claims import read_ids, read_seeds
from app.i18n import translator
from app.pages import open_claim
from app.verdicts import recorded, verdict_json
from engine.claim import IN_ALL, Verdict, equal
from engine.message import say
from engine.params import InvalidParams


def test_rest_lists_every_claim_with_its_page(http: httpx.Client) -> None:
    rows = http.get("/api/claims").json()
    assert {row["id"] for row in rows} >= {claim.id for claim in engine.experiment("race").claims}
    assert all(row["page"] == f"/{row['laboratory']}?claim={row['id']}" for row in rows)


def test_rest_lists_the_walks_with_their_stations(http: httpx.Client) -> None:
    walks = http.get("/api/walks?lang=ko").json()
    assert {station["claim"] for walk in walks for station in walk["stations"]} <= set(engine.claims())


def test_a_verdict_has_headline_budgets_and_seeds(http: httpx.Client) -> None:
    verdict = http.get("/api/experiments/race/claims/R7").json()
    assert verdict["holds"] == "yes"
    assert verdict["headline"]
    assert verdict["fair"]
    assert len(verdict["budgets"]) == 3
    assert verdict["spent"].startswith("Equal budgets: SGD, Momentum 0.9, Momentum 0.99, each with")
    assert verdict["seeds"] == [0, 1, 2, 3, 4]


def test_budgets_are_said_once_for_all_sides_unless_they_differ() -> None:
    even = equal(1200, "A", "B") + equal(3, "A", "B", unit="rows")
    odd = equal(1200, "A") + equal(7, "B")
    words = translator("en")
    said = [verdict_json(Verdict("yes", say("x."), None, budgets), words)["spent"] for budgets in (even, odd)]
    assert said == [
        "Equal budgets: A, B, each with 1,200 updates, 3 rows.",
        "Budgets: A: 1,200 updates; B: 7 updates.",
    ]


def test_the_page_of_claims_counts_them(http: httpx.Client) -> None:
    page = http.get("/claims?lang=en").text
    rows = http.get("/api/claims").json()
    assert f"{len(rows)} of {IN_ALL} claims" in page
    assert page.count("claim-holds") == len(rows)


def test_recorded_sentences_are_those_that_the_checks_say() -> None:
    """A sentence that changed is no longer in the catalog: record the claim anew."""
    words = translator("ko").messages
    said = {name: [one.evidence, *([one.headline] if one.headline else [])] for name, one in recorded().items()}
    stale = [name for name, messages in said.items() if any(one.template not in words for one in messages)]
    assert stale == []


def test_an_address_opens_a_claim_with_its_own_settings() -> None:
    race = engine.experiment("race")
    opened, text = open_claim(race, "R5", None)
    assert opened == {"id": "R5", "fresh": True}
    assert json.loads(text or "")["params"] == engine.claims()["R5"][1].params


def test_what_a_visitor_made_of_a_claim_goes_before_its_own_settings() -> None:
    opened, text = open_claim(engine.experiment("race"), "R5", '{"params": {}}')
    assert opened == {"id": "R5", "fresh": False}
    assert text == '{"params": {}}'


@pytest.mark.parametrize("name", ["R999", "", "<b>", None])
def test_an_unknown_claim_in_an_address_changes_nothing(name: str | None) -> None:
    assert open_claim(engine.experiment("race"), name, None) == (None, None)


def test_the_command_checks_claims_with_given_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "r1", "R13", "--seeds", "7,9", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == ["R1", "R13"]
    assert all(line["seeds"] == [7, 9] and line["holds"] == "yes" for line in lines)


def test_the_command_prints_verdict_headline_and_budgets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "R7", "--seeds", "0-1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("✓ R7")
    assert "Overshoot" in printed
    assert "gradient evaluations" in printed


def test_a_laboratory_stands_for_its_claims() -> None:
    assert read_ids(["race"]) == [claim.id for claim in engine.experiment("race").claims]
    assert read_ids([]) == list(engine.claims())


@pytest.mark.parametrize("text", ["", "a", "1-", "-3", "0-100000", "1;2", "9" * 30])
def test_seeds_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InvalidParams):
        read_seeds(text)


def test_an_unknown_claim_on_the_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "Z9"]) == 2
    assert "Z9" in capsys.readouterr().err
