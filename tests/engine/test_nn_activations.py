"""Laws of the activations, beyond their agreement with torch."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.autodiff.error_function import erf
from engine.autodiff.tape import Tensor, backward
from engine.nn.activations import ACTIVATIONS, activate, dense

ELEMENTWISE = [name for name, a in ACTIVATIONS.items() if a.pieces == 1]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_declared_whole(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert activation.name == name
    assert activation.title
    assert activation.latex


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_far_arguments_stay_finite(name: str, dtype: type) -> None:
    activation = ACTIVATIONS[name]
    z = np.array([-1e4, -800.0, -90.0, -1.0, 0.0, 1.0, 90.0, 800.0, 1e18, 1e4], dtype)
    h = activation.function(z)
    d = activation.derivative(z, h)
    assert h.dtype == d.dtype == dtype
    assert np.isfinite(h).all()
    assert np.isfinite(d).all()
    assert np.abs(d).max() <= 1.76
    assert h[-1] == pytest.approx(activation.bounds[1] or d[-1] * 1e4)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_bounds_are_approached(name: str) -> None:
    activation = ACTIVATIONS[name]
    far = activation.function(np.array([-60.0, 60.0]))
    for value, bound in zip(far, activation.bounds, strict=True):
        if bound is not None:
            assert value == pytest.approx(bound, abs=1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_kinks_are_where_the_derivative_jumps(name: str) -> None:
    activation = ACTIVATIONS[name]
    z = np.linspace(-3, 3, 601)[:, None] + np.array([-1e-9, 1e-9])
    d = activation.derivative(z, activation.function(z))
    jumps = z.mean(axis=1)[np.abs(d[:, 1] - d[:, 0]) > 1e-3]
    declared = activation.kinks if name != "elu" else ()  # ELU's slope is continuous at its kink
    np.testing.assert_allclose(jumps, declared, atol=1e-8)


def test_the_sigmoids_slope_is_at_most_a_quarter() -> None:
    z = np.linspace(-8, 8, 1001)
    sigmoid = ACTIVATIONS["sigmoid"]
    assert sigmoid.derivative(z, sigmoid.function(z)).max() == 0.25


def test_sigmoid_keeps_its_digits_far_left() -> None:
    z = np.array([-700.0, -40.0])
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"].function(z), np.exp(z), rtol=1e-14)


def test_erf_is_libms_to_the_last_digits() -> None:
    x = np.linspace(-7, 7, 20001)
    np.testing.assert_allclose(erf(x), [math.erf(value) for value in x], rtol=0, atol=4.5e-16)
    assert np.isnan(erf(np.array([np.nan]))).all()


def test_maxout_routes_the_gradient_to_the_larger_piece() -> None:
    z = Tensor(np.array([[1.0, 5.0, 3.0, 2.0]]))
    h = activate("maxout", z)
    np.testing.assert_array_equal(h.value, [[3, 5]])
    backward(h, np.array([[10.0, 20.0]]))
    np.testing.assert_array_equal(z.gradient, [[0, 20, 10, 0]])


def test_dense_is_affine_then_activation_with_the_same_gradients() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((5, 3), (3, 4), (4,))]
    upstream = rng.normal(size=(5, 4))
    fused = [Tensor(array) for array in arrays]
    plain = [Tensor(array) for array in arrays]
    pre, post = dense(*fused, "tanh")
    z = plain[0] @ plain[1] + plain[2]
    h = activate("tanh", z)
    backward(post, upstream)
    backward(h, upstream)
    np.testing.assert_allclose(post.value, h.value, rtol=1e-14)
    np.testing.assert_allclose(pre.gradient, z.gradient, rtol=1e-13)
    for a, b in zip(fused, plain, strict=True):
        np.testing.assert_allclose(a.gradient, b.gradient, rtol=1e-12)
