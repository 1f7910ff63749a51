"""Named comparisons worth opening that are no claim of the notes."""

from __future__ import annotations

from engine.experiment import Preset
from engine.message import _

PRESETS: tuple[Preset, ...] = (
    Preset(
        "four_starts",
        _("ReLU with four initializations"),
        {
            "activation": "relu",
            "init": "he_normal",
            "depth": 20,
            "compare": [
                {"activation": "relu", "init": "xavier_normal"},
                {"activation": "relu", "init": "orthogonal"},
                {"activation": "relu", "init": "lsuv"},
            ],
        },
    ),
    Preset(
        "notes",
        _("The lecture's ten layers of 500 tanh units"),
        {
            "width": 500,
            "samples": 1000,
            "steps": 0,
            "init": "xavier_normal",
            "compare": [{"init": "normal", "init_std": 0.01}, {"init": "normal", "init_std": 1.0}],
        },
    ),
    Preset(
        "critical",
        _("The edge of chaos: three nets around σ_w = 1"),
        {
            "init": "mean_field",
            "sigma_w": 1.0,
            "depth": 40,
            "compare": [{"init": "mean_field", "sigma_w": 0.8}, {"init": "mean_field", "sigma_w": 1.5}],
        },
        view="Theory",
    ),
    Preset(
        "skips",
        _("Fifty layers: plain, normalized, residual, PolyNet"),
        {
            "depth": 50,
            "width": 64,
            "activation": "relu",
            "init": "normal",
            "init_std": 0.02,
            "steps": 60,
            "compare": [
                {"activation": "relu", "init": "normal", "init_std": 0.02, "batch_norm": True},
                {"activation": "relu", "init": "normal", "init_std": 0.02, "residual": True},
                {"activation": "relu", "init": "normal", "init_std": 0.02, "polynet": True},
            ],
        },
    ),
    Preset(
        "spirals",
        _("Two spirals, learned with Adam"),
        {
            "data": "spirals",
            "preprocessing": "standardize",
            "width": 32,
            "depth": 4,
            "steps": 400,
            "optimizer": {"rule": "adam", "learning_rate": 0.01},
            "compare": [{"activation": "relu", "init": "he_normal"}, {"activation": "sigmoid"}],
        },
        view="Training",
    ),
    Preset(
        "too_fast",
        _("A learning rate that is too high: units die, one net diverges"),
        {
            "activation": "relu",
            "init": "he_normal",
            "width": 64,
            "depth": 5,
            "steps": 60,
            "optimizer": {"rule": "sgd", "learning_rate": 2.0},
            "compare": [{"activation": "relu", "init": "he_normal", "batch_norm": True}, {"activation": "tanh"}],
        },
        view="Training",
    ),
)
"""In the order of the page."""
