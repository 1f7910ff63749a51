"""Closed forms: first steps, rates and stability on quadratics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.optimizers import Rule
from tests.engine.quadratics import Diagonal, make, path


def first_step(name: str, gradient: Any, **values: Any) -> np.ndarray:
    """How far theta moves against the gradient in the first step from the origin."""
    theta = np.zeros(len(gradient))
    rule = make(name, **values)
    rule.update(rule.init(theta), theta, np.array(gradient, float))
    return -theta


G = (3.0, -0.2, 40.0)
SIGN = np.sign(G)


# First steps, eps -> 0.


@pytest.mark.parametrize("name", ["adam", "adamw", "amsgrad"])
@pytest.mark.parametrize("dialect", ["torch", "keras", "optax"])
def test_adam_first_step_is_learning_rate(name: str, dialect: str) -> None:
    step = first_step(name, G, learning_rate=0.01, eps=0.0, dialect=dialect)
    np.testing.assert_allclose(step, 0.01 * SIGN, rtol=1e-12)


def test_adam_first_step_without_bias_correction_is_3_16_learning_rates() -> None:
    step = first_step("adam", G, learning_rate=0.01, eps=0.0, bias_correction=False)
    np.testing.assert_allclose(step, 0.01 * 0.1 / np.sqrt(0.001) * SIGN, rtol=1e-12)
    assert abs(step[0]) / 0.01 == pytest.approx(3.162, abs=5e-4)


def test_adagrad_first_step_is_learning_rate() -> None:
    np.testing.assert_allclose(first_step("adagrad", G, learning_rate=0.01, eps=0.0), 0.01 * SIGN, rtol=1e-12)


@pytest.mark.parametrize("dialect", ["keras", "optax"])
def test_adagrad_first_step_in_keras_is_softened_by_the_initial_sum(dialect: str) -> None:
    step = first_step("adagrad", G, learning_rate=0.01, eps=0.0, dialect=dialect)
    np.testing.assert_allclose(step, 0.01 * np.array(G) / np.sqrt(0.1 + np.square(G)), rtol=1e-12)


def test_rmsprop_first_step_is_ten_learning_rates_in_torch_and_3_16_in_keras() -> None:
    torch = first_step("rmsprop", G, learning_rate=0.01, eps=0.0)
    keras = first_step("rmsprop", G, learning_rate=0.01, eps=0.0, dialect="keras")
    np.testing.assert_allclose(torch, 0.1 * SIGN, rtol=1e-12)
    np.testing.assert_allclose(keras, 0.01 / np.sqrt(0.1) * SIGN, rtol=1e-12)


def test_adadelta_first_step_is_the_root_of_eps_over_one_minus_rho() -> None:
    step = first_step("adadelta", G, eps=1e-12)
    np.testing.assert_allclose(step, np.sqrt(1e-12 / 0.1) * SIGN, rtol=1e-6)


@pytest.mark.parametrize("dialect", ["torch", "optax"])
def test_radam_first_step_is_plain_descent(dialect: str) -> None:
    step = first_step("radam", G, learning_rate=0.01, dialect=dialect)
    np.testing.assert_allclose(step, 0.01 * np.array(G), rtol=1e-12)


def test_radam_rectifies_from_the_sixth_step_on() -> None:
    """With beta2 = .999, rho first exceeds 5 at t = 6: until then the step does not depend on v."""
    theta = np.zeros(1)
    rule = make("radam", learning_rate=0.01)
    state, moves = rule.init(theta), []
    for _ in range(8):
        before = theta.copy()
        rule.update(state, theta, np.array([7.0]))
        moves.append(float((before - theta)[0]))
    np.testing.assert_allclose(moves[:5], 0.07, rtol=1e-12)
    assert moves[5] < 0.001


def test_nadam_first_step_has_its_closed_form() -> None:
    mu1, mu2 = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * t)) for t in (1, 2))
    expected = 0.01 * (mu2 * 0.1 / (1 - mu1 * mu2) + 1.0)
    np.testing.assert_allclose(first_step("nadam", G, learning_rate=0.01, eps=0.0), expected * SIGN, rtol=1e-12)


def test_lion_moves_every_component_by_the_learning_rate() -> None:
    np.testing.assert_array_equal(first_step("lion", (*G, 0.0), learning_rate=0.25), [*(0.25 * SIGN), 0.0])


@pytest.mark.parametrize(("name", "share"), [("sgd", 1.0), ("momentum", 1.0), ("nesterov", 1.9)])
@pytest.mark.parametrize("dialect", ["torch", "keras", "optax"])
def test_momentum_first_step_is_the_gradient(name: str, share: float, dialect: str) -> None:
    spoken = {} if name == "sgd" else {"dialect": dialect}
    step = first_step(name, G, learning_rate=0.01, **spoken)
    np.testing.assert_allclose(step, share * 0.01 * np.array(G), rtol=1e-12)


def test_momentum_ignores_dampening_at_its_first_step_only() -> None:
    rule = make("momentum", learning_rate=1.0, momentum=0.5, dampening=0.75)
    theta = np.zeros(1)
    state = rule.init(theta)
    rule.update(state, theta, np.array([1.0]))
    assert theta[0] == -1.0
    rule.update(state, theta, np.array([1.0]))
    assert theta[0] == -1.0 - (0.5 + 0.25)


def test_momentum_dialects_part_only_once_the_learning_rate_changes() -> None:
    ends = {}
    for dialect in ("torch", "keras"):
        for factors in ((1.0, 1.0, 1.0), (1.0, 0.5, 0.5)):
            rule = make("momentum", learning_rate=0.1, dialect=dialect)
            theta = np.array([1.0])
            state = rule.init(theta)
            for factor in factors:
                rule.update(state, theta, 2 * theta, factor)
            ends[dialect, factors[1]] = theta[0]
    assert ends["torch", 1.0] == pytest.approx(ends["keras", 1.0], rel=1e-14)
    assert abs(ends["torch", 0.5] - ends["keras", 0.5]) > 0.05


def test_momentum_with_weight_decay_is_the_notes_formula_exactly() -> None:
    """R20: v = mu v - alpha (g + lambda w), w = w + v."""
    rule = make("momentum", dialect="keras", learning_rate=0.05, momentum=0.9, weight_decay=0.3)
    theta = np.array([1.0, -2.0])
    state = rule.init(theta)
    w, v = theta.copy(), np.zeros(2)
    for _ in range(20):
        rule.update(state, theta, np.sin(theta))
        v = 0.9 * v - 0.05 * (np.sin(w) + 0.3 * w)
        w = w + v
    np.testing.assert_allclose(theta, w, rtol=1e-13)


@pytest.mark.parametrize("name", ["adamw", "lion"])
def test_decoupled_weight_decay_shrinks_theta_where_the_gradient_is_zero(name: str) -> None:
    rule = make(name, learning_rate=0.1, weight_decay=0.5)
    theta = np.array([2.0, -4.0])
    state = rule.init(theta)
    for _ in range(3):
        rule.update(state, theta, np.zeros(2))
    np.testing.assert_allclose(theta, np.array([2.0, -4.0]) * 0.95**3, rtol=1e-14)


def test_adadelta_path_does_not_change_when_the_loss_is_scaled() -> None:
    plain = path(make("adadelta", eps=1e-12), (2.0, -1.0), 300, Diagonal(1.0, 5.0))
    scaled = path(make("adadelta", eps=1e-12), (2.0, -1.0), 300, Diagonal(1e4, 5e4))
    np.testing.assert_allclose(plain, scaled, rtol=1e-6)


def test_adagrad_steps_shrink_like_one_over_the_root_of_t() -> None:
    rule, theta = make("adagrad", learning_rate=1.0), np.zeros(1)
    state, last = rule.init(theta), 0.0
    for t in range(1, 401):
        before = float(theta[0])
        rule.update(state, theta, np.array([3.0]))
        last = before - float(theta[0])
        assert last == pytest.approx(t**-0.5, rel=1e-8)
    assert last < 0.0501


# Quadratics.


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.9])
def test_gradient_descent_multiplies_each_direction_by_one_minus_alpha_lambda(rate: float) -> None:
    eigenvalues = np.array([0.1, 1.0, 2.0])
    points = path(make("sgd", learning_rate=rate), (1.0, -2.0, 0.5), 50, Diagonal(*eigenvalues))
    expected = (1 - rate * eigenvalues) ** np.arange(51)[:, None] * points[0]
    np.testing.assert_allclose(points, expected, rtol=1e-10, atol=1e-300)


def test_gradient_descent_at_the_best_rate_contracts_by_kappa_minus_one_over_kappa_plus_one() -> None:
    points = path(make("sgd", learning_rate=2 / 101), (1.0, 1.0), 100, Diagonal(1.0, 100.0))
    lengths = np.linalg.norm(points, axis=1)
    np.testing.assert_allclose(lengths[1:] / lengths[:-1], 99 / 101, rtol=1e-10)


def _grows(rule: Rule, eigenvalue: float) -> bool:
    points = path(rule, (1.0,), 3000, Diagonal(eigenvalue))
    return bool(abs(points[-1, 0]) > 1.0)


@pytest.mark.parametrize("eigenvalue", [0.5, 3.0])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_stability_limits_are_those_of_the_closed_forms(beta: float, eigenvalue: float) -> None:
    limits = {
        "sgd": 2 / eigenvalue,
        "momentum": 2 * (1 + beta) / eigenvalue,
        "nesterov": (2 + 2 * beta) / (1 + 2 * beta) / eigenvalue,
    }
    for name, limit in limits.items():
        extra = {} if name == "sgd" else {"momentum": beta}
        assert not _grows(make(name, learning_rate=limit * 0.995, **extra), eigenvalue)
        with np.errstate(over="ignore", invalid="ignore"):
            assert _grows(make(name, learning_rate=limit * 1.005, **extra), eigenvalue)


def test_heavy_ball_best_rate_for_kappa_100() -> None:
    alpha = (2 / (1 + 10)) ** 2
    beta = ((10 - 1) / (10 + 1)) ** 2
    assert (alpha, beta) == (pytest.approx(0.0330579, abs=5e-8), pytest.approx(0.6694215, abs=5e-8))
    rule = make("momentum", learning_rate=alpha, momentum=beta)
    lengths = np.linalg.norm(path(rule, (1.0, 1.0), 1500, Diagonal(1.0, 100.0)), axis=1)
    rate = (lengths[1500] / lengths[1000]) ** (1 / 500)  # the roots are defective: k r^k, so fit late
    assert rate == pytest.approx(9 / 11, rel=2e-3)
    assert pytest.approx(0.8181818, abs=5e-8) == 9 / 11


def test_heavy_ball_with_complex_roots_contracts_by_the_root_of_beta() -> None:
    points = path(make("momentum", learning_rate=0.1, momentum=0.81), (1.0,), 600, Diagonal(1.0))[:, 0]
    energy = np.sqrt(np.square(points[1:]) + 0.81 * np.square(points[:-1]) - 1.71 * points[1:] * points[:-1])
    np.testing.assert_allclose(energy[1:400] / energy[:399], 0.9, rtol=1e-9)  # x'Px, P of the recurrence


def test_nesterov_converges_at_one_minus_one_over_the_root_of_kappa() -> None:
    beta = (10 - 1) / (10 + 1)
    rule = make("nesterov", learning_rate=1 / 100, momentum=beta)
    objective = Diagonal(1.0, 100.0)
    points = path(rule, (1.0, 1.0), 600, objective)
    lengths = np.linalg.norm(points, axis=1)
    rate = (lengths[600] / lengths[300]) ** (1 / 300)
    assert rate == pytest.approx(1 - 1 / 10, rel=5e-3)


def test_exact_line_search_zigzags_at_its_worst_case_rate() -> None:
    gamma = 10.0
    objective, theta = Diagonal(1.0, gamma), np.array([gamma, 1.0])
    rule = make("sgd", learning_rate=1.0)
    state = rule.init(theta)
    losses = []
    for _ in range(30):
        loss, g = objective.value_and_gradient(theta)
        losses.append(float(loss))
        rule.update(state, theta, g, float(g @ g / (g @ (objective.eigenvalues * g))))
    ratios = np.array(losses[1:]) / np.array(losses[:-1])
    np.testing.assert_allclose(ratios, ((gamma - 1) / (gamma + 1)) ** 2, rtol=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_noise_floor_has_its_closed_form(beta: float) -> None:
    """Var x = alpha s² (1+beta) / (lambda (1-beta) (2(1+beta) - alpha lambda)), over 20,000 stacked runs."""
    alpha, eigenvalue, spread = 0.1, 1.5, 0.7
    draw = np.random.default_rng(5)
    theta = np.zeros((20_000, 1))
    rule = make("momentum", learning_rate=alpha, momentum=beta)
    state = rule.init(theta)
    for _ in range(300):
        rule.update(state, theta, eigenvalue * theta + spread * draw.normal(size=theta.shape))
    floor = alpha * spread**2 * (1 + beta) / (eigenvalue * (1 - beta) * (2 * (1 + beta) - alpha * eigenvalue))
    assert theta.var() == pytest.approx(floor, rel=0.04)
