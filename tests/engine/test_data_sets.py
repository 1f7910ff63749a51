"""Generated sets and preprocessing: seeded, balanced, and what each kind promises."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.preprocessing import KINDS, condition, covariance, fit
from engine.data.toys import TOYS, DataSet, split


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("count", [1, 101])
def test_a_seed_gives_the_same_rows_and_other_seeds_others(name: str, count: int) -> None:
    toy = TOYS[name]
    first, again, other = (toy.make(count, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, again.targets)
    assert not np.array_equal(first.inputs, other.inputs)
    assert first.inputs.shape[0] == first.targets.shape[0] == count
    assert np.isfinite(first.inputs).all()
    assert (first.classes > 0) == (toy.task == "classify")
    if first.classes:
        assert first.targets.dtype == np.intp
        assert set(first.targets) <= set(range(first.classes))


@pytest.mark.parametrize("name", [name for name, toy in TOYS.items() if toy.task == "classify"])
def test_classes_are_even(name: str) -> None:
    data = TOYS[name].make(3000, np.random.default_rng(0))
    counts = np.bincount(data.targets.astype(int), minlength=data.classes)
    assert counts.min() > 0.8 * counts.max()


@pytest.mark.parametrize("name", TOYS)
def test_declared_options_are_understood(name: str) -> None:
    values = {"noise": 0.0, "classes": 4, "features": 7}
    toy = TOYS[name]
    data = toy.make(60, np.random.default_rng(0), **{option: values[option] for option in toy.options})
    if "features" in toy.options:
        assert data.inputs.shape[1] == 7
    if "classes" in toy.options:
        assert data.classes == 4


def test_without_noise_the_shapes_are_exact() -> None:
    rng = np.random.default_rng(0)
    rings = TOYS["circles"].make(50, rng, noise=0)
    np.testing.assert_allclose(np.hypot(*rings.inputs.T), (rings.targets + 1) / 2)
    square = TOYS["xor"].make(50, rng, noise=0)
    np.testing.assert_array_equal(square.targets, square.inputs.prod(axis=1) > 0)
    surface = TOYS["waves"].make(50, rng, noise=0)
    x, y = surface.inputs.T
    np.testing.assert_allclose(surface.targets, np.sin(3 * x) * np.cos(2 * y))


def test_spirals_cannot_be_told_apart_by_a_line_but_by_their_neighbours() -> None:
    data = TOYS["spirals"].make(400, np.random.default_rng(0))
    design = np.column_stack([data.inputs, np.ones(400)])
    line = design @ np.linalg.lstsq(design, 2.0 * data.targets - 1, rcond=None)[0]
    assert np.mean((line > 0) == data.targets) < 0.75
    distance = np.linalg.norm(data.inputs[:, None] - data.inputs, axis=2) + 10 * np.eye(400)
    assert np.mean(data.targets[distance.argmin(axis=1)] == data.targets) > 0.97


def test_split_parts_every_row_once() -> None:
    data = DataSet(np.arange(40.0).reshape(20, 2), np.arange(20), 20)
    train, held = split(data, 0.25, np.random.default_rng(0))
    assert (len(train.targets), len(held.targets)) == (15, 5)
    assert sorted([*train.targets, *held.targets]) == list(range(20))
    np.testing.assert_array_equal(train.inputs[:, 0], 2 * train.targets)
    assert len(split(data, 0.999, np.random.default_rng(0))[0].targets) == 1


def cloud() -> np.ndarray:
    return TOYS["skewed"].make(500, np.random.default_rng(0)).inputs


@pytest.mark.parametrize("kind", KINDS)
def test_preprocessing_can_be_undone(kind: str) -> None:
    x = cloud()
    mapped = fit(kind, x)
    np.testing.assert_allclose(mapped.invert(mapped.apply(x)), x, atol=1e-10)


def test_what_each_kind_promises() -> None:
    x = cloud()
    done = {kind: fit(kind, x).apply(x) for kind in KINDS}
    np.testing.assert_array_equal(done["none"], x)
    for kind in ("centre", "standardize", "pca", "whiten"):
        np.testing.assert_allclose(done[kind].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(covariance(done["centre"]), covariance(x))
    np.testing.assert_allclose(done["standardize"].std(axis=0), 1)
    decorrelated = covariance(done["pca"])
    np.testing.assert_allclose(decorrelated, np.diag(np.diag(decorrelated)), atol=1e-12)
    assert decorrelated[0, 0] > decorrelated[1, 1]
    np.testing.assert_allclose(np.linalg.norm(done["pca"], axis=1), np.linalg.norm(done["centre"], axis=1))
    np.testing.assert_allclose(covariance(done["whiten"]), np.eye(2), atol=1e-12)


def test_preprocessing_cures_the_condition_step_by_step() -> None:
    x = cloud()
    steps = [condition(fit(kind, x).apply(x)) for kind in ("none", "centre", "standardize", "whiten")]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 100
    assert steps[-1] == pytest.approx(1)
    assert condition(np.ones((5, 2))) == float("inf")


@pytest.mark.parametrize("kind", KINDS)
def test_constant_features_and_single_rows_stay_finite(kind: str) -> None:
    x = np.column_stack([cloud(), np.full(500, 7.0), cloud()[:, 0]])
    assert np.abs(fit(kind, x).apply(x)).max() < 50
    assert np.isfinite(fit(kind, x[:1]).apply(x[:1])).all()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no preprocessing"):
        fit("polish", cloud())
