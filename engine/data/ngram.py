"""What counting alone can do: n-gram baselines of a text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.integer]


def ngram_surprises(
    train: Ids, held_out: Ids, vocabulary: int, orders: int = 5, smoothing: float = 0.1
) -> NDArray[np.float64]:
    """Return how much each held-out character surprises n-gram models of order 1 to ``orders``, in nats.

        -ln p(c | context),  p = (N(context c) + a) / (N(context) + a V)

    The context is the n - 1 characters before. The text before the held-out part is known to the model, so its
    first characters have a context too. Counts are found by sorting: a megabyte takes a fraction of a second.

    Args:
        train, held_out: characters below ``vocabulary``, the second following the first in the text.
        smoothing: a, added to every count.
    Returns:
        (orders, len(held_out)), nan throughout when there is nothing to count.
    """
    surprises = np.full((orders, len(held_out)), np.nan)
    if not len(train) or not len(held_out):
        return surprises
    text = np.concatenate([train, held_out]).astype(np.int64)
    contexts, many = np.zeros(len(text), np.int64), 1
    ours = slice(len(train), None)
    for order in range(1, orders + 1):
        grams = contexts * vocabulary + text
        known = np.sort(grams[order - 1 : len(train)])
        low = contexts[ours] * vocabulary
        seen = _below(known, low + vocabulary) - _below(known, low)
        hits = np.searchsorted(known, grams[ours], "right") - _below(known, grams[ours])
        surprises[order - 1] = -np.log((hits + smoothing) / (seen + smoothing * vocabulary))
        contexts = np.concatenate([[0], grams[:-1]])  # the n characters before each place
        many *= vocabulary
        if many > 2**62 // (vocabulary * vocabulary):
            ranks, contexts = np.unique(contexts, return_inverse=True)
            many = len(ranks)
    return surprises


def _below(known: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.intp]:
    places: NDArray[np.intp] = np.searchsorted(known, values, "left")
    return places
