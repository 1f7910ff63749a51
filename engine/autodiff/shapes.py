"""What moves entries about without computing: another shape, parts, rows picked, arrays joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autodiff.tape import Array, Operand, Tensor, primitive, read


def reshape(x: Operand, shape: tuple[int, ...]) -> Tensor:
    """Return the same entries in another shape."""
    value = np.asarray(read(x))
    return primitive(value.reshape(shape), (x,), lambda g: (g.reshape(value.shape),), "reshape")


def transpose(x: Operand, axes: Sequence[int] | None = None) -> Tensor:
    """Return the array with its axes permuted (reversed by default)."""
    value = np.asarray(read(x))
    back = None if axes is None else np.argsort([axis % value.ndim for axis in axes])
    return primitive(np.transpose(value, axes), (x,), lambda g: (np.transpose(g, back),), "transpose")


def take(x: Operand, index: Any) -> Tensor:
    """Return x[index] for any NumPy index; entries taken twice receive both gradients.

    Args:
        index: integers, slices, arrays of integers (a column pick ``(slice(None), characters)``), booleans.
    """
    value = np.asarray(read(x))
    parts = index if isinstance(index, tuple) else (index,)
    basic = all(part is None or part is Ellipsis or isinstance(part, int | np.integer | slice) for part in parts)
    if not basic:  # the caller may reuse his arrays
        parts = tuple(np.array(part) if isinstance(part, np.ndarray | list) else part for part in parts)

    def pullback(g: Array) -> tuple[Array]:
        spread = np.zeros(value.shape, g.dtype)
        if basic:
            spread[parts] = g
        else:
            np.add.at(spread, parts, g)
        return (spread,)

    return primitive(value[parts], (x,), pullback, "take")


def gather(table: Operand, indices: Array) -> Tensor:
    """Return a row of the table for each index: an embedding. Rows picked twice receive both gradients.

    Args:
        table: (V, D). indices: integers in 0..V-1, any shape S.
    Returns: S + (D,).
    Raises:
        IndexError: for an index outside 0..V-1 (negative ones too: they do not count from the end).
    Convention: torch.nn.functional.embedding.
    """
    rows, picks = read(table), np.array(indices)
    if picks.dtype.kind not in "iu":
        raise TypeError(f"indices are integers, not {picks.dtype}")
    if picks.size and not 0 <= picks.min() <= picks.max() < len(rows):
        raise IndexError(f"indices from {picks.min()} to {picks.max()} into a table of {len(rows)} rows")

    def pullback(g: Array) -> tuple[Array]:
        flat, columns = picks.reshape(-1), g.reshape(picks.size, -1)
        spread = np.zeros((len(rows), columns.shape[1]), g.dtype)
        if flat.size:  # group by index, then add up each group: far quicker than np.add.at
            order = np.argsort(flat, kind="stable")
            starts = np.flatnonzero(np.diff(flat[order], prepend=-1))
            spread[flat[order[starts]]] = np.add.reduceat(columns[order], starts, axis=0)
        return (spread.reshape(rows.shape),)

    return primitive(rows[picks], (table,), pullback, "gather")


def concatenate(parts: Sequence[Operand], axis: int = 0) -> Tensor:
    """Return the arrays joined along an axis; each receives its stretch of the gradient."""
    values = [np.asarray(read(part)) for part in parts]
    cuts = np.cumsum([value.shape[axis] for value in values])[:-1]
    return primitive(
        np.concatenate(values, axis=axis),
        tuple(parts),
        lambda g: tuple(np.split(g, cuts, axis=axis)),
        "concatenate",
    )


def stack(parts: Sequence[Operand], axis: int = 0) -> Tensor:
    """Return arrays of one shape laid side by side along a new axis; each receives its slice of the gradient."""
    values = [np.asarray(read(part)) for part in parts]
    return primitive(np.stack(values, axis=axis), tuple(parts), lambda g: tuple(np.moveaxis(g, axis, 0)), "stack")
