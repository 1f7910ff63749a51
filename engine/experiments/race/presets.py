"""Named races worth opening that are no claim of the notes."""

from __future__ import annotations

from typing import Any

from engine.experiment import Preset
from engine.experiments.race.panels import NET
from engine.message import _


def _racer(rule: str, learning_rate: float, **others: Any) -> dict[str, Any]:
    return {"rule": rule, "learning_rate": learning_rate, **others}


PRESETS: tuple[Preset, ...] = (
    Preset(
        "all_fifteen",
        _("All fifteen optimizers at once"),
        {
            "surface": "mccormick",
            "steps": 150,
            "racers": [
                _racer("sgd", 0.03),
                _racer("momentum", 0.01),
                _racer("nesterov", 0.01),
                _racer("adagrad", 0.4),
                _racer("adadelta", 5.0),
                _racer("rmsprop", 0.03),
                _racer("adam", 0.2),
                _racer("nadam", 0.15),
                _racer("adamw", 0.1),
                _racer("amsgrad", 0.3),
                _racer("radam", 0.2),
                _racer("lion", 0.03),
                _racer("newton", 1.0),
                _racer("bfgs", 0.5),
                _racer("lbfgs", 1.0),
            ],
        },
    ),
    Preset(
        "ten_on_beale",
        _("Ten optimizers on Beale's function"),
        {
            "surface": "beale",
            "start": [1.0, 1.5],
            "steps": 300,
            "racers": [
                _racer("sgd", 0.005),
                _racer("momentum", 0.002),
                _racer("nesterov", 0.005),
                _racer("adagrad", 0.5),
                _racer("rmsprop", 0.02),
                _racer("adadelta", 5.0),
                _racer("adam", 0.1),
                _racer("nadam", 0.2),
                _racer("amsgrad", 0.15),
                _racer("lion", 0.01),
            ],
        },
    ),
    Preset(
        "banana",
        _("Rosenbrock's banana: the floor of the valley is hard to follow"),
        {
            "surface": "rosenbrock",
            "steps": 500,
            "racers": [
                _racer("sgd", 0.0015),
                _racer("momentum", 0.001),
                _racer("rmsprop", 0.01),
                _racer("adam", 0.1),
                _racer("newton", 1.0),
                _racer("bfgs", 1.0),
            ],
        },
    ),
    Preset(
        "saddle",
        _("Very close to the ridge of a saddle"),
        {
            "surface": "saddle",
            "start": [1.5, 1e-6],
            "steps": 150,
            "racers": [
                _racer("sgd", 0.03),
                _racer("momentum", 0.01),
                _racer("rmsprop", 0.02),
                _racer("adam", 0.03),
                _racer("newton", 1.0),
            ],
        },
    ),
    Preset(
        "sill",
        _("Who leaves the shallow minimum?"),
        {
            "surface": "valley",
            "steps": 300,
            "racers": [
                _racer("sgd", 0.05),
                _racer("momentum", 0.02),
                _racer("nesterov", 0.02),
                _racer("rmsprop", 0.02),
                _racer("adam", 0.05),
            ],
        },
    ),
    Preset(
        "noisy_bowl",
        _("A bowl with noise: nobody comes to rest"),
        {
            "surface": "quadratic",
            "condition": 20.0,
            "noise": 3.0,
            "steps": 400,
            "racers": [
                _racer("sgd", 0.03),
                _racer("momentum", 0.01),
                _racer("rmsprop", 0.1),
                _racer("adam", 0.2),
                _racer("bfgs", 1.0),
            ],
        },
    ),
    Preset(
        "cosine",
        _("The same noise with a cosine schedule"),
        {
            "surface": "quadratic",
            "condition": 20.0,
            "noise": 3.0,
            "steps": 400,
            "schedule": {"schedule": "cosine"},
            "racers": [_racer("sgd", 0.03), _racer("momentum", 0.01), _racer("rmsprop", 0.1), _racer("adam", 0.2)],
        },
    ),
    Preset(
        "four_valleys",
        _("Himmelblau's four minima: which one depends on the rule"),
        {
            "surface": "himmelblau",
            "start": [1.5, 0.0],
            "steps": 200,
            "racers": [
                _racer("sgd", 0.01),
                _racer("momentum", 0.01),
                _racer("nesterov", 0.005),
                _racer("rmsprop", 0.1),
                _racer("adam", 0.3),
            ],
        },
    ),
    Preset(
        "plateau",
        _("On a plateau, where the slope is small"),
        {
            "surface": "plateau",
            "steps": 400,
            "racers": [
                _racer("sgd", 0.03),
                _racer("momentum", 0.03),
                _racer("adagrad", 0.1),
                _racer("adam", 0.03),
                _racer("newton", 1.0),
            ],
        },
    ),
    Preset(
        "too_fast",
        _("A learning rate that is too high: who diverges?"),
        {
            "surface": "quadratic",
            "condition": 100.0,
            "steps": 200,
            "racers": [
                _racer("sgd", 0.0195),
                _racer("sgd", 0.0205),
                _racer("momentum", 0.0375),
                _racer("nesterov", 0.0205),
                _racer("adam", 0.5),
            ],
        },
    ),
    Preset(
        "line",
        _("A line through a hundred points: raw data make a long valley"),
        {
            "surface": "linear_regression",
            "steps": 200,
            "racers": [
                _racer("sgd", 0.03),
                _racer("momentum", 0.01),
                _racer("rmsprop", 0.05),
                _racer("adam", 0.2),
                _racer("newton", 1.0),
            ],
        },
    ),
    Preset(
        "boundary",
        _("A boundary between two classes, learned from mini-batches of four"),
        {
            "surface": "logistic_boundary",
            "scaling": "standardize",
            "batch_size": 4,
            "steps": 300,
            "racers": [_racer("sgd", 0.6), _racer("momentum", 0.1), _racer("adagrad", 0.8), _racer("adam", 0.1)],
        },
    ),
    Preset(
        "net",
        _("A small net: its loss on a plane through the paths of five optimizers"),
        {
            "surface": "quadratic",
            "condition": 2.0,
            "start": [-4.0, 3.0],
            "steps": 300,
            "racers": [
                _racer("sgd", 0.5),
                _racer("momentum", 0.1),
                _racer("nesterov", 0.1),
                _racer("rmsprop", 0.01),
                _racer("adam", 0.02),
            ],
        },
        view=NET,
    ),
)
"""In the order of the page."""
