"""Units that take no part: dead ones, and ones that say the same of nearly every point."""

from __future__ import annotations

import math

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.dense import DenseNet, Signals
from engine.nn.statistics import flat_below_above

NEARLY_ALL = 0.95
"""Share of the points on which a saturated unit lies on a flat end."""


def idle_units(net: DenseNet, signals: Signals, rows: slice) -> tuple[Array, Array]:
    """Return the shares of dead and of saturated units in every hidden layer, (R, L) each.

    A dead unit gives exactly 0 on all of the rows. A saturated one has an activation that is flat at both ends,
    and lies on one of them on nearly all rows.
    """
    runs = math.prod(signals.outputs.value.shape[:-2])
    dead, saturated = [np.zeros((runs, 0))], [np.zeros((runs, 0))]
    for layer, activation in zip(signals.layers, net.activations, strict=True):
        argument, post = (
            one.value.reshape(-1, *one.value.shape[-2:])[:, rows] for one in (layer.normalized, layer.post)
        )
        dead.append((~post.any(axis=-2)).mean(axis=-1)[:, None])
        below, above = flat_below_above(activation)
        if math.inf in {-below, above}:
            saturated.append(np.zeros((runs, 1)))
        else:
            flat = (argument <= below) | (argument >= above)
            saturated.append((flat.mean(axis=-2) >= NEARLY_ALL).mean(axis=-1)[:, None])
    return np.concatenate(dead, axis=-1), np.concatenate(saturated, axis=-1)
