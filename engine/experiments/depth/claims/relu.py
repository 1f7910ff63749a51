"""Claims on ReLU: how fast it learns, and where its mean lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.depth.claims.activations import LOOK, SIGNALS, TRAINING, WHERE
from engine.experiments.depth.claims.measure import Preset, at, looked_at, run
from engine.message import _, say

_SPEED: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 3,
    "steps": 60,
    "activation": "relu",
    "init": "he_normal",
    "optimizer": {"rule": "sgd", "learning_rate": 0.3},
    "compare": [{"activation": "tanh"}, {"activation": "sigmoid"}],
}
_TRIED = (0.3, 1.0, 3.0)


def _relu_converges_faster(seeds: Sequence[int]) -> Verdict:
    """D25: losses after 60 steps at one rate, and each with the best of the same rates."""
    found = []
    for seed in seeds[:3]:
        courses = [run(_SPEED, seed, optimizer={"rule": "sgd", "learning_rate": rate}) for rate in _TRIED]
        found.append([[course.final("loss", i, 10) for i in range(3)] for course in courses])
    losses = np.array(found)
    same, best = losses[:, 0].mean(axis=0), losses.min(axis=1).mean(axis=0)
    beats_sigmoid, beats_tanh = bool(best[0] < 0.5 * best[2]), bool(best[0] < best[1])
    return Verdict(
        ("yes" if beats_tanh else "half") if beats_sigmoid and same[0] < same[1] else "no",
        say(
            "At the common rate 0.3 the loss after {steps} steps was {relu:.2f} with ReLU, {tanh:.2f} with "
            "tanh and {sigmoid:.2f} with the sigmoid. With the best of {count} rates for each, ReLU is far "
            "ahead of the sigmoid, but not of tanh.",
            steps=_SPEED["steps"],
            relu=float(same[0]),
            tanh=float(same[1]),
            sigmoid=float(same[2]),
            count=len(_TRIED),
        ),
        say(
            "Loss at the best rate of each: ReLU {relu:.2f}, tanh {tanh:.2f}, sigmoid {sigmoid:.2f}.",
            relu=float(best[0]),
            tanh=float(best[1]),
            sigmoid=float(best[2]),
        ),
        equal(_SPEED["steps"] * len(_TRIED) * len(seeds[:3]), _("ReLU"), _("Tanh"), _("Sigmoid")),
    )


_CENTRE: Preset = {
    **LOOK,
    "depth": 3,
    "activation": "relu",
    "init": "he_normal",
    "compare": [{"activation": "tanh"}],
}


def _relu_is_not_centred(seeds: Sequence[int]) -> Verdict:
    """D26: the mean of the activations in units of their standard deviation."""
    means = []
    for seed in seeds:
        first = run(_CENTRE, seed).first
        means.append(
            [float((at(first, "activation_mean", i) / at(first, "activation_std", i)).mean()) for i in (0, 1)]
        )
    relu, tanh = (float(x) for x in np.mean(means, axis=0))
    return Verdict(
        "yes" if min(one[0] for one in means) > 0.4 and max(abs(one[1]) for one in means) < 0.1 else "no",
        say(
            "For Gaussian inputs theory gives {theory:.2f} for ReLU. Its outputs are 0 or positive. With "
            "tanh the mean is {tanh:.3f} of the standard deviation.",
            tanh=tanh,
            theory=float(1 / np.sqrt(np.pi - 1)),
        ),
        say("The mean of ReLU's outputs is {relu:.2f} of their standard deviation.", relu=relu),
        looked_at(len(seeds), _CENTRE, _("ReLU"), _("Tanh")),
    )


RELU: tuple[Claim, ...] = (
    Claim(
        "D25",
        _("ReLU converges much faster than sigmoid and tanh."),
        _SPEED,
        _relu_converges_faster,
        where=WHERE,
        look=Look(TRAINING, panels=("Loss",)),
        prediction=Prediction(
            _("Each has its best learning rate. Which one is last after 60 steps?"),
            (_("ReLU"), _("Tanh"), _("Sigmoid")),
            2,
        ),
        try_this=_("Set the learning rate to 3: tanh trains, ReLU does not."),
    ),
    Claim(
        "D26",
        _("ReLU's outputs are not zero-centred either."),
        _CENTRE,
        _relu_is_not_centred,
        where=WHERE,
        look=Look(SIGNALS, panels=("Mean of the activations",)),
        by_construction=True,
        prediction=Prediction(
            _("Where is the mean of ReLU's outputs?"),
            (_("at 0"), _("well above 0, by half a standard deviation or more")),
            1,
        ),
        try_this=_("Choose ELU: its mean is nearer to 0."),
    ),
)
