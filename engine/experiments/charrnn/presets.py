"""Starting points for a visitor."""

from __future__ import annotations

from engine.experiment import Preset
from engine.message import _

PRESETS = (
    Preset("english", _("English, LSTM"), {"corpus": "english", "steps": 8000}),
    Preset(
        "hangul", _("Korean sentences, GRU"), {"corpus": "hangul", "cell": "gru", "hidden_size": 96, "steps": 1500}
    ),
    Preset(
        "race",
        _("RNN, LSTM and GRU side by side"),
        {"corpus": "reference", "cell": "lstm", "compare": ["rnn", "gru"], "hidden_size": 80, "steps": 2000},
    ),
    Preset(
        "entropy",
        _("A Markov chain, whose best possible loss is known"),
        {
            "corpus": "markov",
            "cell": "gru",
            "hidden_size": 64,
            "steps": 1500,
            "optimizer": {"rule": "adam", "learning_rate": 0.005},
        },
    ),
    Preset(
        "brackets",
        _("Counting brackets"),
        {
            "corpus": "brackets",
            "hidden_size": 48,
            "steps": 2000,
            "optimizer": {"rule": "adam", "learning_rate": 0.005},
        },
    ),
    Preset(
        "sums", _("Learning to add"), {"corpus": "arithmetic", "hidden_size": 128, "layers": 2, "steps": 10000}
    ),
    Preset("code", _("Python source"), {"corpus": "source", "layers": 2, "sequence_length": 80, "steps": 10000}),
    Preset(
        "explosion",
        _("An explosion"),
        {
            "corpus": "reference",
            "cell": "rnn",
            "activation": "relu",
            "hidden_size": 96,
            "steps": 500,
            "optimizer": {"rule": "sgd", "learning_rate": 0.5},
            "clip": {"mode": "none"},
            "spectral_radius": 1.5,
        },
    ),
)
