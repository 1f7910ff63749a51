"""Matrix products as fused primitives: `affine`, for one net and for a stack of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.arithmetic import unbroadcast
from engine.autodiff.memory import FRESH, Memory
from engine.autodiff.tape import Array, Operand, Tensor, primitive, read, tracks


def affine(x: Operand, weight: Operand, bias: Operand | None = None, memory: Memory = FRESH) -> Tensor:
    """Return x @ weight + bias as one primitive; the weight's gradient is written where it belongs.

    Leading axes of the weight are runs: each has its own matrix and its own bias, and x either its own rows or
    rows that all share. Leading axes of x alone are more rows (of a sequence, say).

    Args:
        x: (..., B, n). weight: (n, m) or (..., n, m). bias: (m,) or (..., m), or None.
        memory: where the result and x's gradient lie.
    Returns: (..., B, m).
    """
    inputs, matrix = read(x), read(weight)
    parents = (x, weight) if bias is None else (x, weight, bias)
    shift = None if bias is None else read(bias)
    if inputs.ndim < 2 or matrix.ndim < 2:
        raise ValueError(f"affine takes rows and a matrix, not shapes {inputs.shape} and {matrix.shape}")
    if inputs.ndim > 2 or matrix.ndim > 2 or inputs.dtype != matrix.dtype:
        return _stacked(inputs, matrix, shift, parents)
    kept = None if memory is FRESH else memory
    shape = (len(inputs), matrix.shape[1])
    value = inputs.dot(matrix, memory.empty(shape, matrix.dtype))  # into given memory it is quicker
    if shift is not None:
        value += shift

    def pullback(g: Array) -> tuple[Array | None, ...]:
        into_x = back(g, matrix, memory.empty(inputs.shape, g.dtype)) if tracks(x) else None
        into_weight = into(weight, inputs.T, g)
        if bias is None:
            return into_x, into_weight
        return into_x, into_weight, into(bias, ones(len(g), g.dtype), g)

    return primitive(value, parents, pullback, "affine", kept)


def _stacked(inputs: Array, matrix: Array, shift: Array | None, parents: tuple[Operand, ...]) -> Tensor:
    """Return `affine` of any number of axes and any mixture of types."""
    if matrix.ndim == 2:  # one matrix for all: the rows lie one after another
        flat = inputs.reshape(-1, inputs.shape[-1])
        value = (flat @ matrix).reshape(*inputs.shape[:-1], matrix.shape[1])
    else:
        value = np.matmul(inputs, matrix)
    if shift is not None:
        value = np.add(value, shift[..., None, :], out=value if shift.dtype == value.dtype else None)

    def pullback(g: Array) -> list[Array | None]:
        x, weight, *bias = parents
        parts: list[Array | None] = [None] * len(parents)
        if matrix.ndim == 2:
            rows = g.reshape(-1, g.shape[-1])
            if tracks(x):
                parts[0] = back(rows, matrix).reshape(inputs.shape)
            parts[1] = into(weight, flat.T, rows)
        else:
            if tracks(x):
                parts[0] = unbroadcast(np.matmul(g, np.swapaxes(matrix, -1, -2)), inputs.shape)
            parts[1] = into(weight, np.swapaxes(inputs, -1, -2), g)
        if bias and tracks(bias[0]) and shift is not None:
            parts[2] = unbroadcast(g.sum(axis=-2), shift.shape)
        return parts

    return primitive(value, parents, pullback, "affine")


def back(gradient: Array, matrix: Array, out: Array | None = None) -> Array:
    """Return gradient @ matrix.T, in ``out`` if given.

    Args:
        gradient: (B, n). matrix: (m, n). out: (B, m), written and returned; None makes it.
    """
    result: Array = gradient.dot(matrix.T, out)
    return result


@lru_cache(maxsize=64)
def ones(shape: int | tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return read-only ones: a product with a vector of them sums over the batch, quicker than `sum`.

    Args:
        shape: of the array; () is a number that a ufunc takes as it is. dtype: of the entries.
    """
    array = np.ones(shape, dtype)
    array.flags.writeable = False
    return array


def into(weight: Operand, left: Array, right: Array) -> Array | None:
    """Return left @ right as a parameter's gradient: None after writing it into the parameter's own buffer.

    Args:
        weight: the parameter, (..., m, n). left: (..., m, B). right: (..., B, n).
    """
    if not isinstance(weight, Tensor) or not weight.tracked:
        return None
    room = weight.room()
    if room is None:
        return unbroadcast(np.asarray(np.matmul(left, right)), weight.shape)
    if room.ndim < 3 and left.dtype is right.dtype is room.dtype:
        left.dot(right, room)  # of small matrices quicker than matmul
    elif left.ndim == right.ndim == room.ndim or room.ndim < 3:
        np.matmul(left, right, out=room, casting="same_kind")
    else:
        room[...] = unbroadcast(np.matmul(left, right), room.shape)
    return None
