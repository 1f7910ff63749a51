"""What the playground finds: the fault that was planted, a cure that helps, and nothing in nets that are well."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.data.neighbours import left_out_error, neighbours_of
from engine.experiments.playground.findings import findings
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.findings import DATA, Finding
from engine.params import check
from engine.pieces import whole

ADAM = {"rule": "adam", "learning_rate": 0.01}
ROWS = "".join(f"{i % 7},{i * i % 11},{'cat' if i * 37 % 50 < 25 else 'dog'}\n" for i in range(60))
PLANTED: dict[str, dict[str, Any]] = {
    "underfitting": {"data": "circles", "hidden": [], "steps": 400},
    "overfitting": {
        "data": "moons",
        "samples": 120,
        "noise": 0.25,
        "wrong_labels": 0.1,
        "hidden": [32, 32],
        "test_share": 0.5,
        "validation_share": 0.15,
        "steps": 1500,
    },
    "dead": {
        "activation": "relu",
        "hidden": [4, 4],
        "edits": [{"step": 0, "layer": 2, "unit": unit, "value": -50} for unit in range(3)],
        "steps": 60,
    },
    "saturated": {"hidden": [8, 8], "init": "normal", "init_std": 10.0, "steps": 8, "data": "moons"},
    "too_fast": {"data": "spirals", "optimizer": {"rule": "sgd", "learning_rate": 3.0}, "steps": 400},
    "too_slow": {"data": "circles", "optimizer": {"rule": "sgd", "learning_rate": 0.02}, "steps": 400},
    "broken": {"data": "regression", "optimizer": {"rule": "sgd", "learning_rate": 3.0}, "steps": 400},
    "leakage": {"data": {"csv": "a,b,kind\n" + 3 * ROWS}, "steps": 400},
}


def trained(params: dict[str, Any], looks: int = 0) -> tuple[PlaygroundSimulation, list[set[str]]]:
    """Return a finished run, and what was found of its first net and its data on the way."""
    checked = check(PlaygroundParams, params)
    simulation = whole(PlaygroundSimulation.begin(checked, np.random.default_rng(checked.seed)))
    seen = []
    while simulation.step < simulation.total:
        simulation.advance(max(1, simulation.total // looks) if looks else simulation.total)
        seen.append({one.illness for one in simulation.findings()})
    return simulation, seen


def of(simulation: PlaygroundSimulation, illness: str) -> Finding | None:
    return next((one for one in simulation.findings() if one.illness == illness), None)


def held_loss(simulation: PlaygroundSimulation) -> float:
    loss = float(simulation.last["test_loss"][0])
    return loss if np.isfinite(loss) else np.inf


@pytest.mark.parametrize("illness", PLANTED)
def test_a_planted_fault_is_found_and_its_cure_takes_it_away(illness: str) -> None:
    params = PLANTED[illness]
    before, _seen = trained(params)
    finding = of(before, illness)
    assert finding, [one.illness for one in before.findings()]
    assert finding.net == (DATA if illness == "leakage" else 0)
    assert finding.tone != "good"
    assert finding.cure
    after, _seen = trained({**params, **finding.cure.changes})
    assert not of(after, illness)
    if illness == "leakage":
        assert held_loss(after) > held_loss(before), "rows that were learned from flatter the test"
    elif illness not in {"dead", "saturated"}:
        assert held_loss(after) < held_loss(before)


@pytest.mark.parametrize(
    "params",
    [
        {"data": "circles", "optimizer": ADAM},
        {"data": "moons", "optimizer": {"rule": "adam", "learning_rate": 0.03}, "hidden": [8, 8]},
        {"data": "gaussians", "optimizer": {"rule": "sgd", "learning_rate": 0.1}, "hidden": []},
        {"data": "clouds", "optimizer": ADAM, "activation": "relu", "init": "he_normal", "hidden": [8, 8]},
        {"data": "plane", "optimizer": {"rule": "momentum", "learning_rate": 0.01}, "hidden": [4]},
        {"data": "xor", "noise": 0.0, "optimizer": {"rule": "rmsprop", "learning_rate": 0.01}, "hidden": [12]},
    ],
)
def test_a_healthy_net_has_nothing_wrong_from_its_first_look_to_its_last(params: dict[str, Any]) -> None:
    simulation, seen = trained({**params, "steps": 1000, "samples": 600}, looks=40)
    assert set().union(*seen) == {"healthy"}
    (one,) = simulation.findings()
    assert (one.tone, one.cure) == ("good", None)


def test_a_net_at_a_threshold_has_what_it_had_at_its_last_two_looks() -> None:
    params = check(PlaygroundParams, PLANTED["too_fast"])
    simulation = whole(PlaygroundSimulation.begin(params, np.random.default_rng(params.seed)))
    simulation.every = 1
    found, shown = [], []
    for _look in range(300):
        simulation.advance(1)
        (now,) = simulation._seen(simulation.checkups[-1], np.stack(simulation.looks))
        alone = findings(params, simulation.points, simulation.yardstick, [now], [now])
        found.append({one.illness for one in alone} - {"healthy"})
        shown.append({one.illness for one in simulation.findings()} - {"healthy"})
    assert shown[1:] == [before & now for before, now in pairwise(found)]
    assert any(now - before for before, now in pairwise(found))


def test_a_cure_of_a_further_net_changes_that_net_alone() -> None:
    simulation, _seen = trained({"samples": 300, "compare": [{"hidden": []}, {"hidden": [9]}], "steps": 400})
    finding = next(one for one in simulation.findings() if one.net == 1)
    assert finding.illness == "underfitting"
    assert finding.cure
    assert [net["hidden"] for net in finding.cure.changes["compare"]] == [[16, 16], [9]]


def test_what_is_found_is_of_the_course_since_settings_changed() -> None:
    simulation, _seen = trained(PLANTED["too_slow"])
    assert of(simulation, "too_slow")
    simulation.change(simulation.params.changed({"l2": 0.1}))
    assert {one.illness for one in simulation.findings()} == {"healthy"}


def test_neighbours_are_the_nearest_rows_but_never_the_row_itself() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 3))
    distances = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(distances, np.inf)
    wanted = np.sort(np.argsort(distances, axis=1)[:, :5], axis=1)
    np.testing.assert_array_equal(np.sort(neighbours_of(rows, 5), axis=1), wanted)
    kinds = (rows[:, 0] > 0).astype(np.intp)
    votes = (kinds[wanted].sum(axis=1) > 2).astype(np.intp)
    assert left_out_error(rows, kinds, 2) == (votes != kinds).mean()
    assert left_out_error(rows, rows[:, 1], 0) == pytest.approx(
        float(np.square(rows[:, 1][wanted].mean(axis=1) - rows[:, 1]).mean())
    )
