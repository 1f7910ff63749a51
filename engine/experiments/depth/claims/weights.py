"""Claims on initial weights: zero, equal, small, large, scaled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.depth.claims.measure import Preset, at, looked_at, per_layer, run, sweep
from engine.message import _, say

_SIGNALS, _TRAINING = _("Signals"), _("Training")
_FORWARD, _BACK = _("Size of the activations"), _("Size of the gradients")
_WHERE = _("Weight initialization")
_LOOK: Preset = {"width": 100, "samples": 200, "depth": 10, "compare": [], "steps": 0}
_ZERO: Preset = {
    "width": 16,
    "samples": 200,
    "depth": 3,
    "init": "zeros",
    "steps": 30,
    "optimizer": {"rule": "adam", "learning_rate": 0.01},
    "compare": [{"init": "xavier_normal"}],
}
_EQUAL: Preset = {**_ZERO, "init": "constant", "constant": 0.1}


def _zeros_do_not_learn(seeds: Sequence[int]) -> Verdict:
    """D28: every matrix keeps being 0, only the last bias moves: all rows get the same scores."""
    moved, scores, zero, random = 0.0, 0.0, [], []
    for seed in seeds:
        course = run(_ZERO, seed)
        net = course.net()
        moved = max(moved, *(float(np.abs(net.views[f"W{l}"]).max()) for l in (1, 2, 3, 4)))
        outputs = net.forward(course.simulation.data.inputs).outputs.value
        scores = max(scores, float(np.ptp(outputs, axis=0).max()))
        zero.append(course.final("accuracy"))
        random.append(course.final("accuracy", 1))
    return Verdict(
        "yes" if moved == 0 == scores and max(zero) < 0.3 < min(random) else "no",
        say(
            "After {steps} steps the largest weight of any layer was {moved:g}: the gradient of each matrix "
            "has another matrix, which is 0, as a factor. Only the last bias moves, so every row gets the "
            "same scores. With Xavier's weights the accuracy was {random:.0%}.",
            steps=_ZERO["steps"],
            moved=moved,
            random=float(np.mean(random)),
        ),
        say(
            "Accuracy after {steps} steps from zero weights: {zero:.0%}.",
            steps=_ZERO["steps"],
            zero=float(np.mean(zero)),
        ),
        equal(_ZERO["steps"] * len(seeds), _("Zeros"), _("Xavier normal")),
    )


def _equal_stay_equal(seeds: Sequence[int]) -> Verdict:
    """D1: after training, all units of a hidden layer still have the same incoming weights."""
    kinds, moved, others = 1, [], []
    for seed in seeds:
        course = run(_EQUAL, seed)
        same, random = (course.net(i).views["W2"] for i in (0, 1))
        kinds = max(kinds, len(np.unique(np.round(same, 9), axis=1).T))
        moved.append(float(np.abs(same - 0.1).max()))
        others.append(float(np.abs(random - random[:, :1]).max()))
    return Verdict(
        "yes" if kinds == 1 and min(moved) > 1e-9 and min(others) > 0.1 else "no",
        say(
            "The weights of layer 2 had moved by {moved:.2g}, all in the same way. From random weights the "
            "units differ by {others:.2g}.",
            moved=float(np.mean(moved)),
            others=float(np.mean(others)),
        ),
        say(
            "Different units among the {units} of layer 2 after {steps} steps: {kinds}.",
            steps=_EQUAL["steps"],
            kinds=kinds,
            units=_EQUAL["width"],
        ),
        equal(_EQUAL["steps"] * len(seeds), _("Equal weights"), _("Random weights")),
    )


_DIES: Preset = {
    **_LOOK,
    "depth": 8,
    "init": "normal",
    "steps": 60,
    "optimizer": {"rule": "sgd", "learning_rate": 0.5},
}


def _small_ones_die(seeds: Sequence[int]) -> Verdict:
    """D2: N(0, 0.01²) through eight layers: signals and gradients are gone; one layer learns in as many steps."""
    signal, gradient, deep, flat = [], [], [], []
    for seed in seeds:
        tiny = run(_DIES, seed, steps=0)
        std, back = at(tiny.first, "activation_std"), at(tiny.first, "gradient_std")
        signal.append(float(std[-1] / std[0]))
        gradient.append(float(back[0] / back[-1]))
        deep.append(run(_DIES, seed).final("accuracy"))
        flat.append(run(_DIES, seed, depth=1).final("accuracy"))
    gone = max(signal) < 1e-6 and max(gradient) < 1e-6 and max(deep) < 0.3
    return Verdict(
        "yes" if gone and min(flat) > 0.6 else "no",
        say(
            "On the way back the gradient fell to {gradient:.0e} of its size. After {steps} steps the "
            "accuracy was {deep:.0%}; a net with one hidden layer, the same weights and as many steps "
            "reached {flat:.0%}.",
            gradient=max(gradient),
            steps=_DIES["steps"],
            deep=float(np.mean(deep)),
            flat=float(np.mean(flat)),
        ),
        say("Layer 8 has {signal:.0e} of the signal of layer 1.", signal=max(signal)),
        equal(_DIES["steps"] * len(seeds), _("eight layers"), _("one layer")),
    )


_LARGE: Preset = {
    **_LOOK,
    "init": "normal",
    "init_std": 1.0,
    "steps": 60,
    "optimizer": {"rule": "sgd", "learning_rate": 0.01},
    "compare": [{"init": "xavier_normal"}],
}
_TRIED = (0.001, 0.01, 0.1, 1.0)


def _large_ones_saturate(seeds: Sequence[int]) -> Verdict:
    """D3: N(0, 1): tanh saturates; the gradient grows instead of dying, and the net does not learn either way."""
    saturated, growth = [], []
    best: list[float] = []
    xavier: list[float] = []
    for seed in seeds[:3]:
        first = run(_LARGE, seed, steps=0).first
        saturated.append(float(at(first, "saturated").mean()))
        back = at(first, "gradient_std")
        growth.append(float(back[0] / back[-1]))
        for found, init in ((best, "normal"), (xavier, "xavier_normal")):
            learned = sweep({**_LARGE, "width": 50, "init": init, "compare": []}, seed, _TRIED)
            found.append(float(np.nanmax(learned.accuracy)))
    saturates, dies = min(saturated) > 0.5, max(growth) < 1e-2
    stuck = np.mean(best) < 0.6 * np.mean(xavier)
    return Verdict(
        "yes" if saturates and dies else "half" if saturates and stuck else "no",
        say(
            "The gradient does not vanish: {passing:.0%} of the units still pass it and multiply it by "
            "large weights, so it grew {growth:.0f} times over 10 layers. But the net hardly learns: with "
            "the best of {rates} learning rates the accuracy after {steps} steps was {best:.0%}, with "
            "Xavier's weights {xavier:.0%}.",
            passing=1 - float(np.mean(saturated)),
            growth=float(np.median(growth)),
            rates=len(_TRIED),
            steps=_LARGE["steps"],
            best=float(np.mean(best)),
            xavier=float(np.mean(xavier)),
        ),
        say("{saturated:.0%} of the activations are saturated.", saturated=float(np.mean(saturated))),
        equal(_LARGE["steps"] * len(_TRIED) * len(seeds[:3]), _("N(0, 1)"), _("Xavier normal")),
    )


def _xavier_keeps_tanh_alive(seeds: Sequence[int]) -> Verdict:
    """D4: ten layers of tanh with variance 1/n: std .23 at layer 10, as theory says, and gradients alive."""
    last, ratio = [], []
    for seed in seeds:
        first = run(_LOOK, seed, width=200, samples=300).first
        last.append(float(at(first, "activation_std")[-1]))
        back = at(first, "gradient_std")
        ratio.append(float(back[0] / back[-1]))
    alive = min(last) > 0.15 and min(ratio) > 0.1 and max(ratio) < 10
    return Verdict(
        "yes" if alive and abs(np.mean(last) - 0.2285) < 0.02 else "no",
        say(
            "Theory gives {theory:.4f}. The gradient in layer 1 is {ratio:.2f} times that in layer 10.",
            theory=0.2285,
            ratio=float(np.mean(ratio)),
        ),
        say("The standard deviation in layer 10 is {last:.3f}.", last=float(np.mean(last))),
        looked_at(len(seeds), _LOOK, _("Xavier normal"), width=200, samples=300),
    )


_RELU: Preset = {**_LOOK, "activation": "relu", "compare": [{"activation": "relu", "init": "he_normal"}]}


def _he_repairs_relu(seeds: Sequence[int]) -> Verdict:
    """D5: with ReLU, variance 1/n halves the signal's variance a layer; 2/n keeps it."""
    xavier, he = [], []
    for seed in seeds:
        both = run(_RELU, seed, width=200, samples=300).first
        xavier.append(2 * np.log(per_layer(at(both, "activation_std"))))
        he.append(2 * np.log(per_layer(at(both, "activation_std", 1))))
    a, b = float(np.exp(np.mean(xavier))), float(np.exp(np.mean(he)))
    return Verdict(
        "yes" if abs(a - 0.5) < 0.05 and abs(b - 1) < 0.1 else "no",
        say(
            "Theory gives {half:.1f} and {one:.0f}: ReLU sets half of the signal to 0, and He's variance "
            "2/n makes up for that.",
            half=0.5,
            one=1.0,
        ),
        say(
            "A layer keeps {xavier:.2f} of the variance with Xavier's weights, {he:.2f} with He's.", xavier=a, he=b
        ),
        looked_at(len(seeds), _RELU, _("Xavier normal"), _("He normal"), width=200, samples=300),
    )


_SELU: Preset = {
    **_LOOK,
    "depth": 30,
    "activation": "selu",
    "init": "lecun_normal",
    "compare": [{"init": "lecun_normal"}],
}


def _selu_has_a_fixed_point(seeds: Sequence[int]) -> Verdict:
    """D6: thirty layers of SELU with LeCun's weights stay at mean 0 and variance 1; tanh's do not."""
    means, stds, tanh = [], [], []
    for seed in seeds:
        first = run(_SELU, seed).first
        means.append(float(np.abs(at(first, "activation_mean")).max()))
        stds.append(float(np.abs(at(first, "activation_std") - 1).max()))
        tanh.append(float(at(first, "activation_std", 1)[-1]))
    return Verdict(
        "yes" if np.mean(means) < 0.1 and np.mean(stds) < 0.15 and max(tanh) < 0.3 else "no",
        say(
            "The mean stays within {mean:.3f} of 0 (both numbers are averages over {count} draws). With "
            "tanh and the same weights the standard deviation falls to {tanh:.2f}.",
            mean=float(np.mean(means)),
            count=len(seeds),
            tanh=float(np.mean(tanh)),
        ),
        say("Over 30 layers the standard deviation stays within {std:.3f} of 1.", std=float(np.mean(stds))),
        looked_at(len(seeds), _SELU, _("SELU"), _("Tanh")),
    )


WEIGHTS: tuple[Claim, ...] = (
    Claim(
        "D1",
        _("If all weights are equal, every neuron of a layer gets the same gradient in every step."),
        _EQUAL,
        _equal_stay_equal,
        where=_WHERE,
        by_construction=True,
        look=Look(_TRAINING, panels=(_("Loss"),)),
        prediction=Prediction(
            _("All weights begin at 0.1. How many different units are there in layer 2 after 30 steps?"),
            (_("one"), _("sixteen")),
            0,
        ),
        try_this=_("Choose Xavier's initialization for the first net too: both curves now fall in the same way."),
    ),
    Claim(
        "D2",
        _(
            "With small random weights the activations, and then the gradients, go to 0 with depth. In a "
            "small net such weights are fine."
        ),
        _DIES,
        _small_ones_die,
        where=_WHERE,
        look=Look(_SIGNALS, panels=(_FORWARD, _BACK)),
        prediction=Prediction(
            _("Weights of standard deviation 0.01: how much of the signal is left in layer 8?"),
            (_("about a tenth"), _("about a thousandth"), _("less than a millionth")),
            2,
        ),
        try_this=_("Set the depth to 1: the net learns from the same weights."),
    ),
    Claim(
        "D3",
        _("Large random weights saturate tanh, and the gradients vanish."),
        _LARGE,
        _large_ones_saturate,
        where=_WHERE,
        look=Look(_SIGNALS, panels=(_("Saturated"), _BACK)),
        prediction=Prediction(
            _("Weights of standard deviation 1 saturate tanh. What happens to the gradient on its way back?"),
            (_("it vanishes"), _("it stays the same"), _("it grows")),
            2,
        ),
        try_this=_("Set the standard deviation to 0.1: the gradient keeps its size."),
    ),
    Claim(
        "D4",
        _("With Xavier's initialization (variance 1/n) tanh keeps its signal."),
        _LOOK,
        _xavier_keeps_tanh_alive,
        where=_WHERE,
        look=Look(_SIGNALS, panels=(_FORWARD, _BACK)),
        prediction=Prediction(
            _("The inputs have standard deviation 1. What is the standard deviation in layer 10?"),
            (_("less than 0.01"), _("about 0.2"), _("about 1")),
            1,
        ),
        try_this=_("Set the depth to 50: the signal keeps falling, slowly, like 1/√depth."),
    ),
    Claim(
        "D5",
        _(
            "With ReLU, Xavier's initialization loses half of the variance in each layer. He's "
            "initialization repairs this."
        ),
        _RELU,
        _he_repairs_relu,
        where=_WHERE,
        look=Look(_SIGNALS, panels=(_FORWARD,)),
        prediction=Prediction(
            _("Xavier with ReLU: by what does a layer multiply the variance?"), ("1", "1/2", "1/4"), 1
        ),
        try_this=_("Choose leaky ReLU for the first net: it loses a little less than half."),
    ),
    Claim(
        "D6",
        _("LeCun's initialization with SELU has a fixed point: mean 0 and variance 1."),
        _SELU,
        _selu_has_a_fixed_point,
        where=_("Weight initialization (the notes name SELU; the fixed point is ours)"),
        ours=True,
        look=Look(_SIGNALS, panels=(_FORWARD, _("Mean of the activations"))),
        prediction=Prediction(
            _("What is the standard deviation after 30 layers of SELU?"),
            (_("near 0"), _("near 1"), _("near 3")),
            1,
        ),
        try_this=_("Choose He's initialization for SELU: the signal leaves the fixed point."),
    ),
    Claim(
        "D28",
        _("Zero weights do not learn at all."),
        _ZERO,
        _zeros_do_not_learn,
        where=_WHERE,
        by_construction=True,
        look=Look(_TRAINING, panels=(_("Loss"), _("Accuracy"))),
        prediction=Prediction(
            _("All weights and biases begin at 0. Which of them move?"),
            (_("all"), _("only the last bias"), _("only the first layer's")),
            1,
        ),
        try_this=_("Choose a constant of 0.1: now the weights move, but the units stay equal."),
    ),
)
