"""Training a deep net with the race's own rules: penalties, clipping, and nets that learn."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from engine.nn import Architecture, Net, Penalty, evaluate, training_step
from engine.optimizers import RULES
from engine.optimizers.clipping import Clip


def problem(rows: int = 64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 2))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def build(**more: object) -> Net:
    net = Net(Architecture.uniform(2, 2, 16, 2, "tanh", **more))
    net.initialize("xavier_normal", np.random.default_rng(0))
    return net


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if "hessian" not in rule.needs])
def test_every_rule_lowers_the_loss(name: str) -> None:
    net, (x, y) = build(), problem()
    rule = RULES[name](**({"learning_rate": 0.1} if name in ("sgd", "momentum", "nesterov") else {}))
    state = rule.init(net.theta)
    first = training_step(net, rule, state, x, y).loss
    for _ in range(60):
        last = training_step(net, rule, state, x, y)
    assert last.loss < first
    assert last.finite


def test_newton_says_that_a_nets_hessian_is_too_large() -> None:
    net, (x, y) = build(), problem()
    rule = RULES["newton"]()
    with pytest.raises(ValueError, match="too large"):
        training_step(net, rule, rule.init(net.theta), x, y)


def test_a_step_of_sgd_is_the_gradient_times_the_rate() -> None:
    net, (x, y) = build(), problem()
    twin = copy.deepcopy(net)
    twin.backward(twin.forward(x), y)
    rule = RULES["sgd"](learning_rate=0.25)
    step = training_step(net, rule, rule.init(net.theta), x, y, factor=0.5)
    np.testing.assert_allclose(net.theta, twin.theta - 0.125 * twin.parameters.gradient)
    assert step.gradient_norm == pytest.approx(np.linalg.norm(twin.parameters.gradient))


@pytest.mark.parametrize("penalty", [Penalty(l1=0.01), Penalty(l2=0.1), Penalty(l1=0.02, l2=0.3)])
def test_a_penaltys_gradient_is_the_numeric_one(penalty: Penalty) -> None:
    net = build()
    net.parameters.reset()
    penalty.add_gradient(net)
    rng = np.random.default_rng(0)
    direction = rng.normal(size=net.theta.size)
    exact = direction @ net.parameters.gradient
    values = []
    for sign in (1, -1):
        moved = copy.deepcopy(net)
        moved.theta += sign * 1e-7 * direction
        values.append(penalty.value(moved))
    assert (values[0] - values[1]) / 2e-7 == pytest.approx(exact, rel=1e-6)
    views = net.layout.views(net.parameters.gradient)
    assert not views["b1"].any()


def test_l2_is_weight_decay_of_the_matrices_alone() -> None:
    net, (x, y) = build(), problem()
    twin = copy.deepcopy(net)
    rule = RULES["sgd"](learning_rate=0.1)
    step = training_step(net, rule, rule.init(net.theta), x, y, penalty=Penalty(l2=0.3))
    training_step(twin, rule, rule.init(twin.theta), x, y)
    fresh = build()
    np.testing.assert_allclose(net.views["W1"], twin.views["W1"] - 0.03 * fresh.views["W1"])
    np.testing.assert_array_equal(net.views["b1"], twin.views["b1"])
    weights = [fresh.views[f"W{l}"] for l in (1, 2, 3)]
    assert step.penalty == pytest.approx(0.15 * sum((w**2).sum() for w in weights))


def test_max_norm_bounds_each_units_incoming_weights() -> None:
    net, (x, y) = build(), problem()
    before = np.linalg.norm(net.views["W2"], axis=0)
    rule = RULES["sgd"](learning_rate=1e-6)
    training_step(net, rule, rule.init(net.theta), x, y, penalty=Penalty(max_norm=0.9))
    after = np.linalg.norm(net.views["W2"], axis=0)
    np.testing.assert_allclose(after, np.minimum(before, 0.9), rtol=1e-5)
    assert (before > 0.9).any()
    assert (before < 0.9).any()


def test_clipping_bounds_the_step() -> None:
    net, (x, y) = build(), problem()
    before = net.theta.copy()
    rule = RULES["sgd"](learning_rate=1.0)
    clip = Clip(mode="norm", threshold=1e-3)
    step = training_step(net, rule, rule.init(net.theta), x, y, clip=clip)
    assert step.gradient_norm > 1e-2
    assert np.linalg.norm(net.theta - before) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge"])
@pytest.mark.parametrize("more", [{}, {"normalization": "batch"}, {"skip": "polynet"}, {"dropout": 0.1}])
def test_a_net_learns_xor(loss: str, more: dict[str, object]) -> None:
    net, (x, y) = build(**more), problem(128)
    rng = np.random.default_rng(0)
    rule = RULES["adam"](learning_rate=0.02)
    state = rule.init(net.theta)
    for _ in range(200):
        training_step(net, rule, state, x, y, loss=loss, rng=rng)
    value, accuracy = evaluate(net, x, y, loss)
    assert accuracy > 0.93
    assert value < 0.35


def test_a_net_learns_a_curve() -> None:
    net = Net(Architecture.uniform(1, 2, 32, 1, "gelu"))
    net.initialize("he_normal", np.random.default_rng(0))
    x = np.linspace(-1, 1, 64)[:, None]
    y = np.sin(3 * x[:, 0])
    rule = RULES["adam"](learning_rate=0.01)
    state = rule.init(net.theta)
    for _ in range(300):
        training_step(net, rule, state, x, y, loss="squared_error")
    value, accuracy = evaluate(net, x, y, "squared_error")
    assert value < 1e-3
    assert math.isnan(accuracy)


def test_a_diverging_step_is_said_to_be_not_finite() -> None:
    net, (x, y) = build(), problem()
    net.theta[0] = np.nan
    rule = RULES["sgd"]()
    assert not training_step(net, rule, rule.init(net.theta), x, y).finite


def test_a_copied_training_goes_on_alike() -> None:
    net, (x, y) = build(normalization="batch"), problem()
    rule = RULES["adam"]()
    state = rule.init(net.theta)
    training_step(net, rule, state, x, y)
    twin, twin_state = copy.deepcopy((net, state))
    for _ in range(3):
        training_step(net, rule, state, x, y)
        training_step(twin, rule, twin_state, x, y)
    np.testing.assert_array_equal(net.theta, twin.theta)
    np.testing.assert_array_equal(net.running, twin.running)
