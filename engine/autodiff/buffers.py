"""Whose memory a tensor's gradient is: what a pass may write into, and what it must leave alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.autodiff.tape import Tensor

NONE, USED, ZEROS, OLD = range(4)
"""Not the tensor's own; its own and added to; its own and zero; its own with numbers of another pass, which the
first gradient to come overwrites."""


def zeroed(leaves: Iterable[Tensor]) -> None:
    """Take note that the buffers of these leaves were filled with zeros from outside, as one flat vector.

    Args:
        leaves: each with a buffer of its own.
    """
    for leaf in leaves:
        leaf._buffer = ZEROS


def outdated(leaves: Iterable[Tensor]) -> None:
    """Let the next pass overwrite the buffers of these leaves, which is quicker than to zero them before.

    Nobody else may read or write the buffers until `settled`.

    Args:
        leaves: each with a buffer of its own.
    """
    for leaf in leaves:
        leaf._buffer = OLD


def settled(leaves: Iterable[Tensor]) -> None:
    """Zero the buffers of leaves that the pass since `outdated` did not reach.

    Args:
        leaves: as they were given to `outdated`.
    """
    for leaf in leaves:
        if leaf._buffer == OLD and leaf.gradient is not None:
            leaf.gradient.fill(0)
            leaf._buffer = ZEROS
