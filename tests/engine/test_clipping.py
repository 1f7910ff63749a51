"""Clipping bounds the step, keeps the direction where it says so, and reports the norm from before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.optimizers import Clip

VECTORS = arrays(np.float64, (4,), elements=st.floats(-1e6, 1e6))


def test_no_clipping_changes_nothing_and_returns_the_norm() -> None:
    gradient = np.array([3.0, -4.0])
    assert Clip().apply(gradient) == 5.0
    np.testing.assert_array_equal(gradient, [3.0, -4.0])


@given(VECTORS, st.floats(1e-3, 1e3))
def test_clipping_by_norm_bounds_the_length_and_keeps_the_direction(gradient: np.ndarray, bound: float) -> None:
    before = gradient.copy()
    norm = Clip(mode="norm", threshold=bound).apply(gradient)
    assert norm == pytest.approx(np.linalg.norm(before))
    assert np.linalg.norm(gradient) <= bound
    np.testing.assert_allclose(gradient, before * min(1.0, bound / (norm + 1e-6)), rtol=1e-12)


@given(VECTORS, st.floats(1e-3, 1e3))
def test_clipping_by_value_bounds_every_component(gradient: np.ndarray, bound: float) -> None:
    before = gradient.copy()
    Clip(mode="value", threshold=bound).apply(gradient)
    np.testing.assert_array_equal(gradient, np.clip(before, -bound, bound))


def test_every_stacked_run_has_its_own_norm() -> None:
    gradient = np.array([[3.0, 4.0], [0.3, 0.4]])
    np.testing.assert_allclose(Clip(mode="norm", threshold=1.0).apply(gradient), [5.0, 0.5])
    np.testing.assert_allclose(gradient, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


@pytest.mark.parametrize("mode", ["none", "norm", "value"])
def test_float32_stays_float32(mode: str) -> None:
    gradient = np.array([30.0, 40.0], np.float32)
    norm = Clip.model_validate({"mode": mode}).apply(gradient)
    assert gradient.dtype == norm.dtype == np.float32


@pytest.mark.parametrize("mode", ["none", "norm", "value"])
def test_a_gradient_that_is_not_finite_stays_so_without_error(mode: str) -> None:
    gradient = np.array([[np.nan, 1.0], [3.0, 4.0]])
    with np.errstate(all="ignore"):
        norm = Clip.model_validate({"mode": mode}).apply(gradient)
    assert np.isnan(norm[0])
    assert np.isnan(gradient[0, 0])
    assert np.isfinite(gradient[1]).all()


def test_clip_states_its_source_and_convention() -> None:
    assert "Source:" in (Clip.__doc__ or "")
    assert "Convention:" in (Clip.__doc__ or "")
