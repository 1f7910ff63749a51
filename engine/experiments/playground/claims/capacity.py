"""Claims on what a net can represent: layers, units, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.playground.claims.measure import Preset, finals
from engine.message import _, say

FAST = {"rule": "adam", "learning_rate": 0.02}
_XOR: Preset = {
    "data": "xor",
    "noise": 0.0,
    "hidden": [],
    "steps": 800,
    "optimizer": {"rule": "adam", "learning_rate": 0.05},
    "compare": [{"hidden": [6]}],
}
_SHAPES: Preset = {
    "data": "spirals",
    "noise": 0.05,
    "samples": 400,
    "hidden": [6, 6, 6, 6],
    "steps": 2500,
    "optimizer": FAST,
    "compare": [{"hidden": [38]}, {"hidden": [9, 9]}],
}
_BY_HEART: Preset = {
    "data": "moons",
    "noise": 0.25,
    "samples": 100,
    "wrong_labels": 0.3,
    "hidden": [2],
    "steps": 2000,
    "optimizer": FAST,
    "batch_size": 25,
    "test_share": 0.2,
    "validation_share": 0.0,
    "compare": [{"hidden": [width], "batch_size": 25} for width in (8, 24, 64)],
}
_LINEAR: Preset = {
    "data": "circles",
    "hidden": [],
    "steps": 500,
    "optimizer": FAST,
    "compare": [{"hidden": [8, 8, 8], "activation": "linear"}, {"hidden": [8, 8, 8]}],
}
FIELD, TEST_LOSS, ACCURACY = _("What the net says over the plane"), _("Test loss, net by net"), _("Accuracy")
SWEEPS, SWEEP = "Sweeps", _("The final loss over one setting")
OVER = "survey:sweep"
"""Where the page keeps what that picture is asked with."""


_LINE = 0.75
"""No straight line tells more of XOR's points right: three corners of four."""


def _one_layer_cannot(seeds: Sequence[int]) -> Verdict:
    """P1: test accuracy on XOR without and with a hidden layer."""
    right = finals(_XOR, seeds, "test_accuracy")
    line, bent = right.mean(axis=0)
    return Verdict(
        "yes"
        if (right[:, 0] < _LINE).all() and (right[:, 1] > _LINE).all()
        else "half"
        if bent > line + 0.2
        else "no",
        say(
            "A straight line can have three of the four corners on their own side, {most:.0%} of the points. "
            "Without a hidden layer at best {best:.0%} of the test points were classified correctly; with one "
            "of 6 units at worst {worst:.0%}.",
            most=_LINE,
            best=right[:, 0].max(),
            worst=right[:, 1].min(),
        ),
        say("Test accuracy: {line:.0%} with one layer, {bent:.0%} with two.", line=line, bent=bent),
        equal(800 * len(seeds), _("no hidden layer"), _("one hidden layer")),
    )


def _deep_or_wide(seeds: Sequence[int]) -> Verdict:
    """P2: three shapes of about 150 parameters on the spirals."""
    right = finals(_SHAPES, seeds, "test_accuracy")
    deep, wide, middle = right.mean(axis=0)
    wins = int((right[:, 0] > right[:, 1]).sum())
    return Verdict(
        "yes" if deep >= middle and wins == len(seeds) else "half" if deep > wide else "no",
        say(
            "Four layers of 6 were better than one of 38 with {wins} of {count} seeds. Two layers "
            "of 9, with fewer "
            "parameters still, reached {middle:.0%}: some depth helps, more of it did not help further.",
            wins=wins,
            count=len(seeds),
            middle=middle,
        ),
        say("Test accuracy: {deep:.0%} deep and thin, {wide:.0%} wide and shallow.", deep=deep, wide=wide),
        equal(2500 * len(seeds), _("6-6-6-6"), _("38"), _("9-9")),
    )


def _more_units(seeds: Sequence[int]) -> Verdict:
    """P3: how many wrong labels nets of growing width learn by heart."""
    right = finals(_BY_HEART, seeds, "train_accuracy").mean(axis=0)
    return Verdict(
        "yes" if right[0] < right[1:].min() else "half" if right[0] < right[3] else "no",
        say(
            "Three of ten training labels were wrong. With 2, 8, 24 and 64 units {a:.0%}, {b:.0%}, {c:.0%} and "
            "{d:.0%} of the training points were classified as labelled. The net of 2 units learns the fewest "
            "mistakes; from 8 units on little is added.",
            a=right[0],
            b=right[1],
            c=right[2],
            d=right[3],
        ),
        say("Training accuracy: {few:.0%} with 2 units, {many:.0%} with 64.", few=right[0], many=right[3]),
        equal(2000 * len(seeds), _("2 units"), _("8 units"), _("24 units"), _("64 units")),
    )


def _no_nonlinearity(seeds: Sequence[int]) -> Verdict:
    """P12: three linear layers are one; tanh between them makes the difference."""
    right = finals(_LINEAR, seeds, "test_accuracy")
    none, linear, tanh = right.mean(axis=0)
    return Verdict(
        "yes" if abs(linear - none) < 0.1 and (right[:, 2] > right[:, 1] + 0.2).all() else "no",
        say(
            "On the rings the linear net of three hidden layers classified {linear:.0%} of the test "
            "points correctly, the net without any {none:.0%}. The same three layers with tanh: {tanh:.0%}.",
            linear=linear,
            none=none,
            tanh=tanh,
        ),
        say("Test accuracy: {linear:.0%} linear, {tanh:.0%} with tanh.", linear=linear, tanh=tanh),
        equal(500 * len(seeds), _("no hidden layer"), _("three linear layers"), _("three layers of tanh")),
    )


CAPACITY: tuple[Claim, ...] = (
    Claim(
        "P1",
        _("One layer cannot compute XOR; two layers can."),
        _XOR,
        _one_layer_cannot,
        where=_("Neural networks: layers"),
        look=Look(panels=(FIELD, TEST_LOSS)),
        prediction=Prediction(
            _("How many test points does a net without a hidden layer classify correctly?"),
            (_("about half"), _("about three quarters"), _("nearly all")),
            0,
        ),
        try_this=_("Give the net without a hidden layer the input x₁x₂: it succeeds."),
    ),
    Claim(
        "P2",
        _("At equal numbers of parameters a deep, thin net learns more than a wide, shallow one."),
        _SHAPES,
        _deep_or_wide,
        where=_("Neural networks: layers"),
        look=Look(panels=(FIELD, TEST_LOSS)),
        prediction=Prediction(
            _("Which net of about 150 parameters separates the spirals best?"),
            (_("one layer of 38"), _("two layers of 9"), _("four layers of 6")),
            1,
        ),
        try_this=_("Take another seed, and see how much of the difference is chance."),
    ),
    Claim(
        "P3",
        _("More hidden units give a net more capacity."),
        _BY_HEART,
        _more_units,
        where=_("Neural networks: number of units"),
        look=Look(view=SWEEPS, panels=(SWEEP, FIELD, ACCURACY), focus=3, settings={OVER: {"x": "hidden.0"}}),
        prediction=Prediction(
            _("Three of ten labels are wrong. Which net learns the fewest of the wrong ones by heart?"),
            (_("the smallest"), _("the largest"), _("all alike")),
            0,
        ),
        try_this=_("Set the wrong labels to 0, and compare the nets again."),
    ),
    Claim(
        "P12",
        _("Without a nonlinearity, more layers gain nothing."),
        _LINEAR,
        _no_nonlinearity,
        where=_("Neural networks: activations"),
        look=Look(panels=(FIELD, TEST_LOSS)),
        prediction=Prediction(
            _("What boundary does a net of three linear layers draw?"),
            (_("a straight line"), _("a bent line"), _("a closed curve")),
            0,
        ),
        try_this=_("Change the activation of the second net to ReLU."),
    ),
)
