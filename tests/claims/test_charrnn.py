"""The notes' claims about recurrent nets: decided over five seeds, and shown by the page that they open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from app.verdicts import recorded
from engine.autodiff.tape import Array
from engine.claim import Claim, Holds
from engine.experiments.charrnn import CharRNN
from engine.experiments.charrnn.claims import CLAIMS
from engine.experiments.charrnn.claims.measure import LAG
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.questions.writing import find_loop
from engine.experiments.charrnn.simulation import CharRNNSimulation
from engine.frame import Frame
from engine.params import check
from engine.replay import Run

BY_ID = {claim.id: claim for claim in CLAIMS}
NOT_WHOLLY: dict[str, Holds] = {
    "N11": "half",  # only while the forget gate is open
    "N12": "half",  # only while the update gate is open
    "N13": "half",  # two layers learn more; four are behind all the way
    "N15": "no",  # three sigmoids and a tanh
}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_of_the_notes(claim: Claim) -> None:
    verdict = claim.check(range(5))
    assert verdict.holds == NOT_WHOLLY.get(claim.id, "yes") == recorded()[claim.id].holds, str(verdict.evidence)
    assert verdict.headline is not None
    assert any(character.isdigit() for character in str(verdict.headline))
    assert verdict.fair or claim.unequal


def headline(claim: str) -> dict[str, Any]:
    """Return the numbers of a claim's headline."""
    said = BY_ID[claim].check([0]).headline
    assert said is not None
    return dict(said.values)


def test_every_claim_from_n1_to_n16_is_here_with_a_preset_that_is_valid() -> None:
    assert [claim.id for claim in CharRNN.claims] == [f"N{number}" for number in range(1, 17)]
    for claim in CLAIMS:
        check(CharRNNParams, dict(claim.params))


def test_every_preset_is_valid() -> None:
    for preset in CharRNN.presets:
        check(CharRNNParams, dict(preset.params))


# What the panels of a preset draw, against what the check says


def page(claim: str, steps: int = 0, **changes: Any) -> tuple[Run, Frame]:
    """Return a claim's run as the page makes it, and the last frame."""
    params = check(CharRNNParams, {**BY_ID[claim].params, **changes})
    run = Run(engine.experiment("charrnn"), params)
    frame = run.first()
    return run, run.advance(steps) if steps else frame


def ask(run: Run, name: str, **asked: Any) -> dict[str, Array]:
    return {role: np.asarray(value) for role, value in run.ask(name, asked).arrays.items()}


def window_of(run: Run) -> int:
    assert isinstance(run.simulation, CharRNNSimulation)
    return run.simulation.params.sequence_length


def flow(run: Run) -> dict[str, Array]:
    """Return what the panel of the gradient through time draws: it asks for one and a half windows."""
    return ask(run, "flow", window=round(window_of(run) * 1.5))


def left(run: Run, lag: int, name: str = "state") -> Array:
    curves = flow(run)[name]
    share: Array = curves[:, lag] / curves[:, 0]
    return share


@pytest.mark.parametrize(("claim", "bias"), [("N11", "forget_bias"), ("N12", "update_bias")])
def test_the_page_shows_a_gated_cell_ahead_while_its_gate_is_open(claim: str, bias: str) -> None:
    run, _frame = page(claim)
    gated, rnn = left(run, LAG)
    assert gated > 0.01 > 1e3 * rnn
    values = headline(claim)
    np.testing.assert_allclose([values["gated"], values["rnn"]], [gated, rnn], rtol=1e-6)
    drawn, _ = left(page(claim, 0, **{bias: 0.0})[0], LAG)
    assert drawn < 1e-5


def test_n14_the_page_shows_why_the_rnn_fails() -> None:
    run, _frame = page("N14")
    lstm, rnn, gru = left(run, 30)
    assert min(lstm, gru) > 1e3 * rnn
    shorter, _frame = page("N14", sequence_length=10)
    assert left(shorter, 10)[1] > 1e3 * rnn


def test_n8_the_page_shows_growth_above_one_and_decay_below() -> None:
    run, _frame = page("N8")
    found = flow(run)
    assert found["spectrum"][0, 0] == pytest.approx(1.1, rel=1e-5)
    assert left(run, LAG, "hidden")[0] == pytest.approx(1.1**LAG, rel=1e-3)
    values = headline("N8")
    assert values["large"] == pytest.approx(left(run, LAG, "hidden")[0], rel=1e-6)
    assert left(page("N8", activation="tanh")[0], LAG, "hidden")[0] < 1


def test_n4_the_page_writes_in_a_loop_at_temperature_0_and_not_at_1() -> None:
    for temperature, loops in ((0.0, True), (1.0, False)):
        _run, frame = page("N4", 120, temperature=temperature)
        text = str(frame["sample"])
        assert (find_loop([ord(letter) for letter in text])[1] > 0) is loops
