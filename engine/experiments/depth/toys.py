"""Generated data sets for classification and regression, and what may be done to inputs before training."""

from __future__ import annotations

import numpy as np

from engine.autodiff.tape import Array


def toy(name: str, count: int, rng: np.random.Generator) -> tuple[Array, Array, int]:
    """Return inputs (count, 2), targets and the number of outputs.

    Targets are classes (count,), for ``regression`` numbers (count, 1). ``clouds`` are stretched, turned and far
    from the origin on purpose: preprocessing has something to do.

    Raises:
        ValueError: for an unknown name.
    """
    noise = rng.standard_normal((count, 2))
    if name == "clouds":
        classes = rng.integers(0, 3, count)
        turn = np.array([[4.0, 0.0], [2.4, 0.35]])
        centres = np.array([[-1.6, 0.0], [1.6, 0.0], [0.0, 2.2]])
        return (0.55 * noise + centres[classes]) @ turn.T + np.array([6.0, 9.0]), classes, 3
    if name == "spirals":
        classes = np.arange(count) % 2
        t = np.sqrt(rng.random(count)) * 3 * np.pi
        angle = t + np.pi * classes
        return np.stack([np.cos(angle), np.sin(angle)], 1) * (t / 6)[:, None] + 0.05 * noise, classes, 2
    if name == "moons":
        classes = np.arange(count) % 2
        t = rng.random(count) * np.pi
        x = np.where(classes == 0, np.cos(t), 1 - np.cos(t))
        y = np.where(classes == 0, np.sin(t), 0.5 - np.sin(t))
        return np.stack([x - 0.5, y - 0.25], 1) + 0.1 * noise, classes, 2
    if name == "circles":
        classes = np.arange(count) % 2
        t = rng.random(count) * 2 * np.pi
        radius = np.where(classes == 0, 0.5, 1.2)[:, None]
        return np.stack([np.cos(t), np.sin(t)], 1) * radius + 0.08 * noise, classes, 2
    if name == "xor":
        points = rng.uniform(-1, 1, (count, 2))
        return points, (points[:, 0] * points[:, 1] > 0).astype(np.intp), 2
    if name == "regression":
        points = rng.uniform(-2, 2, (count, 2))
        heights = np.sin(2 * points[:, 0]) * np.cos(points[:, 1]) + 0.05 * noise[:, 0]
        return points, heights[:, None], 1
    raise ValueError(name)


def preprocess(how: str, train: Array, other: Array) -> tuple[Array, Array]:
    """Return both sets of rows after preprocessing by the statistics of ``train`` alone, in new memory.

        center       x - mean
        standardize  (x - mean) / std
        pca          (x - mean) U            U: eigenvectors of the covariance, largest eigenvalue first
        whiten       (x - mean) U / sqrt(eigenvalue + 1e-8)

    Features that never change are left at 0 rather than divided by 0.
    """
    if how == "none":
        return train.copy(), other.copy()
    mean = train.mean(axis=0)
    a, b = train - mean, other - mean
    if how == "standardize":
        std = a.std(axis=0)
        scale = np.where(std > 0, std, 1.0)
        return a / scale, b / scale
    if how in {"pca", "whiten"}:
        values, vectors = np.linalg.eigh(a.T @ a / len(a))
        values, vectors = values[::-1], vectors[:, ::-1]
        if how == "whiten":
            kept = np.where(values > 1e-12 * max(values[0], 1e-300), values, np.inf)
            vectors = vectors / np.sqrt(kept + 1e-8 * (kept < np.inf))
        return a @ vectors, b @ vectors
    return a, b
