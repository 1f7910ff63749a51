"""Named starting points that are no claims of the notes."""

from __future__ import annotations

from engine.experiment import Preset
from engine.message import _

_FAST = {"rule": "adam", "learning_rate": 0.02}
PRESETS: tuple[Preset, ...] = (
    Preset("first", _("Two rings, a small net"), {"data": "circles"}),
    Preset(
        "linear",
        _("A line cannot bend: the rings without hidden layer"),
        {"data": "circles", "hidden": [], "steps": 400},
    ),
    Preset(
        "by_hand",
        _("The same rings, told apart by x₁² and x₂² alone"),
        {
            "data": "circles",
            "hidden": [],
            "features": ["x1_squared", "x2_squared"],
            "steps": 800,
            "optimizer": _FAST,
        },
    ),
    Preset(
        "spiral",
        _("The spiral, learned by 16-16"),
        {"data": "spirals", "noise": 0.05, "hidden": [16, 16], "steps": 4000, "optimizer": _FAST},
    ),
    Preset(
        "deep_or_wide",
        _("Deep and thin against wide and shallow, at equal counts"),
        {
            "data": "spirals",
            "noise": 0.05,
            "hidden": [6, 6, 6, 6],
            "steps": 4000,
            "optimizer": _FAST,
            "compare": [{"hidden": [38]}, {"hidden": [9, 9]}],
        },
    ),
    Preset(
        "overfitting",
        _("Overfitting: a large net, few points, wrong labels"),
        {
            "data": "moons",
            "samples": 120,
            "noise": 0.25,
            "wrong_labels": 0.1,
            "hidden": [32, 32],
            "test_share": 0.5,
            "validation_share": 0.15,
            "steps": 3000,
            "compare": [{"hidden": [32, 32], "l2": 0.02}, {"hidden": [32, 32], "dropout": 0.4}, {"hidden": [3]}],
        },
    ),
    Preset(
        "too_fast",
        _("A learning rate too high"),
        {
            "data": "moons",
            "activation": "relu",
            "init": "he_normal",
            "optimizer": {"rule": "sgd", "learning_rate": 3.0},
        },
    ),
    *(
        Preset(
            f"sweep_{name}",
            title,
            {"data": "moons", "noise": 0.25, "samples": 120, "test_share": 0.5, "steps": 400, **params},
            view=_("Sweeps"),
        )
        for name, title, params in (
            ("capacity", _("Sweep: how many units?"), {"hidden": [8], "optimizer": _FAST}),
            ("lambda", _("Sweep: how much L2?"), {"hidden": [32], "optimizer": _FAST, "l2": 0.01}),
            ("dropout", _("Sweep: how much dropout?"), {"hidden": [32], "optimizer": _FAST, "dropout": 0.3}),
            (
                "data",
                _("Sweep: how many points?"),
                {"hidden": [], "features": ["x1", "x2", "product", "sin_x1", "sin_x2"], "optimizer": _FAST},
            ),
        )
    ),
    Preset(
        "digits",
        _("Handwritten digits, 32 units against none"),
        {
            "data": "digits",
            "samples": 1797,
            "noise": 0.0,
            "hidden": [32],
            "activation": "relu",
            "init": "he_normal",
            "batch_size": 32,
            "steps": 1500,
            "optimizer": {"rule": "adam", "learning_rate": 0.003},
            "compare": [{"hidden": [], "batch_size": 32}],
        },
    ),
    Preset(
        "waves", _("Regression: waves on the plane"), {"data": "regression", "hidden": [16, 16], "steps": 4000}
    ),
)
"""In the order of the page."""
