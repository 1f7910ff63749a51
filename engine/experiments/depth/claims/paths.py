"""Claims on skips, dropout and the size of an update."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.depth.claims.measure import Preset, at, run, sweep
from engine.message import _, say
from engine.nn.dropout import Scaling, dropout

_DEEP: Preset = {
    "width": 32,
    "samples": 100,
    "depth": 100,
    "steps": 0,
    "activation": "relu",
    "init": "normal",
    "compare": [
        {"activation": "relu", "init": "normal", "residual": True},
        {"activation": "relu", "init": "he_normal", "residual": True},
    ],
}


def _residual_gradients_survive(seeds: Sequence[int]) -> Verdict:
    """D19: gradient of layer 1 over that of layer 100, plain and residual, small weights; and He's."""
    ratios = []
    for seed in seeds:
        first = run(_DEEP, seed).first
        gradients = [at(first, "gradient_std", i) for i in range(3)]
        ratios.append([float(g[0] / g[-1]) for g in gradients])
    plain, residual, he = np.array(ratios).T
    return Verdict(
        "yes" if plain.max() < 1e-30 and residual.min() > 0.5 and residual.max() < 2 else "no",
        say(
            "With small weights the gradient of layer 1 was {plain:.0e} of that of layer 100 in the plain net and "
            "{residual:.2f} of it in the residual one. The branches must stay small: with He's weights it grew by "
            "{he:.0e}.",
            plain=float(plain.max()),
            residual=float(residual.mean()),
            he=float(np.median(he)),
        ),
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
        say(
            "A block I + F multiplied the mean square of the stream by {residual:.2f} (theory: {two:.0f}), a "
            "block I + F + G·F by {polynet:.2f} (theory: {three:.0f}): one more path of the same size.",
            residual=residual,
            polynet=polynet,
            two=2.0,
            three=3.0,
        ),
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
    draws = 400
    for seed in seeds:
        course = run(_DROPPED, seed, steps=0)
        h = course.net().forward(course.simulation.data.inputs).layers[0].post.value
        rng = np.random.default_rng(seed)
        scalings: tuple[tuple[list[float], Scaling], ...] = ((inverted, "inverted"), (plain, "plain"))
        for found, scaling in scalings:
            total = sum(dropout(h, 0.5, rng, scaling).value.mean() for _draw in range(draws))
            found.append(float(total / draws / h.mean()))
    exact = max(abs(x - 1) for x in inverted)
    return Verdict(
        "yes" if exact < 0.01 and max(abs(x - 0.5) for x in plain) < 0.01 else "no",
        say(
            "With half of the units dropped, inverted dropout's mean over {draws} masks was {inverted:.3f} times "
            "what an unscaled test shows; plain dropout's was {plain:.3f} times that.",
            draws=draws,
            inverted=float(np.mean(inverted)),
            plain=float(np.mean(plain)),
        ),
    )


_RATIO: Preset = {"width": 32, "samples": 200, "depth": 2, "steps": 60, "compare": []}
_RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def _a_thousandth_of_the_weight(seeds: Sequence[int]) -> Verdict:
    """D24: of several learning rates the best after 60 steps, and how large its updates were in the middle."""
    ratios, losses = [], []
    for seed in seeds:
        rates = sweep(_RATIO, seed, _RATES, ratios_at=10)
        tried = list(zip(rates.final(10).tolist(), np.median(rates.ratios, axis=1).tolist(), strict=True))
        best = min(tried)
        thousandth = min(tried, key=lambda one: abs(np.log(one[1] / 1e-3)) if one[1] > 0 else np.inf)
        ratios.append(best[1])
        losses.append((best[0], thousandth[0]))
    middle = float(np.exp(np.mean(np.log(ratios))))
    best_loss, thousandth_loss = (float(x) for x in np.mean(losses, axis=0))
    return Verdict(
        "yes" if 5e-4 < middle < 2e-3 else "half" if 1e-4 < middle < 1e-1 else "no",
        say(
            "The learning rate that was best after {steps} steps began with updates of {ratio:.1e} of the "
            "weights and reached a loss of {best:.2f}; updates of about 1e-3 reached {thousandth:.2f}. So "
            "small a net bears far longer "
            "steps than the rule of thumb.",
            steps=60,
            ratio=middle,
            best=best_loss,
            thousandth=thousandth_loss,
        ),
    )


PATHS: tuple[Claim, ...] = (
    Claim(
        "D19",
        _("A residual net's first-layer gradient survives 100 layers where a plain net's vanishes."),
        _DEEP,
        _residual_gradients_survive,
    ),
    Claim(
        "D20",
        _("A PolyNet block, I + F + G·F, adds a path of second order to the residual one."),
        _POLYNET,
        _polynet_has_a_second_order_path,
    ),
    Claim(
        "D23",
        _("Inverted dropout keeps the expectation, so test time needs no scaling; plain dropout does not."),
        _DROPPED,
        _inverted_dropout_keeps_the_expectation,
    ),
    Claim("D24", _("The update should be about a thousandth of the weight."), _RATIO, _a_thousandth_of_the_weight),
)
