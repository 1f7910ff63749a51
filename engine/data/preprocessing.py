"""Preprocessing: center, scale, standardize, decorrelate, whiten; fitted on training rows, applied to all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.message import _

Array = NDArray[np.float64]

KINDS: dict[str, str] = {
    "none": _("None"),
    "center": _("Centre"),
    "minmax": _("Min-max: to 0 … 1"),
    "standardize": _("Standardize"),
    "pca": _("PCA"),
    "whiten": _("Whiten"),
}
"""Every kind with its title, in the order of menus."""


@dataclass(frozen=True)
class Preprocessing:
    """An affine map of rows: y = (x - origin) @ matrix.

    Args:
        kind: of `KINDS`. origin: (D,), what becomes 0. matrix: (D, D), or (D,) where it is diagonal.
    """

    kind: str
    origin: Array
    matrix: Array

    def apply(self, inputs: Array) -> Array:
        """Return the mapped rows, (N, D), in new memory."""
        moved = inputs - self.origin
        return np.asarray(moved * self.matrix if self.matrix.ndim == 1 else moved @ self.matrix)


def fit(kind: str, inputs: Array, eps: float = 1e-12) -> Preprocessing:
    """Return the preprocessing that suits these rows.

        none         x
        center       x - mean
        minmax       (x - min) / (max - min), per feature: the fitted rows fill 0 to 1
        standardize  (x - mean) / std, per feature
        pca          (x - mean) U,  covariance = U diag(s) U',  s descending: decorrelated
        whiten       (x - mean) U / sqrt(s): unit covariance

    Args:
        kind: of `KINDS`. inputs: (N, D) with N >= 1.
        eps: a feature, or direction, with at most this share of the largest variance (squared range for minmax)
            is left unscaled: it is constant but for rounding.
    Convention: variances are divided by N. Each column of U has its largest entry positive.
    Raises:
        ValueError: for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no preprocessing {kind!r}; there are {', '.join(KINDS)}")
    features = inputs.shape[1]
    matrix = np.ones(features)
    if kind == "none":
        return Preprocessing(kind, np.zeros(features), matrix)
    if kind == "minmax":
        low, high = inputs.min(axis=0), inputs.max(axis=0)
        return Preprocessing(kind, low, _scales((high - low) ** 2, eps))
    mean = inputs.mean(axis=0)
    centred = inputs - mean
    if kind == "standardize":
        matrix = _scales(centred.var(axis=0), eps)
    elif kind in ("pca", "whiten"):
        variances, matrix = np.linalg.eigh(covariance(inputs))
        variances, matrix = variances[::-1], matrix[:, ::-1]
        peaks = matrix[np.abs(matrix).argmax(axis=0), np.arange(features)]
        matrix = matrix * np.sign(peaks)
        if kind == "whiten":
            matrix = matrix * _scales(variances, eps)
    return Preprocessing(kind, mean, np.ascontiguousarray(matrix))


def _scales(variances: Array, eps: float) -> Array:
    alive = variances > eps * max(float(variances.max()), 1e-300)
    return np.where(alive, 1 / np.sqrt(np.where(alive, variances, 1.0)), 1.0)


def covariance(inputs: Array) -> Array:
    """Return the covariance matrix of the rows, (D, D), divided by N."""
    centred = inputs - inputs.mean(axis=0)
    return np.asarray(centred.T @ centred / len(inputs))


def curvatures(inputs: Array, bias: bool = True) -> tuple[Array, Array]:
    """Return how the loss of one linear unit on these rows bends: curvatures, smallest first, and directions.

    The Hessian of half the mean squared error by the weights (and the bias, last) is the second moment matrix of
    the rows (and a one).

    Returns:
        eigenvalues (d,), eigenvectors as columns (d, d).
    """
    rows = np.column_stack([inputs, np.ones(len(inputs))]) if bias else inputs
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    return values, vectors


def condition(inputs: Array, bias: bool = True) -> float:
    """Return how stretched the loss of one linear unit on these rows is: largest over smallest curvature.

    Gradient descent needs of the order of this many steps. Infinite when a direction has no curvature at all.

    Args:
        inputs: (N, D). bias: whether the unit has one.
    """
    values, _directions = curvatures(inputs, bias)
    smallest, largest = float(values[0]), float(values[-1])
    return largest / smallest if smallest > 1e-15 * largest else float("inf")
