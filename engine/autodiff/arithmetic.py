"""Arithmetic of tensors, with broadcasting: what their operators compute, and how a gradient goes back."""

from __future__ import annotations

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an operand of this shape was broadcast.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    """
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        extra + axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[extra + axis] != 1
    )
    summed: Array = np.asarray(gradient.sum(axis=axes))
    return summed.reshape(shape)


def add(a: Operand, b: Operand) -> Tensor:
    """Return a + b with broadcasting: both receive the upstream gradient."""
    x, y = read(a), read(b)
    return primitive(
        np.add(x, y), (a, b), lambda g: (unbroadcast(g, np.shape(x)), unbroadcast(g, np.shape(y))), "add"
    )


def subtract(a: Operand, b: Operand) -> Tensor:
    """Return a - b with broadcasting."""
    x, y = read(a), read(b)
    return primitive(
        np.subtract(x, y),
        (a, b),
        lambda g: (unbroadcast(g, np.shape(x)), unbroadcast(-g, np.shape(y))),
        "subtract",
    )


def multiply(a: Operand, b: Operand) -> Tensor:
    """Return a * b elementwise with broadcasting: each receives the gradient times the other."""
    x, y = read(a), read(b)
    return primitive(
        np.multiply(x, y),
        (a, b),
        lambda g: (
            unbroadcast(g * y, np.shape(x)) if tracks(a) else None,
            unbroadcast(g * x, np.shape(y)) if tracks(b) else None,
        ),
        "multiply",
    )


def divide(a: Operand, b: Operand) -> Tensor:
    """Return a / b elementwise with broadcasting."""
    x, y = read(a), read(b)
    quotient = np.divide(x, y)
    return primitive(
        quotient,
        (a, b),
        lambda g: (
            unbroadcast(g / y, np.shape(x)) if tracks(a) else None,
            unbroadcast(-g * quotient / y, np.shape(y)) if tracks(b) else None,
        ),
        "divide",
    )


def negative(a: Operand) -> Tensor:
    """Return -a."""
    return primitive(np.negative(read(a)), (a,), lambda g: (-g,), "negative")


def power(a: Operand, exponent: Operand) -> Tensor:
    """Return a ** exponent elementwise with broadcasting.

    Convention: the gradient by a is 0 where the exponent is 0, and that by the exponent 0 where a is 0 and the
        exponent is not negative (torch).
    """
    x, p = read(a), read(exponent)
    y = np.power(x, p)

    def pullback(g: Array) -> tuple[Array | None, Array | None]:
        into_base = into_exponent = None
        if tracks(a):
            into_base = np.zeros_like(y) if np.ndim(p) == 0 and p == 0 else g * (p * np.power(x, p - 1))
            if np.ndim(p):
                into_base = np.where(p == 0, into_base.dtype.type(0), into_base)
            into_base = unbroadcast(into_base, np.shape(x))
        if tracks(exponent):
            flat = (np.asarray(x) == 0) & (np.asarray(p) >= 0)
            into_exponent = unbroadcast(g * y * np.log(np.where(flat, 1, x)), np.shape(p))
        return into_base, into_exponent

    return primitive(y, (a, exponent), pullback, "power")


def matmul(a: Operand, b: Operand) -> Tensor:
    """Return the matrix product a @ b, of vectors, matrices or stacks of matrices (leading axes broadcast).

    Args:
        a: (..., n, k) or (k,). b: (..., k, m) or (k,).
    """
    x, y = np.asarray(read(a)), np.asarray(read(b))

    def pullback(g: Array) -> tuple[Array | None, Array | None]:
        rows = x[None, :] if x.ndim == 1 else x
        columns = y[:, None] if y.ndim == 1 else y
        if x.ndim == 1:
            g = np.expand_dims(g, -1 if y.ndim == 1 else -2)
        if y.ndim == 1:
            g = np.expand_dims(g, -1)
        into_a = into_b = None
        if tracks(a):
            into_a = unbroadcast(g @ np.swapaxes(columns, -1, -2), rows.shape).reshape(x.shape)
        if tracks(b):
            into_b = unbroadcast(np.swapaxes(rows, -1, -2) @ g, columns.shape).reshape(y.shape)
        return into_a, into_b

    return primitive(np.matmul(x, y), (a, b), pullback, "matmul")
