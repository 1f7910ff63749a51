"""R nets with R thetas as one array program give what R single runs give, forward and backward, to 1e-12."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from engine.autodiff.products import affine
from engine.autodiff.tape import Tensor, backward
from engine.nn import ACTIVATIONS
from engine.nn.activations import activate, dense
from engine.nn.dropout import dropout
from engine.nn.layout import Entry, Layout
from engine.nn.losses import LOSSES
from engine.nn.normalization import batch_norm, batch_norm_test, layer_norm
from engine.nn.recurrent import RecurrentNet

R, B, N, M = 4, 6, 3, 5
RNG = np.random.default_rng(0)
CLOSE = {"rtol": 1e-12, "atol": 1e-13}


def agree(function: Callable[..., Tensor], *arguments: np.ndarray, shared: tuple[int, ...] = ()) -> None:
    """Assert that the stack equals the single runs; arguments in ``shared`` have no axis of runs."""
    leaves = [Tensor(argument) for argument in arguments]
    stacked = function(*leaves)
    upstream = RNG.normal(size=stacked.shape)
    backward(stacked, upstream)
    sums = [np.zeros_like(argument) for argument in arguments]
    for run in range(R):
        single = [Tensor(a if place in shared else a[run]) for place, a in enumerate(arguments)]
        result = function(*single)
        backward(result, upstream[run])
        assert_allclose(stacked.value[run], result.value, **CLOSE)
        for place, leaf in enumerate(single):
            if place in shared:
                sums[place] += leaf.gradient
            else:
                assert_allclose(leaves[place].gradient[run], leaf.gradient, **CLOSE)
    for place in shared:
        assert_allclose(leaves[place].gradient, sums[place], **CLOSE)


def draw(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def test_affine_with_rows_of_each_and_with_rows_that_all_share() -> None:
    agree(affine, draw(R, B, N), draw(R, N, M), draw(R, M))
    agree(affine, draw(R, B, N), draw(R, N, M))
    agree(affine, draw(B, N), draw(R, N, M), draw(R, M), shared=(0,))
    agree(affine, draw(R, B, N), draw(N, M), draw(M), shared=(1, 2))
    agree(affine, draw(B, N), draw(R, N, M), draw(M), shared=(0, 2))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    agree(lambda z: activate(name, z), draw(R, B, 4))
    if ACTIVATIONS[name].slope:
        agree(lambda z, a: activate(name, z, a), draw(R, B, 4), draw(R, 1))
        agree(lambda z, a: activate(name, z, a), draw(R, B, 4), draw(1), shared=(1,))
    if ACTIVATIONS[name].pieces == 1:
        agree(lambda x, w, b: dense(x, w, b, name)[1], draw(B, N), draw(R, N, M), draw(R, M), shared=(0,))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("targets_shared", [True, False])
def test_losses_answer_one_number_a_run(name: str, targets_shared: bool) -> None:
    loss, outputs = LOSSES[name], draw(R, B, M)
    shape = (B,) if loss.classifies else (B, M)
    shape = shape if targets_shared else (R, *shape)
    targets = RNG.integers(0, M, shape) if loss.classifies else draw(*shape)
    stacked = Tensor(outputs)
    values = loss.function(stacked, targets)
    assert values.shape == (R,)
    upstream = draw(R)
    backward(values, upstream)
    for run in range(R):
        single = Tensor(outputs[run])
        value = loss.function(single, targets if targets_shared else targets[run])
        backward(value, upstream[run])
        assert_allclose(values.value[run], value.value, **CLOSE)
        assert_allclose(stacked.gradient[run], single.gradient, **CLOSE)


def test_a_loss_with_targets_of_another_shape_is_refused() -> None:
    for wrong in (draw(B, M + 1), draw(B + 1, M), draw(M), draw(R, B, M)):
        with pytest.raises(ValueError, match="targets"):
            LOSSES["squared_error"].function(Tensor(draw(B, M)), wrong)


@pytest.mark.parametrize("function", [batch_norm, layer_norm])
def test_normalization(function: Callable[..., Tensor]) -> None:
    agree(function, draw(R, B, N), draw(R, N), draw(R, N))
    agree(function, draw(R, B, N), draw(N), draw(N), shared=(1, 2))


def test_normalization_by_remembered_statistics() -> None:
    mean, variance = draw(N), draw(N) ** 2
    agree(lambda z, g, b: batch_norm_test(z, g, b, mean, variance), draw(R, B, N), draw(R, N), draw(R, N))


def test_each_run_remembers_its_own_statistics() -> None:
    z, gamma, beta = draw(R, B, N), draw(R, N), draw(R, N)
    running = np.zeros((R, N)), np.ones((R, N))
    batch_norm(z, gamma, beta, running)
    for run in range(R):
        alone = np.zeros(N), np.ones(N)
        batch_norm(z[run], gamma[run], beta[run], alone)
        assert_allclose(running[0][run], alone[0], **CLOSE)
        assert_allclose(running[1][run], alone[1], **CLOSE)


@pytest.mark.parametrize("scaling", ["inverted", "plain"])
def test_dropout_with_a_generator_a_run_drops_what_each_would_alone(scaling: str) -> None:
    h, seeds = draw(R, B, N), range(R)
    stacked = dropout(h, 0.5, [np.random.default_rng(seed) for seed in seeds], scaling)
    for run, seed in enumerate(seeds):
        alone = dropout(h[run], 0.5, np.random.default_rng(seed), scaling)
        np.testing.assert_array_equal(stacked.value[run], alone.value)
    with pytest.raises(ValueError, match="generators"):
        dropout(h, 0.5, [np.random.default_rng(0)], scaling)


def test_a_stack_of_thetas_trains_as_its_runs_do() -> None:
    layout = Layout([Entry("W1", (N, 8)), Entry("b1", (8,)), Entry("W2", (8, M)), Entry("b2", (M,))])
    thetas, x, y = 0.5 * draw(R, layout.size), draw(B, N), RNG.integers(0, M, B)
    rates = np.array([0.01, 0.1, 0.5, 1.0])

    def train(theta: np.ndarray, rate: np.ndarray | float, shape: tuple[int, ...]) -> np.ndarray:
        values = layout.views(theta)
        for _ in range(20):
            gradient = np.zeros_like(theta)
            leaves = {name: Tensor(values[name], room) for name, room in layout.views(gradient).items()}
            hidden = dense(x, leaves["W1"], leaves["b1"], "tanh")[1]
            loss = LOSSES["cross_entropy"].function(affine(hidden, leaves["W2"], leaves["b2"]), y)
            assert loss.shape == shape
            backward(loss)
            theta -= rate * gradient
        return theta

    stacked = train(thetas.copy(), rates[:, None], (R,))
    for run in range(R):
        assert_allclose(stacked[run], train(thetas[run].copy(), rates[run], ()), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "gru before"])
def test_a_stack_of_recurrent_nets_reads_as_each_would_alone(cell: str) -> None:
    kind, _space, before = cell.partition(" ")
    options: dict[str, Any] = {"cell": kind, "reset": "before" if before else "after"}
    net = RecurrentNet(inputs=5, outputs=5, hidden=4, layers=2, **options)
    rng = np.random.default_rng(0)
    thetas = rng.normal(size=(3, net.layout.size)) * 0.5
    characters = rng.integers(5, size=(2, 7, 2))
    stack, whole = net.window(2, 6, np.float64, runs=3), net.layout.parameters(thetas)
    states = None
    for x in characters:
        loss = stack.loss(whole, x[:-1], x[1:], states)
        whole.backward(loss)
        states = stack.last_states()
    for r, theta in enumerate(thetas):
        window, alone, before_it = net.window(2, 6, np.float64), net.layout.parameters(theta), None
        for x in characters:
            single = window.loss(alone, x[:-1], x[1:], before_it)
            alone.backward(single)
            before_it = window.last_states()
        assert_allclose(loss.value[r], single.value, rtol=1e-12)
        assert_allclose(whole.gradient[r], alone.gradient, rtol=1e-12, atol=1e-15)
        for part, one in zip(states or [], before_it or [], strict=True):
            for array, own in zip(part, one, strict=True):
                assert_allclose(array[r], own, rtol=1e-12, atol=1e-15)
