"""Sweeps of the playground: every number is that of a single run, and an answer that grows keeps what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine.axes import placed
from engine.experiment import claims, experiment
from engine.experiments.playground.claims.capacity import OVER
from engine.experiments.playground.claims.control import OVER_BOTH
from engine.experiments.playground.claims.measure import finals
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.experiments.playground.stack import Stack, stacked
from engine.experiments.playground.sweep import FINE, SEEDS_OF_CURVE
from engine.frame import Frame, Told
from engine.params import InvalidParams, check
from engine.pieces import whole
from engine.simulation import Simulation

SMALL: dict[str, Any] = {"data": "moons", "noise": 0.3, "samples": 60, "hidden": [4], "steps": 12}
LABORATORY = experiment("playground")


def begin(params: Mapping[str, Any]) -> Simulation:
    return LABORATORY.begin(check(PlaygroundParams, params), np.random.default_rng(0))


def run(**params: Any) -> PlaygroundSimulation:
    checked = check(PlaygroundParams, {**SMALL, **params})
    simulation = whole(PlaygroundSimulation.begin(checked, np.random.default_rng(checked.seed)))
    simulation.advance(checked.steps)
    return simulation


def answers(name: str, question: dict[str, Any], **params: Any) -> list[Frame]:
    return swept(run(**params), name, question)


def swept(simulation: Simulation, name: str, question: dict[str, Any]) -> list[Frame]:
    return [one for one in LABORATORY.answers(simulation, name, question) if one is not None]


def told(frame: Frame) -> dict[str, Any]:
    text = frame["sweep"]
    assert isinstance(text, Told)
    content: dict[str, Any] = text.content
    return content


def test_nets_of_other_points_and_seeds_train_in_one_stack_as_they_would_alone() -> None:
    base = check(PlaygroundParams, {**SMALL, "dropout": 0.2, "augmentation": {"noise": 0.1, "turn": 20}})
    changes = [
        {"l2": l2, "seed": seed, "samples": samples, "noise": noise, "optimizer.learning_rate": rate}
        for l2, seed, samples, noise, rate in (
            (0.0, 0, 60, 0.3, 0.01),
            (0.1, 1, 60, 0.1, 0.02),
            (0.0, 1, 200, 0.3, 0.01),
            (0.01, 2, 90, 0.0, 0.1),
        )
    ]
    settings = [one for change in changes if isinstance(one := placed(base, change), PlaygroundParams)]
    assert stacked(settings) == [[0, 1, 2, 3]]
    stack = whole(Stack.built(range(4), settings))
    for _step in range(base.steps):
        whole(stack.update())
    for r, one in enumerate(settings):
        alone = whole(PlaygroundSimulation.begin(one, np.random.default_rng(one.seed)))
        alone.advance(one.steps)
        np.testing.assert_allclose(stack.team.theta[r], alone.net(0)[1], rtol=0, atol=1e-12)
        for part, name in enumerate(("train_loss", "validation_loss", "test_loss")):
            assert whole(stack.losses(part))[r] == pytest.approx(float(alone.last[name][0]), abs=1e-12)


@pytest.mark.parametrize("setting", ["l2", "hidden.0", "samples", "dropout"])
def test_a_sweep_holds_what_single_runs_end_with(setting: str) -> None:
    frames = answers("sweep", {"x": setting})
    last = frames[-1]
    assert told(last)["done"] == 1
    assert told(last)["x"]["path"] == setting
    for column in (0, FINE - 1):
        value = np.asarray(last["across"])[column]
        ends = []
        for seed in range(SEEDS_OF_CURVE):
            params = placed(check(PlaygroundParams, SMALL), {setting: value, "seed": seed})
            one = run(**params.model_dump(mode="json"))
            ends.append([one.last["test_loss"][0], one.last["train_loss"][0]])
        for name, wanted in (("reached", np.mean), ("lowest", np.min), ("highest", np.max)):
            np.testing.assert_allclose(np.asarray(last[name])[:, column], wanted(ends, axis=0), rtol=1e-11)


@pytest.mark.parametrize(
    ("claim", "ranges", "places"), [("P3", {}, {2: 0, 8: 1}), ("P4", {"x_range": [0.001, 0.1]}, {0.01: 1})]
)
def test_the_sweep_that_a_claim_opens_with_says_what_its_check_measures(
    claim: str, ranges: dict[str, Any], places: dict[float, int]
) -> None:
    _laboratory, asserted = claims()[claim]
    preset = {**asserted.params, "steps": 10}
    last = swept(begin(preset), "sweep", {**asserted.look.settings[OVER], **ranges})[-1]
    across = np.asarray(last["across"])
    for row, loss in enumerate(("test_loss", "train_loss")):
        checked = finals(preset, range(SEEDS_OF_CURVE), loss).mean(axis=0)
        for value, net in places.items():
            column = int(np.abs(across - value).argmin())
            assert across[column] == pytest.approx(value)
            assert np.asarray(last["reached"])[row, column] == pytest.approx(checked[net], rel=1e-9)


def test_the_map_of_p4_says_what_its_check_measures() -> None:
    _laboratory, asserted = claims()["P4"]
    preset = {**asserted.params, "steps": 10}
    asked = {**asserted.look.settings[OVER_BOTH], "x_range": [0.001, 0.1], "y_range": [16, 64]}
    coarse = swept(begin(preset), "sweep_map", asked)[0]
    assert np.asarray(coarse["across"])[1] == pytest.approx(0.01)
    assert np.asarray(coarse["up"])[1] == 32
    held = finals(preset, [0], "test_loss")[0, 1]
    assert np.asarray(coarse["reached"])[1, 1] == pytest.approx(held, rel=1e-9)


def test_the_first_answer_is_coarse_and_later_ones_keep_its_numbers() -> None:
    first, second, *_rest = answers("sweep_map", {"x": "l2", "y": "noise"})
    assert np.asarray(first["reached"]).shape == (3, 3)
    assert np.asarray(second["reached"]).shape == (9, 9)
    np.testing.assert_array_equal(np.asarray(second["across"])[1::3], first["across"])
    np.testing.assert_array_equal(np.asarray(second["reached"])[1::3, 1::3], first["reached"])
    assert 0 < told(first)["done"] < told(second)["done"] < 1


def test_the_gap_is_test_loss_less_training_loss() -> None:
    asked = {"x": "l2", "y": "hidden.0"}
    test, gap = (answers("sweep_map", {**asked, "measure": measure})[0] for measure in ("test", "gap"))
    across, up = np.asarray(test["across"])[1], np.asarray(test["up"])[2]
    one = run(l2=float(across), hidden=[int(up)])
    assert np.asarray(test["reached"])[2, 1] == pytest.approx(float(one.last["test_loss"][0]), rel=1e-11)
    assert np.asarray(gap["reached"])[2, 1] == pytest.approx(float(one.last["gap"][0]), rel=1e-9)


def test_a_net_that_diverges_is_infinity_and_the_others_are_what_they_are() -> None:
    wild = {
        "data": "regression",
        "optimizer": {"rule": "sgd", "learning_rate": 0.1},
        "steps": 150,
        "activation": "relu",
    }
    reached = np.asarray(
        answers("sweep", {"x": "optimizer.learning_rate", "x_range": [0.001, 10]}, **wild)[0]["reached"]
    )
    assert np.isposinf(reached[0, -1])
    assert np.isfinite(reached[0, 0])


@pytest.mark.parametrize(
    ("name", "question", "params", "words"),
    [
        ("sweep", {"x": "activation"}, {}, "no number “activation”"),
        ("sweep", {"x": "l2", "x_range": [1, 0.1]}, {}, "lower end first"),
        ("sweep", {"x": "l2", "x_range": [0, 7]}, {}, "between 0 and 1"),
        ("sweep", {}, {"test_share": 0}, "test_share"),
        ("sweep_map", {"x": "l2", "y": "l2"}, {}, "same setting"),
        ("sweep_map", {}, {"hidden": [64] * 8, "batch_size": 2000, "samples": 2000, "steps": 1}, ""),
    ],
)
def test_what_cannot_be_swept_is_refused_with_a_sentence(
    name: str, question: dict[str, Any], params: dict[str, Any], words: str
) -> None:
    simulation = begin({**SMALL, **params})
    if not words:  # large but possible: it begins
        assert next(LABORATORY.answers(simulation, name, question)) is None
        return
    with pytest.raises(InvalidParams) as refusal:
        next(LABORATORY.answers(simulation, name, question))
    assert words in str(refusal.value.problems[0].message) or words in refusal.value.problems[0].path


def test_a_sweep_too_large_says_how_long_it_may_train() -> None:
    simulation = begin({**SMALL, "steps": 50_000})
    with pytest.raises(InvalidParams, match="or fewer") as refusal:
        next(LABORATORY.answers(simulation, "sweep_map", {}))
    most = refusal.value.problems[0].message.values["most"]
    shorter = begin({**SMALL, "steps": most})
    assert next(LABORATORY.answers(shorter, "sweep_map", {})) is None
