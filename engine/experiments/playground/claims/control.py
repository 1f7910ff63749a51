"""Claims on overfitting and what controls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.playground.claims.capacity import ACCURACY, FAST, OVER, SWEEP, SWEEPS, TEST_LOSS
from engine.experiments.playground.claims.measure import Course, Preset, finals, run
from engine.experiments.playground.reliance import without_each_unit
from engine.message import _, say
from engine.pieces import whole

NOISY: Preset = {
    "data": "moons",
    "noise": 0.25,
    "samples": 200,
    "wrong_labels": 0.1,
    "test_share": 0.6,
    "validation_share": 0.1,
    "optimizer": FAST,
}
_LARGE = [32, 32]
_SMALLER: Preset = {
    **NOISY,
    "hidden": _LARGE,
    "steps": 1000,
    "compare": [{"hidden": _LARGE, "l2": 0.01}, {"hidden": [4]}, {"hidden": [2]}],
}
_MORE: Preset = {**_SMALLER, "l2": 0.003, "compare": [{"hidden": _LARGE, "l2": 0.03}, {"hidden": [8]}]}
_PENALTIES: Preset = {
    "data": "circles",
    "hidden": [16],
    "steps": 1500,
    "batch_size": 60,
    "optimizer": {"rule": "sgd", "learning_rate": 0.3},
    "l1": 0.01,
    "compare": [
        {"hidden": [16], "batch_size": 60, "l2": 0.02},
        {"hidden": [16], "batch_size": 60, "l1": 0.01, "l2": 0.02},
        {"hidden": [16], "batch_size": 60, "max_norm": 1.0},
    ],
}
_OVERFIT: Preset = {**NOISY, "hidden": _LARGE, "steps": 1500, "compare": [{"hidden": _LARGE, "dropout": 0.5}]}
_NORMED: Preset = {
    **NOISY,
    "samples": 300,
    "hidden": _LARGE,
    "steps": 1000,
    "batch_size": 20,
    "compare": [
        {"hidden": _LARGE, "batch_size": 20, "dropout": 0.4},
        {"hidden": _LARGE, "batch_size": 20, "batch_norm": True},
        {"hidden": _LARGE, "batch_size": 20, "batch_norm": True, "dropout": 0.4},
    ],
}
LOSS, GAP = _("Loss"), _("Gap: test loss less training loss")
ZEROS, NORMS = _("Weights that are exactly 0"), _("Length of each unit's incoming weights")
WITHOUT = _("Training loss without one unit")
_WEIGHTS = "Weights and gradients"
MAP = _("The final loss over two settings")
OVER_BOTH = "survey:sweep_map"


def _not_smaller(seeds: Sequence[int]) -> Verdict:
    """P4: the large net with weight decay against small ones without, the best of three settings each."""
    large, held, four, two = finals(_SMALLER, seeds, "test_loss").T
    light, heavy, eight = finals(_MORE, seeds, "test_loss").T
    penalized, smaller = np.array([light, held, heavy]), np.array([two, four, eight])
    decays, sizes = penalized.mean(axis=1), smaller.mean(axis=1)
    best, small = float(decays.min()), float(sizes.min())
    ahead = int((penalized[decays.argmin()] < smaller[sizes.argmin()]).sum())
    helps = max(best, small) < 0.85 * large.mean()
    return Verdict(
        "no" if best > 1.25 * small else "yes" if best < 0.8 * small else "half" if helps else "no",
        say(
            "Each had three settings. With L2 of 0.003, 0.01 and 0.03 the net of 32-32 units came to {light:.2f}, "
            "{held:.2f} and {heavy:.2f}; without L2, 2, 4 and 8 units came to {two:.2f}, {four:.2f} and "
            "{eight:.2f}. With the best of each, L2 was ahead with {ahead} of {count} seeds. A difference of less "
            "than a fifth counts as none.",
            light=decays[0],
            held=decays[1],
            heavy=decays[2],
            two=sizes[0],
            four=sizes[1],
            eight=sizes[2],
            ahead=ahead,
            count=len(seeds),
        ),
        say(
            "Test loss: {large:.2f} large, {best:.2f} with the best L2, {small:.2f} at the best size.",
            large=large.mean(),
            best=best,
            small=small,
        ),
        equal(3 * 1000 * len(seeds), _("32-32 with L2"), _("a smaller net")),
    )


def _what_penalties_do(seeds: Sequence[int]) -> Verdict:
    """P5: zeros, sizes and lengths under four penalties."""
    zeros, sizes, longest, free = [], [], [], []
    for seed in seeds:
        course = run(_PENALTIES, seed)
        zeros.append(np.asarray(course.frame["zeros"]).sum(axis=1))
        sizes.append(_sizes(course))
        longest.append(float(np.nanmax(np.asarray(course.frame["unit_norms"])[3])))
        free.append(_sizes(run({**_PENALTIES, "l1": 0.0, "compare": []}, seed))[0])
    count = float(np.asarray(course.frame["weights"]).shape[1])
    l1, l2, both, _bound = np.mean(zeros, axis=0)
    shrunk, whole = float(np.mean(sizes, axis=0)[1]), float(np.mean(free))
    holds = l1 > 0.1 * count and l2 == 0 and both > 0 and shrunk < 0.8 * whole and max(longest) <= 1 + 1e-9
    return Verdict(
        "yes" if holds else "half" if l1 > l2 else "no",
        say(
            "Of {count:.0f} weights L1 made {l1:.0f} exactly 0, the elastic net {both:.0f}. L2 "
            "shortened the whole "
            "vector of weights from {whole:.1f} to {shrunk:.1f}. Under max-norm 1 the longest "
            "unit measured {longest:.3f}.",
            count=count,
            l1=l1,
            both=both,
            whole=whole,
            shrunk=shrunk,
            longest=max(longest),
        ),
        say("Weights exactly 0: {l1:.0f} with L1, {l2:.0f} with L2.", l1=l1, l2=l2),
        equal(1500 * len(seeds), _("L1"), _("L2"), _("elastic net"), _("max-norm")),
    )


def _sizes(course: Course) -> Array:
    """Return the length of all weights of each net."""
    found: Array = np.sqrt(np.nansum(np.asarray(course.frame["weights"]) ** 2, axis=1))
    return found


def _overfitting(seeds: Sequence[int]) -> Verdict:
    """P6: training and test accuracy, and what three cures make of the test loss."""
    plain, dropped, stopped, more, known, told = [], [], [], [], [], []
    for seed in seeds:
        course = run(_OVERFIT, seed)
        losses = course.whole("test_loss")
        best = int(np.asarray(course.frame["best_step"])[0])
        plain.append(losses[0, -1])
        dropped.append(losses[1, -1])
        stopped.append(losses[0, max(best - 1, 0)])
        rest = {"samples": 2000, "test_share": 0.6, "validation_share": 0.1, "compare": []}
        fed = run(_OVERFIT, seed, **rest)
        more.append(fed.final("test_loss")[0])
        few, many = (one.simulation.points.ends[0] for one in (course, fed))
        known.append(course.final("train_accuracy")[0])
        told.append(course.final("test_accuracy")[0])
    means = [float(np.mean(values)) for values in (plain, dropped, stopped, more)]
    train, test = float(np.mean(known)), float(np.mean(told))
    helps = [mean < means[0] for mean in means[1:]]
    return Verdict(
        "yes" if train - test > 0.1 and all(helps) else "half" if any(helps) else "no",
        say(
            "At the end the test loss was {plain:.2f}. With dropout it was {dropped:.2f}, at the best validation "
            "step {stopped:.2f}, and with ten times the points {more:.2f}.",
            plain=means[0],
            dropped=means[1],
            stopped=means[2],
            more=means[3],
        ),
        say("Accuracy: {train:.0%} in training, {test:.0%} in test.", train=train, test=test),
        (
            *equal(1500 * len(seeds), _("no cure"), _("dropout"), _("more points")),
            *equal(few, _("no cure"), _("dropout"), unit=_("training points")),
            *equal(many, _("more points"), unit=_("training points")),
        ),
    )


def _co_adaptation(seeds: Sequence[int]) -> Verdict:
    """P7: how much the training loss rises when one unit of the last hidden layer is left out."""
    nets = [run(_OVERFIT, seed).simulation for seed in seeds]
    rises = np.array([[whole(without_each_unit(net, place)).max() for place in (0, 1)] for net in nets])
    plain, dropped = (float(x) for x in np.exp(np.log(rises).mean(axis=0)))
    fewer = int((rises[:, 1] < rises[:, 0]).sum())
    return Verdict(
        "yes" if fewer >= 0.9 * len(seeds) else "half" if dropped < plain else "no",
        say(
            "Each unit of the second hidden layer was left out in turn, and the training loss measured; the unit "
            "that matters most counts. After training with dropout the loss rose less with {fewer} of {count} "
            "seeds.",
            fewer=fewer,
            count=len(seeds),
        ),
        say(
            "Without its most important unit the loss is {plain:.2f} times as large, after dropout "
            "{dropped:.2f} times.",
            plain=plain,
            dropped=dropped,
        ),
        equal(1500 * len(seeds), _("no dropout"), _("dropout")),
    )


def _dropout_and_batch_norm(seeds: Sequence[int]) -> Verdict:
    """P11: what dropout gains without and with batch normalization."""
    loss = finals(_NORMED, seeds, "test_loss").mean(axis=0)
    alone, beside = float(loss[1] - loss[0]), float(loss[3] - loss[2])
    return Verdict(
        "yes" if beside > 0.5 * alone else "half" if beside > alone else "no",
        say(
            "Dropout changed the test loss from {a:.2f} to {b:.2f} without batch normalization, "
            "and from {c:.2f} to "
            "{d:.2f} with it.",
            a=loss[0],
            b=loss[1],
            c=loss[2],
            d=loss[3],
        ),
        say(
            "Dropout changes the test loss by {alone:+.2f}; with batch normalization by {beside:+.2f}.",
            alone=alone,
            beside=beside,
        ),
        equal(1000 * len(seeds), _("plain"), _("dropout"), _("batch norm"), _("both")),
    )


CONTROL: tuple[Claim, ...] = (
    Claim(
        "P4",
        _("Overfitting is better controlled by regularization than by a smaller net."),
        _SMALLER,
        _not_smaller,
        where=_("Neural networks: number of units"),
        look=Look(
            view=SWEEPS,
            panels=(SWEEP, MAP, TEST_LOSS),
            settings={OVER: {"x": "l2"}, OVER_BOTH: {"x": "l2", "y": "hidden.0"}},
        ),
        prediction=Prediction(
            _("Which net has the lowest test loss on noisy points?"),
            (_("large, with L2"), _("small"), _("both about the same")),
            2,
        ),
        try_this=_("Choose the gap as the colour of the map, and see where L2 closes it."),
    ),
    Claim(
        "P5",
        _("L2 shrinks weights, L1 makes them exactly zero, the elastic net does both, max-norm bounds each unit."),
        _PENALTIES,
        _what_penalties_do,
        where=_("Regularization"),
        look=Look(view=_WEIGHTS, panels=(ZEROS, NORMS)),
        prediction=Prediction(_("Which penalty makes weights exactly 0?"), (_("L1"), _("L2"), _("max-norm")), 0),
        try_this=_("Raise L1 on the way, and count the weights that fall to 0."),
    ),
    Claim(
        "P6",
        _(".99 in training and .85 in test is overfitting; more data, early stopping and dropout help."),
        _OVERFIT,
        _overfitting,
        where=_("Training: loss and accuracy"),
        look=Look(panels=(LOSS, ACCURACY, GAP, SWEEP), settings={OVER: {"x": "samples"}}),
        prediction=Prediction(
            _("The training loss falls to the end. What does the test loss do?"),
            (_("it falls too"), _("it falls, then rises"), _("it stays level")),
            1,
        ),
        try_this=_(
            "Go back to the best validation step, and look at the boundary there. Then open “Sweeps”: more points "
            "lower the test loss."
        ),
        unequal=_("More points are one of the three cures."),
    ),
    Claim(
        "P7",
        _("Dropout breaks up co-adaptation: units learn not to rely on each other."),
        _OVERFIT,
        _co_adaptation,
        where=_("Regularization: dropout"),
        look=Look(view=_WEIGHTS, panels=(WITHOUT,)),
        prediction=Prediction(
            _("One unit is taken away. Which net's loss grows more?"),
            (_("the one trained without dropout"), _("the one trained with dropout"), _("both alike")),
            0,
        ),
        try_this=_("Raise dropout to 0.8, train again, and compare the factors."),
    ),
    Claim(
        "P11",
        _("With batch normalization, dropout adds little."),
        _NORMED,
        _dropout_and_batch_norm,
        where=_("Regularization: dropout"),
        look=Look(panels=(TEST_LOSS, GAP)),
        prediction=Prediction(
            _("Where does dropout lower the test loss more?"),
            (_("without batch norm"), _("with batch norm"), _("both alike")),
            0,
        ),
        try_this=_("Make the batches smaller: batch norm then adds more noise of its own."),
    ),
)
