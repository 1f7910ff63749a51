"""Claims on initial weights: equal, small, large, scaled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.depth.claims.measure import Preset, at, per_layer, run
from engine.message import _, say

_SMALL: Preset = {"width": 100, "samples": 200, "depth": 10, "compare": [], "steps": 0}
_EQUAL: Preset = {
    "width": 16,
    "samples": 200,
    "depth": 3,
    "init": "constant",
    "constant": 0.1,
    "steps": 30,
    "compare": [{"init": "xavier_normal"}],
}


def _equal_stay_equal(seeds: Sequence[int]) -> Verdict:
    """D1: after training, all units of a hidden layer still have the same incoming weights."""
    apart, moved, others = 0.0, [], []
    for seed in seeds:
        course = run(_EQUAL, seed)
        equal, random = (course.net(i).views["W2"] for i in (0, 1))
        apart = max(apart, float(np.abs(equal - equal[:, :1]).max()))
        moved.append(float(np.abs(equal - 0.1).max()))
        others.append(float(np.abs(random - random[:, :1]).max()))
    return Verdict(
        "yes" if apart < 1e-9 < min(moved) and min(others) > 0.1 else "no",
        say(
            "After {steps} steps the weights of layer 2 had moved by {moved:.2g}, and yet its {units} units "
            "differed by at most {apart:.0e}; with random weights they differ by {others:.2g}.",
            steps=30,
            moved=float(np.mean(moved)),
            units=16,
            apart=apart,
            others=float(np.mean(others)),
        ),
    )


def _small_ones_die(seeds: Sequence[int]) -> Verdict:
    """D2: N(0, 0.01²) through ten layers: signals and gradients are gone; one layer learns."""
    signal, gradient, deep, flat = [], [], [], []
    for seed in seeds:
        tiny = run({**_SMALL, "init": "normal"}, seed, steps=60)
        std, back = at(tiny.first, "activation_std"), at(tiny.first, "gradient_std")
        signal.append(float(std[-1] / std[0]))
        gradient.append(float(back[0] / back[-1]))
        deep.append(tiny.final("accuracy"))
        flat.append(run({**_SMALL, "init": "normal"}, seed, depth=1, steps=150).final("accuracy"))
    gone = max(signal) < 1e-6 and max(gradient) < 1e-6 and max(deep) < 0.3
    return Verdict(
        "yes" if gone and min(flat) > 0.6 else "no",
        say(
            "By layer 10 the signal had fallen to {signal:.0e} of its size in layer 1, and the gradient on its "
            "way back to {gradient:.0e}; accuracy stayed at {deep:.0%}. With one layer the same weights "
            "reach {flat:.0%}.",
            signal=max(signal),
            gradient=max(gradient),
            deep=float(np.mean(deep)),
            flat=float(np.mean(flat)),
        ),
    )


def _large_ones_saturate(seeds: Sequence[int]) -> Verdict:
    """D3: N(0, 1): tanh saturates; yet the few units that do pass gradient multiply it by large weights."""
    saturated, growth, passing = [], [], []
    for seed in seeds:
        first = run({**_SMALL, "init": "normal", "init_std": 1.0}, seed).first
        saturated.append(float(at(first, "saturated").mean()))
        back = at(first, "gradient_std")
        growth.append(float(back[0] / back[-1]))
        passing.append(1 - saturated[-1])
    saturates, dies = min(saturated) > 0.5, max(growth) < 1e-2
    return Verdict(
        "yes" if saturates and dies else "half" if saturates else "no",
        say(
            "{saturated:.0%} of all activations were saturated. But the gradient did not die: the {passing:.0%} "
            "of units that still pass it multiply it by large weights, and on its way back through 10 layers it "
            "grew by a factor of {growth:.0f}.",
            saturated=float(np.mean(saturated)),
            passing=float(np.mean(passing)),
            growth=float(np.median(growth)),
        ),
    )


def _xavier_keeps_tanh_alive(seeds: Sequence[int]) -> Verdict:
    """D4: ten layers of tanh with variance 1/n: std .23 at layer 10, as theory says, and gradients alive."""
    last, ratio = [], []
    for seed in seeds:
        first = run(_SMALL, seed, width=200, samples=300).first
        last.append(float(at(first, "activation_std")[-1]))
        back = at(first, "gradient_std")
        ratio.append(float(back[0] / back[-1]))
    alive = min(last) > 0.15 and min(ratio) > 0.1 and max(ratio) < 10
    return Verdict(
        "yes" if alive and abs(np.mean(last) - 0.2285) < 0.02 else "no",
        say(
            "In layer 10 the standard deviation is still {last:.3f} (theory: {theory:.3f}), and the gradient in "
            "layer 1 is {ratio:.2f} of that in layer 10.",
            last=float(np.mean(last)),
            theory=0.2285,
            ratio=float(np.mean(ratio)),
        ),
    )


def _he_repairs_relu(seeds: Sequence[int]) -> Verdict:
    """D5: with ReLU, variance 1/n halves the signal's variance a layer; 2/n keeps it."""
    xavier, he = [], []
    for seed in seeds:
        both = run(
            {**_SMALL, "activation": "relu", "compare": [{"activation": "relu", "init": "he_normal"}]},
            seed,
            width=200,
            samples=300,
        ).first
        xavier.append(2 * np.log(per_layer(at(both, "activation_std"))))
        he.append(2 * np.log(per_layer(at(both, "activation_std", 1))))
    a, b = float(np.exp(np.mean(xavier))), float(np.exp(np.mean(he)))
    return Verdict(
        "yes" if abs(a - 0.5) < 0.05 and abs(b - 1) < 0.1 else "no",
        say(
            "A layer multiplied the variance by {xavier:.3f} with Xavier's and by {he:.3f} with He's "
            "initialization (theory: {half:.1f} and {one:.0f}).",
            xavier=a,
            he=b,
            half=0.5,
            one=1.0,
        ),
    )


def _selu_has_a_fixed_point(seeds: Sequence[int]) -> Verdict:
    """D6: thirty layers of SELU with LeCun's weights stay at mean 0 and variance 1; tanh's do not."""
    means, stds, tanh = [], [], []
    for seed in seeds:
        first = run(
            {
                **_SMALL,
                "depth": 30,
                "activation": "selu",
                "init": "lecun_normal",
                "compare": [{"init": "lecun_normal"}],
            },
            seed,
        ).first
        means.append(float(np.abs(at(first, "activation_mean")).max()))
        stds.append(float(np.abs(at(first, "activation_std") - 1).max()))
        tanh.append(float(at(first, "activation_std", 1)[-1]))
    return Verdict(
        "yes" if np.mean(means) < 0.1 and np.mean(stds) < 0.15 and max(tanh) < 0.3 else "no",
        say(
            "Through 30 layers the mean strayed from 0 by at most {mean:.3f} and the standard deviation from 1 "
            "by at most {std:.3f} (means over {count} draws); tanh fell to {tanh:.2f}.",
            mean=float(np.mean(means)),
            std=float(np.mean(stds)),
            count=len(seeds),
            tanh=float(np.mean(tanh)),
        ),
    )


def _lsuv_layer_by_layer(seeds: Sequence[int]) -> Verdict:
    """D17: after its step every layer puts out unit variance, where the orthogonal start did not."""
    worst, before = 0.0, []
    for seed in seeds:
        course = run({**_SMALL, "init": "lsuv", "activation": "relu"}, seed, width=64, depth=8)
        inputs = course.simulation.data.inputs
        variances = [float(layer.pre.value.var()) for layer in course.net().forward(inputs).layers]
        worst = max(worst, *(abs(v - 1) for v in variances))
        before.append(float(at(course.first, "activation_std")[-1] / at(course.first, "activation_std")[0]))
    return Verdict(
        "yes" if worst < 0.02 and max(before) < 0.5 else "no",
        say(
            "Every layer's variance came within {worst:.3f} of 1. The orthogonal start let the signal fall to "
            "{before:.2f} of its size over {depth} layers of ReLU.",
            worst=worst,
            before=float(np.mean(before)),
            depth=8,
        ),
    )


_PRETRAINED: Preset = {
    "width": 32,
    "depth": 5,
    "samples": 200,
    "steps": 60,
    "init": "autoencoder",
    "compare": [{"init": "normal"}, {"init": "xavier_normal"}],
}


def _pretraining_gives_a_start(seeds: Sequence[int]) -> Verdict:
    """D18: a pre-trained net trains where small random weights do not; but so does a scaled random start."""
    made: list[float] = []
    small: list[float] = []
    scaled: list[float] = []
    for seed in seeds:
        course = run(_PRETRAINED, seed)
        for found, i in ((made, 0), (small, 1), (scaled, 2)):
            found.append(course.final("loss", i))
    helps = max(made) < min(small) - 0.3
    needed = np.mean(made) < np.mean(scaled) - 0.3
    return Verdict(
        "yes" if helps and needed else "half" if helps else "no",
        say(
            "After {steps} steps the loss was {made:.2f} from the pre-trained start and {small:.2f} from small "
            "random weights. It is no longer needed: Xavier's random weights reach {scaled:.2f}.",
            steps=60,
            made=float(np.mean(made)),
            small=float(np.mean(small)),
            scaled=float(np.mean(scaled)),
        ),
    )


WEIGHTS: tuple[Claim, ...] = (
    Claim(
        "D1",
        _("Equal weights give every neuron of a layer the same gradient, for ever."),
        _EQUAL,
        _equal_stay_equal,
    ),
    Claim(
        "D2",
        _(
            "With small random weights activations and then gradients die with depth; a small net can live "
            "with them."
        ),
        {**_SMALL, "init": "normal", "steps": 60},
        _small_ones_die,
    ),
    Claim(
        "D3",
        _("Large random weights saturate tanh, and the gradients die."),
        {**_SMALL, "init": "normal", "init_std": 1.0},
        _large_ones_saturate,
    ),
    Claim("D4", _("Xavier's initialization keeps tanh alive."), _SMALL, _xavier_keeps_tanh_alive),
    Claim(
        "D5",
        _("With ReLU, Xavier's initialization loses half of the variance a layer; He's repairs it."),
        {**_SMALL, "activation": "relu", "compare": [{"activation": "relu", "init": "he_normal"}]},
        _he_repairs_relu,
    ),
    Claim(
        "D6",
        _("LeCun's initialization with SELU has a fixed point: mean 0 and variance 1."),
        {**_SMALL, "depth": 30, "activation": "selu", "init": "lecun_normal"},
        _selu_has_a_fixed_point,
    ),
    Claim(
        "D17",
        _("LSUV reaches unit variance layer by layer."),
        {**_SMALL, "init": "lsuv", "activation": "relu"},
        _lsuv_layer_by_layer,
    ),
    Claim(
        "D18",
        _("Greedy pre-training gives a start from which a deep net trains."),
        _PRETRAINED,
        _pretraining_gives_a_start,
    ),
)
