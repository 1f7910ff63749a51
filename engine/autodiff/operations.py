"""Primitives beyond arithmetic: each is a value and, in the same call, its gradient rule.

All take tensors, arrays or numbers; plain ones are constants. Arithmetic with broadcasting is in `tape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks, unbroadcast

Axes = int | tuple[int, ...] | None


def exp(x: Operand) -> Tensor:
    """Return e**x elementwise."""
    y = np.exp(read(x))
    return primitive(y, (x,), lambda g: (g * y,))


def log(x: Operand) -> Tensor:
    """Return the natural logarithm elementwise."""
    value = read(x)
    return primitive(np.log(value), (x,), lambda g: (g / value,))


def sqrt(x: Operand) -> Tensor:
    """Return the square root elementwise; its gradient at 0 is infinite."""
    y = np.sqrt(read(x))
    return primitive(y, (x,), lambda g: (g / (2 * y),))


def tanh(x: Operand) -> Tensor:
    """Return tanh elementwise."""
    y = np.tanh(read(x))
    return primitive(y, (x,), lambda g: (g * (1 - y * y),))


def sigmoid(x: Operand) -> Tensor:
    """Return 1 / (1 + e**-x) elementwise."""
    with np.errstate(over="ignore"):  # e**-x = inf gives the right 0
        y = 1 / (1 + np.exp(-read(x)))
    return primitive(y, (x,), lambda g: (g * (y * (1 - y)),))


def relu(x: Operand) -> Tensor:
    """Return max(x, 0) elementwise; the gradient at 0 is 0 (torch)."""
    y = np.maximum(read(x), 0)
    return primitive(y, (x,), lambda g: (g * (y > 0),))


def absolute(x: Operand) -> Tensor:
    """Return |x| elementwise; the gradient at 0 is 0 (torch)."""
    value = read(x)
    return primitive(np.abs(value), (x,), lambda g: (g * np.sign(value),))


def maximum(a: Operand, b: Operand) -> Tensor:
    """Return the larger of a and b elementwise, broadcasting; ties share the gradient equally (torch)."""
    x, y = np.asarray(read(a)), np.asarray(read(b))
    share = ((x > y) + 0.5 * (x == y)).astype(np.result_type(x, y))
    return primitive(
        np.maximum(x, y),
        (a, b),
        lambda g: (unbroadcast(g * share, x.shape), unbroadcast(g * (1 - share), y.shape)),
    )


def _spread(reduced: Array, shape: tuple[int, ...], axis: Axes, keepdims: bool) -> Array:
    """Put the reduced axes back and broadcast to the shape before the reduction: a read-only view."""
    if not keepdims and axis is not None:
        reduced = np.expand_dims(reduced, axis)
    return np.broadcast_to(reduced, shape)


def total(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the sum over axes (all by default): the gradient goes to every summand."""
    value = np.asarray(read(x))
    result = value.sum(axis=axis, keepdims=keepdims)
    return primitive(result, (x,), lambda g: (_spread(g, value.shape, axis, keepdims),))


def mean(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the mean over axes (all by default)."""
    value = np.asarray(read(x))
    result = value.mean(axis=axis, keepdims=keepdims)
    share = np.size(result) / value.size
    return primitive(result, (x,), lambda g: (_spread(g * share, value.shape, axis, keepdims),))


def largest(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the maximum over axes; ties share the gradient equally (torch.amax)."""
    value = np.asarray(read(x))
    result = value.max(axis=axis, keepdims=keepdims)

    def pullback(g: Array) -> tuple[Array]:
        winners = value == _spread(result, value.shape, axis, keepdims)
        counts = winners.sum(axis=axis, keepdims=True)
        return (winners * _spread(g, value.shape, axis, keepdims) / counts.astype(value.dtype),)

    return primitive(result, (x,), pullback)


def reshape(x: Operand, shape: tuple[int, ...]) -> Tensor:
    """Return the same entries in another shape."""
    value = np.asarray(read(x))
    return primitive(value.reshape(shape), (x,), lambda g: (g.reshape(value.shape),))


def transpose(x: Operand, axes: Sequence[int] | None = None) -> Tensor:
    """Return the array with its axes permuted (reversed by default)."""
    value = np.asarray(read(x))
    back = None if axes is None else np.argsort(axes)
    return primitive(np.transpose(value, axes), (x,), lambda g: (np.transpose(g, back),))


def take(x: Operand, index: Any) -> Tensor:
    """Return x[index] for any NumPy index; entries taken twice receive both gradients.

    Args:
        index: integers, slices, arrays of integers (a column pick ``(slice(None), characters)``), booleans.
    """
    value = np.asarray(read(x))

    def pullback(g: Array) -> tuple[Array]:
        spread = np.zeros_like(value)
        np.add.at(spread, index, g)
        return (spread,)

    return primitive(value[index], (x,), pullback)


def concatenate(parts: Sequence[Operand], axis: int = 0) -> Tensor:
    """Return the arrays joined along an axis; each receives its stretch of the gradient."""
    values = [np.asarray(read(part)) for part in parts]
    cuts = np.cumsum([value.shape[axis] for value in values])[:-1]
    return primitive(
        np.concatenate(values, axis=axis), tuple(parts), lambda g: tuple(np.split(g, cuts, axis=axis))
    )


def affine(x: Operand, weight: Operand, bias: Operand | None = None) -> Tensor:
    """Return x @ weight + bias as one primitive; the weight's gradient is written where it belongs.

    Args:
        x: (B, n). weight: (n, m). bias: (m,) or None.
    """
    inputs, matrix = read(x), read(weight)
    value = np.matmul(inputs, matrix)
    if bias is not None:
        value += read(bias)

    def pullback(g: Array) -> tuple[Array | None, ...]:
        into_x = back(g, matrix) if tracks(x) else None
        into_weight = into(weight, inputs.T, g)
        if bias is None:
            return into_x, into_weight
        return into_x, into_weight, into(bias, ones(len(g), g.dtype), g)

    return primitive(value, (x, weight) if bias is None else (x, weight, bias), pullback)


def back(gradient: Array, matrix: Array, out: Array | None = None) -> Array:
    """Return gradient @ matrix.T, in ``out`` if given.

    Small matrices are copied first, which BLAS repays (8.5 -> 7.4 us at 64 x 64).
    """
    across = matrix.T
    return np.dot(gradient, across.copy() if matrix.size <= 16384 else across, out)


@lru_cache(maxsize=64)
def ones(count: int, dtype: np.dtype[Any]) -> Array:
    """Return a read-only vector of ones: a product with it sums over the batch, quicker than `sum`."""
    vector = np.ones(count, dtype)
    vector.flags.writeable = False
    return vector


def into(weight: Operand, left: Array, right: Array) -> Array | None:
    """Return left @ right as a parameter's gradient: None after writing it into the parameter's own buffer."""
    if not isinstance(weight, Tensor) or not weight.tracked:
        return None
    room = weight.room()
    if room is None:
        return np.asarray(np.matmul(left, right))
    if left.dtype == right.dtype == room.dtype:
        np.dot(left, right, room)  # of small matrices quicker than matmul
    else:
        np.matmul(left, right, out=room, casting="same_kind")
    return None
