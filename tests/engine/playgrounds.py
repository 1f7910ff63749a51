"""Small runs of the playground for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.frame import Frame
from engine.params import check
from engine.pieces import whole

SMALL: dict[str, Any] = {"samples": 80, "hidden": [5, 3], "steps": 40}

CSV = "a,b,c,kind\n" + "".join(f"{i},{i * i % 7},{-i},{'cat' if i % 3 else 'dog'}\n" for i in range(40))


def begin(**params: Any) -> PlaygroundSimulation:
    checked = check(PlaygroundParams, {**SMALL, **params})
    return whole(PlaygroundSimulation.begin(checked, np.random.default_rng(checked.seed)))


def last(**params: Any) -> Frame:
    """Return the whole run as one frame."""
    simulation = begin(**params)
    return simulation.advance(simulation.total)


def theta(simulation: PlaygroundSimulation, net: int = 0) -> np.ndarray:
    return simulation.net(net)[1]
