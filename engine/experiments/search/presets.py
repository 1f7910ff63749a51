"""Named searches that are no claims of the notes."""

from __future__ import annotations

from engine.experiment import Preset
from engine.message import _

_RATE = "optimizer.learning_rate"

PRESETS: tuple[Preset, ...] = (
    Preset("first", _("Grid against random"), {}),
    Preset(
        "all",
        _("Four samplers on four axes"),
        {
            "samplers": ["grid", "random", "sobol", "tpe"],
            "axes": [
                {"setting": _RATE, "low": 1e-4, "high": 3.0},
                {"setting": "hidden.0", "low": 1, "high": 32, "scale": "log"},
                {"setting": "l2", "low": 1e-5, "high": 1.0},
                {"setting": "batch_size", "low": 2, "high": 150},
            ],
            "budget": 40,
        },
    ),
    Preset(
        "choices",
        _("Which activation, which rule?"),
        {
            "axes": [
                {"setting": _RATE, "low": 1e-4, "high": 3.0},
                {"setting": "optimizer.rule", "choices": ["sgd", "momentum", "rmsprop", "adam"]},
                {"setting": "activation", "choices": ["sigmoid", "tanh", "relu"]},
            ],
            "samplers": ["random"],
            "budget": 60,
        },
    ),
    Preset("halving", _("Successive halving: stop bad trials early"), {"halving": 3, "samplers": ["random"]}),
    Preset(
        "depth",
        _("A deep net: how wide the weights, how large the steps"),
        {
            "laboratory": "depth",
            "axes": [
                {"setting": _RATE, "low": 1e-3, "high": 10.0},
                {"setting": "sigma_w", "low": 0.3, "high": 3.0},
            ],
            "settings": {"init": "mean_field"},
            "updates": 100,
            "repeats": 2,
        },
    ),
    Preset(
        "charrnn",
        _("A char-RNN: learning rate and hidden units"),
        {
            "laboratory": "charrnn",
            "axes": [
                {"setting": _RATE, "low": 1e-4, "high": 0.3},
                {"setting": "hidden_size", "low": 4, "high": 64},
            ],
            "updates": 200,
            "budget": 16,
            "repeats": 1,
        },
    ),
)
"""In the order of the page."""
