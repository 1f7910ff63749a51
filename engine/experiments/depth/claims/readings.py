"""Where each claim's preset shows what its check measured: through the layers, in a curve, in the data view."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Drawn, Reading
from engine.experiments.depth.claims.measure import per_layer

_FORWARD, _BACK, _MEAN = "Size of the activations", "Size of the gradients", "Mean of the activations"
_LOSS, _VALIDATION, _CLOUD = "Loss", "Loss on validation rows", "Before and after preprocessing"


def _net(drawn: Drawn, net: int = 0, role: str = "y") -> Array:
    """Return one net's line."""
    line: Array = np.asarray(drawn[role])[net]
    return line


def _end(drawn: Drawn, net: int = 0, steps: int = 20) -> float:
    """Return the mean of a net's curve over its last steps; infinity where it was stopped."""
    last = _net(drawn, net)[-steps:]
    return float(last.mean()) if np.isfinite(last).all() else float("inf")


def _through(drawn: Drawn, net: int = 0) -> float:
    """Return the last layer's size over the first's."""
    line = _net(drawn, net)
    return float(line[-1] / line[0])


def _back(drawn: Drawn, net: int = 0) -> float:
    """Return the first layer's size over the last's."""
    return 1 / _through(drawn, net)


def _even(line: Array) -> bool:
    """Return whether a line keeps to within a twentieth of its mean."""
    return bool(np.ptp(line) < 0.1 * line.mean())


def _covariance(drawn: Drawn) -> bool:
    """Return whether the covariance after preprocessing is the identity, and before was far from it."""
    before, after = (np.asarray(drawn[f"covariance_{side}"]) for side in ("before", "after"))
    return bool(np.abs(after - np.eye(2)).max() < 1e-6 and abs(before[0, 1]) > 1)


def _exp_is_slower(drawn: Drawn) -> bool:
    """Return whether tanh, sigmoid and ELU take longer than ReLU, with most units."""
    relu, *others = (line[-1] for line in np.asarray(drawn["y"])[:4])
    return bool(min(others) > relu)


def _moved(drawn: Drawn, net: int) -> float:
    """Return how far the size of layer 3's activations moved in training, as a share."""
    return abs(float(_net(drawn, net, "value")[2] / _net(drawn, net, "value_first")[2]) - 1)


_MASKS, _COSTS = "Mean output over many masks", "What an activation costs"
READINGS: Mapping[str, tuple[Reading, ...]] = {
    "D1": (Reading(_LOSS, lambda drawn: _end(drawn) > _end(drawn, 1) + 0.3),),
    "D2": (Reading(_FORWARD, _through, "signal", step=0), Reading(_BACK, _back, "gradient", step=0)),
    "D3": (
        Reading("Saturated", lambda drawn: _net(drawn).mean(), "saturated", step=0),
        Reading(_BACK, _back, "growth", step=0),
    ),
    "D4": (Reading(_FORWARD, lambda drawn: _net(drawn)[-1], "last", 0.1), Reading(_BACK, _back, "ratio", 0.15)),
    "D5": (
        Reading(_FORWARD, lambda drawn: per_layer(_net(drawn)) ** 2, "xavier", 0.1),
        Reading(_FORWARD, lambda drawn: per_layer(_net(drawn, 1)) ** 2, "he", 0.1),
    ),
    "D6": (
        Reading(_FORWARD, lambda drawn: np.abs(_net(drawn) - 1).max(), "std"),
        Reading(_MEAN, lambda drawn: np.abs(_net(drawn)).max(), "mean"),
    ),
    "D7": (
        Reading(_BACK, lambda drawn: per_layer(_net(drawn)[::-1]), "sigmoid"),
        Reading(_BACK, lambda drawn: per_layer(_net(drawn, 1)[::-1]), "relu"),
        Reading(_BACK, lambda drawn: per_layer(_net(drawn, 2)[::-1]), "he"),
    ),
    "D8": (Reading(_MEAN, lambda drawn: _net(drawn).min() > 0.3 and np.abs(_net(drawn, 1)).max() < 0.1),),
    "D9": (
        Reading("Saturated", lambda drawn: _net(drawn).mean(), "tanh"),
        Reading("Saturated", lambda drawn: _net(drawn, 1).mean(), "sigmoid"),
    ),
    "D10": (
        Reading("Dead units", lambda drawn: _net(drawn, 0, "value").max(), "relu", 0.1),
        Reading("Dead units", lambda drawn: not _net(drawn, 1, "value").any()),
        Reading(_LOSS, lambda drawn: float(not np.isfinite(_end(drawn, 2))), "lost"),
    ),
    "D11": (Reading(_COSTS, _exp_is_slower, asked={"y": {}}),),
    "D12": (
        Reading(_FORWARD, lambda drawn: _even(_net(drawn)) and not _even(_net(drawn, 1)), step=0),
        Reading(_FORWARD, lambda drawn: abs(_net(drawn).mean() / 0.628 - 1) < 0.05, step=0),
    ),
    "D13": (Reading(_LOSS, lambda drawn: max(_end(drawn, net, 10) for net in range(3)), "normed"),),
    "D14": (Reading(_LOSS, lambda drawn: _end(drawn, 0, 10) < 1.5 < _end(drawn, 1, 10)),),
    "D15": (
        Reading(_VALIDATION, lambda drawn: _end(drawn) < _end(drawn, 1)),
        Reading(_LOSS, lambda drawn: _end(drawn) > _end(drawn, 1)),
    ),
    "D16": (Reading(_VALIDATION, lambda drawn: _net(drawn)[-1], "loss"),),
    "D17": (
        Reading(_FORWARD, lambda drawn: np.abs(_net(drawn) / 0.584 - 1).max() < 0.15 and _through(drawn, 1) < 0.5),
    ),
    "D18": (
        Reading(_LOSS, _end, "encoder"),
        Reading(_LOSS, lambda drawn: _end(drawn, 1), "rbm"),
        Reading(_LOSS, lambda drawn: _end(drawn, 2), "small"),
        Reading(_LOSS, lambda drawn: _end(drawn, 3), "scaled"),
    ),
    "D19": (
        Reading(_BACK, _back, "small"),
        Reading(_BACK, lambda drawn: _back(drawn, 2), "residual"),
        Reading(_BACK, lambda drawn: _back(drawn, 1), "he"),
    ),
    "D20": (
        Reading(_FORWARD, lambda drawn: per_layer(_net(drawn)) ** 2, "residual", 0.1),
        Reading(_FORWARD, lambda drawn: per_layer(_net(drawn, 1)) ** 2, "polynet", 0.1),
    ),
    "D22": (Reading(_CLOUD, _covariance),),
    "D23": (
        Reading(_MASKS, lambda drawn: _net(drawn)[-1], "inverted", asked={"y": {}}),
        Reading(_MASKS, lambda drawn: _net(drawn, 1)[-1], "plain", asked={"y": {}}),
    ),
    "D24": (Reading("Update over weight, at this step", lambda drawn: np.median(_net(drawn)), "ratio", 0.01),),
    "D25": (
        Reading(_LOSS, lambda drawn: _end(drawn, 0, 10), "relu"),
        Reading(_LOSS, lambda drawn: _end(drawn, 1, 10), "tanh"),
        Reading(_LOSS, lambda drawn: _end(drawn, 2, 10), "sigmoid"),
    ),
    "D26": (Reading(_MEAN, lambda drawn: _net(drawn).min() > 0.3 and np.abs(_net(drawn, 1)).max() < 0.1),),
    "D27": (Reading(_FORWARD, lambda drawn: _moved(drawn, 0) < 0.5 * _moved(drawn, 1)),),
    "D28": (Reading("Accuracy", _end, "zero"), Reading("Accuracy", lambda drawn: _end(drawn, 1), "random")),
    "D29": (
        Reading(_CLOUD, lambda drawn: np.asarray(drawn["condition"])[0], "raw"),
        Reading(_CLOUD, lambda drawn: np.asarray(drawn["condition"])[1], "scaled"),
    ),
}
"""By claim. Where the check takes a wider net than the page, the picture agrees within a share."""
