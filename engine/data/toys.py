"""Generated data sets, seeded: points in the plane that a net must tell apart, and numbers it must predict.

Each takes ``count`` rows, at least 1, ``rng``, which draws them, and ``noise``, a standard deviation >= 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.catalog import by_name
from engine.data.dataset import DataSet
from engine.message import _


def gaussian(count: int, rng: np.random.Generator, features: int, classes: int) -> DataSet:
    """Return unit Gaussian rows, (count, features), with the class that a random linear teacher gives each.

    Args:
        count: rows. rng: draws. features, classes: how many.
    """
    inputs = rng.standard_normal((count, features))
    targets = (inputs @ rng.standard_normal((features, classes))).argmax(axis=1)
    return DataSet(inputs, targets, classes)


def clouds(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return three clouds, stretched, turned and far from the origin: what preprocessing is for."""
    wobble = noise * rng.standard_normal((count, 2))
    targets = rng.integers(0, 3, count)
    centres = np.array([[-1.6, 0.0], [1.6, 0.0], [0.0, 2.2]])
    tilt = np.array([[4.0, 2.4], [0.0, 0.35]])
    return DataSet((wobble + centres[targets]) @ tilt + np.array([6.0, 9.0]), targets, 3)


def spirals(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return two arms that wind one and a half times around the origin."""
    wobble = noise * rng.standard_normal((count, 2))
    targets = _turns(count)
    angle = np.sqrt(rng.random(count)) * 3 * math.pi
    return DataSet(_circle(angle + math.pi * targets) * (angle / 6)[:, None] + wobble, targets, 2)


def moons(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return two half circles that reach into each other."""
    wobble = noise * rng.standard_normal((count, 2))
    targets = _turns(count)
    angle = rng.random(count) * math.pi
    x = np.where(targets == 0, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(targets == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return DataSet(np.stack([x, y], axis=1) + wobble, targets, 2)


def circles(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return two rings around the origin, of radius 0.5 and 1.2."""
    wobble = noise * rng.standard_normal((count, 2))
    targets = _turns(count)
    angle = rng.random(count) * 2 * math.pi
    radius = np.where(targets == 0, 0.5, 1.2)
    return DataSet(_circle(angle) * radius[:, None] + wobble, targets, 2)


def xor(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return points of the square [-1, 1]², of class 1 where x and y have one sign; noise moves them after."""
    wobble = noise * rng.standard_normal((count, 2))
    points = rng.uniform(-1, 1, (count, 2))
    targets = (points[:, 0] * points[:, 1] > 0).astype(np.intp)
    return DataSet(points + wobble, targets, 2)


def gaussians(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return two round clouds, about (-0.8, -0.8) and (0.8, 0.8), each of standard deviation 0.3 without noise."""
    wobble = noise * rng.standard_normal((count, 2))
    targets = _turns(count)
    centres = np.where(targets == 0, -0.8, 0.8)[:, None]
    return DataSet(centres + 0.3 * rng.standard_normal((count, 2)) + wobble, targets, 2)


def checkerboard(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return points of the square [-1.5, 1.5]², coloured as a board of 4 x 4 is; noise moves them."""
    wobble = noise * rng.standard_normal((count, 2))
    points = rng.uniform(-1.5, 1.5, (count, 2))
    return DataSet(points + wobble, np.floor(points / 0.75).sum(axis=1).astype(np.intp) % 2, 2)


def stripes(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return points of the square [-1.5, 1.5]² in slanting stripes, 0.8 wide along each axis; noise moves them."""
    wobble = noise * rng.standard_normal((count, 2))
    points = rng.uniform(-1.5, 1.5, (count, 2))
    return DataSet(points + wobble, np.floor(points.sum(axis=1) / 0.8).astype(np.intp) % 2, 2)


def plane(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return a slope to learn: (x + y)/2 on [-2, 2]², with Gaussian noise on the numbers."""
    wobble = noise * rng.standard_normal((count, 2))
    points = rng.uniform(-2, 2, (count, 2))
    return DataSet(points, points.mean(axis=1) + wobble[:, 0], 0)


def waves(count: int, rng: np.random.Generator, noise: float) -> DataSet:
    """Return a surface to learn: sin(2 x) cos(y) on [-2, 2]², with Gaussian noise on the numbers."""
    wobble = noise * rng.standard_normal((count, 2))
    points = rng.uniform(-2, 2, (count, 2))
    return DataSet(points, np.sin(2 * points[:, 0]) * np.cos(points[:, 1]) + wobble[:, 0], 0)


def _turns(count: int) -> NDArray[np.intp]:
    """Return two classes dealt out in turn, so that they are as even as can be."""
    return np.arange(count) % 2


def _circle(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@dataclass(frozen=True)
class Toy:
    """A generated set of points in the plane.

    Args:
        name: by which it is asked for. title: translatable. classes: how many; 0 means numbers to predict.
        noise: the standard deviation that suits it. draw: makes it from a count, a generator and a noise.
    """

    name: str
    title: str
    classes: int
    noise: float
    draw: Callable[[int, np.random.Generator, float], DataSet]

    def make(self, count: int, rng: np.random.Generator, noise: float | None = None) -> DataSet:
        """Return ``count`` rows, (count, 2), with the noise that suits the set or another."""
        return self.draw(count, rng, self.noise if noise is None else noise)


TOYS: dict[str, Toy] = by_name(
    [
        Toy("circles", _("Circles"), 2, 0.08, circles),
        Toy("xor", _("XOR"), 2, 0.0, xor),
        Toy("gaussians", _("Two Gaussians"), 2, 0.1, gaussians),
        Toy("spirals", _("Spirals"), 2, 0.05, spirals),
        Toy("moons", _("Two moons"), 2, 0.1, moons),
        Toy("checkerboard", _("Checkerboard"), 2, 0.0, checkerboard),
        Toy("stripes", _("Stripes"), 2, 0.0, stripes),
        Toy("clouds", _("Three stretched clouds"), 3, 0.55, clouds),
        Toy("plane", _("Regression: a plane"), 0, 0.05, plane),
        Toy("regression", _("Regression: waves"), 0, 0.05, waves),
    ]
)
"""Every generated set by name, in the order of menus."""
