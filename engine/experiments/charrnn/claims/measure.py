"""What the checks share: a run as the page runs it, what its panels draw, a small net with random weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.questions.inside import Flow
from engine.experiments.charrnn.simulation import CharRNNSimulation
from engine.nn.recurrent import RecurrentNet
from engine.nn.recurrent.initialize import initialize
from engine.nn.recurrent.net import CellName, Squashing
from engine.params import check
from engine.pieces import whole

Plain = Mapping[str, Any]


def begun(preset: Plain, seed: int = 0, **changes: Any) -> CharRNNSimulation:
    """Return a run of a preset before its first step."""
    params = check(CharRNNParams, {**preset, **changes, "seed": seed})
    return whole(CharRNNSimulation.begin(params, np.random.default_rng(params.seed)))


def trained(
    preset: Plain, steps: int, seed: int = 0, **changes: Any
) -> tuple[CharRNNSimulation, Mapping[str, Any]]:
    """Return a run of a preset after so many steps, and the frame of those steps."""
    simulation = begun(preset, seed, **changes)
    simulation.first()
    return simulation, simulation.advance(steps)


def flow(simulation: CharRNNSimulation) -> dict[str, Array]:
    """Return the gradient by lag (net, lag) as the panel “The gradient on its way back” asks for it."""
    window = max(2, min(300, round(simulation.params.sequence_length * 1.5)))
    found = simulation.answer("flow", Flow(window=window)).arrays
    return {name: np.asarray(found[name]) for name in ("hidden", "state", "direct", "around", "spectrum")}


def left(curves: Array, lag: int) -> Array:
    """Return what is left of each net's gradient so many steps back: (net, lag) -> (net,)."""
    share: Array = curves[:, lag] / curves[:, 0]
    return share


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


LAG = 40
BESIDE_RNN: Plain = {
    "corpus": "reference",
    "compare": ["rnn"],
    "hidden_size": 32,
    "batch_size": 8,
    "sequence_length": LAG,
    "steps": 200,
    "optimizer": rate(learning_rate=0.01),
}
"""What the claims on gates have in common: short windows, and a plain RNN beside the net in question."""
