"""The text of a run: numbered, split, laid out in columns, with what is known about it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.data.corpora import CORPORA, Codes, Ids, clean, encode, split
from engine.data.ngram import ngram_surprises

MEASURED = 16_384
"""Held-out characters on which the loss is measured, spread evenly over the held-out tenth."""
COLUMNS = 32
WARM_UP = 64
"""Characters read before a measured stretch, so that the net does not begin it with an empty state."""


@dataclass(frozen=True)
class Held:
    """Held-out stretches side by side.

    Args:
        streams: (WARM_UP + n + 1, B) characters. warm: how many of the first are not counted.
        places: (n * B,) where in the text the predicted characters stand.
    """

    streams: Ids
    warm: int
    places: Ids


class Text:
    """A text ready to be learned. Instances are shared between runs and never change.

    Args:
        text: cleaned. entropy: of the rule that made it, nats a character, or None.
    """

    def __init__(self, text: str, entropy: float | None = None) -> None:
        self.alphabet, ids = encode(text)
        self.entropy = entropy
        self.ids: Codes = ids.astype(np.uint16)
        self.train, self.held_out = split(self.ids)
        self.vocabulary = len(self.alphabet)

    def columns(self, batch: int, length: int) -> int:
        """Return how many columns of at least one window fit into the training part, at most ``batch``."""
        return min(batch, len(self.train) // (length + 1))

    def streams(self, columns: int) -> Codes:
        """Return the training part cut into equal stretches side by side, (n, columns)."""
        n = len(self.train) // columns
        return np.ascontiguousarray(self.train[: n * columns].reshape(columns, n).T)

    @cached_property
    def held(self) -> Held | None:
        """The stretches on which the held-out loss is measured; None when there is too little text."""
        n = len(self.held_out)
        if n < 20:
            return None
        columns = COLUMNS if n >= COLUMNS * 64 else 1
        length = min(n, MEASURED) // columns
        warm = min(WARM_UP, len(self.train) - 1)
        starts = len(self.train) + np.linspace(0, n - length, columns).astype(np.intp)
        rows = np.arange(-warm - 1, length)[:, None] + starts
        return Held(self.ids[rows].astype(np.intp), warm, rows[warm + 1 :].T.reshape(-1))

    @cached_property
    def baselines(self) -> NDArray[np.float64]:
        """The loss of n-gram models of order 1 to 5 on the same held-out characters, (5,), nats a character."""
        if self.held is None:
            return np.full(5, np.nan)
        surprises = ngram_surprises(self.train, self.held_out, self.vocabulary)
        losses: NDArray[np.float64] = surprises[:, self.held.places - len(self.train)].mean(axis=1)
        return losses

    @property
    def prime(self) -> int:
        """The character that a sample begins after: a line's end where there is one, else the text's first."""
        place = self.alphabet.characters.find("\n")
        return place if place >= 0 else int(self.ids[0])


@lru_cache(maxsize=4)
def own_text(text: str) -> Text:
    """Return a visitor's text.

    Raises:
        Refusal: as `clean` and `encode` do.
    """
    return Text(clean(text))


@lru_cache(maxsize=4)
def corpus_text(name: str) -> Text:
    """Return a text of the house."""
    corpus = CORPORA[name]
    return Text(corpus.make(), corpus.entropy() if corpus.entropy else None)
