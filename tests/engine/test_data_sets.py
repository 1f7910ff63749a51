"""Generated sets and preprocessing: seeded, balanced, and what each kind promises."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.preprocessing import KINDS, condition, covariance, fit
from engine.data.toys import TOYS, gaussian
from tests.extras import library


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("count", [1, 101])
def test_a_seed_gives_the_same_rows_and_other_seeds_others(name: str, count: int) -> None:
    toy = TOYS[name]
    first, again, other = (toy.make(count, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, again.targets)
    assert not np.array_equal(first.inputs, other.inputs)
    assert first.inputs.shape == (count, 2)
    assert first.targets.shape == (count,)
    assert np.isfinite(first.inputs).all()
    assert (first.classes, first.outputs) == (toy.classes, toy.classes or 1)
    if first.classes:
        assert first.targets.dtype == np.intp
        assert set(first.targets) <= set(range(first.classes))


@pytest.mark.parametrize("name", [name for name, toy in TOYS.items() if toy.classes])
def test_classes_are_even(name: str) -> None:
    data = TOYS[name].make(3000, np.random.default_rng(0))
    counts = np.bincount(data.targets.astype(int), minlength=data.classes)
    assert counts.min() > 0.8 * counts.max()


def test_without_noise_the_shapes_are_exact() -> None:
    rng = np.random.default_rng(0)
    rings = TOYS["circles"].make(50, rng, 0)
    np.testing.assert_allclose(np.hypot(*rings.inputs.T), 0.5 + 0.7 * rings.targets)
    square = TOYS["xor"].make(50, rng, 0)
    np.testing.assert_array_equal(square.targets, square.inputs.prod(axis=1) > 0)
    surface = TOYS["regression"].make(50, rng, 0)
    x, y = surface.inputs.T
    np.testing.assert_allclose(surface.targets, np.sin(2 * x) * np.cos(y))


def test_a_linear_teacher_tells_the_gaussian_rows_apart() -> None:
    data = gaussian(2000, np.random.default_rng(0), features=8, classes=5)
    assert data.inputs.std() == pytest.approx(1, rel=0.02)
    one_hot = np.eye(5)[data.targets.astype(int)]
    fitted = data.inputs @ np.linalg.lstsq(data.inputs, one_hot, rcond=None)[0]
    assert np.mean(fitted.argmax(axis=1) == data.targets) > 0.8


def test_spirals_cannot_be_told_apart_by_a_line_but_by_their_neighbours() -> None:
    data = TOYS["spirals"].make(400, np.random.default_rng(0))
    design = np.column_stack([data.inputs, np.ones(400)])
    line = design @ np.linalg.lstsq(design, 2.0 * data.targets - 1, rcond=None)[0]
    assert np.mean((line > 0) == data.targets) < 0.75
    distance = np.linalg.norm(data.inputs[:, None] - data.inputs, axis=2) + 10 * np.eye(400)
    assert np.mean(data.targets[distance.argmin(axis=1)] == data.targets) > 0.97


def cloud() -> np.ndarray:
    return TOYS["clouds"].make(500, np.random.default_rng(0)).inputs


def test_what_each_kind_promises() -> None:
    x = cloud()
    done = {kind: fit(kind, x).apply(x) for kind in KINDS}
    np.testing.assert_array_equal(done["none"], x)
    for kind in ("center", "standardize", "pca", "whiten"):
        np.testing.assert_allclose(done[kind].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(covariance(done["center"]), covariance(x))
    np.testing.assert_allclose(done["standardize"].std(axis=0), 1)
    np.testing.assert_allclose(
        [done["minmax"].min(axis=0), done["minmax"].max(axis=0)], [[0, 0], [1, 1]], atol=1e-15
    )
    decorrelated = covariance(done["pca"])
    np.testing.assert_allclose(decorrelated, np.diag(np.diag(decorrelated)), atol=1e-12)
    assert decorrelated[0, 0] > decorrelated[1, 1]
    np.testing.assert_allclose(np.linalg.norm(done["pca"], axis=1), np.linalg.norm(done["center"], axis=1))
    np.testing.assert_allclose(covariance(done["whiten"]), np.eye(2), atol=1e-12)


def test_preprocessing_cures_the_condition_step_by_step() -> None:
    x = cloud()
    steps = [condition(fit(kind, x).apply(x)) for kind in ("none", "center", "standardize", "whiten")]
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


def test_preprocessing_agrees_with_scikit_learn() -> None:
    sklearn = library("sklearn.preprocessing")
    train, other = cloud()[:400], cloud()[400:]
    for kind, theirs in (("minmax", sklearn.MinMaxScaler()), ("standardize", sklearn.StandardScaler())):
        np.testing.assert_allclose(fit(kind, train).apply(other), theirs.fit(train).transform(other), atol=1e-12)
    from sklearn.decomposition import PCA

    for kind in ("pca", "whiten"):
        expected = PCA(whiten=kind == "whiten").fit(train).transform(other)
        scale = np.sqrt(400 / 399) if kind == "whiten" else 1  # theirs divides the variance by N - 1
        np.testing.assert_allclose(np.abs(fit(kind, train).apply(other)), np.abs(expected * scale), rtol=1e-6)
