"""What holds for every claim: what it points out exists, walks lead to it, verdicts can be kept."""

from __future__ import annotations

import pytest

import engine
from app import verdicts
from engine.claim import IN_ALL, Budget, Claim, Prediction, Verdict
from engine.experiment import Experiment
from engine.message import say
from engine.walks import WALKS

CLAIMS = engine.claims()


@pytest.fixture(params=CLAIMS, name="pair")
def _pair(request: pytest.FixtureRequest) -> tuple[Experiment, Claim]:
    return CLAIMS[request.param]


def test_no_more_claims_than_the_notes_make() -> None:
    assert len(CLAIMS) <= IN_ALL


def test_what_a_claim_points_out_is_on_the_page(pair: tuple[Experiment, Claim]) -> None:
    laboratory, claim = pair
    assert set(claim.look.panels) <= {panel.title for panel in laboratory.panels}


def test_a_claim_says_where_the_notes_make_it_asks_first_and_points_something_out(
    pair: tuple[Experiment, Claim],
) -> None:
    _laboratory, claim = pair
    assert claim.where
    assert claim.prediction
    assert claim.look.panels


def test_a_claim_opens_on_a_view_that_shows_what_it_points_out(pair: tuple[Experiment, Claim]) -> None:
    laboratory, claim = pair
    views = {panel.view for panel in laboratory.panels if panel.title in claim.look.panels}
    assert not claim.look.view or claim.look.view in views | {""}


ALONE = {"N1", "D4", "D12", "D24"}
"""Claims on one net, against theory or at several learning rates: there is one side."""


def test_every_check_prints_what_both_sides_spent_and_why_where_that_differs(
    pair: tuple[Experiment, Claim],
) -> None:
    _laboratory, claim = pair
    verdict = verdicts.recorded()[claim.id]
    spent: dict[str, float] = {}
    for budget in verdict.budgets:
        spent[budget.side] = spent.get(budget.side, 0) + budget.spent
    assert len(spent) >= 2 or claim.id in ALONE
    assert spent
    assert min(spent.values()) > 0
    assert verdict.fair != bool(claim.unequal)


def test_what_the_notes_do_not_say_is_marked_ours_and_says_what_they_do_say() -> None:
    ours = {name for name, (_laboratory, claim) in CLAIMS.items() if claim.ours}
    assert ours >= {"R13", "R14", "D6", "D16", "D24", "N14"}
    assert all("ours" in CLAIMS[name][1].where or "our " in CLAIMS[name][1].where for name in ours)


def test_what_the_formula_decides_is_marked_as_by_construction() -> None:
    marked = {name for name, (_laboratory, claim) in CLAIMS.items() if claim.by_construction}
    assert marked >= {"R20", "D16", "D22", "N2", "N3"}
    assert "by construction" in str(verdicts.recorded()["N1"].evidence)


def test_every_station_is_a_claim_and_no_walk_visits_one_twice() -> None:
    for walk in WALKS:
        assert set(walk.stations) <= set(CLAIMS)
        assert len(set(walk.stations)) == len(walk.stations)
    assert len({walk.name for walk in WALKS}) == len(WALKS)


def test_every_claim_is_a_station_of_one_walk() -> None:
    stations = [name for walk in WALKS for name in walk.stations]
    assert sorted(stations) == sorted(CLAIMS)


def test_budgets_are_fair_when_each_unit_is_spent_alike() -> None:
    even = (Budget("a", 10, "gradients"), Budget("b", 10, "gradients"), Budget("a", 1, "rates"))
    assert Verdict("yes", say("x."), None, even).fair
    assert not Verdict("yes", say("x."), None, (*even, Budget("b", 2, "rates"))).fair


@pytest.mark.parametrize(("answers", "right"), [(("one",), 0), (("a", "b"), 2), (("a", "b", "c", "d"), 0)])
def test_a_prediction_without_choice_is_refused(answers: tuple[str, ...], right: int) -> None:
    with pytest.raises(ValueError, match="two or three"):
        Prediction("?", answers, right)


def test_a_recorded_verdict_reads_back_as_it_was_written(tmp_path: object) -> None:
    path = verdicts.Path(str(tmp_path)) / "verdicts.json"
    verdict = CLAIMS["R1"][1].check([0])
    verdicts.write({"R1": verdict}, path)
    assert verdicts.read(path) == {"R1": verdict}


def test_every_claim_has_a_recorded_verdict_and_no_other_is_recorded() -> None:
    assert set(verdicts.read()) == set(CLAIMS)


@pytest.mark.parametrize("name", ["R5", "R13", "D5", "D21", "N3"])
def test_the_recorded_verdict_is_what_the_check_finds(name: str) -> None:
    found, kept = CLAIMS[name][1].check(verdicts.SEEDS), verdicts.read()[name]
    assert found.holds == kept.holds
    assert found.evidence.template == kept.evidence.template
    assert found.headline
    assert kept.headline
    assert found.headline.template == kept.headline.template
