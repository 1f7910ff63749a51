"""Layer-sequential unit variance: scale each matrix by what its layer really puts out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.nn.dense import DenseNet
from engine.nn.initializers import DEFAULT_SCALES, Scales
from engine.nn.layout import Parameters


@dataclass(frozen=True)
class LsuvStep:
    """Where LSUV stands: after ``scalings`` scalings, layer ``layer`` (from 1) puts out this variance."""

    layer: int
    scalings: int
    variance: float
    done: bool
    """True when the layer is within tolerance or has had its scalings; the next step is the next layer's."""


def lsuv(
    net: DenseNet,
    parameters: Parameters,
    batch: Array,
    rng: np.random.Generator,
    *,
    target: float = 1.0,
    tolerance: float = 0.1,
    rounds: int = 10,
    scales: Scales = DEFAULT_SCALES,
) -> Iterator[LsuvStep]:
    """Initialize a net layer by layer; each item tells of one measurement, so that it can be watched.

        W_l orthonormal;  while |Var(z_l) - target| >= tolerance:  W_l = W_l sqrt(target / Var(z_l))

    Args:
        parameters: changed in place; orthogonal matrices are drawn first, the last layer's stays so.
        batch: (B, D) of training data. rng: draws the matrices. scales: of the initializer that draws them.
        target: variance of z_l, over all its entries (with a skip: of the branch F_l alone).
        tolerance: 0.1 in the paper, 0.02 in its authors' script. rounds: at most so many scalings a layer.
    Convention: z_l is measured before normalization and activation. A layer that puts out nothing, or is not
        finite, is left as it is.
    Source: Mishkin & Matas 2015, All you need is a good init, Algorithm 1, arXiv:1511.06422.
    """
    net.initialize(parameters.theta, "orthogonal", rng, scales)
    views = parameters.views
    h: Array = np.asarray(batch, parameters.theta.dtype)
    stream: Tensor | None = None
    for l in range(1, net.depth + 1):
        matrices = [views[name] for name in (f"W{l}", f"V{l}") if name in views]
        for scalings in range(rounds + 1):
            variance = _branch_variance(h, views[f"W{l}"], views[f"b{l}"])
            usable = 0 < variance < math.inf
            done = not usable or abs(variance - target) < tolerance or scalings == rounds
            yield LsuvStep(l, scalings, variance, done)
            if done:
                break
            matrices[0] *= math.sqrt(target / variance)
        with np.errstate(all="ignore"):
            signals = net.layer(views, l, h, stream)
        h, stream = signals.post.value, signals.pre


def _branch_variance(inputs: Array, weight: Array, bias: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.var(inputs @ weight + bias, dtype=np.float64))
