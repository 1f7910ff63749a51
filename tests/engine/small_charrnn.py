"""A char-RNN that a test can run in a moment."""

from __future__ import annotations

from typing import Any

from engine.experiments.charrnn import CharRNN
from engine.experiments.charrnn.params import CharRNNParams
from engine.params import check
from engine.replay import Run

SMALL = {
    "corpus": "hangul",
    "hidden_size": 12,
    "batch_size": 4,
    "sequence_length": 10,
    "steps": 30,
    "seed": 3,
    "optimizer": {"rule": "adam", "learning_rate": 0.02},
}


def begin(**params: Any) -> Run:
    run = Run(CharRNN(), check(CharRNNParams, {**SMALL, **params}))
    run.first()
    return run
