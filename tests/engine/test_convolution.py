"""Laws of convolution, pooling and attention for any geometry; torch's numbers are in tests/oracles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.autodiff.convolution import conv2d, conv_transpose2d, max_pool2d, mean_pool2d
from engine.autodiff.softmax import attention, log_softmax, probabilities
from engine.autodiff.tape import Tensor, backward
from tests.engine.gradients import check_gradients

small = st.integers(1, 3)
pairs = st.tuples(small, small)


@st.composite
def geometries(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an image, kernels, stride, padding and dilation that fit together."""
    kernel, dilation = draw(pairs), draw(pairs)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [max(r - 2 * p, 1) + draw(st.integers(0, 4)) for r, p in zip(reach, padding, strict=True)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, c, o = draw(small), draw(small), draw(small)
    return {
        "x": rng.normal(size=(n, c, *size)),
        "w": rng.normal(size=(o, c, *kernel)),
        "options": {"stride": draw(pairs), "padding": padding, "dilation": dilation},
        "rng": rng,
    }


def by_loops(x: np.ndarray, w: np.ndarray, stride: Any, padding: Any, dilation: Any) -> np.ndarray:
    wide = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    rows = (wide.shape[2] - dilation[0] * (w.shape[2] - 1) - 1) // stride[0] + 1
    columns = (wide.shape[3] - dilation[1] * (w.shape[3] - 1) - 1) // stride[1] + 1
    y = np.zeros((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            for a in range(w.shape[2]):
                for b in range(w.shape[3]):
                    entry = wide[:, :, i * stride[0] + a * dilation[0], j * stride[1] + b * dilation[1]]
                    y[:, :, i, j] += entry @ w[:, :, a, b].T
    return y


@settings(max_examples=40)
@given(geometries())
def test_convolution_is_its_definition_and_its_gradient_is_right(g: dict[str, Any]) -> None:
    value = conv2d(g["x"], g["w"], **g["options"]).value
    np.testing.assert_allclose(value, by_loops(g["x"], g["w"], **g["options"]), rtol=1e-10, atol=1e-12)
    check_gradients(lambda x, w: conv2d(x, w, **g["options"]), g["x"], g["w"])


@settings(max_examples=40)
@given(geometries())
def test_transposed_convolution_is_the_adjoint_of_convolution(g: dict[str, Any]) -> None:
    x, w, options = g["x"], g["w"], g["options"]
    y = conv2d(x, w, **options).value
    other = g["rng"].normal(size=y.shape)
    geometry = zip(x.shape[2:], y.shape[2:], w.shape[2:], *options.values(), strict=True)
    extra = [size - ((count - 1) * s - 2 * p + d * (k - 1) + 1) for size, count, k, s, p, d in geometry]
    assume(all(e < max(s, d) for e, s, d in zip(extra, options["stride"], options["dilation"], strict=True)))
    back = conv_transpose2d(other, w, **options, output_padding=tuple(extra))
    assert back.shape == x.shape
    np.testing.assert_allclose(np.vdot(y, other), np.vdot(x, back.value), rtol=1e-9, atol=1e-9)
    check_gradients(lambda a, b: conv_transpose2d(a, b, **options, output_padding=tuple(extra)), other, w)


@settings(max_examples=40)
@given(geometries(), st.booleans())
def test_pools_are_means_and_maxima_of_windows(g: dict[str, Any], largest: bool) -> None:
    kernel, options = g["w"].shape[2:], dict(g["options"])
    options["padding"] = tuple(min(p, k // 2) for p, k in zip(options["padding"], kernel, strict=True))
    assume(
        all(
            size + 2 * p >= d * (k - 1) + 1
            for size, p, d, k in zip(
                g["x"].shape[2:], options["padding"], options["dilation"], kernel, strict=True
            )
        )
    )
    if largest:  # no two entries within the reach of the differences
        distinct = g["rng"].permutation(g["x"].size).reshape(g["x"].shape) / 10
        assume(np.isfinite(max_pool2d(distinct, kernel, **options).value).all())  # no window wholly in the margin
        check_gradients(lambda x: max_pool2d(x, kernel, **options), distinct)
        return
    options["dilation"] = (1, 1)
    depthwise = np.full((1, 1, *kernel), 1 / np.prod(kernel))
    planes = g["x"].reshape(-1, 1, *g["x"].shape[2:])
    expected = by_loops(planes, depthwise, **options)
    del options["dilation"]
    pooled = mean_pool2d(g["x"], kernel, **options).value
    np.testing.assert_allclose(pooled.reshape(expected.shape), expected, rtol=1e-10, atol=1e-13)
    check_gradients(lambda x: mean_pool2d(x, kernel, **options), g["x"])


def test_the_first_of_equals_receives_a_max_pools_gradient() -> None:
    x = Tensor(np.zeros((1, 2, 2)))
    backward(max_pool2d(x, 2))
    np.testing.assert_array_equal(x.gradient, [[[1, 0], [0, 0]]])


def test_a_max_pools_padding_never_wins() -> None:
    x = -np.ones((1, 2, 2))
    assert (max_pool2d(x, 2, stride=1, padding=1).value == -1).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda x, w: conv2d(x, w[:, :2]),
        lambda x, w: conv2d(x, np.ones((1, 3, 9, 1))),
        lambda x, w: conv2d(x, w, stride=0),
        lambda x, w: conv2d(x, w, padding=-1),
        lambda x, w: conv2d(x[0, 0], w),
        lambda x, w: max_pool2d(x, 2, padding=2),
        lambda x, w: conv_transpose2d(x, w.swapaxes(0, 1), output_padding=1),
        lambda x, w: attention(x, x, x, np.zeros((5, 5), bool)),
    ],
)
def test_what_does_not_fit_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        call(np.ones((2, 3, 5, 5)), np.ones((4, 3, 2, 2)))


def test_a_causal_place_does_not_see_what_follows() -> None:
    rng = np.random.default_rng(0)
    q, k, v = (Tensor(rng.normal(size=(4, 3))) for _ in range(3))
    result, weights = attention(q, k, v, np.tri(4, dtype=bool))
    assert (weights[np.triu_indices(4, 1)] == 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    upstream = np.zeros((4, 3))
    upstream[1] = 1
    backward(result, upstream)
    assert not v.gradient[2:].any()
    assert not k.gradient[2:].any()


def test_probabilities_at_any_temperature() -> None:
    scores = np.array([[1.0, 3.0, 2.0], [1e4, -1e4, 1e4]])
    np.testing.assert_allclose(probabilities(scores, 1, 0.5), probabilities(2 * scores, 1), rtol=1e-12)
    np.testing.assert_array_equal(probabilities(scores, 1, 0), [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(probabilities(scores.T, 0), probabilities(scores).T)
    np.testing.assert_allclose(probabilities(scores).sum(axis=1), 1)
    with pytest.raises(ValueError, match="negative"):
        probabilities(scores, 1, -1)


def test_the_logarithm_of_a_vanishing_probability_is_exact() -> None:
    assert log_softmax(np.array([0.0, -2000.0])).value[1] == -2000.0
