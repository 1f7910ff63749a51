"""The planted nets: a grid over depths, widths, activations, starts, skips and normalization."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.experiments.depth.params import DepthParams
from engine.nn.initializers import suited
from engine.params import check

Plain = Mapping[str, Any]

DEPTHS = (3, 10, 20)
WIDTHS = (24, 48)
ACTIVATIONS = ("tanh", "relu", "sigmoid", "selu")
STARTS: tuple[Plain, ...] = (
    {"init": "constant", "constant": 0.1},
    {"init": "normal", "init_std": 0.01},
    {"init": "normal", "init_std": 1.0},
    {"init": "mean_field", "sigma_w": 0.6},
    {"init": "mean_field", "sigma_w": 3.0},
    {"init": "mean_field", "sigma_w": 1.0, "sigma_b": 3.0},
    {"init": "xavier_normal"},
    {"init": "he_normal"},
)
PATHS: tuple[Plain, ...] = ({}, {"batch_norm": True}, {"residual": True}, {"batch_norm": True, "residual": True})
NARROW = {"width": 4, "activation": "relu"}
DYING_WIDTHS = (3, 4, 5, 6, 7, 8)
OVERFLOWING = {"depth": 200, "width": 48, "init": "normal", "init_std": 10.0}
SHARED: Plain = {
    "samples": 200,
    "batch_size": 50,
    "steps": 150,
    "compare": [],
    "optimizer": {"rule": "sgd", "learning_rate": 0.1},
}
"""What all planted nets have in common: data, budget, rule."""
HALVES = ("set", "report")
"""Limits were set beside the nets of the first half; the table that is shown counts the second half, which was
trained once, with the limits as they stood. Both have every kind of net, with other seeds and widths."""
SEEDS: Mapping[str, tuple[int, int]] = {"set": (0, 1), "report": (2, 3)}


@dataclass(frozen=True)
class Planted:
    """One net of the grid.

    Args:
        choice: the parameters that set it apart. half: of `HALVES`.
    """

    choice: Plain
    half: str

    @property
    def params(self) -> DepthParams:
        """What a visitor would enter to see it."""
        return check(DepthParams, {**SHARED, **self.choice})

    @property
    def twin(self) -> DepthParams:
        """The yardstick: the same activation from the weights that suit it, without skips or normalization.

        It has the same depth and width, and the same rows. For the sigmoid, whom no weights suit, it is tanh.
        """
        same = {name: self.choice[name] for name in ("depth", "width", "seed")}
        activation = "tanh" if self.choice["activation"] == "sigmoid" else self.choice["activation"]
        return check(DepthParams, {**SHARED, **same, "activation": activation, "init": suited(activation)})


def planted() -> tuple[Planted, ...]:
    """Return every planted net, always the same ones in the same order."""
    return (*_drawn("set", 8), *_drawn("report", 9))


def _drawn(half: str, lot: int) -> list[Planted]:
    """Return the nets of a half; which seed and which width a kind of net has is drawn by lot."""
    grid = [
        {"depth": depth, "activation": activation, **start, **path}
        for depth, activation, start, path in itertools.product(DEPTHS, ACTIVATIONS, STARTS, PATHS)
    ]
    grid += [
        {"depth": depth, **NARROW, **start, **path}
        for depth, start, path in itertools.product(DEPTHS[1:], STARTS[3:], PATHS)
    ]
    grid += [
        {**OVERFLOWING, "activation": activation, **path} for activation in ("relu", "selu") for path in PATHS
    ]
    rng = np.random.default_rng(lot)
    seeds, widths = rng.permutation(len(grid)) % 2, rng.permutation(len(grid)) % 2
    nets = [
        Planted({"width": WIDTHS[wide], **choice, "seed": SEEDS[half][seed]}, half)
        for choice, seed, wide in zip(grid, seeds, widths, strict=True)
    ]
    dying = itertools.product(DYING_WIDTHS, DEPTHS[1:], ("he_normal", "orthogonal"), SEEDS[half])
    nets += [
        Planted({"depth": depth, "width": width, "activation": "relu", "init": init, "seed": seed}, half)
        for width, depth, init, seed in dying
    ]
    return nets
