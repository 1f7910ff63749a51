"""The data view: the cloud, its covariance, and the loss over two weights, before and after preprocessing."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.dataset import TrainingData, dataset
from engine.experiments.depth.params import DepthParams

MOST_POINTS = 400
GRID = 41


def view(params: DepthParams) -> dict[str, Array]:
    """Return the arrays of the data view; the first two features where there are more.

    Returns:
        ``cloud_before``, ``cloud_after`` (n, 2); ``cloud_labels`` (n,); ``covariance_before``,
        ``covariance_after`` (2, 2); ``weight_axis`` (k,); ``contour_before``, ``contour_after`` (k, k);
        ``condition`` (2,).

    Convention: the bowl is half the mean square of w1 x1 + w2 x2 about its minimum: a linear unit whose bias
        stays. The condition number is that of the whole loss, over weights and bias (see `condition`).
    """
    return _view(dataset(params))


@lru_cache(maxsize=4)
def _cached(raw: bytes, inputs: bytes, count: int) -> dict[str, Array]:
    before = np.frombuffer(raw).reshape(count, 2)
    after = np.frombuffer(inputs).reshape(count, 2)
    found: dict[str, Array] = {"weight_axis": np.linspace(-3, 3, GRID)}
    w1, w2 = np.meshgrid(found["weight_axis"], found["weight_axis"])
    conditions = []
    for name, rows in (("before", before), ("after", after)):
        hessian = rows.T @ rows / count
        found[f"covariance_{name}"] = np.cov(rows.T, bias=True)
        bowl = hessian[0, 0] * w1**2 + 2 * hessian[0, 1] * w1 * w2 + hessian[1, 1] * w2**2
        found[f"contour_{name}"] = bowl / 2
        found[f"cloud_{name}"] = rows[:MOST_POINTS]
        conditions.append(condition(rows))
    found["condition"] = np.array(conditions)
    return found


def _view(data: TrainingData) -> dict[str, Array]:
    count = len(data.inputs)
    pair = [np.ascontiguousarray(_two(rows), np.float64) for rows in (data.raw, data.inputs)]
    found = dict(_cached(pair[0].tobytes(), pair[1].tobytes(), count))
    labels = data.targets if data.targets.ndim == 1 else data.targets[:, 0] > 0
    found["cloud_labels"] = np.asarray(labels[:MOST_POINTS], np.int32)
    return found


def condition(rows: Array) -> float:
    """Return the condition number of a linear unit's squared loss over its weights and its bias.

    Args:
        rows: (n, features). Infinite where a direction costs nothing.
    """
    features = np.hstack([rows, np.ones((len(rows), 1))])
    values = np.linalg.eigvalsh(features.T @ features / len(rows))
    return float(values[-1] / values[0]) if values[0] > 1e-12 * values[-1] else float("inf")


def _two(rows: Array) -> Array:
    """Return the first two features; a second of zeros where there is only one."""
    return rows[:, :2] if rows.shape[1] > 1 else np.hstack([rows, np.zeros_like(rows)])
