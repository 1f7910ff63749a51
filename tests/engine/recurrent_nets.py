"""Small recurrent nets for tests, one of each kind, and texts for them to read."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.nn.recurrent import RecurrentNet, Window
from engine.nn.recurrent.initialize import initialize

V, H, B, T = 6, 4, 3, 7
KINDS = [
    ("rnn", "tanh", "after"),
    ("rnn", "relu", "after"),
    ("rnn", "linear", "after"),
    ("lstm", "tanh", "after"),
    ("gru", "tanh", "after"),
    ("gru", "tanh", "before"),
]


def build(kind: Any, layers: int = 1, length: int = T, batch: int = B, dtype: Any = np.float64) -> Any:
    cell, activation, reset = kind
    architecture = RecurrentNet(cell, V, V, H, layers, activation, reset)
    theta = initialize(architecture, "torch", np.random.default_rng(3), dtype=dtype)
    return architecture, Window(architecture, batch, length, dtype), architecture.layout.parameters(theta)


def text(seed: int = 0, length: int = T) -> tuple[Any, Any]:
    ids = np.random.default_rng(seed).integers(0, V, (length + 1, B))
    return ids[:-1], ids[1:]
