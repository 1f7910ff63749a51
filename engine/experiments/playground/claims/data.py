"""Claims on what a net learns from: batches, more points made of few, other tasks, and many nets at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Budget, Claim, Look, Prediction, Verdict, equal
from engine.experiments.playground.claims.capacity import FAST, FIELD, TEST_LOSS
from engine.experiments.playground.claims.control import NOISY
from engine.experiments.playground.claims.measure import Preset, finals, run
from engine.experiments.playground.transfer import STEPS
from engine.message import _, say

_CROWD: Preset = {**NOISY, "hidden": [16, 16], "steps": 800, "ensemble": 8}
_FEW: Preset = {
    "data": "moons",
    "noise": 0.1,
    "samples": 200,
    "test_share": 0.75,
    "validation_share": 0.1,
    "hidden": [16, 16],
    "steps": 1000,
    "optimizer": FAST,
    "compare": [{"hidden": [16, 16], "augmentation": {"noise": 0.15}}],
}
_RELATED: Preset = {
    "data": "moons",
    "noise": 0.15,
    "samples": 150,
    "test_share": 0.7,
    "validation_share": 0.1,
    "hidden": [16, 16],
    "steps": 500,
    "optimizer": FAST,
    "compare": [
        {"hidden": [16, 16], "transfer": {"keep": 2}},
        {"hidden": [16, 16], "transfer": {"keep": 2, "freeze": True}},
    ],
}
_BATCHES: Preset = {
    "data": "moons",
    "noise": 0.2,
    "hidden": [8, 8],
    "steps": 600,
    "optimizer": {"rule": "sgd", "learning_rate": 0.1},
    "batch_size": 1,
    "compare": [{"hidden": [8, 8], "batch_size": 10}, {"hidden": [8, 8], "batch_size": 2000}],
}
_SIZES = (_("one point"), _("ten points"), _("all points"))
TOGETHER = _("Test loss, together and alone")
NOISE, BATCH_LOSS = _("The gradient's length, and its noise from batch to batch"), _("Loss of each batch")


def _ensemble(seeds: Sequence[int]) -> Verdict:
    """P8: test loss and accuracy of eight nets' mean, and of the nets on average."""
    frames = [run(_CROWD, seed).frame for seed in seeds]
    loss = np.array([np.asarray(frame["vote_loss"])[:2, -1] for frame in frames])
    right = np.array([np.asarray(frame["vote_accuracy"])[:2, -1] for frame in frames])
    together, alone = loss.mean(axis=0)
    wins = int((right[:, 0] > right[:, 1]).sum())
    lower = bool((loss[:, 0] < loss[:, 1]).all())
    return Verdict(
        "yes" if lower and wins == len(seeds) else "half" if lower else "no",
        say(
            "The loss of the mean was lower with every seed, as it must be: −ln is convex. "
            "Accuracy was {accuracy:.1%} "
            "together and {average:.1%} on average; higher together with {wins} of {count} seeds.",
            accuracy=right[:, 0].mean(),
            average=right[:, 1].mean(),
            wins=wins,
            count=len(seeds),
        ),
        say("Test loss: {together:.2f} together, {alone:.2f} on average.", together=together, alone=alone),
        (Budget(_("the ensemble"), 8.0, _("trained nets")), Budget(_("one member"), 1.0, _("trained nets"))),
    )


def _augmented(seeds: Sequence[int]) -> Verdict:
    """P9: thirty training points, as they are and shaken anew in every batch."""
    loss = finals(_FEW, seeds, "test_loss")
    plain, shaken = loss.mean(axis=0)
    wins = int((loss[:, 1] < loss[:, 0]).sum())
    return Verdict(
        "yes" if wins == len(seeds) else "half" if shaken < plain else "no",
        say(
            "From 30 points the net came to a test loss of {plain:.2f}; from copies moved anew in every batch to "
            "{shaken:.2f}, lower with {wins} of {count} seeds.",
            plain=plain,
            shaken=shaken,
            wins=wins,
            count=len(seeds),
        ),
        say("Test loss: {plain:.2f} plain, {shaken:.2f} augmented.", plain=plain, shaken=shaken),
        equal(1000 * len(seeds), _("plain"), _("augmented")),
    )


_BEFORE = _("updates on the related task")


def _transferred(seeds: Sequence[int]) -> Verdict:
    """P10: thirty points from scratch, and with layers that learned the same shape turned."""
    loss = finals(_RELATED, seeds, "test_loss")
    scratch, tuned, frozen = loss.mean(axis=0)
    wins = int((loss[:, 2] < loss[:, 0]).sum())
    return Verdict(
        "yes" if wins == len(seeds) and tuned < scratch else "half" if min(tuned, frozen) < scratch else "no",
        say(
            "From scratch the net came to {scratch:.2f} on 30 points. With both hidden layers "
            "taken over it came to "
            "{tuned:.2f} when they learned on, and to {frozen:.2f} when they were frozen; frozen was better than "
            "scratch with {wins} of {count} seeds.",
            scratch=scratch,
            tuned=tuned,
            frozen=frozen,
            wins=wins,
            count=len(seeds),
        ),
        say(
            "Test loss: {scratch:.2f} from scratch, {frozen:.2f} with layers kept.", scratch=scratch, frozen=frozen
        ),
        (
            *equal(500 * len(seeds), _("from scratch"), _("fine-tuned"), _("frozen")),
            *equal(0, _("from scratch"), unit=_BEFORE),
            *equal(STEPS * len(seeds), _("fine-tuned"), _("frozen"), unit=_BEFORE),
        ),
    )


def _batches(seeds: Sequence[int]) -> Verdict:
    """P13: noise of the gradient, and the loss after equally many points seen."""
    noise, level = [], []
    for seed in seeds:
        course = run(_BATCHES, seed)
        count, losses = course.simulation.points.ends[0], course.whole("train_loss")
        noise.append(np.mean(course.whole("gradient_noise"), axis=1))
        level.append([losses[0, 599], losses[1, 59], losses[2, max(600 // count, 1) - 1]])
    one, ten, whole = np.mean(noise, axis=0)
    each, some, once = np.mean(level, axis=0)
    return Verdict(
        "yes" if one > ten > whole and each < once else "half" if one > whole else "no",
        say(
            "After 600 points seen the training loss was {each:.2f} with batches of 1, {some:.2f} "
            "with batches of 10 "
            "and {once:.2f} with the full batch, which had made 4 updates. After 600 updates each "
            "the order is the "
            "other way round.",
            each=each,
            some=some,
            once=once,
        ),
        say("Noise of the gradient: {one:.2f} with 1 point, {ten:.2f} with 10, 0 with all.", one=one, ten=ten),
        tuple(
            Budget(side, 600.0, _("points seen")) for side in (_("one point"), _("ten points"), _("all points"))
        ),
    )


DATA: tuple[Claim, ...] = (
    Claim(
        "P8",
        _("An ensemble beats its members."),
        _CROWD,
        _ensemble,
        where=_("Training: model ensembles"),
        look=Look(view="Ensemble", panels=(TOGETHER,)),
        prediction=Prediction(
            _("Eight nets vote. How is the loss of their mean?"),
            (_("lower than theirs on average"), _("the same"), _("higher")),
            0,
        ),
        try_this=_("Switch bagging on, and see how much more the members differ."),
        unequal=_("An ensemble of 8 costs 8 nets: that is its price."),
    ),
    Claim(
        "P9",
        _("Augmentation helps when there are few data."),
        _FEW,
        _augmented,
        where=_("Training: data augmentation"),
        look=Look(panels=(FIELD, TEST_LOSS)),
        prediction=Prediction(
            _("The points are moved a little in every batch. What becomes of the test loss?"),
            (_("it is lower"), _("it is higher"), _("it is the same")),
            0,
        ),
        try_this=_("Move the points further, until the two classes mix."),
    ),
    Claim(
        "P10",
        _("Transfer learning helps when there are few data."),
        _RELATED,
        _transferred,
        where=_("Training: transfer learning"),
        look=Look(panels=(FIELD, TEST_LOSS)),
        prediction=Prediction(
            _("With 30 points: which start gives the lowest test loss?"),
            (_("from scratch"), _("layers kept and tuned on"), _("layers kept and frozen")),
            2,
        ),
        try_this=_("Take 2,000 points, and see what is left of the difference."),
        unequal=_("What is taken over was learned before, from other points: that is what transfer means."),
    ),
    Claim(
        "P13",
        _("Small batches are noisy and cheap, the full batch is exact and expensive."),
        _BATCHES,
        _batches,
        where=_("Training: mini-batches"),
        look=Look(view="Weights and gradients", panels=(NOISE, BATCH_LOSS)),
        prediction=Prediction(
            _("After 600 points seen, which net has the lower training loss?"),
            (_("batches of 1"), _("the full batch"), _("both alike")),
            0,
        ),
        try_this=_("Change the batch size of the first net on the way, from 1 to all."),
    ),
)
