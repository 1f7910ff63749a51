"""Claims on the first steps and the scale of the loss: Adam's bias correction, Adadelta, RAdam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict
from engine.experiments.race.claims.measure import Array, Preset, equal, near, run, step_lengths, surface_of
from engine.message import _, say
from engine.surfaces import Surface

_FIRST: Preset = {
    "surface": "beale",
    "start": [1.0, 1.5],
    "racers": [
        {"rule": "adam", "learning_rate": 0.05},
        {"rule": "adam", "learning_rate": 0.05, "bias_correction": False},
    ],
    "steps": 300,
}


def _first_step_is_the_rate(seeds: Sequence[int]) -> Verdict:
    """R13: the first step of either, in units of the learning rate, whatever the slope."""
    firsts, slopes = [], []
    for seed in seeds:
        for surface, start in (("beale", (1.0, 1.5)), ("rosenbrock", (-1.2, 1.0)), ("matyas", (-6.0, 2.0))):
            course = run(_FIRST, surface=surface, start=near(start, seed, 0.4), steps=1)
            firsts.append(np.abs(np.diff(course.positions, axis=1)[:, 0]) / 0.05)
            slopes.append(np.abs(course.gradients[0, 0]))
    with_it, without = np.moveaxis(np.array(firsts), 1, 0)
    exact = float(np.abs(with_it - 1).max()), float(np.abs(without / np.sqrt(10) - 1).max())
    return Verdict(
        "yes" if max(exact) < 1e-5 else "no",
        say(
            "The slopes lay between {least:.2g} and {most:.3g}, and every first step was the same multiple "
            "of the learning rate in each direction. Without the correction it is (1−β₁)/√(1−β₂) = √10.",
            least=float(np.min(slopes)),
            most=float(np.max(slopes)),
        ),
        say(
            "First step: {with_it:.4f} learning rates with the correction, {without:.4f} without.",
            with_it=float(with_it.mean()),
            without=float(without.mean()),
        ),
        equal(len(firsts), _("with the correction"), _("without the correction")),
    )


_BOOTH = "((x + 2*y - 7)**2 + (2*x + y - 5)**2)"
_SCALED: Preset = {
    "surface": {"formula": f"10*{_BOOTH}"},
    "start": [-3.0, 0.0],
    "racers": [{"rule": "adadelta"}, {"rule": "adadelta", "eps": 1e-4}, {"rule": "sgd", "learning_rate": 0.001}],
    "steps": 1500,
}


def _does_not_feel_the_scale(seeds: Sequence[int]) -> Verdict:
    """R14: paths at loss times 10 and 100 against the plain loss; what eps does; whether its steps shrink."""
    moved = np.zeros(2)
    arrivals = []
    for seed in seeds:
        start = near([-3.0, 0.0], seed, 0.5)
        racers = [_SCALED["racers"][0], _SCALED["racers"][2]]
        plain, ten, hundred = (
            run(_SCALED, surface={"formula": f"{scale}*{_BOOTH}"}, start=start, racers=racers, steps=400).positions
            for scale in (1, 10, 100)
        )
        way = np.hypot(*np.array([start[0] - 1, start[1] - 3]))
        for other in (ten, hundred):
            gap = np.abs(other - plain).max((1, 2)) / way
            moved = np.maximum(moved, np.where(np.isfinite(gap), gap, np.inf))
        sizes = [{"rule": "adadelta", "eps": eps} for eps in (1e-8, 1e-6, 1e-4)]
        course = run(_SCALED, surface="booth", start=start, racers=sizes, steps=150)
        arrivals.append(1 - course.distances()[:, -1] / way)
    pair = [{"rule": "adagrad", "learning_rate": 0.1}, {"rule": "adadelta"}]
    lengths = step_lengths(run(_SCALED, surface={"formula": "x + y"}, racers=pair, steps=1000).positions)
    fades, lasts = lengths[:, 999] / lengths[:, 99]
    small, default, large = np.median(arrivals, axis=0)
    same = bool(moved[0] < 0.01 < moved[1] and fades < 0.5 < lasts)
    tuned = bool(large > 2 * default > 4 * small)
    return Verdict(
        ("half" if tuned else "yes") if same else "no",
        say(
            "ε acts as a step size: the first step is √(10ε). In 150 steps Adadelta went {small:.0%} of the "
            "way with ε = 10⁻⁸, {default:.0%} with 10⁻⁶ and {large:.0%} with 10⁻⁴. It does mend Adagrad: on "
            "a steady slope step 1000 was {lasts:.1f} times as long as step 100, Adagrad's {fades:.2f} "
            "times.",
            small=float(small),
            default=float(default),
            large=float(large),
            lasts=float(lasts),
            fades=float(fades),
        ),
        say(
            "With the loss times 100, Adadelta's path moves by {moved:.0e} of its length, SGD's by {sgd:.0%}.",
            moved=float(moved[0]),
            sgd=float(moved[1]),
        ),
        equal(1200 * len(seeds), _("Adadelta"), _("SGD")),
    )


_EARLY: Preset = {
    "surface": "plateau",
    "start": [-3.0, 2.2],
    "racers": [{"rule": "adam", "learning_rate": 0.1}, {"rule": "radam", "learning_rate": 0.1}],
    "steps": 300,
    "noise": 0.1,
}


def _rectifies(seeds: Sequence[int]) -> Verdict:
    """R15: five steps of lr * m_hat, then not; how far noise alone drives either; and the same on a steep wall."""
    difference, sixth = 0.0, np.inf
    early, steep = [], []
    usual = [{"rule": "adam"}, {"rule": "radam"}]
    for seed in seeds:
        exact = run(_EARLY, start=near([-2.0, 1.2], seed, 0.4), noise=0.0, steps=6)
        written = _averaged(exact.positions[1, 0], surface_of(_EARLY), 0.1)
        gap = np.abs(exact.positions[1] - written).max(-1)
        difference, sixth = max(difference, float(gap[:6].max())), min(sixth, float(gap[6]))
        flat = run(_EARLY, start=near([-3.2, 2.4], seed, 0.2), seed=seed, steps=20).positions
        early.append(np.hypot(*np.moveaxis(flat[:, 20] - flat[:, 0], -1, 0)))
        wall = run(_EARLY, surface="beale", start=near([3.0, 3.0], seed, 0.3), racers=usual, seed=seed, steps=1)
        steep.append(step_lengths(wall.positions)[:, 0])
    driven, longest = np.sqrt(np.mean(np.square(early), axis=0)), np.median(steep, axis=0)
    plain = difference < 1e-12 and sixth > 1e-6
    calm, jumps = bool(driven[0] > 3 * driven[1]), bool(longest[1] > longest[0])
    return Verdict(
        ("half" if jumps else "yes") if plain and calm else "no",
        say(
            "The first five steps were αm̂ (largest difference {difference:.0e}); from the sixth on they "
            "were rectified. The first steps are as long as the gradient: on Beale's steep wall, at the "
            "usual learning rate 0.001, RAdam's first step was {jump:.3g} long and Adam's {step:.4f}.",
            difference=difference,
            jump=float(longest[1]),
            step=float(longest[0]),
        ),
        say(
            "On a plateau noise moved Adam {adam:.2f} away in 20 steps, RAdam {radam:.2f}.",
            adam=float(driven[0]),
            radam=float(driven[1]),
        ),
        equal(20 * len(seeds), _("Adam"), _("RAdam")),
    )


def _averaged(start: Array, surface: Surface, learning_rate: float) -> Array:
    """Return the path (7, 2) of theta -= learning_rate * m / (1 - beta1**t) with beta1 = 0.9."""
    theta, m = start.copy(), np.zeros(2)
    path = [theta.copy()]
    for t in range(1, 7):
        m = 0.9 * m + 0.1 * surface.formula.gradient(theta)
        theta = theta - learning_rate * m / (1 - 0.9**t)
        path.append(theta)
    return np.array(path)


CORRECTED = (
    Claim(
        "R13",
        _(
            "Adam's bias correction makes the first step as long as the learning rate; without it the step "
            "is 3.16 times that."
        ),
        _FIRST,
        _first_step_is_the_rate,
        where=_("Optimizers: Adam (the notes give the formula, the numbers are ours)"),
        ours=True,
        look=Look(panels=("Effective step size", "The surface")),
        prediction=Prediction(
            _("Without the correction, the first step is …"),
            (_("shorter"), _("equally long"), _("about three times as long")),
            2,
        ),
        try_this=_("Set β₂ to 0.99: the factor becomes (1−β₁)/√(1−β₂) = 1."),
    ),
    Claim(
        "R14",
        _("Adadelta needs no tuned learning rate: its path does not change when the loss is scaled."),
        _SCALED,
        _does_not_feel_the_scale,
        where=_("Optimizers: Adadelta (the notes say that it mends Adagrad; the invariance is ours)"),
        ours=True,
        look=Look(panels=("The surface", "Distance to the nearest minimum")),
        prediction=Prediction(
            _("The loss is multiplied by 100. What does that do to Adadelta's path?"),
            (_("almost nothing"), _("it is run through ten times as fast"), _("it diverges")),
            0,
        ),
        try_this=_("Change the 10 in the formula to 100, then Adadelta's ε to 10⁻⁸."),
    ),
    Claim(
        "R15",
        _(
            "RAdam takes five steps of plain momentum, then rectified ones. So it avoids Adam's bad early "
            "steps under noise."
        ),
        _EARLY,
        _rectifies,
        where=_("Optimizers: RAdam"),
        look=Look(panels=("The surface", "Effective step size")),
        prediction=Prediction(
            _("On a plateau, where the gradient is all noise, who is moved farther in 20 steps?"),
            (_("Adam"), _("RAdam"), _("both alike")),
            0,
        ),
        try_this=_("Choose Beale's function and start at (3, 3): now RAdam's first step is the long one."),
    ),
)
