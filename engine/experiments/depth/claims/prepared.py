"""Claims on weights that are prepared before training: LSUV's pass over the data, greedy pre-training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.depth.claims.measure import Preset, looked_at, run
from engine.experiments.depth.preparation import EPOCHS
from engine.message import _, say

_WHERE = _("Weight initialization")

_LSUV: Preset = {
    "width": 100,
    "samples": 200,
    "depth": 10,
    "steps": 0,
    "init": "lsuv",
    "activation": "relu",
    "compare": [{"activation": "relu", "init": "orthogonal"}],
}


def _lsuv_layer_by_layer(seeds: Sequence[int]) -> Verdict:
    """D17: after its step every layer puts out unit variance, where the orthogonal start did not."""
    worst, before = 0.0, []
    for seed in seeds:
        course = run(_LSUV, seed, width=64, depth=8)
        inputs = course.simulation.data.inputs
        variances = [
            [float(layer.pre.value.var()) for layer in course.net(i).forward(inputs).layers] for i in (0, 1)
        ]
        worst = max(worst, *(abs(v - 1) for v in variances[0]))
        before.append(variances[1][-1] / variances[1][0])
    return Verdict(
        "yes" if worst < 0.02 and max(before) < 0.5 else "no",
        say(
            "After the orthogonal start alone the variance fell to {before:.3f} over {depth} layers of ReLU.",
            before=float(np.mean(before)),
            depth=8,
        ),
        say("Every layer's variance is within {worst:.3f} of 1.", worst=worst),
        looked_at(len(seeds), _LSUV, "LSUV", _("Orthogonal"), width=64, depth=8),
    )


_PRETRAINED: Preset = {
    "width": 32,
    "depth": 5,
    "samples": 200,
    "steps": 60,
    "init": "autoencoder",
    "compare": [{"init": "rbm"}, {"init": "normal"}, {"init": "xavier_normal"}],
}


_PREPARED, _DRAWN = (_("Auto-encoders"), _("RBMs")), (_("small random"), _("Xavier normal"))
_PASSES = _("passes over the data before training")


def _pretraining_gives_a_start(seeds: Sequence[int]) -> Verdict:
    """D18: auto-encoders give a start that trains, RBMs on these data do not; a scaled start needs neither."""
    found: list[list[float]] = []
    for seed in seeds:
        course = run(_PRETRAINED, seed)
        found.append([course.final("loss", i) for i in range(4)])
    losses = np.array(found)
    encoder, rbm, small, scaled = (float(x) for x in losses.mean(axis=0))
    helps = (losses[:, 0] < losses[:, 2] - 0.3).all()
    both = helps and rbm < small - 0.3
    return Verdict(
        "yes" if both and encoder < scaled - 0.1 else "half" if helps else "no",
        say(
            "Loss after {steps} steps: auto-encoders {encoder:.2f}, RBMs {rbm:.2f}, small random weights "
            "{small:.2f}, Xavier's {scaled:.2f}. The RBMs' weights stay small here and help little. "
            "Xavier's random weights need no pre-training.",
            steps=_PRETRAINED["steps"],
            encoder=encoder,
            rbm=rbm,
            small=small,
            scaled=scaled,
        ),
        say(
            "Loss: {encoder:.2f} after auto-encoders, {rbm:.2f} after RBMs, {small:.2f} without pre-training.",
            encoder=encoder,
            rbm=rbm,
            small=small,
        ),
        (
            *equal(_PRETRAINED["steps"] * len(seeds), *_PREPARED, *_DRAWN),
            *equal(EPOCHS * _PRETRAINED["depth"] * len(seeds), *_PREPARED, unit=_PASSES),
            *equal(0, *_DRAWN, unit=_PASSES),
        ),
    )


PREPARED: tuple[Claim, ...] = (
    Claim(
        "D17",
        _("LSUV gives every layer unit variance, one layer after the other."),
        _LSUV,
        _lsuv_layer_by_layer,
        where=_WHERE,
        look=Look(_("Signals"), panels=(_("Size of the activations"),)),
        prediction=Prediction(
            _(
                "An orthogonal start through ReLU layers loses variance. Does LSUV's one pass over the data "
                "repair it?"
            ),
            (_("yes"), _("only in the first layers")),
            0,
        ),
        try_this=_("Choose another activation: LSUV measures the variance, so it works there too."),
    ),
    Claim(
        "D18",
        _("Greedy layer-wise pre-training (RBM, auto-encoder) gives a start from which a deep net trains."),
        _PRETRAINED,
        _pretraining_gives_a_start,
        where=_("Weight initialization: pre-training"),
        look=Look(_("Training"), panels=(_("Loss"),)),
        prediction=Prediction(
            _("Which start trains about as well as the auto-encoder's?"),
            (_("the RBM's"), _("Xavier's random weights"), _("small random weights")),
            1,
        ),
        try_this=_("Give every net Xavier's weights: none of them needs pre-training."),
        unequal=_("The passes before training are the price of pre-training."),
    ),
)
