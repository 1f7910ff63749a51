"""What counting alone can do: n-gram baselines of a text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.integer]


def ngram_losses(
    train: Ids, held_out: Ids, vocabulary: int, orders: int = 5, smoothing: float = 0.1
) -> NDArray[np.float64]:
    """Return the loss on held-out text of n-gram models of order 1 to ``orders``, nats a character.

        p(c | context) = (N(context c) + a) / (N(context) + a V)

    The context is the n - 1 characters before. The text before the held-out part is known to the model, so its
    first characters have a context too. Counts are found by sorting, so a megabyte takes a fraction of a second.

    Args:
        train, held_out: characters below ``vocabulary``, the second following the first in the text.
        smoothing: a, added to every count.
    Returns:
        (orders,), nan throughout when either text is empty.
    """
    losses = np.full(orders, np.nan)
    if not len(train) or not len(held_out):
        return losses
    text = np.concatenate([train, held_out]).astype(np.int64)
    contexts, many = np.zeros(len(text), np.int64), 1
    for order in range(1, orders + 1):
        grams = contexts * vocabulary + text
        known = np.sort(grams[order - 1 : len(train)])
        ours = slice(max(len(train), order - 1), None)
        low = contexts[ours] * vocabulary
        seen = _below(known, low + vocabulary) - _below(known, low)
        hits = np.searchsorted(known, grams[ours], "right") - _below(known, grams[ours])
        losses[order - 1] = -np.log((hits + smoothing) / (seen + smoothing * vocabulary)).mean()
        # The next context drops nothing and gains the character before it.
        contexts = np.concatenate([[0], grams[:-1]])
        many *= vocabulary
        if many > 2**62 // (vocabulary * vocabulary):
            ranks, contexts = np.unique(contexts, return_inverse=True)
            many = len(ranks)
    return losses


def _below(known: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.intp]:
    places: NDArray[np.intp] = np.searchsorted(known, values, "left")
    return places
