"""Where to try: grid, random, Sobol, and one that learns from what it has seen."""

from __future__ import annotations

import importlib.util
import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine import palette
from engine.experiments.search.space import Points, Space
from engine.message import _

STARTUP = 8
"""Trials that the model-based sampler draws at random before it has a model."""


class Sampler(ABC):
    """Chooses the points of a search, given what was found so far."""

    name: ClassVar[str]
    title: ClassVar[str]
    color: ClassVar[str]
    needs: ClassVar[str] = ""
    """The library that it stands on, an extra."""
    learns: ClassVar[bool] = False
    """Whether where it looks next depends on what it has found."""

    @classmethod
    def available(cls) -> bool:
        """Whether its library is installed."""
        return not cls.needs or importlib.util.find_spec(cls.needs) is not None

    @abstractmethod
    def propose(self, space: Space, budget: int, seen: Points, values: Points, seed: int) -> Points:
        """Return further points: all of them, or the next few where it `learns`.

        Args:
            space: the axes. budget: how many there are to be in all.
            seen, values: (n, axis) and (n,), so far; NaN: no value.
            seed: of what is drawn; the same one gives the same points.
        """


class Grid(Sampler):
    """All combinations of a few values of each axis, in a random order."""

    name, title, color = "grid", _("Grid"), palette.ORANGE

    def propose(self, space: Space, budget: int, seen: Points, values: Points, seed: int) -> Points:
        counts = grid_counts(budget, [side.values for side in space.sides])
        ticks = [(np.arange(count) + 0.5) / count for count in counts]
        points = np.stack([one.ravel() for one in np.meshgrid(*ticks, indexing="ij")], axis=1)
        return np.random.default_rng([seed, 1]).permutation(points)


def grid_counts(budget: int, most: list[float]) -> list[int]:
    """Return how many values each axis of a grid has: as many as there are at most, and about as many as others.

    >>> grid_counts(36, [math.inf] * 3)
    [4, 3, 3]
    """
    counts = [1] * len(most)
    while True:
        able = [i for i, count in enumerate(counts) if count < most[i]]
        able = [i for i in able if math.prod(counts) // counts[i] * (counts[i] + 1) <= budget]
        if not able:
            return counts
        counts[min(able, key=lambda i: counts[i])] += 1


class Random(Sampler):
    """Every axis drawn by itself."""

    name, title, color = "random", _("Random"), palette.BLUE

    def propose(self, space: Space, budget: int, seen: Points, values: Points, seed: int) -> Points:
        return np.random.default_rng([seed, 2]).random((budget, space.axes))


class Sobol(Sampler):
    """Scrambled Sobol points: random by themselves, together more even than random ones (SciPy)."""

    name, title, color, needs = "sobol", _("Sobol"), palette.GREEN, "scipy"

    def propose(self, space: Space, budget: int, seen: Points, values: Points, seed: int) -> Points:
        from scipy.stats import qmc

        sequence = qmc.Sobol(space.axes, scramble=True, rng=np.random.default_rng([seed, 3]))
        return np.asarray(sequence.random_base2(math.ceil(math.log2(budget)))[:budget])


class Tpe(Sampler):
    """Tree-structured Parzen estimator (Optuna): looks where what was good is likelier than what was bad.

    Source: Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization.
    """

    name, title, color, needs, learns = "tpe", _("TPE (model-based)"), palette.PURPLE, "optuna", True

    def propose(self, space: Space, budget: int, seen: Points, values: Points, seed: int) -> Points:
        from engine.experiments.search.tpe import suggest

        if len(seen) < STARTUP:
            return np.random.default_rng([seed, 4, len(seen)]).random((budget, space.axes))
        return suggest(space, seen, values, budget, seed)


SAMPLERS: dict[str, type[Sampler]] = {one.name: one for one in (Grid, Random, Sobol, Tpe)}
"""In the order of the page."""
