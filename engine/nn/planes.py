"""Planes through the space of a net's parameters: its loss can be drawn on them, and paths lie off them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.layout import MATRICES, Layout


@dataclass(frozen=True)
class Plane:
    """The points origin + x a + y b.

    Args:
        origin: (n,). directions: (2, n), a and b; neither need be of length 1, nor at right angles to the other.

    >>> plane = Plane(np.zeros(3), np.eye(3)[:2])
    >>> plane.coordinates(np.array([1.0, 2.0, 5.0])).tolist(), float(plane.distance(np.array([1.0, 2.0, 5.0])))
    ([1.0, 2.0], 5.0)
    """

    origin: Array
    directions: Array

    @cached_property
    def _inverse(self) -> Array:
        """What turns a way from the origin into the coordinates of its nearest point, (n, 2)."""
        return np.asarray(np.linalg.pinv(self.directions))

    def coordinates(self, points: Array) -> Array:
        """Return the coordinates (..., 2) of the plane's nearest points to ``points`` (..., n)."""
        return np.asarray((points - self.origin) @ self._inverse)

    def points(self, coordinates: Array) -> Array:
        """Return the points (..., n) at some coordinates (..., 2)."""
        return np.asarray(self.origin + coordinates @ self.directions)

    def distance(self, points: Array) -> Array:
        """Return how far ``points`` (..., n) lie off the plane, (...)."""
        return np.asarray(np.linalg.norm(points - self.points(self.coordinates(points)), axis=-1))

    def share_off(self, points: Array) -> Array:
        """Return the share of the squared distance from the origin off the plane, (...); 0 at the origin."""
        whole = np.square(points - self.origin).sum(-1)
        with np.errstate(all="ignore"):
            return np.where(whole > 0, np.square(self.distance(points)) / whole, 0.0)


class Principal(NamedTuple):
    """The first two principal directions of some points, (2, n), and each one's share of the variance, (2,)."""

    directions: Array
    shares: Array


def principal(points: Array) -> Principal:
    """Return the first two principal components of points (k, n), n >= 2.

        X = points - mean(points) = U S V',   directions V[:2],   shares S[:2]² / sum S²

    The mean is taken away, as Li et al. do: differences from any one point have the same components.

    Source: Li, Xu, Taylor, Studer & Goldstein 2018, arXiv:1712.09913, section 7.
    """
    root = np.linalg.qr(points - points.mean(0), mode="r")
    _left, sizes, across = np.linalg.svd(root)
    variances = np.zeros(2)
    variances[: len(sizes)] = np.square(sizes[:2])
    total = float(np.square(sizes).sum())
    return Principal(across[:2], variances / total if total > 0 else variances)


def filter_normalized(layout: Layout, theta: Array, rng: np.random.Generator) -> Array:
    """Return a random direction (n,) in which each unit's weights are as long as that unit's weights in theta.

        d_j <- d_j / |d_j| * |theta_j|,   j each unit's incoming weights; biases and the like stay: 0

    Without it a net whose weights are small would look sharper than the same function with large ones.

    Args:
        layout: of theta. theta: (n,). rng: draws the direction.
    Convention: of the authors' program, which leaves biases and batch normalization alone.
    Source: Li, Xu, Taylor, Studer & Goldstein 2018, arXiv:1712.09913, section 4.
    """
    found = layout.zeros()
    draws, weights = layout.views(found), layout.views(theta)
    for name in layout.names(*MATRICES):
        axis = 1 - layout.entries[name].units
        draw = rng.standard_normal(layout.entries[name].shape)
        length = np.linalg.norm(weights[name], axis=axis, keepdims=True)
        draws[name][...] = draw / np.linalg.norm(draw, axis=axis, keepdims=True) * length
    return found
