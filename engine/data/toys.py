"""Generated data sets, seeded: points in the plane that a net must tell apart, and numbers it must predict."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.message import _

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DataSet:
    """Rows and what to say of each.

    Args:
        inputs: (N, D) float64. targets: (N,), integers 0..classes-1, or float64 numbers when classes is 0.
        classes: how many; 0 means numbers to predict (regression).
        columns: names of the features, or empty. labels: names of the classes, or empty.
    """

    inputs: Array
    targets: NDArray[np.intp] | Array
    classes: int
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def take(self, rows: NDArray[np.intp]) -> DataSet:
        """Return the data set of some rows."""
        return DataSet(self.inputs[rows], self.targets[rows], self.classes, self.columns, self.labels)


def split(data: DataSet, validation: float, rng: np.random.Generator) -> tuple[DataSet, DataSet]:
    """Return the rows parted at random into training and validation.

    Args:
        validation: the share held out, in [0, 1); at least one row stays for training.
    """
    order = rng.permutation(len(data.inputs))
    held = min(round(validation * len(order)), len(order) - 1)
    return data.take(np.sort(order[held:])), data.take(np.sort(order[:held]))


def _turns(count: int, classes: int) -> NDArray[np.intp]:
    """Return classes dealt out in turn, so that they are as even as can be."""
    return np.arange(count) % classes


def white(count: int, rng: np.random.Generator, *, features: int = 500, classes: int = 10) -> DataSet:
    """Return unit Gaussian rows with classes drawn at random: nothing to learn, all to see passing through."""
    inputs = rng.standard_normal((count, features))
    return DataSet(inputs, rng.integers(0, classes, count), classes)


def clouds(
    count: int, rng: np.random.Generator, *, noise: float = 0.3, classes: int = 3, features: int = 2
) -> DataSet:
    """Return Gaussian clouds around ``classes`` centres: on the unit circle in the plane, else on a sphere."""
    if features == 2:
        angles = 2 * math.pi * np.arange(classes) / classes
        centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    else:
        centres = rng.standard_normal((classes, features))
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    targets = _turns(count, classes)
    return DataSet(centres[targets] + noise * rng.standard_normal((count, features)), targets, classes)


def spirals(count: int, rng: np.random.Generator, *, noise: float = 0.05, classes: int = 2) -> DataSet:
    """Return ``classes`` arms that wind one and a half times around the origin."""
    targets = _turns(count, classes)
    radius = 0.1 + 0.9 * np.sqrt(rng.random(count))
    angle = 2 * math.pi * (targets / classes + 1.5 * radius)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return DataSet(points + noise * rng.standard_normal((count, 2)), targets, classes)


def moons(count: int, rng: np.random.Generator, *, noise: float = 0.1) -> DataSet:
    """Return two half circles that reach into each other."""
    targets = _turns(count, 2)
    angle = math.pi * rng.random(count)
    x = np.where(targets == 0, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(targets == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return DataSet(np.stack([x, y], axis=1) + noise * rng.standard_normal((count, 2)), targets, 2)


def circles(count: int, rng: np.random.Generator, *, noise: float = 0.08, classes: int = 2) -> DataSet:
    """Return rings around the origin, one inside the other, the largest of radius 1."""
    targets = _turns(count, classes)
    angle = 2 * math.pi * rng.random(count)
    radius = (targets + 1) / classes
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return DataSet(points + noise * rng.standard_normal((count, 2)), targets, classes)


def xor(count: int, rng: np.random.Generator, *, noise: float = 0.0) -> DataSet:
    """Return points of the square [-1, 1]², of class 1 where x and y have one sign; noise moves them after."""
    points = rng.uniform(-1, 1, (count, 2))
    targets = (points[:, 0] * points[:, 1] > 0).astype(np.intp)
    return DataSet(points + noise * rng.standard_normal((count, 2)), targets, 2)


def waves(count: int, rng: np.random.Generator, *, noise: float = 0.1) -> DataSet:
    """Return a surface to learn: sin(3 x) cos(2 y) on [-1, 1]², with Gaussian noise on the numbers."""
    points = rng.uniform(-1, 1, (count, 2))
    heights = np.sin(3 * points[:, 0]) * np.cos(2 * points[:, 1])
    return DataSet(points, heights + noise * rng.standard_normal(count), 0)


def plane(count: int, rng: np.random.Generator, *, noise: float = 0.1, features: int = 2) -> DataSet:
    """Return a linear function of unit Gaussian rows, of unit slope, with Gaussian noise."""
    slopes = rng.standard_normal(features)
    slopes /= np.linalg.norm(slopes)
    points = rng.standard_normal((count, features))
    return DataSet(points, points @ slopes + noise * rng.standard_normal(count), 0)


def skewed(count: int, rng: np.random.Generator, *, noise: float = 0.3) -> DataSet:
    """Return two clouds far from the origin, stretched and tilted: what preprocessing is for."""
    flat = clouds(count, rng, noise=noise, classes=2)
    tilt = np.array([[3.0, 1.2], [0.0, 0.4]])
    return DataSet(flat.inputs @ tilt + np.array([6.0, -3.0]), flat.targets, 2)


@dataclass(frozen=True)
class Toy:
    """A generated set: ``make(count, rng, **options)`` draws it; ``options`` names the keywords it takes."""

    name: str
    title: str
    task: Literal["classify", "predict"]
    make: Callable[..., DataSet]
    options: tuple[str, ...]


TOYS: dict[str, Toy] = {
    toy.name: toy
    for toy in [
        Toy("white", _("Unit Gaussian noise"), "classify", white, ("features", "classes")),
        Toy("clouds", _("Gaussian clouds"), "classify", clouds, ("noise", "classes", "features")),
        Toy("spirals", _("Spirals"), "classify", spirals, ("noise", "classes")),
        Toy("moons", _("Moons"), "classify", moons, ("noise",)),
        Toy("circles", _("Circles"), "classify", circles, ("noise", "classes")),
        Toy("xor", _("XOR"), "classify", xor, ("noise",)),
        Toy("skewed", _("Skewed clouds"), "classify", skewed, ("noise",)),
        Toy("waves", _("Waves (regression)"), "predict", waves, ("noise",)),
        Toy("plane", _("Plane (regression)"), "predict", plane, ("noise", "features")),
    ]
}
"""Every generated set by name, in the order of menus."""
