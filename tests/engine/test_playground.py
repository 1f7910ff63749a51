"""The playground: what it trains is what its parameters say, however a run is cut or changed."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import engine
from engine.experiment import experiment
from engine.experiments.playground.dataset import points_of
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import SERIES, PlaygroundSimulation
from engine.frame import Told
from engine.params import InvalidParams, check
from engine.replay import Change, Run
from tests.engine.playgrounds import CSV, SMALL, begin, last, theta

STILL = {"rule": "sgd", "learning_rate": 1e-6}


def test_a_run_is_the_same_however_it_is_cut() -> None:
    whole, parts = begin(dropout=0.2), begin(dropout=0.2)
    first = whole.advance(40)
    cut = [parts.advance(steps) for steps in (1, 6, 20, 13)]
    for name in SERIES:
        np.testing.assert_array_equal(np.concatenate([np.asarray(f[name]) for f in cut], axis=1), first[name])
    np.testing.assert_array_equal(cut[-1]["field"], first["field"])


def test_a_copy_goes_on_by_itself() -> None:
    one = begin(compare=[{"hidden": [5, 3], "l2": 0.1}, {"hidden": [4]}], dropout=0.3)
    one.advance(11)
    two = copy.deepcopy(one)
    np.testing.assert_array_equal(one.advance(20)["weights"], two.advance(20)["weights"])


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("rule", ["adam", "nadam", "momentum", "lbfgs"])
def test_nets_side_by_side_are_what_they_would_be_alone(rule: str, dropout: float) -> None:
    nets: list[dict[str, Any]] = [
        {"hidden": [5, 3], "dropout": dropout},
        {"hidden": [5, 3], "dropout": dropout, "l1": 0.01},
        {"hidden": [5, 3], "dropout": dropout, "l2": 0.3},
        {"hidden": [7], "activation": "relu", "batch_norm": True},
    ]
    rate = {"optimizer": {"rule": rule, "learning_rate": 0.05}, "batch_size": 7}
    for net in nets[1:]:
        net["batch_size"] = 7
    together = begin(**nets[0], compare=nets[1:], **rate)
    assert len(together.teams) == (4 if rule == "lbfgs" else 2)
    together.advance(40)
    for place, net in enumerate(nets):
        alone = begin(**net, **{k: v for k, v in rate.items() if k not in net})
        alone.advance(40)
        np.testing.assert_allclose(theta(together, place), theta(alone), rtol=0, atol=1e-12)


def test_nets_without_hidden_layers_stand_side_by_side_too() -> None:
    together, alone = begin(hidden=[], compare=[{"hidden": [], "l2": 0.3}]), begin(hidden=[], l2=0.3)
    assert len(together.teams) == 1
    together.advance(9)
    alone.advance(9)
    np.testing.assert_allclose(theta(together, 1), theta(alone), rtol=0, atol=1e-12)


def test_a_live_change_splits_a_team_and_leaves_the_others_alone() -> None:
    beside = [{"hidden": [5, 3], "l2": 0.1}]
    run = Run(experiment("playground"), check(PlaygroundParams, {**SMALL, "compare": beside}))
    run.go_to(15)
    run.set({"dropout": 0.5, "batch_size": 3}, 15)
    run.go_to(40)
    changed = run.simulation
    untouched = begin(compare=beside)
    untouched.advance(40)
    assert isinstance(changed, PlaygroundSimulation)
    np.testing.assert_allclose(theta(changed, 1), theta(untouched, 1), rtol=0, atol=1e-12)
    assert not np.array_equal(theta(changed, 0), theta(untouched, 0))


def test_replaying_a_change_gives_the_run_that_was_changed() -> None:
    values = {"optimizer": {"rule": "momentum", "learning_rate": 0.1}, "l1": 0.01, "batch_size": 20}
    params = check(PlaygroundParams, SMALL)
    live = Run(experiment("playground"), params)
    live.go_to(13)
    live.set(values, 13)
    live.go_to(40)
    again = Run(experiment("playground"), params, [Change(13, values)])
    again.go_to(40)
    assert isinstance(live.simulation, PlaygroundSimulation)
    assert isinstance(again.simulation, PlaygroundSimulation)
    np.testing.assert_array_equal(theta(live.simulation), theta(again.simulation))


def test_a_weight_set_by_hand_is_set_once_from_its_step_on() -> None:
    edit = {"step": 10, "net": 0, "layer": 1, "unit": 2, "source": 1, "value": 3.5}
    run = Run(experiment("playground"), check(PlaygroundParams, {**SMALL, "optimizer": STILL}))
    run.go_to(10)
    before = np.asarray(run.simulation.first()["weights"]).copy()
    run.set({"edits": [edit]}, 10)
    run.advance(1)
    after = np.asarray(run.simulation.first()["weights"])
    changed = np.flatnonzero(np.abs(after - before) > 1e-4)
    assert changed.tolist() == [2 * 2 + 1]  # (to, from): the second weight of the third unit
    assert after[0, changed] == pytest.approx(3.5, abs=1e-4)
    run.set({"l2": 1.0, "optimizer": {"rule": "sgd", "learning_rate": 0.5}}, 20)
    run.go_to(40)
    assert np.asarray(run.simulation.first()["weights"])[0, 5] != pytest.approx(3.5, abs=1e-3)


def test_a_bias_set_by_hand_at_the_start_and_edits_of_nets_that_are_not_there() -> None:
    edits = [
        {"step": 0, "net": 0, "layer": 3, "unit": 0, "value": -2.0},
        {"step": 0, "net": 3, "layer": 1, "unit": 0, "value": 9.0},
        {"step": 0, "net": 0, "layer": 1, "unit": 60, "source": 7, "value": 9.0},
    ]
    start = begin(edits=edits).first()
    assert np.asarray(start["biases"])[0, -1] == -2.0
    assert np.abs(np.asarray(start["weights"])).max() < 9


def test_regression_without_hidden_layer_comes_to_least_squares() -> None:
    simulation = begin(
        data="plane",
        hidden=[],
        samples=100,
        noise=0.3,
        batch_size=2000,
        steps=400,
        optimizer={"rule": "sgd", "learning_rate": 0.4},
    )
    simulation.advance(400)
    points = simulation.points
    rows = points.parts[0]
    design = np.column_stack([points.inputs[rows], np.ones(rows.stop)])
    fitted = np.linalg.lstsq(design, points.targets[rows, 0], rcond=None)[0]
    np.testing.assert_allclose(theta(simulation), fitted, rtol=0, atol=1e-12)


def test_l1_makes_exact_zeros_where_the_closed_form_has_them() -> None:
    """On standardized inputs, orthogonal ones, the lasso's solution is a soft threshold of least squares."""
    penalty = 0.4
    simulation = begin(
        data="plane",
        hidden=[],
        features=["x1", "x2", "product"],
        samples=400,
        noise=0.1,
        batch_size=2000,
        steps=2000,
        l1=penalty,
        test_share=0,
        validation_share=0,
        optimizer={"rule": "sgd", "learning_rate": 0.2},
    )
    frame = simulation.advance(2000)
    x, y = simulation.points.inputs, simulation.points.targets[:, 0]
    centred = x - x.mean(axis=0)
    # Coordinate descent, to convergence: mean (y - xw)² + penalty |w| has each w a soft threshold of its rest.
    w = np.zeros(3)
    for _sweep in range(500):
        for j in range(3):
            rest = (y - y.mean()) - centred @ w + centred[:, j] * w[j]
            slope = 2 * centred[:, j] @ rest / len(y)
            w[j] = np.sign(slope) * max(abs(slope) - penalty, 0) / (2 * centred[:, j] @ centred[:, j] / len(y))
    found = theta(simulation)[:3]
    assert ((found == 0) == (w == 0)).all()
    assert (w == 0).any()
    assert (w != 0).any()
    np.testing.assert_allclose(found, w, rtol=0, atol=1e-10)
    assert np.asarray(frame["zeros"])[0, 0] == (w == 0).sum()


def test_the_objective_is_the_loss_and_the_penalty_and_no_more() -> None:
    frame = last(l2=0.3)
    weights = np.asarray(frame["weights"])[0]
    added = np.asarray(frame["objective"])[0, -1] - np.asarray(frame["train_loss"])[0, -1]
    assert added == pytest.approx(0.15 * np.square(weights).sum(), rel=1e-12)
    np.testing.assert_array_equal(last()["objective"], last()["train_loss"])


def test_max_norm_bounds_every_unit() -> None:
    norms = np.asarray(last(max_norm=0.7, optimizer={"rule": "sgd", "learning_rate": 1.0})["unit_norms"])
    assert norms.max() <= 0.7 + 1e-12
    assert (norms > 0.7 - 1e-9).any()


def test_the_whole_batch_has_no_noise_and_small_ones_more() -> None:
    noise = {size: float(np.mean(np.asarray(last(batch_size=size)["gradient_noise"]))) for size in (1, 10, 2000)}
    assert noise[2000] == 0 < noise[10] < noise[1]


def test_held_out_points_keep_their_class_and_wrong_labels_are_as_many_as_asked() -> None:
    clean, wrong = (
        points_of(check(PlaygroundParams, {"samples": 200, "wrong_labels": share, "data": "clouds", "noise": 0.3}))
        for share in (0.0, 0.25)
    )
    np.testing.assert_array_equal(clean.inputs, wrong.inputs)
    changed = clean.targets != wrong.targets
    assert changed.sum() == wrong.flipped == round(0.25 * clean.ends[0])
    assert not changed[clean.ends[0] :].any()


def test_the_best_step_is_where_the_validation_loss_was_lowest() -> None:
    simulation = begin(steps=200, optimizer={"rule": "adam", "learning_rate": 0.1}, wrong_labels=0.3, seed=2)
    frames = [simulation.first(), simulation.advance(200)]
    validation = np.concatenate([np.asarray(frame["validation_loss"])[0] for frame in frames])
    best = int(np.asarray(frames[-1]["best_step"])[0])
    assert validation[best] == validation.min()
    assert 0 < best < 200


def test_a_net_that_explodes_is_a_result() -> None:
    rate = {"rule": "sgd", "learning_rate": 100}
    other = {"hidden": [5], "activation": "relu", "l2": 1.0}
    frame = last(**other, optimizer=rate, data="regression", compare=[{**other, "hidden": [4, 4]}], steps=200)
    assert not np.isfinite(np.asarray(frame["train_loss"])[:, -1]).any()
    assert np.asarray(frame["field"]).shape[0] == 2


@pytest.mark.parametrize(
    "data",
    [
        "clouds",
        "digits",
        {"csv": CSV},
        {"csv": "x,y\n" + "".join(f"{i},{2 * i + 1}.5\n" for i in range(30))},
        {"points": [[0, 0, 0], [1, 1, 1], [0, 1, 2], [1, 0, 0], [0.5, 0.5, 1], [0.1, 0.2, 2]]},
    ],
)
@pytest.mark.parametrize("shares", [(0.3, 0.2), (0.0, 0.0)])
def test_every_kind_of_data_is_learned_from(data: Any, shares: tuple[float, float]) -> None:
    frame = last(data=data, test_share=shares[0], validation_share=shares[1], batch_norm=True)
    assert np.isfinite(np.asarray(frame["train_loss"])).all()
    assert np.isfinite(np.asarray(frame["test_loss"])).all() == bool(shares[0])
    laboratory = experiment("playground")
    scene = laboratory.scene(check(PlaygroundParams, {**SMALL, "data": data}))
    assert np.asarray(scene["points"]).shape[1] == 2
    assert len(np.asarray(scene["images"])) == (data == "digits")


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"data": {"points": [[0, 0, 0]] * 8}}, "data", "one class"),
        ({"data": {"points": [[0, 0, 0]]}}, "data", "at least 4"),
        ({"data": {"csv": "a,b\nred,blue\nfoo,bar\n" * 9}}, "data", "number is needed"),
        ({"data": {"csv": "1,2\n" * 2_000_001}}, "data", "too long"),
        ({"data": {"csv": "1,2\n" * 30_000}}, "data", "30,000 lines"),
        ({"data": "rings"}, "data", "no such data"),
        ({"test_share": 0.8, "validation_share": 0.2}, "", "left to learn from"),
        ({"hidden": [65]}, "hidden.0", "at most 64"),
        ({"hidden": [4] * 9}, "hidden", "at most 8"),
        ({"features": []}, "features", "at least 1"),
        ({"optimizer": {"rule": "newton"}}, "optimizer", "L-BFGS"),
        ({"noise": float("nan")}, "noise", "finite"),
        ({"edits": [{"step": 0, "layer": 1, "unit": 0, "value": 1e9}]}, "edits.0.value", "at most"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(wrong: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InvalidParams) as refusal:
        check(PlaygroundParams, wrong)
    problem = refusal.value.problems[0]
    assert field in {"", problem.path}, refusal.value
    assert words in str(problem.message), refusal.value


def test_the_plane_of_a_table_is_named_after_its_columns() -> None:
    laboratory = experiment("playground")
    about = [
        laboratory.scene(check(PlaygroundParams, {"data": data}))["about"] for data in ({"csv": CSV}, "moons")
    ]
    assert [one.content.get("columns") for one in about if isinstance(one, Told)] == [("a", "b"), None]


def test_the_laboratory_runs_by_name() -> None:
    frames = list(engine.run("playground", SMALL))
    assert frames[-1].step == 40
    assert frames[-1].final


def test_nets_whose_batches_are_larger_than_the_data_see_all_points_alike() -> None:
    nets = [
        {"hidden": [5, 3], "dropout": 0.3, "batch_size": 2000},
        {"hidden": [4], "dropout": 0.3, "batch_size": 900},
    ]
    together = begin(**nets[0], compare=nets[1:])
    together.advance(10)
    for place, net in enumerate(nets):
        alone = begin(**net)
        alone.advance(10)
        np.testing.assert_array_equal(theta(together, place), theta(alone))


def test_a_net_that_was_not_augmented_for_a_while_does_not_lead_the_other() -> None:
    moved = {"noise": 0.2, "shift": 0.0, "turn": 0.0}
    beside = {"hidden": [5, 3], "augmentation": moved}
    run = Run(experiment("playground"), check(PlaygroundParams, {**SMALL, **beside, "compare": [beside]}))
    for step, now in ((5, {"noise": 0.0}), (10, moved)):
        run.go_to(step)
        run.set({"augmentation": now}, step)
    run.go_to(20)
    alone = begin(**beside)
    alone.advance(20)
    assert isinstance(run.simulation, PlaygroundSimulation)
    np.testing.assert_allclose(theta(run.simulation, 1), theta(alone), rtol=0, atol=1e-12)
