"""How much a net relies on each unit: its loss without that unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.frame import ArraySpec
from engine.message import _
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.playground.simulation import PlaygroundSimulation

ARRAYS: Mapping[str, ArraySpec] = {
    "without": ArraySpec(
        ("net", "index"), _("Training loss without each unit of the last hidden layer, over the loss with all")
    )
}
"""The answer to ``without``."""


def without_each_unit(simulation: PlaygroundSimulation, place: int) -> Pieces[Array]:
    """Return by what factor a net's training loss grows without each unit of its last hidden layer, (units,).

    The output layer is linear in them, so what a unit adds to the outputs is taken off. Nothing is retrained. The
    factor is infinite where the loss with all units is 0, NaN where both are.
    """
    net, theta, running = simulation.net(place)
    if not net.depth:
        return np.empty(0)
    rows = simulation.points.parts[0]
    targets = simulation.points.targets[rows]
    views = {**net.layout.views(theta), **net.layout.running.views(running)}
    passed = yield from net.forward_in_pieces(views, simulation.points.inputs[rows], "test")
    outputs, h, W = passed.outputs.value, passed.layers[-1].post.value, views[f"W{net.depth + 1}"]

    def loss(values: Array) -> float:
        return float(simulation.task.loss(Tensor(values), targets).value)

    without = np.array([loss(outputs - h[:, unit, None] * W[unit]) for unit in range(len(W))])
    return np.asarray(without / loss(outputs))
