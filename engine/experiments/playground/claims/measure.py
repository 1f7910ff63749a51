"""What the checks measure: a comparison run as the page runs it, and numbers read off its last frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.frame import Frame
from engine.params import check
from engine.pieces import whole

Preset = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """A comparison that was run to its end: the frame of all its steps, and the simulation as it stands."""

    frame: Frame
    simulation: PlaygroundSimulation

    def final(self, name: str) -> Array:
        """Return the last value of a curve, (net,)."""
        return np.asarray(self.frame[name])[:, -1]

    def whole(self, name: str) -> Array:
        """Return a curve, (net, step)."""
        return np.asarray(self.frame[name])


def run(preset: Preset, seed: int, **changes: Any) -> Course:
    """Run a preset from a seed, with some of its parameters changed, exactly as the page would."""
    params = check(PlaygroundParams, {**preset, **changes, "seed": seed})
    simulation = whole(PlaygroundSimulation.begin(params, np.random.default_rng(seed)))
    return Course(simulation.advance(simulation.total), simulation)


def finals(preset: Preset, seeds: Sequence[int], name: str, **changes: Any) -> Array:
    """Return the last values of a curve, (seed, net)."""
    return np.array([run(preset, seed, **changes).final(name) for seed in seeds])
