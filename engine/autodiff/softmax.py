"""Softmax, its logarithm, and attention, as fused primitives along one axis."""

from __future__ import annotations

import math

import numpy as np

from engine.autodiff.arithmetic import unbroadcast
from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks


def probabilities(scores: Array, axis: int = -1, temperature: float = 1.0) -> Array:
    """Return softmax(scores / temperature) of a plain array, in new memory; sums to 1 without overflow.

    Args:
        scores: any shape. axis: along which they are alternatives.
        temperature: >= 0; at 0 all weight is on the largest (the first of equals).
    Raises:
        ValueError: when the temperature is negative.
    """
    if temperature < 0:
        raise ValueError("a temperature is not negative")
    if temperature == 0:
        best: Array = np.zeros_like(scores)
        np.put_along_axis(best, np.argmax(scores, axis=axis, keepdims=True), 1.0, axis=axis)
        return best
    p: Array = scores - scores.max(axis=axis, keepdims=True)
    if temperature != 1:
        p /= temperature
    np.exp(p, out=p)
    p /= p.sum(axis=axis, keepdims=True)
    return p


def softmax(x: Operand, axis: int = -1) -> Tensor:
    """Return e**x / sum(e**x) along an axis: p.

    dx = p * (g - sum(g * p))
    """
    p = probabilities(np.asarray(read(x)), axis)
    return primitive(p, (x,), lambda g: (_through(p, g, axis),), "softmax")


def _through(p: Array, g: Array, axis: int) -> Array:
    """Return the gradient by the scores, given that by the probabilities."""
    d: Array = g * p
    d -= p * d.sum(axis=axis, keepdims=True)
    return d


def log_softmax(x: Operand, axis: int = -1) -> Tensor:
    """Return x - log(sum(e**x)) along an axis, exact where the softmax itself rounds to 0.

    dx = g - softmax(x) * sum(g)
    """
    value = np.asarray(read(x))
    y = value - value.max(axis=axis, keepdims=True)
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return primitive(y, (x,), lambda g: (g - np.exp(y) * g.sum(axis=axis, keepdims=True),), "log_softmax")


def attention(query: Operand, key: Operand, value: Operand, mask: Array | None = None) -> tuple[Tensor, Array]:
    """Return softmax(query key' / sqrt(D)) value, and the weights: what each place reads, and where it looked.

    Args:
        query: (..., T, D). key: (..., S, D). value: (..., S, E). Leading axes (batch, heads) broadcast.
        mask: booleans, broadcast to (..., T, S): True where a place may look. A causal one is
            ``np.tri(T, dtype=bool)``.
    Returns:
        The result (..., T, E) on the tape; the weights (..., T, S), a plain read-only array, rows sum to 1.
    Raises:
        ValueError: when a place may look nowhere (its softmax would be 0/0).
    Convention: torch.nn.functional.scaled_dot_product_attention.
    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1.
    """
    q, k, v = np.asarray(read(query)), np.asarray(read(key)), np.asarray(read(value))
    scale = 1 / math.sqrt(q.shape[-1])
    scores = np.matmul(q, np.swapaxes(k, -1, -2))
    scores *= scale
    if mask is not None:
        allowed = np.broadcast_to(mask, scores.shape)
        if not allowed.any(axis=-1).all():
            raise ValueError("the mask leaves a place nowhere to look; allow each row at least one")
        scores = np.where(allowed, scores, scores.dtype.type(-math.inf))
    weights = probabilities(scores)
    weights.setflags(write=False)

    def pullback(g: Array) -> tuple[Array | None, Array | None, Array | None]:
        into_value = into_query = into_key = None
        if tracks(value):
            into_value = unbroadcast(np.matmul(np.swapaxes(weights, -1, -2), g), v.shape)
        if tracks(query) or tracks(key):
            d = _through(weights, unbroadcast(np.matmul(g, np.swapaxes(v, -1, -2)), weights.shape), -1)
            d *= scale
            if tracks(query):
                into_query = unbroadcast(np.matmul(d, k), q.shape)
            if tracks(key):
                into_key = unbroadcast(np.matmul(np.swapaxes(d, -1, -2), q), k.shape)
        return into_query, into_key, into_value

    return primitive(np.matmul(weights, v), (query, key, value), pullback, "attention"), weights
