"""Losses as fused primitives: the mean over the batch, a number for each net."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.autodiff.products import ones
from engine.autodiff.tape import Array, Operand, Tensor, primitive, read
from engine.catalog import by_name
from engine.message import _


@lru_cache(maxsize=64)
def _row_starts(count: int, classes: int) -> Array:
    starts = np.arange(0, count * classes, classes)
    starts.flags.writeable = False
    return starts


def _largest_unsigned(targets: Array) -> int:
    unsigned = targets.view(np.uint64)
    return int(unsigned.item(unsigned.argmax()))


def _check_classes(targets: Array, classes: int) -> None:
    if targets.size and (targets.min() < 0 or targets.max() >= classes):
        raise IndexError(f"targets from {targets.min()} to {targets.max()} for {classes} classes")


def softmax_cross_entropy(logits: Operand, targets: Array) -> Tensor:
    """Return the mean over the batch of -ln softmax(logits)[target], in nats; its gradient is (p - onehot) / B.

    Args:
        logits: (..., B, classes); leading axes are runs. targets: integers in 0..classes-1, (B,) for all runs
            or (..., B).
    Returns: a number, or one a run, (...).
    Raises:
        IndexError: when a target is no class.
    Convention: mean over the batch (torch.nn.CrossEntropyLoss). Equal logits give ln(classes).
    """
    value = read(logits)
    runs = value.ndim > 2
    count, classes = value.shape[-2:]
    if runs or targets.ndim > 1:
        targets = np.broadcast_to(targets, value.shape[:-1]).reshape(-1)
    # For small batches each call counts: argmax beats max, flat picks beat [rows, y], products with ones beat
    # sums. As unsigned numbers negative targets are large too: one look at them instead of two.
    if targets.itemsize != 8 or _largest_unsigned(targets) >= classes:
        _check_classes(targets, classes)
    rows = value.reshape(-1, classes) if runs else value
    starts = _row_starts(len(rows), classes)
    largest = rows.argmax(1)
    largest += starts
    p = rows - rows.take(largest)[:, None]
    picks = targets + starts
    chosen = p.take(picks)
    np.exp(p, p)
    sums = p.dot(ones(classes, p.dtype))
    losses = np.log(sums)
    losses -= chosen
    if runs:
        losses = losses.reshape(value.shape[:-1])
    loss = np.asarray(losses.dot(ones(count, p.dtype)) / count, p.dtype)

    def pullback(g: Array) -> tuple[Array]:
        d = p / sums[:, None]
        d.reshape(-1)[picks] -= 1
        if runs:
            d = d.reshape(value.shape)
            g = g[..., None, None]
        d *= g / count
        return (d,)

    return primitive(loss, (logits,), pullback, "softmax_cross_entropy")


def sigmoid_cross_entropy(logits: Operand, targets: Array) -> Tensor:
    """Return the mean over the batch of -ln p, p = sigmoid(logit) for class 1 and 1 - that for class 0, in nats.

        loss = mean(softplus(z) - y z),   d loss / dz = (sigmoid(z) - y) / B

    Args:
        logits: (..., B, 1); leading axes are runs. targets: 0 or 1, (B,) for all runs or (..., B).
    Returns: a number, or one a run, (...).
    Raises:
        ValueError: when there is more than one logit a row.
    Convention: torch.nn.BCEWithLogitsLoss; never the logarithm of a sigmoid that was rounded to 0.
    """
    value = read(logits)
    if value.shape[-1] != 1:
        raise ValueError(f"logits of shape {value.shape}: two classes take one output")
    z = value[..., 0]
    count = z.shape[-1]
    small = np.exp(-np.abs(z))
    losses = np.maximum(z, 0)
    losses -= z * targets
    losses += np.log1p(small)
    loss = np.asarray(losses.dot(ones(count, value.dtype)) / count, value.dtype)

    def pullback(g: Array) -> tuple[Array]:
        p = np.where(z >= 0, 1.0, small) / (1 + small)
        p -= targets
        p *= (g[..., None] if g.ndim else g) / count
        return (p.astype(value.dtype, copy=False)[..., None],)

    return primitive(loss, (logits,), pullback, "sigmoid_cross_entropy")


def hinge(scores: Operand, targets: Array, margin: float = 1.0) -> Tensor:
    """Return the multi-class support vector loss: the mean of sum over j != y of max(0, s_j - s_y + margin).

    Args:
        scores: (..., B, classes); leading axes are runs. targets: integers, (B,) for all or (..., B).
        margin: > 0.
    Returns: a number, or one a run, (...).
    Convention: summed over the wrong classes (Weston & Watkins; CS231n); torch.nn.MultiMarginLoss divides
        that by the number of classes.
    """
    value = read(scores)
    count = value.shape[-2]
    labels = np.broadcast_to(targets, value.shape[:-1])[..., None]
    excess = value - np.take_along_axis(value, labels, axis=-1) + margin
    np.put_along_axis(excess, labels, 0, axis=-1)
    np.maximum(excess, 0, out=excess)
    loss = np.asarray(excess.sum(axis=(-2, -1)) / count, value.dtype)
    chosen = labels.copy()  # the caller may reuse his array

    def pullback(g: Array) -> tuple[Array]:
        d = (excess > 0).astype(value.dtype)
        np.put_along_axis(d, chosen, -d.sum(axis=-1, keepdims=True), axis=-1)
        d *= (g / count)[..., None, None]
        return (d,)

    return primitive(loss, (scores,), pullback, "hinge")


def squared_error(outputs: Operand, targets: Array) -> Tensor:
    """Return the mean over all entries of (output - target)².

    Args:
        outputs: (..., B, n); leading axes are runs. targets: (B, n) for all runs, (..., B, n), or without the
            last axis when n is 1.
    Returns: a number, or one a run, (...).
    Raises:
        ValueError: when the targets' shape does not fit.
    Convention: no factor 1/2; mean over entries (torch.nn.MSELoss).
    """
    value = read(outputs)
    wanted = np.asarray(targets, value.dtype)
    if wanted.ndim < value.ndim and value.shape[-1] == 1 and wanted.shape[-1] == value.shape[-2]:
        wanted = wanted[..., None]
    if wanted.shape[-2:] != value.shape[-2:]:
        raise ValueError(f"targets of shape {wanted.shape} for outputs of shape {value.shape}")
    residual = value - wanted
    if residual.shape != value.shape:
        raise ValueError(f"targets of shape {wanted.shape} for outputs of shape {value.shape}")
    entries = value.shape[-1] * value.shape[-2]
    loss = np.asarray(np.einsum("...bn,...bn->...", residual, residual) / entries, value.dtype)
    return primitive(loss, (outputs,), lambda g: (residual * (g * 2 / entries)[..., None, None],), "squared_error")


@dataclass(frozen=True)
class NamedLoss:
    """A loss with its names: ``title`` for people (translatable), ``torch`` an expression of torch.nn.

    ``classifies`` tells that targets are classes, so that accuracy means something.
    """

    name: str
    title: str
    latex: str
    function: Callable[[Operand, Array], Tensor]
    torch: str
    classifies: bool


LOSSES: dict[str, NamedLoss] = by_name(
    [
        NamedLoss(
            "cross_entropy",
            _("softmax cross-entropy"),
            r"-\ln\frac{e^{z_y}}{\sum_j e^{z_j}}",
            softmax_cross_entropy,
            "CrossEntropyLoss()",
            True,
        ),
        NamedLoss("hinge", _("hinge"), r"\sum_{j\ne y}\max(0, s_j-s_y+1)", hinge, "", True),
        NamedLoss("squared_error", _("squared error"), r"(\hat y-y)^2", squared_error, "MSELoss()", False),
    ]
)
"""Every loss by name, in the order of menus."""
