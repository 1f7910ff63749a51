"""Claims on skips, dropout and the size of an update."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.depth.claims.measure import Preset, at, looked_at, run, sweep
from engine.experiments.depth.masks import DRAWS, over_masks
from engine.message import _, say
from engine.nn.dropout import Scaling

_DEEP: Preset = {
    "width": 32,
    "samples": 100,
    "depth": 100,
    "steps": 0,
    "activation": "relu",
    "init": "normal",
    "compare": [
        {"activation": "relu", "init": "he_normal"},
        {"activation": "relu", "init": "normal", "residual": True},
        {"activation": "relu", "init": "he_normal", "residual": True},
    ],
}


def _residual_gradients_survive(seeds: Sequence[int]) -> Verdict:
    """D19: gradient of layer 1 over that of layer 100, plain and residual, with small weights and with He's."""
    ratios = []
    for seed in seeds:
        first = run(_DEEP, seed).first
        gradients = [at(first, "gradient_std", i) for i in range(4)]
        ratios.append([float(g[0] / g[-1]) for g in gradients])
    small, he, residual, wild = np.array(ratios).T
    survives = residual.min() > 0.5 and residual.max() < 2
    vanishes = small.max() < 1e-30
    also_with_he = np.median(he) < 1e-3
    return Verdict(
        ("yes" if also_with_he else "half") if survives and vanishes else "no",
        say(
            "The plain net has weights of standard deviation 0.01, which makes its gradient vanish. With "
            "He's weights the plain net keeps {he:.2g} of the gradient (median), and in a residual net the "
            "gradient grows {wild:.0e} times: the branches must be small or normalized.",
            he=float(np.median(he)),
            wild=float(np.median(wild)),
        ),
        say(
            "With small weights layer 1 gets {small:.0e} of the gradient of layer 100; with residual "
            "connections {residual:.2f}.",
            small=float(small.max()),
            residual=float(residual.mean()),
        ),
        looked_at(len(seeds), _DEEP, _("plain, small"), _("plain, He"), _("residual, small"), _("residual, He")),
    )


_POLYNET: Preset = {
    "width": 100,
    "samples": 200,
    "depth": 6,
    "steps": 0,
    "activation": "relu",
    "init": "he_normal",
    "residual": True,
    "compare": [{"activation": "relu", "init": "he_normal", "polynet": True}],
}


def _polynet_has_a_second_order_path(seeds: Sequence[int]) -> Verdict:
    """D20: with norm-preserving F and G, E|y|² doubles a residual block and triples a PolyNet block."""
    growths = []
    for seed in seeds:
        course = run(_POLYNET, seed)
        inputs = course.simulation.data.inputs
        passes = [course.net(i).forward(inputs).layers for i in range(2)]
        sizes = [[float(np.mean(layer.pre.value**2)) for layer in layers] for layers in passes]
        growths.append([(s[-1] / s[0]) ** (1 / (len(s) - 1)) for s in sizes])
    residual, polynet = (float(x) for x in np.exp(np.log(growths).mean(axis=0)))
    return Verdict(
        "yes" if abs(residual - 2) < 0.2 and abs(polynet - 3) < 0.3 else "no",
        say("Theory gives {two:.0f} and {three:.0f}: G·F is one more path of the same size.", two=2.0, three=3.0),
        say(
            "A block I + F makes the mean square {residual:.2f} times as large, I + F + G·F {polynet:.2f} times.",
            residual=residual,
            polynet=polynet,
        ),
        looked_at(len(seeds), _POLYNET, _("residual"), "PolyNet"),
    )


_DROPPED: Preset = {
    "width": 64,
    "samples": 200,
    "depth": 3,
    "steps": 50,
    "dropout": 0.5,
    "activation": "relu",
    "init": "he_normal",
    "compare": [],
}


def _inverted_dropout_keeps_the_expectation(seeds: Sequence[int]) -> Verdict:
    """D23: means over many masks of h against what test time shows, without any scaling at test time."""
    inverted: list[float] = []
    plain: list[float] = []
    for seed in seeds:
        course = run(_DROPPED, seed, steps=0)
        h = course.net().forward(course.simulation.data.inputs).layers[0].post.value
        scalings: tuple[tuple[list[float], Scaling], ...] = ((inverted, "inverted"), (plain, "plain"))
        for found, scaling in scalings:
            found.append(float(over_masks(h, 0.5, scaling, np.random.default_rng(seed))[-1]))
    exact = max(abs(x - 1) for x in inverted)
    return Verdict(
        "yes" if exact < 0.01 and max(abs(x - 0.5) for x in plain) < 0.01 else "no",
        say(
            "Half of the units are dropped; {draws} masks. With plain dropout the mean is {plain:.3f} of "
            "the test output, so the test output must be scaled.",
            draws=DRAWS,
            plain=float(np.mean(plain)),
        ),
        say(
            "With inverted dropout the mean output is {inverted:.3f} times the test output.",
            inverted=float(np.mean(inverted)),
        ),
        equal(DRAWS * len(seeds), _("Inverted"), _("Plain"), unit=_("masks")),
    )


_RATIO: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 2,
    "steps": 600,
    "compare": [],
    "optimizer": {"rule": "sgd", "learning_rate": 0.03},
}
_RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
_EARLY = 200


def _a_thousandth_of_the_weight(seeds: Sequence[int]) -> Verdict:
    """D24: of several learning rates the one with the best validation loss, and how large its last updates are."""
    ratios, rates, early, every = [], [], [], []
    for seed in seeds:
        tried, before = (sweep({**_RATIO, "steps": k}, seed, _RATES) for k in (_RATIO["steps"], _EARLY))
        best = int(np.argmin(tried.validation))
        every.append(np.median(tried.ratios, axis=1))
        ratios.append(float(every[-1][best]))
        early.append(float(np.median(before.ratios[np.argmin(before.validation)])))
        rates.append(_RATES[best])
    middle, sooner = (float(np.exp(np.mean(np.log(found)))) for found in (ratios, early))
    return Verdict(
        "yes" if min(ratios) > 3e-4 and max(ratios) < 3e-3 else "half" if 1e-4 < middle < 1e-2 else "no",
        say(
            "Of {count} learning rates {best:g} (median of the seeds) had the lowest validation loss after "
            "{steps} steps. Its updates were between {low:.1e} and {high:.1e} of the weights; after {few} steps "
            "the best rate's were {early:.1e}. But all {count} rates ended between {least:.1e} and {most:.1e}, "
            "the bad ones too: the share does not tell which rate is best.",
            count=len(_RATES),
            best=float(np.median(rates)),
            steps=_RATIO["steps"],
            low=min(ratios),
            high=max(ratios),
            few=_EARLY,
            early=sooner,
            least=float(np.min(every)),
            most=float(np.max(every)),
        ),
        say("With the best learning rate the updates are {ratio:.1e} of the weights.", ratio=middle),
        equal((_RATIO["steps"] + _EARLY) * len(seeds), _("each learning rate")),
    )


_SIGNALS, _TRAINING = _("Signals"), _("Training")
PATHS: tuple[Claim, ...] = (
    Claim(
        "D19",
        _("In a residual net the gradient still reaches the first of 100 layers; in a plain net it vanishes."),
        _DEEP,
        _residual_gradients_survive,
        where=_("Residual nets"),
        look=Look(_SIGNALS, panels=(_("Size of the gradients"),)),
        prediction=Prediction(
            _("A plain net with He's weights: how much of the gradient is left after 100 layers?"),
            (_("nothing"), _("some per cent of it or more"), _("it explodes")),
            1,
        ),
        try_this=_(
            "Switch batch normalization on for the residual net with He's weights: its gradient keeps its "
            "size better."
        ),
    ),
    Claim(
        "D20",
        _("A PolyNet block, I + F + G·F, adds a second-order path to the residual block."),
        _POLYNET,
        _polynet_has_a_second_order_path,
        where=_("Residual nets: PolyNet"),
        look=Look(_SIGNALS, panels=(_("Size of the activations"),)),
        prediction=Prediction(
            _(
                "Each path keeps the size of the signal. By what does a block with three paths multiply the "
                "mean square?"
            ),
            ("2", "3", "4"),
            1,
        ),
        try_this=_("Set the depth to 20: both grow with every block, PolyNet faster."),
    ),
    Claim(
        "D23",
        _(
            "Inverted dropout keeps the expected output, so nothing is scaled at test time. Plain dropout "
            "does not keep it."
        ),
        _DROPPED,
        _inverted_dropout_keeps_the_expectation,
        where=_("Regularization: dropout"),
        by_construction=True,
        look=Look(_TRAINING, step=0, panels=(_("Mean output over many masks"),)),
        prediction=Prediction(
            _("Half of the units are dropped. By what does inverted dropout multiply the others?"),
            ("1/2", "1", "2"),
            2,
        ),
        try_this=_("Drop 0.9 of the units: the expectation stays, the noise grows."),
    ),
    Claim(
        "D24",
        _("An update should be about a thousandth of the weight."),
        _RATIO,
        _a_thousandth_of_the_weight,
        where=_("Babysitting training (the notes name no number; it is ours)"),
        ours=True,
        look=Look(_TRAINING, panels=(_("Update over weight, at this step"), _("Loss on validation rows"))),
        prediction=Prediction(
            _("How large are the updates at the learning rate with the best validation loss?"),
            (_("about a tenth of the weights"), _("about a thousandth"), _("about a millionth")),
            1,
        ),
        try_this=_("Set the learning rate to 1: the training loss falls faster, the validation loss ends higher."),
    ),
)
