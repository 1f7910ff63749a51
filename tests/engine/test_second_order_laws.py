"""What rules that know or learn the curvature must do, and their line search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.optimizers.line_search import Trial, strong_wolfe
from engine.pieces import undivided, whole
from tests.engine.quadratics import Diagonal, make, path


def test_newton_solves_a_quadratic_in_one_step() -> None:
    points = path(make("newton"), (3.0, -7.0), 1, Diagonal(1.0, 1e6))
    np.testing.assert_allclose(points[1], 0.0, atol=1e-12)


def test_newton_walks_to_the_saddle() -> None:
    np.testing.assert_allclose(path(make("newton"), (1.0, 0.3), 1, Diagonal(2.0, -3.0))[1], 0.0, atol=1e-14)


def test_newton_takes_the_shortest_step_where_the_hessian_is_singular() -> None:
    points = path(make("newton"), ((1.0, 5.0), (2.0, -4.0)), 1, Diagonal(2.0, 0.0))
    np.testing.assert_allclose(points[1], [[0.0, 5.0], [0.0, -4.0]], atol=1e-12)


def test_newton_survives_a_singular_hessian_that_is_not_finite() -> None:
    class Broken(Diagonal):
        def hessian(self, theta: np.ndarray) -> np.ndarray:
            return np.array([np.full((2, 2), np.nan), np.zeros((2, 2))])

    theta = np.array([[1.0, 1.0], [1.0, 1.0]])
    rule = make("newton")
    rule.update(rule.init(theta), theta, np.ones((2, 2)), 1.0, Broken(1.0, 1.0))
    assert np.isnan(theta[0]).all()
    np.testing.assert_array_equal(theta[1], 1.0)


@pytest.mark.parametrize("name", ["bfgs", "lbfgs"])
def test_quasi_newton_solves_a_bowl_of_ten_dimensions_in_a_few_steps(name: str) -> None:
    objective = Diagonal(*np.geomspace(1, 1000, 10))
    points = path(make(name, line_search="strong_wolfe"), np.ones(10), 60, objective)
    assert float(objective.value_and_gradient(points[-1])[0]) < 1e-9


def test_bfgs_learns_the_inverse_hessian() -> None:
    objective = Diagonal(1.0, 4.0, 50.0)
    theta = np.array([1.0, 1.0, 1.0])
    rule = make("bfgs")
    state = rule.init(theta)
    for _ in range(20):
        rule.update(state, theta, objective.value_and_gradient(theta)[1], 1.0, objective)
    np.testing.assert_allclose(state["inverse"], np.diag(1 / objective.eigenvalues), atol=4e-2)
    assert (np.linalg.eigvalsh(state["inverse"]) > 0).all()


def test_bfgs_stays_where_its_direction_does_not_descend() -> None:
    rule, theta = make("bfgs", line_search="none"), np.array([1.0, 1.0])
    state = rule.init(theta)
    state["moves"][...] = 1
    state["inverse"][...] = -np.eye(2)
    rule.update(state, theta, np.array([1.0, 1.0]))
    np.testing.assert_array_equal(theta, [1.0, 1.0])


def test_lbfgs_keeps_the_newest_pairs_when_its_history_shrinks() -> None:
    objective = Diagonal(1.0, 7.0, 30.0)
    theta = np.array([1.0, 1.0, 1.0])
    long, short = make("lbfgs", history_size=6, learning_rate=0.3), make("lbfgs", history_size=2)
    state = long.init(theta)
    for _ in range(9):
        long.update(state, theta, objective.value_and_gradient(theta)[1])
    pairs, slots = int(state["pairs"]), state["s"].shape[-2]
    newest = [state["s"][i % slots].copy() for i in range(pairs - 2, pairs)]
    short.fit(state)
    np.testing.assert_array_equal(state["s"], newest)
    assert int(state["pairs"]) == 2


def _along(f: Any, slope: Any) -> Any:
    return lambda t, _runs=...: Trial(t, np.float64(f(t)), np.float64(slope(t)))


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("kind", ["bowl", "quartic", "waves"])
def test_line_search_ends_where_the_strong_wolfe_conditions_hold(kind: str, first: float) -> None:
    f, slope = {
        "bowl": (lambda t: (t - 2) ** 2, lambda t: 2 * (t - 2)),
        "quartic": (lambda t: (t - 1) ** 4 - t, lambda t: 4 * (t - 1) ** 3 - 1),
        "waves": (lambda t: -t + 0.3 * np.sin(5 * t) + 0.01 * t**2, lambda t: -1 + 1.5 * np.cos(5 * t) + 0.02 * t),
    }[kind]
    if slope(0.0) >= 0:
        f, slope = (lambda t: (t - 9) ** 2 + np.cos(3 * t)), (lambda t: 2 * (t - 9) - 3 * np.sin(3 * t))
    evaluate = _along(f, slope)
    here = evaluate(0.0)
    found = evaluate(whole(strong_wolfe(undivided(evaluate), here, first, 1.0)))
    assert found.loss <= here.loss + 1e-4 * found.t * here.slope
    assert abs(found.slope) <= 0.9 * abs(here.slope)


def test_a_stack_s_searches_end_where_each_would_end_alone() -> None:
    rng, count = np.random.default_rng(5), 300
    bend, wave, quick = rng.uniform(-0.2, 1.0, count), rng.uniform(-3.0, 3.0, count), rng.uniform(1.0, 9.0, count)
    asked: list[int] = []

    def evaluate(t: Any, runs: Any) -> Trial:
        a, b, c = bend[runs], wave[runs], quick[runs]
        asked.append(np.size(t))
        return Trial(t, -6 * t + a * t * t - b * np.sin(c * t), -6 + 2 * a * t - b * c * np.cos(c * t))

    here = evaluate(np.zeros(count), ...)
    goes, first = here.slope < 0, 10 ** rng.uniform(-2, 1.5, count)
    asked.clear()
    found = whole(strong_wolfe(undivided(evaluate), here, first, np.ones(count), goes))
    assert np.array_equal(found[~goes], first[~goes])
    assert asked[0] == np.count_nonzero(goes) > 150
    assert asked == sorted(asked, reverse=True)
    assert len(asked) == 26, "some fall without end"
    trials = sum(asked)
    asked.clear()
    for i in np.flatnonzero(goes):
        one = [number[i] for number in here]
        searched = undivided(lambda t, _runs, i=i: evaluate(t, i))
        alone = whole(strong_wolfe(searched, Trial(*one), first[i], 1.0))
        np.testing.assert_allclose(found[i], alone, rtol=1e-12)
    assert len(asked) == trials, "and ask as often"
