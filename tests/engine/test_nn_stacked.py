"""R thetas are R nets in one array program: forward, backward and training equal R single runs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from engine.nn import ACTIVATIONS, LOSSES, DenseNet, Penalty, Trainer
from engine.optimizers import RULES
from engine.optimizers.clipping import Clip

RUNS, ROWS = 5, 12
KINDS = [
    *(("none", "none", name) for name in ACTIVATIONS),
    *itertools.product(("none", "batch", "layer"), ("none", "residual", "polynet"), ("tanh", "prelu", "maxout")),
]


def build(kind: Any = ("none", "none", "tanh"), **more: Any) -> tuple[DenseNet, np.ndarray]:
    normalization, skip, activation = kind
    net = DenseNet.uniform(3, 3, 6, 4, activation, normalization=normalization, skip=skip, **more)
    thetas = np.empty((RUNS, net.layout.size))
    for run, theta in enumerate(thetas):
        net.initialize(theta, "he_normal", np.random.default_rng(run))
        np.add(theta, 0.1 * np.random.default_rng(run).normal(size=theta.shape), out=theta)
    return net, thetas


def batch(own: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return rows that all runs share, or rows of each run's own."""
    rng = np.random.default_rng(7)
    lead = (RUNS,) if own else ()
    return rng.normal(size=(*lead, ROWS, 3)), rng.integers(0, 4, (*lead, ROWS))


def loss_of(net: DenseNet, x: np.ndarray, y: np.ndarray, name: str = "cross_entropy") -> Any:
    def loss(parameters: Any, rng: Any) -> Any:
        signals = net.forward(parameters, x, "train" if rng else "measure", rng)
        return LOSSES[name].function(signals.outputs, y)

    return loss


@pytest.mark.parametrize("own", [False, True], ids=["shared rows", "own rows"])
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_stack_of_thetas_gives_each_runs_loss_and_gradient(kind: Any, own: bool) -> None:
    net, thetas = build(kind)
    x, y = batch(own)
    stack = net.layout.parameters(thetas)
    value = loss_of(net, x, y)(stack, np.random.default_rng(0))
    stack.backward(value)
    assert value.shape == (RUNS,)
    for run in range(RUNS):
        single = net.layout.parameters(thetas[run].copy())
        rows = (x[run], y[run]) if own else (x, y)
        alone = loss_of(net, *rows)(single, np.random.default_rng(0))
        single.backward(alone)
        assert float(value.value[run]) == pytest.approx(float(alone.value), rel=1e-12)
        np.testing.assert_allclose(stack.gradient[run], single.gradient, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(stack.running[run], single.running, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("clip", ["none", "norm", "value"])
@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam", "rmsprop", "lion"])
def test_one_rule_with_arrays_trains_what_as_many_single_rules_train(rule: str, clip: str) -> None:
    net, thetas = build(("layer", "residual", "gelu"))  # under batch norm Adam divides idle biases' rounding
    x, y = batch()
    rates, l1 = np.geomspace(1e-3, 0.1, RUNS)[:, None], np.linspace(0, 0.1, RUNS)[:, None]
    clipping = Clip(mode=clip, threshold=0.3)
    penalty = Penalty(l1=l1, l2=0.05, max_norm=2.0)
    stacked = Trainer(
        net.layout.parameters(thetas.copy()),
        RULES[rule].stacked(learning_rate=rates),
        clip=clipping,
        penalty=penalty,
    )
    found = [stacked.step(loss_of(net, x, y)) for _ in range(12)]
    for run in range(RUNS):
        single = Trainer(
            net.layout.parameters(thetas[run].copy()),
            RULES[rule](learning_rate=float(rates[run, 0])),
            clip=clipping,
            penalty=Penalty(l1=float(l1[run, 0]), l2=0.05, max_norm=2.0),
        )
        for step in found:
            alone = single.step(loss_of(net, x, y))
            for name in ("loss", "penalty", "gradient_norm", "clipped_norm"):
                expected = pytest.approx(getattr(alone, name), rel=1e-10)
                assert float(getattr(step, name)[run]) == expected, name
        np.testing.assert_allclose(stacked.theta[run], single.theta, rtol=1e-11, atol=1e-12)


def test_hinge_stacks_too() -> None:
    net, thetas = build()
    x, y = batch(own=True)
    stack = net.layout.parameters(thetas)
    stack.backward(loss_of(net, x, y, "hinge")(stack, None))
    for run in range(RUNS):
        single = net.layout.parameters(thetas[run].copy())
        single.backward(loss_of(net, x[run], y[run], "hinge")(single, None))
        np.testing.assert_allclose(stack.gradient[run], single.gradient, rtol=1e-12, atol=1e-14)


def test_a_stack_drops_units_of_each_run_by_itself() -> None:
    net, thetas = build(dropout=0.5)
    thetas[:] = thetas[0]
    outputs = net.forward(net.layout.views(thetas), batch()[0], "train", np.random.default_rng(0)).outputs.value
    assert np.abs(outputs[1:] - outputs[0]).min(axis=(1, 2)).max() > 0


def test_with_a_generator_each_stacked_runs_drop_what_they_would_drop_alone() -> None:
    net, thetas = build(dropout=0.4)
    x, y = batch()
    generators = [np.random.default_rng(run) for run in range(RUNS)]
    stack = Trainer(net.layout.parameters(thetas.copy()), RULES["momentum"](), rng=generators)
    losses = np.array([stack.step(loss_of(net, x, y)).loss for _ in range(5)])
    for run in range(RUNS):
        alone = net.layout.parameters(thetas[run].copy())
        single = Trainer(alone, RULES["momentum"](), rng=np.random.default_rng(run))
        np.testing.assert_allclose(
            [single.step(loss_of(net, x, y)).loss for _ in range(5)], losses[:, run], rtol=1e-12
        )


def test_regressions_stack_too() -> None:
    net = DenseNet.uniform(3, 2, 5, 1, "tanh")
    thetas = np.random.default_rng(0).normal(size=(RUNS, net.layout.size))
    x = batch()[0]
    y = x[:, 0] * x[:, 1]
    stack = Trainer(net.layout.parameters(thetas.copy()), RULES["adam"]())
    losses = [stack.step(loss_of(net, x, y, "squared_error")).loss for _ in range(5)]
    for run in range(RUNS):
        single = Trainer(net.layout.parameters(thetas[run].copy()), RULES["adam"]())
        alone = [single.step(loss_of(net, x, y, "squared_error")).loss for _ in range(5)]
        np.testing.assert_allclose(np.array(losses)[:, run], alone, rtol=1e-12)
