"""Losses as fused primitives: the mean over the batch, as a tensor of one number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.autodiff.operations import ones
from engine.autodiff.tape import Array, Operand, Tensor, primitive, read
from engine.message import _


def softmax(logits: Array) -> Array:
    """Return e**z / sum(e**z) along the last axis, in new memory; rows sum to 1 without overflow."""
    p: Array = logits - logits.max(axis=-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=-1, keepdims=True)
    return p


@lru_cache(maxsize=64)
def _row_starts(count: int, classes: int) -> Array:
    return np.arange(0, count * classes, classes)


def softmax_cross_entropy(logits: Operand, targets: Array) -> Tensor:
    """Return the mean of -ln softmax(logits)[target], in nats; its gradient is (p - onehot) / B.

    Args:
        logits: (B, classes). targets: (B,) integers in 0..classes-1.
    Convention: mean over the batch (torch.nn.CrossEntropyLoss). Equal logits give ln(classes).
    """
    value = read(logits)
    count, classes = value.shape
    p = value - np.maximum.reduce(value, axis=1, keepdims=True)
    # For small batches each call counts: flat picks beat [rows, y], products with ones beat sums.
    picks = targets + _row_starts(count, classes)
    flat, column = p.ravel(), ones(count, value.dtype)
    chosen = flat.take(picks)
    np.exp(p, out=p)
    sums = p.dot(ones(classes, value.dtype))
    loss = np.asarray(column.dot(np.log(sums) - chosen) / count, value.dtype)

    def pullback(g: Array) -> tuple[Array]:
        d = p / sums[:, None]
        d.ravel()[picks] -= 1
        d *= g / count
        return (d,)

    return primitive(loss, (logits,), pullback)


def hinge(scores: Operand, targets: Array, margin: float = 1.0) -> Tensor:
    """Return the multi-class support vector loss: the mean of sum over j != y of max(0, s_j - s_y + margin).

    Args:
        scores: (B, classes). targets: (B,) integers. margin: > 0.
    Convention: summed over the wrong classes (Weston & Watkins; CS231n); torch.nn.MultiMarginLoss divides
        that by the number of classes.
    """
    value = read(scores)
    count = len(value)
    rows = np.arange(count)
    excess = value - value[rows, targets][:, None] + margin
    excess[rows, targets] = 0
    np.maximum(excess, 0, out=excess)
    loss = np.asarray(excess.sum() / count, value.dtype)

    def pullback(g: Array) -> tuple[Array]:
        d = (excess > 0).astype(value.dtype)
        d[rows, targets] = -d.sum(axis=1)
        d *= g / count
        return (d,)

    return primitive(loss, (scores,), pullback)


def squared_error(outputs: Operand, targets: Array) -> Tensor:
    """Return the mean over all entries of (output - target)².

    Args:
        outputs: (B, n). targets: (B, n), or (B,) when n is 1.
    Convention: no factor 1/2; mean over entries (torch.nn.MSELoss).
    """
    value = read(outputs)
    residual = value - np.reshape(targets, value.shape)
    loss = np.asarray(np.vdot(residual, residual) / residual.size, value.dtype)
    return primitive(loss, (outputs,), lambda g: (residual * (g * 2 / residual.size),))


@dataclass(frozen=True)
class Loss:
    """A loss with its names: ``title`` for people (translatable), ``torch`` an expression of torch.nn.

    ``classifies`` tells that targets are classes, so that accuracy means something.
    """

    name: str
    title: str
    latex: str
    function: Callable[[Operand, Array], Tensor]
    torch: str
    classifies: bool


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in [
        Loss(
            "cross_entropy",
            _("softmax cross-entropy"),
            r"-\ln\frac{e^{z_y}}{\sum_j e^{z_j}}",
            softmax_cross_entropy,
            "CrossEntropyLoss()",
            True,
        ),
        Loss("hinge", _("hinge"), r"\sum_{j\ne y}\max(0, s_j-s_y+1)", hinge, "", True),
        Loss("squared_error", _("squared error"), r"(\hat y-y)^2", squared_error, "MSELoss()", False),
    ]
}
"""Every loss by name, in the order of menus."""
