"""Laws of the doctor: one diagnosis a net, its numbers, its cure; and how often it is right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.experiments.depth import doctor, reasons, signs
from engine.experiments.depth.doctor import NAMES, PREDICTIONS
from engine.experiments.depth.look import look
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.reasons import equations
from engine.experiments.depth.signs import HEALTHY, ILL, Change, Signs, change
from engine.experiments.depth.simulation import DepthSimulation
from engine.experiments.depth.trial.confusion import PREDICTED, confusion, counts, examine, recorded
from engine.experiments.depth.trial.outcome import OUTCOMES, Trained, blind_loss, judge
from engine.experiments.depth.trial.planted import HALVES, planted
from engine.frame import Frame, Told
from engine.params import check
from engine.pieces import whole

SMALL: dict[str, Any] = {"depth": 5, "width": 32, "samples": 100, "compare": [], "steps": 0}
PLANTED: dict[str, dict[str, Any]] = {
    "symmetric": {"init": "constant"},
    "vanishing": {"init": "normal", "init_std": 0.01},
    "exploding": {"activation": "relu", "init": "normal", "init_std": 1.0, "depth": 8},
    "saturated": {"init": "mean_field", "sigma_w": 2.0, "sigma_b": 3.0, "depth": 2},
    "dead": {"activation": "relu", "init": "he_normal", "width": 4, "depth": 25},
    "growing": {"activation": "relu", "init": "he_normal", "residual": True},
    "fading": {"activation": "relu", "init": "lecun_normal"},
}


def first(**params: Any) -> Frame:
    """Return the first frame of a comparison."""
    return next(engine.run("depth", {**SMALL, **params}))


def findings(frame: Frame) -> list[dict[str, Any]]:
    """Return all that the doctor says."""
    told = frame["doctor"]
    assert isinstance(told, Told)
    found: list[dict[str, Any]] = told.content
    return found


def examined(**params: Any) -> tuple[DepthSimulation, Any, Signs]:
    """Return a run at its start, the statistics of its first net, and the signs that they show."""
    simulation = whole(DepthSimulation.begin(check(DepthParams, {**SMALL, **params}), np.random.default_rng(0)))
    simulation.first()
    measured, scores, _bins = whole(
        look(simulation.members, simulation.data.inputs, simulation.targets, simulation.loss)
    )
    statistics = measured[0]
    assert statistics is not None
    return simulation, statistics, signs.signs(simulation.members[0], statistics, scores[0][0], simulation.silent)


# -- one diagnosis a cause ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("illness", PLANTED)
def test_the_doctor_names_a_planted_illness_once_and_its_cure_helps(illness: str) -> None:
    params = PLANTED[illness]
    frame = first(**params)
    (finding,) = findings(frame)
    assert finding["illness"] == illness
    assert finding["since"] == 0
    assert 1 <= finding["layer"] <= params.get("depth", 5)
    assert all(line.startswith("<math") for line in finding["equations"])
    if finding.get("fix"):
        (cured,) = findings(first(**{**params, **finding["fix"]["changes"]}))
        assert cured["illness"] != illness
    else:
        assert finding["tone"] == "half"


def test_saturation_is_what_follows_from_large_weights_and_no_second_illness() -> None:
    frame = next(engine.run("depth", {"steps": 0}))
    wild = [one for one in findings(frame) if one["net"] == 2]
    assert [one["illness"] for one in wild] == ["exploding"]
    said = " ".join(map(str, wild[0]["consequences"]))
    assert "σ_w is 10" in str(wild[0]["sentence"])
    assert "gradient grows" in said
    assert "flat ends" in said


def test_a_healthy_net_keeps_its_sizes_within_a_factor_of_three() -> None:
    assert HEALTHY == 3
    assert [one["illness"] for one in findings(first())] == ["healthy"]
    for factor, illness in ((2.9, "healthy"), (3.1, "growing"), (ILL - 0.1, "growing"), (ILL + 0.1, "exploding")):
        still = Change(1.0, 1.0, 1, 1)
        assert Signs(still, Change(factor, 1.0, 1, 1), 0.0, 1, 0.0, 1, still, 0).illness == illness
        if illness != "healthy":
            fading = {"growing": "fading", "exploding": "vanishing"}[illness]
            assert Signs(still, Change(1.0, factor, 1, 1), 0.0, 1, 0.0, 1, still, 0).illness == fading


def test_a_net_that_has_learned_every_row_is_healthy_though_no_gradient_comes_back() -> None:
    hinge = {"depth": 1, "samples": 2, "data": "circles", "loss": "hinge", "batch_size": 2, "steps": 40}
    for residual in (False, True):
        last = list(engine.run("depth", {**SMALL, **hinge, "residual": residual, "polynet": residual}))[-1]
        assert last["accuracy"].ravel()[-1] == 1
        assert float(last["gradient_std"].max()) == 0
        assert [one["illness"] for one in findings(last)] == ["healthy"]


def test_a_change_tells_its_factor_and_the_layer_where_it_is_no_longer_healthy() -> None:
    grown = change(np.array([1.0, 2.0, 4.0, 8.0]))
    assert (grown.up, grown.down, grown.up_layer) == (8.0, 1.0, 3)
    gone = change(np.array([1.0, 0.5, 0.0]))
    assert gone.down == np.inf
    assert gone.down_layer == 3


def test_the_cure_of_a_compared_net_changes_that_net_alone() -> None:
    frame = first(compare=[{"init": "zeros"}, {"init": "normal"}])
    changes = next(one for one in findings(frame) if one["net"] == 1)["fix"]["changes"]
    assert [net["init"] for net in changes["compare"]] == ["xavier_normal", "normal"]


def test_no_sentence_of_the_doctor_says_never_or_for_ever() -> None:
    sources = "".join(Path(module.__file__ or "").read_text("utf-8") for module in (doctor, reasons, signs))
    assert not re.search(r"\bnever\b|\bfor ever\b|\bforever\b|\balways\b", sources)
    assert all("Training" in sentence for sentence in PREDICTIONS.values())
    assert set(PREDICTIONS) == set(NAMES) == set(PREDICTED)


# -- equations with the net's own numbers -------------------------------------------------------------------------


def last_number(latex: str) -> float:
    """Return the number at the end of a line of LaTeX."""
    found = re.search(r"([\d.]+)(?: \\cdot 10\^\{(-?\d+)\})?$", latex)
    assert found, latex
    return float(found[1]) * 10.0 ** int(found[2] or 0)


WIDE = {"width": 300, "samples": 200, "depth": 8}


@pytest.mark.parametrize(
    ("params", "q", "chi"),
    [
        ({"activation": "relu", "init": "he_normal", "residual": True}, 2.0, 2.0),
        ({"activation": "relu", "init": "he_normal", "polynet": True}, 3.0, 3.0),
        ({"activation": "relu", "init": "xavier_normal"}, 0.5, 0.5),
        ({"activation": "tanh", "init": "normal", "init_std": 1.0}, None, None),
        ({"activation": "relu", "init": "he_normal", "batch_norm": True, "depth": 16}, None, np.pi / (np.pi - 1)),
        ({"activation": "tanh", "init": "xavier_normal", "residual": True, "depth": 40}, None, None),
    ],
)
def test_equations_know_skips_and_normalization_and_tell_what_is_measured(
    params: dict[str, Any], q: float | None, chi: float | None
) -> None:
    simulation, statistics, found = examined(**{**WIDE, **params})
    one = simulation.members[0]
    lines = equations(one, statistics, found, born=True)
    passes = one.forward(simulation.data.inputs).layers
    sizes = [float(np.mean(layer.pre.value**2)) for layer in passes]
    assert one.expected is not None
    for line in lines:
        if line.startswith("q_{2}"):
            assert last_number(line) == pytest.approx(sizes[1], rel=0.2)
            assert q is None or last_number(line) == pytest.approx(q * float(one.expected.variance[0]), rel=0.02)
            assert ("q_{1} +" in line) == (one.choice.skip != "none")
        elif line.startswith(r"\chi"):
            at = one.net.depth // 2
            back = statistics.gradient_std**2
            measured = float((back[at - 2] / back[at + 1]) ** (1 / 3))
            assert last_number(line) == pytest.approx(measured, rel=0.25)
            assert chi is None or last_number(line) == pytest.approx(chi, rel=0.01)
            assert ("= 1 +" in line) == (one.choice.skip != "none")
        else:
            assert line.startswith((r"\frac{\|\delta_1\|}", r"\sqrt{E[s^2]}"))
    assert any(line.startswith(r"\chi") for line in lines)


def test_a_net_in_training_shows_what_is_measured_and_no_theory() -> None:
    simulation, statistics, found = examined(init="normal", init_std=1.0)
    lines = equations(simulation.members[0], statistics, found, born=False)
    assert not any("chi" in line for line in lines)
    ratio = statistics.gradient_std[0] / statistics.gradient_std[-1]
    assert last_number(lines[-1]) == pytest.approx(float(ratio), rel=0.06)


# -- the trial ----------------------------------------------------------------------------------------------------


def test_the_planted_nets_are_some_hundreds_half_of_them_to_set_and_half_to_report() -> None:
    nets = planted()
    assert 600 <= len(nets) <= 1000
    assert nets == planted()
    for half in HALVES:
        assert sum(one.half == half for one in nets) == len(nets) / 2
    assert len({tuple(one.choice.items()) for one in nets}) == len(nets)
    seeds = [{one.choice["seed"] for one in nets if one.half == half} for half in HALVES]
    assert not seeds[0] & seeds[1]


def test_an_outcome_is_what_its_definition_says() -> None:
    def net(*finals: float, moved: float = 1.0, length: float = 1.0, **flags: bool) -> Trained:
        ends = np.array(finals)
        given = {"equal": False, "dead": False, **flags}
        return Trained(
            ends, np.full(len(ends), moved), length, int(np.argmin(ends)), given["equal"], given["dead"]
        )

    twin, blind = net(2.0, 0.4), 2.0
    assert judge(net(2.0, 0.4), twin, blind) == "learned"
    assert judge(net(1.7, 1.5), twin, blind) == "slow"
    assert judge(net(1.95, 1.95), twin, blind) == "still"
    assert judge(net(2.0, 0.4, moved=0.05), twin, blind) == "still"
    assert judge(net(0.4, 2.3), twin, blind) == "diverged"
    assert judge(net(0.4, np.inf), twin, blind) == "diverged"
    assert judge(net(0.4, 0.4, moved=11.0), twin, blind) == "diverged"
    assert judge(net(2.0, 0.4, dead=True), twin, blind) == "dead"
    assert judge(net(2.0, 0.4, equal=True), twin, blind) == "equal"
    assert judge(net(np.inf, np.inf, equal=True), twin, blind) == "diverged"


def test_a_blind_guess_knows_how_frequent_each_class_is() -> None:
    params = planted()[0].params
    assert 2.1 < blind_loss(params) < np.log(10)


@pytest.mark.parametrize("i", [0, 190, 405, 531, 611, 885])
def test_the_record_is_what_the_trial_finds(i: int) -> None:
    assert examine(planted()[i]) == recorded()[i]


def test_the_table_of_the_page_counts_the_reported_half_of_the_record() -> None:
    table = confusion()
    cases = [case for one, case in zip(planted(), recorded(), strict=True) if one.half == "report"]
    shown = np.array([[len(cell["nets"]) for cell in row["cells"]] for row in table["rows"]])
    np.testing.assert_array_equal(shown, counts(cases))
    assert shown.sum() == len(cases) == len(planted()) / 2
    for row in table["rows"]:
        assert row["right"] == [
            sum(len(cell["nets"]) for cell in row["cells"] if cell["predicted"]),
            sum(len(cell["nets"]) for cell in row["cells"]),
        ]
    for column, became in zip(table["columns"], OUTCOMES, strict=True):
        assert column["right"][1] == sum(case.became == became for case in cases)


def test_a_cell_opens_a_net_of_which_the_doctor_says_what_its_row_says() -> None:
    table = confusion()
    for row in table["rows"]:
        opened = [{**table["base"], **net} for cell in row["cells"] for net in cell["nets"][:1]]
        for params in opened[:2]:
            (finding,) = findings(next(engine.run("depth", params)))
            assert finding["illness"] == row["illness"]


def test_most_diagnoses_of_nets_that_no_threshold_saw_come_true() -> None:
    for half in HALVES:
        cases = [case for one, case in zip(planted(), recorded(), strict=True) if one.half == half]
        assert np.mean([case.right for case in cases]) > 0.8
