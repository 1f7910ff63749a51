"""What the checks measure: graphs with other values, gradients by differences, shares of a node's operands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.graph.walked import Walked, walked

Preset = Mapping[str, Any]


def graph_of(preset: Preset, seed: int | None = None) -> Walked:
    """Return the graph of a preset, with a seed all its values drawn from a normal distribution."""
    values = dict(preset.get("values", {}))
    seen = walked(preset["expression"], values, preset.get("shapes", {}))
    if seed is None:
        return seen
    rng = np.random.default_rng(seed)
    return walked(preset["expression"], {name: rng.normal(size=v.shape) for name, v in seen.inputs.items()})


def gradients(seen: Walked) -> dict[str, Array]:
    """Return the gradient of each variable."""
    return {node.label: seen.of(node, seen.gradients) for node in seen.leaves}


def differences(seen: Walked, h: float = 1e-3) -> tuple[dict[str, Array], int]:
    """Return the numeric gradient of each variable, of fourth order in h, and the evaluations that it took."""
    found, evaluations = {}, 0
    for name, value in seen.inputs.items():
        slopes = np.empty(value.size)
        for entry in range(value.size):
            ends = []
            for steps in (1, -1, 2, -2):
                moved = value.copy()
                moved.reshape(-1)[entry] += steps * h
                ends.append(seen.total({**seen.inputs, name: moved}))
                evaluations += 1
            slopes[entry] = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * h)
        found[name] = slopes.reshape(value.shape)
    return found, evaluations


def farthest(one: Mapping[str, Array], other: Mapping[str, Array]) -> float:
    """Return the largest difference between two sets of gradients, relative to the largest entry of each."""
    return max(float(np.abs(one[name] - other[name]).max() / max(1.0, np.abs(one[name]).max())) for name in one)
