"""The data view: the cloud, its covariance, and the loss along its steepest and its flattest direction."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.data.preprocessing import condition, curvatures
from engine.experiments.depth.dataset import TrainingData, dataset
from engine.experiments.depth.params import DepthParams

MOST_POINTS = 400
GRID = 41


def view(params: DepthParams) -> dict[str, Array]:
    """Return the arrays of the data view; the first two features where there are more.

    Returns:
        ``cloud_before``, ``cloud_after`` (n, 2); ``cloud_labels`` (n,); ``covariance_before``,
        ``covariance_after`` (2, 2); ``weight_axis`` (k,); ``contour_before``, ``contour_after`` (k, k): the loss
        above its minimum; ``directions_before``, ``directions_after`` (2, 3): what the horizontal and the vertical
        axis are made of, w1, w2 and the bias; ``condition`` (2,), of weights and bias.

    Convention: the loss is half the mean square error of a linear unit, a bowl over w1, w2 and the bias. It is cut
        where its curvature is largest (horizontal) and smallest (vertical): the ratio of the two is the condition
        number, so the picture is as stretched as the number says.
    """
    return _view(dataset(params))


@lru_cache(maxsize=4)
def _cached(raw: bytes, inputs: bytes, shape: tuple[int, int]) -> dict[str, Array]:
    axis = np.linspace(-3, 3, GRID)
    found: dict[str, Array] = {"weight_axis": axis}
    conditions = []
    for name, rows in (("before", raw), ("after", inputs)):
        features = np.frombuffer(rows).reshape(shape)
        values, vectors = curvatures(features)
        steep, flat = values[-1], max(values[0], 0.0)
        found[f"contour_{name}"] = (steep * axis**2 + flat * axis[:, None] ** 2) / 2
        made_of = np.zeros((2, 3))
        made_of[:, [*range(shape[1]), 2]] = vectors[:, [-1, 0]].T
        found[f"directions_{name}"] = made_of
        pair = _two(features)
        found[f"covariance_{name}"] = np.cov(pair.T, bias=True)
        found[f"cloud_{name}"] = pair[:MOST_POINTS]
        conditions.append(condition(features))
    found["condition"] = np.array(conditions)
    return found


def _view(data: TrainingData) -> dict[str, Array]:
    pair = [np.ascontiguousarray(rows[:, :2], np.float64) for rows in (data.raw, data.inputs)]
    height, width = pair[0].shape
    found = dict(_cached(pair[0].tobytes(), pair[1].tobytes(), (height, width)))
    labels = data.targets if data.targets.ndim == 1 else data.targets[:, 0] > 0
    found["cloud_labels"] = np.asarray(labels[:MOST_POINTS], np.int32)
    return found


def _two(rows: Array) -> Array:
    """Return two features; a second of zeros where there is only one."""
    return rows if rows.shape[1] > 1 else np.hstack([rows, np.zeros_like(rows)])
