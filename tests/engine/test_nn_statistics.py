"""Layer statistics: each number is what its definition says, on any array."""

from __future__ import annotations

import numpy as np
import pytest

from engine.nn import (
    ACTIVATIONS,
    Bins,
    DenseNet,
    Scales,
    jacobian,
    layer_statistics,
    singular_values,
    update_ratios,
    weight_spectra,
)
from engine.nn.statistics import GRADIENT_BINS, flat_below_above, moments
from tests.engine.nets import Held

BINS = Bins(-1, 1, 32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [7, 1000, 300_001])
@pytest.mark.parametrize("count", [16, 255, 256, 400])
def test_linear_counts_are_numpys(dtype: type, size: int, count: int) -> None:
    x = np.random.default_rng(0).normal(size=size).astype(dtype)
    bins = Bins(-2, 2, count)
    expected = np.histogram(np.clip(x.astype(float), -2, 2 - 1e-9), bins.edges)[0]
    found = bins.counts(x.reshape(1, -1))
    assert found.sum() == size
    assert np.abs(found - expected).sum() <= (0 if dtype is np.float64 else 2e-4 * size)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [7, 300_001])
@pytest.mark.parametrize("high", [8.0, 2.0**300])
def test_octave_counts_are_numpys(dtype: type, size: int, high: float) -> None:
    x = np.random.default_rng(0).normal(size=size).astype(dtype)
    x[::5] = 0
    bins = Bins(1e-3, high, scale="octave")
    magnitudes = np.clip(np.abs(x.astype(float)), bins.edges[0], np.nextafter(bins.edges[-1], 0))
    np.testing.assert_array_equal(bins.counts(x), np.histogram(magnitudes, bins.edges)[0])


@pytest.mark.parametrize("bins", [BINS, Bins(0.5, 8, scale="octave")], ids=["linear", "octave"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_counts_nowhere_and_infinity_at_the_end(bins: Bins, dtype: type) -> None:
    with np.errstate(all="raise"):
        counts = bins.counts(np.array([np.nan, np.inf, 1e30, -1e30, 0.75, np.nan], dtype))
    assert counts.sum() == 4
    assert bins.shares(np.array([np.nan, 0.75], dtype)).sum() == 0.5


def test_bins_without_a_range_are_refused() -> None:
    with pytest.raises(ValueError, match="no range"):
        Bins(1, 1)
    with pytest.raises(ValueError, match="no range"):
        Bins(0, 1, scale="octave")
    with pytest.raises(TypeError, match="float"):
        GRADIENT_BINS.counts(np.arange(3))


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1.0, 1e30, 1e200])
def test_moments_survive_squares_that_overflow(scale: float) -> None:
    x = np.random.default_rng(0).normal(size=1000) + 3
    mean, std = moments(x * scale)
    assert mean == pytest.approx(x.mean() * scale)
    assert std == pytest.approx(x.std() * scale)


def test_moments_of_the_odd_ones() -> None:
    assert moments(np.zeros(4)) == (0, 0)
    assert moments(np.full(4, 2.5, np.float32)) == (2.5, 0)
    assert np.isnan(moments(np.array([1.0, np.nan]))[1])
    small = (1e-25 * np.random.default_rng(0).normal(size=1000)).astype(np.float32)
    assert moments(small)[1] == pytest.approx(small.astype(float).std(), rel=1e-5)


def test_saturated_means_the_slope_of_tanh_at_99_hundredths() -> None:
    below, above = flat_below_above("tanh")
    assert np.tanh(above) == pytest.approx(0.99, abs=1e-9)
    assert below == pytest.approx(-above)
    assert flat_below_above("sigmoid")[1] == pytest.approx(2 * above)  # sigmoid(z) = (1 + tanh(z/2))/2
    assert flat_below_above("relu") == (pytest.approx(0, abs=1e-12), np.inf)
    assert np.expm1(flat_below_above("elu")[0]) == pytest.approx(-(0.99**2))
    for name in ("linear", "leaky_relu", "prelu"):
        assert flat_below_above(name) == (-np.inf, np.inf)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_number_is_what_its_name_says(activation: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    net = Held(DenseNet.uniform(6, 4, 30, 3, activation, dropout=0.2), dtype)
    net.initialize("mean_field", rng, Scales(sigma_w=2.0))
    x, y = rng.normal(size=(50, 6)), rng.integers(0, 3, 50)
    signals = net.forward(x, "train", rng)
    net.backward(signals, y)
    s = layer_statistics(net.net, net.parameters, signals, BINS)
    gradients = net.gradients()
    for l, layer in enumerate(signals.layers):
        h, g = layer.output.value.astype(float), layer.pre.gradient
        assert g is not None
        post = layer.post.value
        expected = {
            "activation_mean": h.mean(),
            "activation_std": h.std(),
            "gradient_mean": g.mean(),
            "gradient_std": g.astype(float).std(),
            "dead": (post == 0).all(axis=0).mean(),
            "zero": (post == 0).mean(),
            "weight_std": net.views[f"W{l + 1}"].astype(float).std(),
            "weight_gradient_std": gradients[f"W{l + 1}"].astype(float).std(),
        }
        for name, value in expected.items():
            found = s.arrays()[name][l]
            assert found == pytest.approx(value, rel=1e-4 if dtype is np.float32 else 1e-11, abs=1e-7), name
        assert s.activation_histogram[l].sum() == pytest.approx(1)
        assert s.gradient_histogram[l].sum() == pytest.approx(1)
    if activation == "tanh":
        shares = [(np.abs(layer.post.value) >= 0.99).mean() for layer in signals.layers]
        np.testing.assert_allclose(s.saturated, shares, atol=1e-3)
    if activation == "relu":
        np.testing.assert_array_equal(s.saturated, s.zero)


def test_dead_units_are_found_and_a_pass_without_gradients_says_nan() -> None:
    net = Held(DenseNet.uniform(3, 2, 8, 2, "relu"))
    net.initialize("he_normal", np.random.default_rng(0))
    net.views["b1"][:2] = -1e3
    s = layer_statistics(net.net, net.parameters, net.forward(np.random.default_rng(1).normal(size=(64, 3))), BINS)
    assert s.dead[0] == 0.25
    assert np.isnan(s.gradient_std).all()
    assert np.isnan(s.gradient_histogram).all()


def test_update_ratio_is_the_change_over_the_weights() -> None:
    net = Held(DenseNet.uniform(3, 2, 8, 2))
    net.initialize("he_normal", np.random.default_rng(0))
    before = net.theta.copy()
    net.views["W2"][...] *= 1.001
    np.testing.assert_allclose(update_ratios(net.net, net.theta, before), [0, 1e-3], atol=1e-15)


@pytest.mark.parametrize("shape", [(40, 40), (60, 20), (20, 60)])
def test_singular_values_are_the_svds(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape) * 1e170
    np.testing.assert_allclose(singular_values(matrix), np.linalg.svd(matrix, compute_uv=False), rtol=1e-9)
    assert not singular_values(np.zeros(shape)).any()
    assert np.isnan(singular_values(np.full(shape, np.inf))).all()


def test_spectrum_of_an_orthogonal_net_is_flat_at_one() -> None:
    net = Held(DenseNet.uniform(8, 3, 8, 0, "linear"))
    net.initialize("orthogonal", np.random.default_rng(0))
    for spectrum in weight_spectra(net.net, net.theta):
        np.testing.assert_allclose(spectrum, 1)
    np.testing.assert_allclose(singular_values(jacobian(net.net, net.parameters, np.ones(8))), 1)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("outputs", [0, 4])
def test_jacobian_is_the_numeric_one(normalization: str, outputs: int) -> None:
    rng = np.random.default_rng(0)
    net = Held(DenseNet.uniform(5, 3, 7, outputs, "tanh", normalization=normalization, skip="residual"))
    net.initialize("xavier_normal", rng)
    rows = rng.normal(size=(30, 5))
    running = net.parameters.running.copy()
    found = jacobian(net.net, net.parameters, rows[0], rows)
    np.testing.assert_array_equal(net.parameters.running, running)
    net.net.calibrate(net.parameters, rows)
    shifts = np.concatenate([np.eye(5), -np.eye(5)]) * 1e-6
    values = net.forward(rows[0] + shifts, "test").outputs.value
    np.testing.assert_allclose(found, ((values[:5] - values[5:]) / 2e-6).T, atol=1e-8)
