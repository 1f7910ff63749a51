"""Where each claim's preset shows what its check measured: over the plane, in a curve, in the weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Drawn, Reading
from engine.experiments.playground.claims.capacity import ACCURACY, FIELD, TEST_LOSS
from engine.experiments.playground.claims.control import LOSS, NORMS, WITHOUT, ZEROS
from engine.experiments.playground.claims.data import BATCH_LOSS, NOISE, TOGETHER


def _end(drawn: Drawn, row: int = 0, role: str = "y") -> float:
    """Return a curve's last value."""
    return float(np.asarray(drawn[role])[row, -1])


def _right(drawn: Drawn, net: int, part: str = "test") -> float:
    """Return the share of a part's points on their own side of a net's boundary, as the picture draws it."""
    x, y, points = (np.asarray(drawn[role]) for role in ("x", "y", "points"))
    sizes = drawn["about"].content["parts"]
    chosen = np.repeat([name == part for name in sizes], list(sizes.values()))
    columns, rows = (np.abs(axis - points[chosen, i, None]).argmin(axis=1) for i, axis in enumerate((x, y)))
    said = np.asarray(drawn["values"])[net, rows, columns] > 0.5
    return float((said == (np.asarray(drawn["labels"])[chosen] == 1)).mean())


def _spread(drawn: Drawn) -> bool:
    """Return whether the loss jumps less from batch to batch, the larger the batch."""
    jumps: Array = np.abs(np.diff(np.asarray(drawn["y"])[:, -200:], axis=1)).mean(axis=1)
    return bool(jumps[0] > jumps[1] > jumps[2])


READINGS: Mapping[str, tuple[Reading, ...]] = {
    "P1": (
        Reading(FIELD, lambda drawn: _right(drawn, 0), "line", 0.1),
        Reading(FIELD, lambda drawn: _right(drawn, 1), "bent", 0.05),
        Reading(TEST_LOSS, lambda drawn: _end(drawn) > 2 * _end(drawn, 1)),
    ),
    "P2": (
        Reading(FIELD, lambda drawn: _right(drawn, 0), "deep", 0.05),
        Reading(FIELD, lambda drawn: _right(drawn, 1), "wide", 0.05),
        Reading(FIELD, lambda drawn: _right(drawn, 2), "middle", 0.05),
    ),
    "P3": (
        Reading(FIELD, lambda drawn: _right(drawn, 0, part="train"), "few", 0.03),
        Reading(ACCURACY, _end, "many"),
    ),
    "P4": (
        Reading(TEST_LOSS, _end, "large"),
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 1), "held"),
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 2), "four"),
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 3), "two"),
    ),
    "P5": (
        Reading(ZEROS, lambda drawn: np.nansum(np.asarray(drawn["y"])[0]), "l1"),
        Reading(ZEROS, lambda drawn: np.nansum(np.asarray(drawn["y"])[1]), "l2"),
        Reading(ZEROS, lambda drawn: np.nansum(np.asarray(drawn["y"])[2]), "both"),
        Reading(NORMS, lambda drawn: np.nanmax(np.asarray(drawn["y"])[3]), "longest"),
    ),
    "P6": (
        Reading(ACCURACY, _end, "train"),
        Reading(ACCURACY, lambda drawn: _end(drawn, role="y3"), "test"),
        Reading(LOSS, lambda drawn: _end(drawn, role="y3"), "plain"),
        Reading(LOSS, lambda drawn: np.asarray(drawn["y3"])[0].min() < 0.5 * _end(drawn, role="y3")),
    ),
    "P7": (
        Reading(WITHOUT, lambda drawn: np.nanmax(np.asarray(drawn["y"])[0]), "plain", asked={"y": {}}),
        Reading(WITHOUT, lambda drawn: np.nanmax(np.asarray(drawn["y"])[1]), "dropped", asked={"y": {}}),
    ),
    "P8": (Reading(TOGETHER, _end, "together"), Reading(TOGETHER, lambda drawn: _end(drawn, 1), "alone")),
    "P9": (Reading(TEST_LOSS, _end, "plain"), Reading(TEST_LOSS, lambda drawn: _end(drawn, 1), "shaken")),
    "P10": (
        Reading(TEST_LOSS, _end, "scratch"),
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 1), "tuned"),
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 2), "frozen"),
    ),
    "P11": (
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 1) - _end(drawn), "alone"),
        Reading(TEST_LOSS, lambda drawn: _end(drawn, 3) - _end(drawn, 2), "beside"),
    ),
    "P12": (
        Reading(FIELD, lambda drawn: _right(drawn, 1), "linear", 0.1),
        Reading(FIELD, lambda drawn: _right(drawn, 2), "tanh", 0.05),
    ),
    "P13": (
        Reading(NOISE, lambda drawn: np.asarray(drawn["y2"])[0, 1:].mean(), "one"),
        Reading(BATCH_LOSS, _spread),
    ),
}
"""By claim. What is read over the plane agrees within a share: the picture is drawn on a grid."""
