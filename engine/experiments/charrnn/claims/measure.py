"""What the checks share: a run to its end, a small net with random weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.simulation import CharRNNSimulation
from engine.nn.recurrent import RecurrentNet
from engine.nn.recurrent.initialize import initialize
from engine.nn.recurrent.net import CellName, Squashing
from engine.params import check

Plain = Mapping[str, Any]


def trained(preset: Plain, steps: int, **changes: Any) -> tuple[CharRNNSimulation, Mapping[str, Any]]:
    """Return a run of a preset after so many steps, and the frame of those steps."""
    params = check(CharRNNParams, {**preset, **changes})
    simulation = CharRNNSimulation(params, np.random.default_rng(params.seed))
    simulation.first()
    return simulation, simulation.advance(steps)


def drawn(
    cell: CellName, hidden: int, seed: int, *, activation: Squashing = "tanh", characters: int = 12
) -> tuple[RecurrentNet, Array]:
    """Return a net of float64 weights, uniform in ±1/√H."""
    architecture = RecurrentNet(cell, characters, characters, hidden, activation=activation)
    return architecture, initialize(architecture, "torch", np.random.default_rng([seed, 31]), dtype=np.float64)


def characters(seed: int, length: int, columns: int = 1, alphabet: int = 12) -> Array:
    """Return random characters, (length, columns)."""
    ids: Array = np.random.default_rng([seed, 32]).integers(0, alphabet, (length, columns))
    return ids


def rate(**learning: Any) -> Plain:
    """Return Adam with a learning rate, as plain values."""
    return {"rule": "adam", **learning}
