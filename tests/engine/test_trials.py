"""Trials: what a laboratory declares so that others can try its settings, equal to its ordinary runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine.axes import axes, placed
from engine.experiments.charrnn.stack import shape as charrnn_shape
from engine.experiments.depth.stack import shape as depth_shape
from engine.params import InvalidParams
from engine.trials import Going, Trials, alike, looks, one_by_one

SEARCHED = [one for one in engine.experiments().values() if one.objective is not None]
SHORT: dict[str, dict[str, Any]] = {
    "playground": {"steps": 60, "samples": 80},
    "depth": {"steps": 30, "depth": 3, "width": 8, "samples": 60},
    "charrnn": {"steps": 120, "hidden_size": 8, "sequence_length": 10},
}
CLOSE = {"playground": 1e-12, "depth": 1e-12, "charrnn": 1e-4}
"""The char-RNN computes in float32."""


def finished(going: Going) -> Trials:
    found = [one for one in going if one is not None]
    return found[-1]


@pytest.mark.parametrize("laboratory", SEARCHED, ids=lambda one: one.name)
def test_trials_are_the_ordinary_runs(laboratory):
    objective = laboratory.objective
    base = objective.params(laboratory, SHORT.get(laboratory.name, {}))
    settings = [placed(base, {"optimizer.learning_rate": rate, "seed": 3}) for rate in (1e-3, 0.03)]
    found = finished(laboratory.trials(settings))
    assert found.steps.tolist() == looks(base.steps).tolist()
    for curve, one in zip(found.curves, settings, strict=True):
        frames = laboratory.run(one, np.random.default_rng(3))
        parts = [np.atleast_2d(np.asarray(frame[objective.array]))[0] for frame in frames]
        np.testing.assert_allclose(curve, np.concatenate(parts)[found.steps], rtol=CLOSE[laboratory.name])


@pytest.mark.parametrize("laboratory", SEARCHED, ids=lambda one: one.name)
def test_a_trial_that_diverges_is_nan_from_there_on_and_harms_no_other(laboratory):
    base = laboratory.objective.params(laboratory, SHORT.get(laboratory.name, {}))
    wild = {"optimizer.rule": "sgd", "optimizer.learning_rate": 100.0, "activation": "relu", "clip.mode": "none"}
    if laboratory.name == "charrnn":
        wild |= {"cell": "rnn", "spectral_radius": 3.0}
    else:
        wild["l2"] = 1.0
    if laboratory.name == "depth":
        del wild["clip.mode"]
    calm = finished(laboratory.trials([base])).curves[0]
    found = finished(laboratory.trials([base, placed(base, wild)])).curves
    np.testing.assert_allclose(found[0], calm, rtol=CLOSE[laboratory.name])
    assert np.isfinite(found[1, 0])
    first = int(np.argmax(np.isnan(found[1])))
    assert first > 0
    assert np.isnan(found[1, first:]).all()


def test_stacked_trials_of_the_playground_are_the_single_runs_whatever_they_differ_in():
    laboratory = engine.experiment("playground")
    base = laboratory.objective.params(laboratory, {"steps": 260, "samples": 60, "hidden": [4], "dropout": 0.2})
    changes: list[dict[str, Any]] = [
        {"optimizer.learning_rate": 0.1, "l2": 0.01, "optimizer.beta1": 0.5},
        {"l1": 0.001, "init": "normal", "init_std": 2.0},
        {"hidden.0": 3, "activation": "relu", "batch_norm": True},
        {"hidden.0": 3, "activation": "relu", "batch_norm": True, "optimizer.learning_rate": 0.003},
        {"optimizer.rule": "sgd", "clip.mode": "norm", "clip.threshold": 0.1},
        {"augmentation.noise": 0.2, "batch_size": 30, "max_norm": 1.0},
    ]
    settings = [placed(base, change) for change in changes]
    found = finished(laboratory.trials(settings))
    for curve, one in zip(found.curves, settings, strict=True):
        frames = laboratory.run(one, np.random.default_rng(one.seed))
        whole = np.concatenate([frame["validation_loss"][0] for frame in frames])
        np.testing.assert_allclose(curve, whole[found.steps], rtol=1e-9)


def test_stacked_trials_of_the_depth_laboratory_are_the_single_runs_whatever_they_differ_in():
    laboratory = engine.experiment("depth")
    base = laboratory.objective.params(laboratory, {"steps": 20, "depth": 3, "width": 8, "samples": 60})
    changes: list[dict[str, Any]] = [
        {"optimizer.learning_rate": 0.1, "l2": 0.01},
        {"optimizer.learning_rate": 0.001, "l1": 0.001, "seed": 5},
        {"init": "mean_field", "sigma_w": 2.0},
        {"batch_norm": True, "dropout": 0.2},
        {"batch_norm": True, "dropout": 0.2, "init_std": 0.3},
        {"init": "lsuv"},
        {"optimizer.rule": "adam", "optimizer.beta1": 0.5},
        {"optimizer.rule": "adam", "optimizer.beta2": 0.9, "max_norm": 0.0},
    ]
    settings = [placed(base, change) for change in changes]
    found = finished(laboratory.trials(settings))
    alone = finished(one_by_one(laboratory, settings))
    np.testing.assert_allclose(found.curves, alone.curves, rtol=1e-12)
    assert [len(places) for places in alike(settings, depth_shape, lambda one: 8)] == [3, 2, 1, 2]


@pytest.mark.parametrize("laboratory", SEARCHED, ids=lambda one: one.name)
def test_what_is_given_up_is_trained_no_further(laboratory):
    base = laboratory.objective.params(laboratory, SHORT.get(laboratory.name, {}))
    settings = [placed(base, {"optimizer.learning_rate": rate}) for rate in (1e-3, 0.01, 0.1)]
    whole = finished(laboratory.trials(settings)).curves
    going = laboratory.trials(settings)
    found = next(one for one in going if one is not None)
    last = found
    try:
        last = going.send([2]) or last
        for one in going:
            last = one or last
    except StopIteration:
        pass
    k = found.curves.shape[1]
    np.testing.assert_array_equal(last.curves[:, :k], whole[:, :k])
    assert np.isnan(last.curves[:2, k:]).all()
    np.testing.assert_allclose(last.curves[2], whole[2], rtol=CLOSE[laboratory.name])


@pytest.mark.parametrize("laboratory", SEARCHED, ids=lambda one: one.name)
def test_every_axis_can_be_set_to_its_bounds_or_choices_or_is_refused_with_a_sentence(laboratory):
    base = laboratory.objective.params(laboratory)
    found = axes(base)
    assert {"optimizer.learning_rate", "optimizer.rule"} <= set(found)
    assert not {"steps", "seed", "compare"} & set(found)
    for axis in found.values():
        for value in axis.choices or (axis.low, axis.high):
            try:
                params = placed(base, {axis.setting: int(value) if axis.whole else value})
            except InvalidParams as error:
                said = [str(problem.message) for problem in error.problems]
            else:
                said = [] if type(params) is type(base) else ["another model"]
            assert all(one.endswith(".") for one in said), (axis, said)


def test_a_setting_that_does_not_exist_is_refused_by_name():
    base = engine.experiment("playground").Params()
    for path in ("warmth", "optimizer.warmth", "hidden.7", "hidden.x", "hidden.0.0", "__class__", ""):
        with pytest.raises(InvalidParams) as refusal:
            placed(base, {path: 1})
        assert refusal.value.problems


def test_another_rule_keeps_the_learning_rate_that_is_set_beside_it():
    base = engine.experiment("playground").Params()
    found = placed(base, {"optimizer.learning_rate": 0.5, "optimizer.rule": "momentum", "l2": 0.1})
    assert (found.optimizer.rule, found.optimizer.learning_rate, found.l2) == ("momentum", 0.5, 0.1)


def test_stacked_trials_of_the_char_rnn_are_the_single_runs_up_to_rounding_of_float32():
    laboratory = engine.experiment("charrnn")
    base = laboratory.objective.params(laboratory, SHORT["charrnn"])
    changes: list[dict[str, Any]] = [
        {"optimizer.learning_rate": 0.01},
        {"init": "orthogonal", "seed": 5},
        {"spectral_radius": 2.0, "forget_bias": 3.0},
        {"cell": "gru", "layers": 2},
        {"cell": "gru", "layers": 2, "update_bias": 1.0},
        {"cell": "gru", "layers": 2, "dropout": 0.5},
    ]
    settings = [placed(base, change) for change in changes]
    found = finished(laboratory.trials(settings))
    alone = finished(one_by_one(laboratory, settings))
    np.testing.assert_allclose(found.curves, alone.curves, rtol=1e-4)
    assert [len(places) for places in alike(settings, charrnn_shape, lambda one: 8)] == [3, 2, 1]
