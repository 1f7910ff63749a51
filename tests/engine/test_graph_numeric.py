"""Numeric gradients, Jacobians and steps down of a graph: what they err by, cost and promise."""

from __future__ import annotations

import numpy as np
import pytest

from engine.autodiff.arithmetic import matmul
from engine.experiments.graph.questions import asked
from engine.experiments.graph.questions.jacobian import FUNCTIONS, full
from tests.engine.graphs import ask
from tests.extras import compares_with, library


def test_differences_err_by_truncation_on_the_left_and_by_rounding_on_the_right_of_a_v() -> None:
    answer = ask("numeric", {"expression": "sin(x)*exp(y)", "values": {"x": 0.7, "y": 0.3}}, node=0)
    h, errors = answer["h"], answer["errors"]
    central, single = errors[0], errors[1]
    large = (h <= 0.1) & (h >= 1e-3)
    slope = np.polyfit(np.log(h[large]), np.log(np.stack([central[large], single[large]])).T, 1)[0]
    assert slope == pytest.approx([2, 1], abs=0.1)
    assert central.min() < 1e-9 < single.min() * 1e3
    assert (errors[:, -1] > errors.min(axis=1) * 100).all()
    assert (answer["best"][2:] > answer["best"][:2]).all()
    exact, beside, onesided = (row["value"] for row in answer["numbers"].content)
    assert exact == pytest.approx(np.cos(0.7) * np.exp(0.3), rel=1e-14)
    assert 0 < abs(beside - exact) < 1e-9 < abs(onesided - exact) < 1e-4


def test_differences_as_numbers_name_the_h_that_they_were_taken_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "SMALL", 1)  # as of a large graph: few h are tried, 1e-5 is none of them
    answer = ask("numeric", {"expression": "x**2", "values": {"x": 1.0}}, node=0)
    onesided = answer["numbers"].content[2]
    h = onesided["name"].values["h"]
    assert h in answer["h"]
    assert onesided["value"] == pytest.approx(2 + h, rel=1e-9)


def test_numeric_gradients_cost_two_evaluations_an_input() -> None:
    answer = ask("cost")
    assert (answer["evaluations"] == 2 * answer["inputs"]).all()
    assert np.isfinite(answer["numeric_seconds"]).all()


@compares_with("torch")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_jacobian_is_torchs_and_diagonal_where_the_function_works_entry_by_entry(name: str) -> None:
    torch = library("torch")
    answer = ask("jacobian", function=name, size=7)
    theirs = {"softmax": lambda x: torch.softmax(x, -1), "log_softmax": lambda x: torch.log_softmax(x, -1)}
    function = theirs.get(name, getattr(torch, name))
    x = torch.tensor(answer["x"])
    expected = torch.autograd.functional.jacobian(function, x).numpy()
    np.testing.assert_allclose(answer["jacobian"], expected, rtol=1e-10, atol=1e-14)
    beside = answer["jacobian"] - np.diag(np.diag(answer["jacobian"]))
    assert (np.count_nonzero(beside) == 0) == (not name.endswith("softmax"))
    assert answer["numbers"].content[0]["value"] == np.count_nonzero(beside)


def test_a_matrix_is_its_own_jacobian() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(full(lambda x: matmul(matrix, x), np.ones(4)), matrix)


def test_a_short_step_down_falls_by_about_what_the_straight_line_promises_and_a_long_one_rises() -> None:
    bowl = {"expression": "x**2 + 3*y**2", "values": {"x": 1.0, "y": 1.0}}
    short, long = ask("descend", bowl, length=1e-4), ask("descend", bowl, length=0.5, count=2)
    fall = short["steps"][0] - short["steps"][1]
    assert fall == pytest.approx(1e-4 * 40, rel=1e-3)
    assert short["predicted"][20] == pytest.approx(short["along"][20], rel=1e-5)
    assert long["steps"][1] > long["steps"][0]
    assert "too long" in str(long["remark"].content)
    assert long["values"].content == {"x": 0.0, "y": 4.0}


def test_steps_that_leave_all_bounds_give_no_values() -> None:
    answer = ask("descend", {"expression": "x**4", "values": {"x": 9.0}}, length=10, count=20)
    assert answer["values"].content is None
