"""Functions of each entry, and reductions over axes: each is a value and, in the same call, its gradient rule.

All take tensors, arrays or numbers; plain ones are constants. Arithmetic with broadcasting is in `tape`,
what moves entries about in `shapes`, matrix products in `products`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.autodiff import error_function
from engine.autodiff.arithmetic import unbroadcast
from engine.autodiff.tape import Array, Operand, Tensor, constant, primitive, read, tracks

BELL = 2 / math.sqrt(math.pi)
"""The slope of the error function at 0."""
Axes = int | tuple[int, ...] | None


def exp(x: Operand) -> Tensor:
    """Return e**x elementwise."""
    y = np.exp(read(x))
    return primitive(y, (x,), lambda g: (g * y,), "exp")


def log(x: Operand) -> Tensor:
    """Return the natural logarithm elementwise."""
    value = read(x)
    return primitive(np.log(value), (x,), lambda g: (g / value,), "log")


def sqrt(x: Operand) -> Tensor:
    """Return the square root elementwise; its gradient at 0 is infinite."""
    y = np.sqrt(read(x))
    return primitive(y, (x,), lambda g: (g / (2 * y),), "sqrt")


def sin(x: Operand) -> Tensor:
    """Return the sine elementwise."""
    value = read(x)
    return primitive(np.sin(value), (x,), lambda g: (g * np.cos(value),), "sin")


def cos(x: Operand) -> Tensor:
    """Return the cosine elementwise."""
    value = read(x)
    return primitive(np.cos(value), (x,), lambda g: (-g * np.sin(value),), "cos")


def tan(x: Operand) -> Tensor:
    """Return the tangent elementwise."""
    y = np.tan(read(x))
    return primitive(y, (x,), lambda g: (g * (1 + y * y),), "tan")


def asin(x: Operand) -> Tensor:
    """Return the angle in [-pi/2, pi/2] with this sine."""
    value = read(x)
    return primitive(np.arcsin(value), (x,), lambda g: (g / np.sqrt(1 - value * value),), "asin")


def acos(x: Operand) -> Tensor:
    """Return the angle in [0, pi] with this cosine."""
    value = read(x)
    return primitive(np.arccos(value), (x,), lambda g: (-g / np.sqrt(1 - value * value),), "acos")


def atan(x: Operand) -> Tensor:
    """Return the angle in (-pi/2, pi/2) with this tangent."""
    value = read(x)
    return primitive(np.arctan(value), (x,), lambda g: (g / (1 + value * value),), "atan")


def sinh(x: Operand) -> Tensor:
    """Return the hyperbolic sine elementwise."""
    value = read(x)
    return primitive(np.sinh(value), (x,), lambda g: (g * np.cosh(value),), "sinh")


def cosh(x: Operand) -> Tensor:
    """Return the hyperbolic cosine elementwise."""
    value = read(x)
    return primitive(np.cosh(value), (x,), lambda g: (g * np.sinh(value),), "cosh")


def tanh(x: Operand) -> Tensor:
    """Return tanh elementwise."""
    y = np.tanh(read(x))
    return primitive(y, (x,), lambda g: (g * (1 - y * y),), "tanh")


def sigmoid(x: Operand) -> Tensor:
    """Return 1 / (1 + e**-x) elementwise."""
    with np.errstate(over="ignore"):  # e**-x = inf gives the right 0
        y = 1 / (1 + np.exp(-read(x)))
    return primitive(y, (x,), lambda g: (g * (y * (1 - y)),), "sigmoid")


def erf(x: Operand) -> Tensor:
    """Return the error function elementwise; its slope is that of a bell, 2/sqrt(pi) e**-x²."""
    value = read(x)
    y = error_function.erf(value)
    return primitive(y, (x,), lambda g: (g * (BELL * np.exp(-value * value)),), "erf")


def softplus(x: Operand) -> Tensor:
    """Return log(1 + e**x) elementwise, without overflow; its slope is the sigmoid."""
    value = read(x)
    y = np.logaddexp(np.zeros_like(value), value)
    return primitive(y, (x,), lambda g: (g * np.exp(value - y),), "softplus")


def relu(x: Operand) -> Tensor:
    """Return max(x, 0) elementwise; the gradient at 0 is 0 (torch)."""
    y = np.maximum(read(x), 0)
    return primitive(y, (x,), lambda g: (g * (y > 0),), "relu")


def absolute(x: Operand) -> Tensor:
    """Return |x| elementwise; the gradient at 0 is 0 (torch)."""
    value = read(x)
    return primitive(np.abs(value), (x,), lambda g: (g * np.sign(value),), "absolute")


def sign(x: Operand) -> Tensor:
    """Return -1, 0 or 1, a constant: its slope counts as 0, also at 0."""
    return constant(np.sign(read(x)))


def maximum(a: Operand, b: Operand) -> Tensor:
    """Return the larger of a and b elementwise, broadcasting; ties share the gradient equally (torch)."""
    x, y = np.asarray(read(a)), np.asarray(read(b))
    return _choice(np.maximum(x, y), a, b, (x > y) + 0.5 * (x == y), "maximum")


def minimum(a: Operand, b: Operand) -> Tensor:
    """Return the smaller of a and b elementwise, broadcasting; ties share the gradient equally (torch)."""
    x, y = np.asarray(read(a)), np.asarray(read(b))
    return _choice(np.minimum(x, y), a, b, (x < y) + 0.5 * (x == y), "minimum")


def where(condition: Array | bool, a: Operand, b: Operand) -> Tensor:
    """Return a where the condition holds, else b, broadcasting; the gradient goes to the one that was taken.

    Args:
        condition: of booleans, a constant (a comparison has no slope).
    """
    chosen = np.array(condition, bool)
    value = np.where(chosen, read(a), read(b))
    return _choice(value, a, b, chosen, "where")


def _choice(value: Array, a: Operand, b: Operand, share: Array, name: str) -> Tensor:
    """Record a result of which a receives ``share`` of the gradient, and b the rest."""

    def pullback(g: Array) -> tuple[Array | None, Array | None]:
        part = share.astype(g.dtype)
        into_a = unbroadcast(g * part, np.shape(read(a))) if tracks(a) else None
        into_b = unbroadcast(g * (1 - part), np.shape(read(b))) if tracks(b) else None
        return into_a, into_b

    return primitive(value, (a, b), pullback, name)


def _spread(reduced: Array, shape: tuple[int, ...], axis: Axes, keepdims: bool) -> Array:
    """Put the reduced axes back and broadcast to the shape before the reduction: a read-only view."""
    if not keepdims and axis is not None:
        reduced = np.expand_dims(reduced, axis)
    return np.broadcast_to(reduced, shape)


def total(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the sum over axes (all by default): the gradient goes to every summand.

    Args:
        x: any shape. axis: one or several, None for all. keepdims: summed axes stay, with length 1.
    """
    value = np.asarray(read(x))
    result = value.sum(axis=axis, keepdims=keepdims)
    return primitive(result, (x,), lambda g: (_spread(g, value.shape, axis, keepdims),), "total")


def mean(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the mean over axes (all by default).

    Args:
        x: any shape but an empty one. axis: one or several, None for all.
        keepdims: averaged axes stay, with length 1.
    """
    value = np.asarray(read(x))
    if value.size == 0:
        raise ValueError("an empty array has no mean")
    result = value.mean(axis=axis, keepdims=keepdims)
    share = np.size(result) / value.size
    return primitive(result, (x,), lambda g: (_spread(g * share, value.shape, axis, keepdims),), "mean")


def largest(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the maximum over axes; ties share the gradient equally (torch.amax).

    Args:
        x: any shape. axis: one or several, None for all. keepdims: reduced axes stay, with length 1.
    """
    return _extreme(x, np.max, axis, keepdims, "largest")


def smallest(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Return the minimum over axes; ties share the gradient equally (torch.amin).

    Args:
        x: any shape. axis: one or several, None for all. keepdims: reduced axes stay, with length 1.
    """
    return _extreme(x, np.min, axis, keepdims, "smallest")


def _extreme(x: Operand, reduce: Any, axis: Axes, keepdims: bool, name: str) -> Tensor:
    value = np.asarray(read(x))
    result = reduce(value, axis=axis, keepdims=keepdims)

    def pullback(g: Array) -> tuple[Array]:
        winners = value == _spread(result, value.shape, axis, keepdims)
        counts = winners.sum(axis=axis, keepdims=True)
        with np.errstate(invalid="ignore"):  # NaN wins nowhere, and its gradient is NaN
            return (winners * _spread(g, value.shape, axis, keepdims) / counts.astype(value.dtype),)

    return primitive(result, (x,), pullback, name)
