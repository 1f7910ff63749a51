"""Predicted beside measured: curvature, border and rate at the playhead, against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import engine
from engine.experiments.race.outlook import linearized
from engine.experiments.race.theory import theory_of
from engine.frame import Told
from engine.optimizers import RULES
from engine.params import InvalidParams, check
from engine.replay import Run

RACE = engine.experiment("race")


def outlook(params: dict[str, Any], step: int, racer: int = 0) -> tuple[list[float | None], str]:
    """The numbers in order: eigenvalues, kappa, 2/lambda, rate now, border, predicted, measured; the remark."""
    run = Run(RACE, check(RACE.Params, params))
    run.go_to(step)
    frame = run.ask("outlook", {"racer": racer})
    numbers, remark = frame["outlook"], frame["outlook_remark"]
    assert isinstance(numbers, Told)
    assert isinstance(remark, Told)
    return [line["value"] for line in numbers.content], str(remark.content)


@pytest.mark.parametrize(
    ("racer", "border", "rate"),
    [
        ({"rule": "sgd", "learning_rate": 0.05}, 0.1, 0.95),
        ({"rule": "momentum", "learning_rate": 0.05, "momentum": 0.81}, 0.181, 0.9),
        (
            {"rule": "nesterov", "learning_rate": 0.05, "momentum": 0.6344886},
            3.2689772 / 2.2689772 / 20,
            1 - 1 / np.sqrt(20),
        ),
    ],
    ids=["sgd", "momentum", "nesterov"],
)
def test_on_a_quadratic_the_prediction_is_the_closed_form_and_the_measured_rate_agrees(
    racer: dict[str, Any], border: float, rate: float
) -> None:
    params = {"surface": "quadratic", "condition": 20, "start": [3, 2], "steps": 200, "racers": [racer]}
    (low, high, kappa, two, _now, own, predicted, measured), _remark = outlook(params, 150)
    assert_allclose([low, high, kappa, two], [1, 20, 20, 0.1], rtol=1e-9)
    assert_allclose(own, border, rtol=1e-3)
    assert_allclose(predicted, rate, rtol=5e-3)
    tolerance = 0.002 if racer["rule"] == "sgd" else 0.12  # ten steps of a spiral are not its mean
    assert measured == pytest.approx(rate, rel=tolerance)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
def test_the_update_linearized_from_its_text_has_the_closed_form_s_spectral_radius(name: str) -> None:
    rng = np.random.default_rng(7)
    rule = RULES[name](learning_rate=0.07, weight_decay=0.1)
    hessian = np.array([[3.0, 1.0], [1.0, 5.0]])
    theta = rng.normal(size=2)
    state = {**rule.init(theta), "step": 9, **({} if name == "sgd" else {"u": rng.normal(size=2)})}
    matrix = linearized(rule, 1.0, state, theta, hessian)
    theory = theory_of(rule)
    assert theory is not None
    expected = theory.rate(0.07, np.linalg.eigvalsh(hessian))
    assert_allclose(np.abs(np.linalg.eigvals(matrix)).max(), expected, rtol=1e-6)


def test_rules_without_a_closed_form_say_so_and_a_saddle_is_told() -> None:
    bowl = {"surface": "quadratic", "condition": 20, "start": [3, 2], "steps": 100}
    numbers, remark = outlook({**bowl, "racers": [{"rule": "rmsprop", "learning_rate": 0.01}]}, 50)
    assert "No closed form for RMSProp" in remark
    assert numbers[5] is None
    assert numbers[6] is not None
    numbers, _remark = outlook({**bowl, "racers": [{"rule": "newton", "learning_rate": 0.25}]}, 20)
    assert numbers[5] == 2.0
    assert numbers[6] == 0.75
    assert numbers[7] is not None
    assert abs(numbers[7] - 0.75) < 1e-9
    numbers, remark = outlook({**bowl, "racers": [{"rule": "bfgs"}]}, 0)
    assert (numbers[6], numbers[7]) == (None, None)
    assert "nothing to linearize" in remark
    saddle = {
        "surface": "saddle",
        "start": [1.0, 0.1],
        "steps": 10,
        "racers": [{"rule": "sgd", "learning_rate": 0.1}],
    }
    numbers, remark = outlook(saddle, 3)
    assert numbers[2] is None
    assert numbers[6] is not None
    assert numbers[6] > 1
    assert "curves downwards" in remark
    _numbers, remark = outlook({**bowl, "racers": [{"rule": "sgd", "learning_rate": 0.11}]}, 5)
    assert "above the border" in remark
    numbers, remark = outlook({**bowl, "racers": [{"rule": "sgd", "learning_rate": 100.0}]}, 50)
    assert numbers == []
    assert "is out" in remark
    with pytest.raises(InvalidParams, match="no racer 4"):
        outlook({**bowl, "racers": [{"rule": "sgd"}]}, 0, 4)
