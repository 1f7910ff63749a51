"""Initializers: the variances that the papers state, and LSUV's and pre-training's promises."""

from __future__ import annotations

import numpy as np
import pytest

from engine.nn import INITIALIZERS, DenseNet, Scales
from engine.nn.lsuv import lsuv
from engine.nn.pretraining import pretrain_autoencoder, pretrain_rbm
from tests.engine.nets import Held

SCALES = Scales(init_std=0.3, constant=0.7, sigma_w=1.3)
STATED = {
    "zeros": 0.0,
    "normal": 0.09,
    "uniform": 0.09,
    "standard_uniform": 1 / 1200,
    "lecun_normal": 1 / 400,
    "lecun_uniform": 1 / 400,
    "xavier_normal": 2 / 700,
    "xavier_uniform": 2 / 700,
    "he_normal": 2 / 400,
    "he_uniform": 2 / 400,
    "orthogonal": 1 / 400,
    "mean_field": 1.69 / 400,
}


@pytest.mark.parametrize("name", STATED)
def test_variance_is_the_papers(name: str) -> None:
    weights = INITIALIZERS[name].draw(np.random.default_rng(0), 400, 300, SCALES)
    assert weights.shape == (400, 300)
    assert weights.var() == pytest.approx(STATED[name], rel=0.02, abs=1e-12)
    assert abs(weights.mean()) <= 4 * np.sqrt(STATED[name] / weights.size)
    assert INITIALIZERS[name].sigma_w(400, 300, SCALES) ** 2 == pytest.approx(400 * STATED[name])


@pytest.mark.parametrize("name", [n for n, i in INITIALIZERS.items() if i.family == "uniform"])
def test_uniform_ones_stay_in_their_range_and_fill_it(name: str) -> None:
    weights = INITIALIZERS[name].draw(np.random.default_rng(0), 400, 300, SCALES)
    reach = np.sqrt(3 * STATED[name])
    assert np.abs(weights).max() <= reach
    assert np.abs(weights).max() > 0.999 * reach


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)])
def test_orthogonal_matrices_are_orthonormal_on_their_short_side(shape: tuple[int, int]) -> None:
    w = INITIALIZERS["orthogonal"].draw(np.random.default_rng(0), *shape)
    gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_sign() -> None:
    diagonals = [np.diagonal(INITIALIZERS["orthogonal"].draw(np.random.default_rng(s), 8, 8)) for s in range(200)]
    assert abs(np.mean(diagonals)) < 4 * np.sqrt(1 / 8 / 1600)


def test_constant_is_constant_and_biases_follow_sigma_b() -> None:
    net = Held(DenseNet.uniform(3, 2, 400, 2))
    net.initialize("constant", np.random.default_rng(0), Scales(constant=0.7, sigma_b=0.5))
    assert (net.views["W2"] == 0.7).all()
    assert net.views["b2"].std() == pytest.approx(0.5, rel=0.1)
    net.initialize("he_normal", np.random.default_rng(0))
    assert not net.views["b2"].any()


def test_the_same_seed_gives_the_same_weights_in_either_precision() -> None:
    a = DenseNet.uniform(3, 2, 4, 2)
    nets = [Held(a, dtype) for dtype in (np.float32, np.float64)]
    for net in nets:
        net.initialize("he_uniform", np.random.default_rng(7), Scales(sigma_b=1.0))
    np.testing.assert_array_equal(nets[0].theta, nets[1].theta.astype(np.float32))


@pytest.mark.parametrize("activation", ["tanh", "relu", "maxout", "gelu"])
@pytest.mark.parametrize(("normalization", "skip"), [("none", "none"), ("batch", "residual"), ("none", "polynet")])
def test_lsuv_reaches_unit_variance_layer_by_layer(activation: str, normalization: str, skip: str) -> None:
    net = Held(DenseNet.uniform(20, 6, 50, 3, activation, normalization=normalization, skip=skip))
    rng = np.random.default_rng(0)
    x = 3.0 * rng.normal(size=(400, 20))
    steps = list(lsuv(net.net, net.parameters, x, rng, tolerance=0.02))
    assert [step.layer for step in steps if step.done] == [1, 2, 3, 4, 5, 6]
    assert all(abs(step.variance - 1) < 0.02 for step in steps if step.done)
    assert any(abs(step.variance - 1) >= 0.02 for step in steps)
    if skip == "none":
        for layer in net.forward(x).layers:
            assert layer.pre.value.var() == pytest.approx(1, abs=0.02)


def test_lsuv_leaves_a_dead_layer_and_ends() -> None:
    net = Held(DenseNet.uniform(4, 3, 5, 2, "relu"))
    steps = list(lsuv(net.net, net.parameters, np.zeros((10, 4)), np.random.default_rng(0)))
    assert [step.layer for step in steps] == [1, 2, 3]
    assert np.isfinite(net.theta).all()


def test_lsuv_can_be_watched_from_outside() -> None:
    net = Held(DenseNet.uniform(4, 2, 30, 2, "tanh"))
    rng = np.random.default_rng(0)
    steps = lsuv(net.net, net.parameters, 5 * rng.normal(size=(100, 4)), rng)
    next(steps)
    before = net.views["W1"].copy()
    next(steps)
    assert not np.array_equal(before, net.views["W1"])


def correlated(rows: int, features: int) -> np.ndarray:
    """Data with three hidden causes: what a code can find."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, 3)) @ rng.normal(size=(3, features)) + 0.1 * rng.normal(size=(rows, features))
    return (x - x.mean(axis=0)) / x.std(axis=0)


@pytest.mark.parametrize("activation", ["tanh", "relu", "maxout"])
def test_auto_encoder_pretraining_learns_to_reconstruct_each_layer(activation: str) -> None:
    net = Held(DenseNet.uniform(12, 3, 8, 2, activation))
    rng = np.random.default_rng(0)
    net.initialize("lecun_normal", rng)
    last = net.views["W4"].copy()
    steps = list(pretrain_autoencoder(net.net, net.theta, correlated(400, 12), rng, epochs=12, learning_rate=0.01))
    assert [(s.layer, s.epoch) for s in steps] == [(l, e) for l in (1, 2, 3) for e in range(1, 13)]
    errors = np.array([step.error for step in steps]).reshape(3, 12)
    assert (errors[:, -1] < 0.5 * errors[:, 0]).all()
    np.testing.assert_array_equal(net.views["W4"], last)


def test_rbm_pretraining_learns_to_reconstruct_each_layer() -> None:
    net = Held(DenseNet.uniform(12, 2, 16, 2, "sigmoid"))
    rng = np.random.default_rng(0)
    steps = list(pretrain_rbm(net.net, net.theta, correlated(400, 12), rng, epochs=30, learning_rate=0.2))
    errors = np.array([step.error for step in steps]).reshape(2, 30)
    assert errors[0, 0] > 0.9
    assert errors[0, -1] < 0.5
    assert (errors[:, -1] < errors[:, 0]).all()


def test_contrastive_divergence_climbs_the_likelihood_of_a_small_machine() -> None:
    """Two visible binary-like modes in a machine small enough to sum over: the data's free energy falls."""
    rng = np.random.default_rng(0)
    modes = np.where(rng.random((300, 1)) < 0.5, 1.0, -1.0) * np.array([1.0, 1.0, -1.0, -1.0])
    data = modes + 0.3 * rng.normal(size=modes.shape)
    net = Held(DenseNet.uniform(4, 1, 3, 2, "sigmoid"))
    list(pretrain_rbm(net.net, net.theta, data, rng, epochs=60, learning_rate=0.3))
    pre = net.forward(np.array([[1.0, 1, -1, -1], [-1.0, -1, 1, 1]])).layers[0].pre.value
    assert np.any(np.sign(pre[0]) != np.sign(pre[1]))  # some unit tells the modes apart
    assert np.abs(pre).max() > 1


def test_a_boltzmann_machine_refuses_maxout() -> None:
    net = Held(DenseNet.uniform(4, 1, 3, 2, "maxout"))
    with pytest.raises(ValueError, match="Maxout"):
        next(pretrain_rbm(net.net, net.theta, np.ones((5, 4)), np.random.default_rng(0)))


@pytest.mark.parametrize("name", ["normal", "orthogonal", "uniform"])
def test_remembered_draws_are_those_of_drawing(name: str) -> None:
    draws, states = [], []
    for std in (0.3, 0.1, 0.3):
        rng = np.random.default_rng(11)
        draws.append(INITIALIZERS[name].draw(rng, 150, 200, Scales(init_std=std)))
        states.append(rng.bit_generator.state)
    assert states[0] == states[1] == states[2]
    np.testing.assert_array_equal(draws[0], draws[2])
    if name == "normal":
        np.testing.assert_array_equal(draws[1], 0.1 * np.random.default_rng(11).standard_normal((150, 200)))
