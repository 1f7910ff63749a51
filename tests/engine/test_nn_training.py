"""Training with the race's own rules: penalties against closed forms, clipping, schedules, and nets that learn."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from engine.autodiff.tape import Tensor
from engine.nn import DenseNet, Penalty, Trainer
from engine.nn.layout import Entry, Layout, Parameters
from engine.nn.losses import squared_error
from engine.optimizers import RULES
from engine.optimizers.clipping import Clip
from engine.optimizers.own import OwnRule
from engine.optimizers.schedules import StepDecay
from engine.params import check
from engine.pieces import quiet
from tests.engine.nets import Held, steps
from tests.extras import compares_with, library


def problem(rows: int = 64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 2))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def build(**more: object) -> Held:
    net = Held(DenseNet.uniform(2, 2, 16, 2, "tanh", **more))
    net.initialize("xavier_normal", np.random.default_rng(0))
    return net


def trainer(net: Held, name: str = "sgd", *, rule: dict[str, object] | None = None, **more: object) -> Trainer:
    return Trainer(net.parameters, RULES[name](**(rule or {})), **more)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if "hessian" not in rule.needs])
def test_every_rule_lowers_the_loss(name: str) -> None:
    net, batch = build(), problem()
    fast = {"learning_rate": 0.1} if name in ("sgd", "momentum", "nesterov") else {}
    fast |= {"line_search": "strong_wolfe"} if name == "lbfgs" else {}  # else it wanders
    ours, loss = trainer(net, name, rule=fast), net.loss(*batch)
    first = ours.step(loss).loss
    last = steps(ours, loss, 60)
    assert last.loss < first
    assert last.finite


def test_newton_says_that_a_nets_hessian_is_too_large() -> None:
    net = build()
    with pytest.raises(ValueError, match="too large"):
        trainer(net, "newton").step(net.loss(*problem()))


def test_a_step_of_sgd_is_the_gradient_times_the_rate_times_the_schedule() -> None:
    net, (x, y) = build(), problem()
    twin = copy.deepcopy(net)
    twin.backward(twin.forward(x), y)
    ours = trainer(net, rule={"learning_rate": 0.25}, schedule=StepDecay(every=1, gamma=0.5), total=9)
    ours.steps = 1
    step = ours.step(net.loss(x, y))
    np.testing.assert_allclose(net.theta, twin.theta - 0.125 * twin.parameters.gradient)
    assert step.gradient_norm == step.clipped_norm == pytest.approx(np.linalg.norm(twin.parameters.gradient))


def test_looking_finds_what_the_step_will_find_and_changes_nothing() -> None:
    net, batch = build(dropout=0.5), problem()
    ours, before = trainer(net, "adam"), net.theta.copy()
    found = ours.look(net.loss(*batch), copy.deepcopy(ours.rng))
    np.testing.assert_array_equal(net.theta, before)
    assert ours.step(net.loss(*batch)) == found


# penalties


def nothing(parameters: Parameters, rng: object) -> Tensor:
    """Return a loss without a slope, so that only the penalty acts."""
    first = next(iter(parameters.tensors.values())) if isinstance(parameters, Parameters) else None
    return squared_error(first * 0.0, np.zeros(first.shape))


@pytest.mark.parametrize("rule", ["sgd", "adam", "lion"])
def test_l1_shrinks_every_weight_by_its_rate_and_stops_at_exactly_zero(rule: str) -> None:
    net = build()
    before = net.theta.copy()
    ours = trainer(net, rule, rule={"learning_rate": 0.1}, penalty=Penalty(l1=0.3))
    ours.step(nothing)
    w = net.net.layout.views(before)["W2"]
    np.testing.assert_allclose(net.views["W2"], np.sign(w) * np.maximum(np.abs(w) - 0.03, 0), atol=1e-16)
    assert (net.views["W2"] == 0).any()
    steps(ours, nothing, 80)
    assert all(not net.views[name].any() for name in net.net.layout.names("weight"))


def test_l1_leaves_biases_and_gains_alone() -> None:
    net = build(normalization="layer")
    net.views["b1"][...] = 1e-3
    trainer(net, rule={"learning_rate": 1.0}, penalty=Penalty(l1=10.0, max_norm=1e-3)).step(nothing)
    assert (net.views["b1"] == 1e-3).all()
    assert (net.views["gamma1"] == 1).all()
    assert not net.views["W1"].any()


@compares_with("sklearn")
@pytest.mark.parametrize(("l1", "l2"), [(0.2, 0.0), (0.1, 0.3), (0.0, 0.5)])
def test_a_linear_unit_ends_where_sklearns_lasso_ridge_and_elastic_net_end(l1: float, l2: float) -> None:
    linear_model = library("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 8)) @ np.diag(np.linspace(0.5, 1.5, 8))
    y = x @ np.array([1.0, -2, 0, 0, 0.05, 0, 3, 0]) + 0.1 * rng.normal(size=60)
    layout = Layout([Entry("w", (8, 1)), Entry("b", (1,), "bias")])
    parameters = layout.parameters(layout.start())

    def loss(p: object, _rng: object) -> Tensor:
        return squared_error(x @ p["w"] + p["b"], y) * 0.5

    ours = Trainer(parameters, RULES["sgd"](learning_rate=0.15), penalty=Penalty(l1=l1, l2=l2))
    for _ in range(4000):
        ours.step(loss)
    theirs = linear_model.ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=100_000).fit(x, y)
    np.testing.assert_allclose(parameters.views["w"][:, 0], theirs.coef_, atol=1e-8)
    np.testing.assert_array_equal(parameters.views["w"][:, 0] == 0, theirs.coef_ == 0)
    assert (theirs.coef_ == 0).any() == (l1 > 0)


@compares_with("torch")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_norm_is_torchs_renorm_of_each_units_weights(dtype: type) -> None:
    torch = library("torch")
    layout = Layout([Entry("W", (5, 7)), Entry("U", (6, 4), "recurrent", units=0), Entry("b", (7,), "bias")])
    theta = (2 * np.random.default_rng(0).normal(size=layout.size)).astype(dtype)
    parameters = layout.parameters(theta)
    before = {name: view.copy() for name, view in parameters.views.items()}
    Penalty(max_norm=2.5).shrink(parameters, 0.1)
    for name, axis in (("W", 1), ("U", 0)):
        expected = torch.renorm(torch.from_numpy(before[name]), 2, axis, 2.5).numpy()
        np.testing.assert_allclose(parameters.views[name], expected, rtol=1e-6)
        norms = np.linalg.norm(before[name], axis=1 - axis)
        assert norms.min() < 2.5 < norms.max()
    np.testing.assert_array_equal(parameters.views["b"], before["b"])
    assert theta.dtype == dtype


def test_l2s_gradient_is_the_numeric_one() -> None:
    net, penalty = build(), Penalty(l2=0.3)
    net.parameters.reset()
    penalty.add_gradient(net.parameters, net.parameters.gradient)
    direction = np.random.default_rng(0).normal(size=net.theta.size)
    exact = direction @ net.parameters.gradient
    values = []
    for sign in (1, -1):
        moved = copy.deepcopy(net)
        moved.theta[...] += sign * 1e-6 * direction
        values.append(penalty.value(moved.parameters))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(exact, rel=1e-6)
    assert not net.gradients()["b1"].any()


def test_l2_is_weight_decay_of_the_matrices_alone() -> None:
    net, batch = build(), problem()
    twin = copy.deepcopy(net)
    step = trainer(net, rule={"learning_rate": 0.1}, penalty=Penalty(l2=0.3)).step(net.loss(*batch))
    trainer(twin, rule={"learning_rate": 0.1}).step(twin.loss(*batch))
    fresh = build()
    np.testing.assert_allclose(net.views["W1"], twin.views["W1"] - 0.03 * fresh.views["W1"])
    np.testing.assert_array_equal(net.views["b1"], twin.views["b1"])
    weights = [fresh.views[f"W{l}"] for l in (1, 2, 3)]
    assert step.penalty == pytest.approx(0.15 * sum((w**2).sum() for w in weights))


# clipping, dropout, types, memory


def test_clipping_bounds_the_step() -> None:
    net, batch = build(), problem()
    before = net.theta.copy()
    ours = trainer(net, rule={"learning_rate": 1.0}, clip=Clip(mode="norm", threshold=1e-3))
    step = ours.step(net.loss(*batch))
    assert step.gradient_norm > 1e-2
    assert step.clipped_norm == 1e-3
    assert np.linalg.norm(net.theta - before) == pytest.approx(1e-3, rel=1e-3)
    ours.clip = Clip(mode="value", threshold=1e-3)
    step = ours.step(net.loss(*batch))
    assert step.clipped_norm == pytest.approx(np.linalg.norm(net.parameters.gradient))
    assert np.abs(net.parameters.gradient).max() == 1e-3


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge"])
@pytest.mark.parametrize("more", [{}, {"normalization": "batch"}, {"skip": "polynet"}, {"dropout": 0.1}])
def test_a_net_learns_xor(loss: str, more: dict[str, object]) -> None:
    net, (x, y) = build(**more), problem(128)
    steps(trainer(net, "adam", rule={"learning_rate": 0.02}), net.loss(x, y, loss), 200)
    assert net.accuracy(x, y) > 0.93


def test_a_net_learns_a_curve() -> None:
    net = Held(DenseNet.uniform(1, 2, 32, 1, "gelu"))
    net.initialize("he_normal", np.random.default_rng(0))
    x = np.linspace(-1, 1, 64)[:, None]
    loss = net.loss(x, np.sin(3 * x[:, 0]), "squared_error")
    assert steps(trainer(net, "adam", rule={"learning_rate": 0.01}), loss, 300).loss < 1e-3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_keeps_thetas_type(dtype: type) -> None:
    net = Held(DenseNet.uniform(2, 2, 16, 2), dtype)
    net.initialize("xavier_normal", np.random.default_rng(0))
    ours = trainer(net, "adam", clip=Clip(mode="norm"), penalty=Penalty(l1=1e-3, l2=1e-3, max_norm=2.0))
    steps(ours, net.loss(*problem()), 3)
    assert ours.theta.dtype == net.parameters.gradient.dtype == ours.state["m"].dtype == dtype


def test_a_diverging_step_is_said_to_be_not_finite() -> None:
    net = build()
    net.theta[0] = np.nan
    assert not trainer(net).step(net.loss(*problem())).finite


def test_another_rule_begins_with_an_empty_memory_and_the_same_one_goes_on() -> None:
    net = build()
    ours = trainer(net, "adam")
    steps(ours, net.loss(*problem()), 5)
    ours.use(RULES["adam"](learning_rate=0.5))
    assert ours.state["step"] == 5
    ours.use(RULES["adagrad"]())
    assert ours.state["step"] == 0


def test_a_line_search_yields_at_each_evaluation_and_finds_the_same() -> None:
    net, twin, evaluations = build(), build(), 0
    rule = {"line_search": "strong_wolfe", "learning_rate": 50.0}
    alone, pieces = trainer(net, "lbfgs", rule=rule), trainer(twin, "lbfgs", rule=rule)
    loss, again = net.loss(*problem()), twin.loss(*problem())

    def counted(parameters: Any, rng: Any) -> Any:
        nonlocal evaluations
        evaluations += 1
        yield
        return again(parameters, rng)

    yielded = 0
    for _step in range(5):
        alone.step(loss)
        for _piece in quiet(pieces.step_in_pieces(counted)):
            yielded += 1
    assert yielded >= evaluations > 10
    assert np.array_equal(alone.theta, pieces.theta)


@pytest.mark.parametrize("rule", ["adam", "lbfgs"])
def test_a_copied_training_goes_on_alike(rule: str) -> None:
    net, batch = build(normalization="batch", dropout=0.2), problem()
    ours = trainer(net, rule)
    ours.step(net.loss(*batch))
    other = copy.deepcopy(ours)
    for _ in range(3):
        ours.step(net.loss(*batch))
        other.step(net.loss(*batch))
    np.testing.assert_array_equal(ours.theta, other.theta)
    np.testing.assert_array_equal(ours.parameters.running, other.parameters.running)
    assert not np.shares_memory(ours.theta, other.theta)


OWN = {
    "rule": "own",
    "text": "m = beta*m + (1 - beta)*g\ntheta = theta - learning_rate*m/(sqrt(v) + 0.01)\nv = 0.9*v + 0.1*g**2",
    "hyperparameters": {"beta": {"value": 0.9}},
    "learning_rate": 0.01,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_visitors_own_rule_trains_a_net_and_a_stack_of_them(dtype: type) -> None:
    x, y = problem()
    net = Held(DenseNet.uniform(2, 2, 16, 2, "tanh"), dtype)
    net.initialize("xavier_normal", np.random.default_rng(0))
    start, rule = net.theta.copy(), check(OwnRule, OWN)
    ours = Trainer(net.parameters, rule, penalty=Penalty(l1=1e-4))
    first = ours.step(net.loss(x, y)).loss
    assert steps(ours, net.loss(x, y), 60).loss < first
    assert ours.theta.dtype == dtype
    stack = Trainer(net.net.layout.parameters(np.tile(start, (3, 1))), rule, penalty=Penalty(l1=1e-4))
    steps(stack, net.loss(x, y), 61)
    np.testing.assert_allclose(stack.theta[2], ours.theta, rtol=1e-4 if dtype is np.float32 else 1e-10, atol=1e-6)


def test_an_own_rule_with_another_text_begins_with_an_empty_memory() -> None:
    net = build()
    ours = Trainer(net.parameters, check(OwnRule, OWN))
    steps(ours, net.loss(*problem()), 4)
    ours.use(check(OwnRule, {**OWN, "learning_rate": 0.5}))
    assert ours.state["step"] == 4
    ours.use(check(OwnRule, {**OWN, "text": OWN["text"].replace("0.9*v", "0.8*v")}))
    assert ours.state["step"] == 0
