"""Claims on curvature: Newton's method, BFGS and L-BFGS, and Adam as the safe default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.claim import Claim, Look, Prediction, Verdict
from engine.experiments.race.claims.measure import Array, Preset, equal, evaluations, near, reached, run
from engine.message import _, say
from engine.surfaces import SURFACES

_TO_THE_SADDLE: Preset = {
    "surface": "beale",
    "start": [1.0, 1.5],
    "racers": [{"rule": "newton"}, {"rule": "adam", "learning_rate": 0.1}],
    "steps": 300,
}


def _jumps_to_where_the_slope_is_zero(seeds: Sequence[int]) -> Verdict:
    """R17: distance after one step on bowls, the path under another scale, where it ends on Beale's."""
    left = scaled = 0.0
    saddles = minima = adam = starts = 0
    newton = [{"rule": "newton"}]
    text = SURFACES["beale"].text
    for seed in seeds:
        kappa = float(10 ** np.random.default_rng(seed).uniform(0, 3))
        bowl = run(
            _TO_THE_SADDLE,
            surface="quadratic",
            condition=kappa,
            racers=newton,
            steps=1,
            start=near([0.0, 0.0], seed, 4.0),
        )
        tilted = run(_TO_THE_SADDLE, surface="booth", start=near([0.0, 0.0], seed, 9.0), racers=newton, steps=1)
        left = max(left, float(bowl.distances()[0, 1]), float(tilted.distances()[0, 1]))
        start = near([1.0, 1.5], seed, 0.2)
        course = run(_TO_THE_SADDLE, start=start)
        tenfold = run(_TO_THE_SADDLE, surface={"formula": f"10*({text})"}, start=start, racers=newton, steps=20)
        scaled = max(scaled, float(np.abs(tenfold.positions[0] - course.positions[0, :21]).max()))
        elsewhere = [run(_TO_THE_SADDLE, start=near([0.0, 0.0], 10 * seed + k, 4.5)) for k in range(4)]
        for race in (course, *elsewhere):
            saddles += int(race.distances(race.surface.saddles)[0, -1] < 1e-6)
            minima += int(race.distances()[0, -1] < 1e-6)
            adam += int(race.distances()[1, -1] < 0.2)
            starts += 1
    return Verdict(
        "yes" if left < 1e-9 and scaled < 1e-9 and saddles > minima else "no",
        say(
            "On Beale's function Newton's method ended at the saddle from {saddles} of {starts} starts and "
            "at the minimum from {minima}; Adam came to the minimum from {adam} of them. With the loss times "
            "10 Newton's path moved by {scaled:.0e}.",
            scaled=scaled,
            saddles=saddles,
            starts=starts,
            minima=minima,
            adam=adam,
        ),
        say("One step on a bowl ends {left:.0e} from the minimum.", left=left),
        equal(_TO_THE_SADDLE["steps"] * starts, _("Newton's method"), _("Adam")),
    )


_SHAKEN: Preset = {
    "surface": "beale",
    "start": [1.0, 1.5],
    "racers": [
        {"rule": "bfgs"},
        {"rule": "lbfgs", "line_search": "strong_wolfe"},
        {"rule": "adam", "learning_rate": 0.1},
    ],
    "steps": 200,
    "noise": 2.0,
}
_TRACKS = (("beale", (1.0, 1.5)), ("booth", (-4.0, -2.0)))
_BUDGET = 200
"""Gradient evaluations that each side of a comparison has, those of line searches counted."""
_FIRST_ORDER = "sgd", "momentum", "adagrad", "rmsprop", "adam"
_RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)


def _shines_and_breaks(seeds: Sequence[int]) -> Verdict:
    """R18: gradients to 1e-3 without noise; how far noise throws; whose one rate serves all surfaces."""
    arrivals: list[list[float]] = []
    strayed: list[list[float]] = []
    for seed in seeds:
        for surface, start in _TRACKS:
            begin = near(start, seed, 0.2)
            goal = SURFACES[surface].minima[0]
            changes = {"surface": surface, "start": begin, "seed": seed}
            arrivals.append([])
            strayed.append([])
            for racer in _SHAKEN["racers"]:
                exact, counts = _within_budget(racer, goal, noise=0.0, **changes)
                steps = int(reached(exact, 1e-3))
                arrivals[-1].append(float(counts[steps]) if steps >= 0 else np.inf)
                noisy, _counts = _within_budget(racer, goal, noise=_SHAKEN["noise"], **changes)
                strayed[-1].append(float(np.where(np.isfinite(noisy), noisy, np.inf)[len(noisy) // 2 :].max()))
    quickest, farthest = np.array(arrivals), np.array(strayed)
    races = len(quickest)
    first = int((quickest[:, :2].max(-1) < quickest[:, 2]).sum())
    behind = int((farthest[:, :2].min(-1) > farthest[:, 2]).sum())
    worst = quickest[:, :2].max()
    lost, close = _with_one_rate_for_all(seeds[:2])
    shines = first == races and bool(np.isfinite(worst))
    breaks = behind > 0.5 * races
    safe = lost[-1] < 0.1 and lost[-1] <= min(lost[:2]) and close[-1] == close.max()
    return Verdict(
        "yes" if shines and breaks and safe else "half" if shines or breaks or safe else "no",
        say(
            "With exact gradients both were ahead of Adam in {first} of {races} races; they reached the "
            "minimum after at most {worst:.0f} gradients, line searches included. With noise (σ = "
            "{noise:g}) both strayed farther than Adam in {behind} of {races}. Is Adam safe? Over {rates} "
            "learning rates on all surfaces Adam ended higher than it began in {adam:.0%} of the races, SGD "
            "in {sgd:.0%}, momentum in {momentum:.0%}. With the best single rate of each, Adam came within "
            "1% of the lowest loss on {close:.0%} of the surfaces, SGD on {sgd_close:.0%}.",
            first=first,
            races=races,
            worst=float(worst),
            noise=_SHAKEN["noise"],
            behind=behind,
            rates=len(_RATES),
            adam=float(lost[-1]),
            sgd=float(lost[0]),
            momentum=float(lost[1]),
            close=float(close[-1]),
            sgd_close=float(close[0]),
        ),
        say(
            "Ahead of Adam without noise in {first} of {races} races, behind it with noise in {behind} of "
            "{races}.",
            first=first,
            races=races,
            behind=behind,
        ),
        equal(2 * races * _BUDGET, _("BFGS"), _("L-BFGS"), _("Adam")),
    )


def _within_budget(racer: Preset, goal: Sequence[float], **changes: Any) -> tuple[Array, NDArray[np.int64]]:
    """Return the distance to ``goal`` at each position that `_BUDGET` gradients paid for, and their counts."""
    positions, counts = evaluations(_SHAKEN, racer, steps=_BUDGET, **changes)
    paid = counts <= _BUDGET
    distances: Array = np.hypot(*(positions[paid] - goal).T)
    return distances, counts[paid]


def _with_one_rate_for_all(seeds: Sequence[int]) -> tuple[Array, Array]:
    """Race the first-order rules with every rate on every surface that has a minimum, `_BUDGET` gradients each.

    Returns: the share of races (rules,) that ended higher than they began, over all rates; and the share (rules,)
        that came within 1% of the lowest loss, with the rate that is best for the rule over all surfaces.
    """
    racers = [{"rule": rule, "learning_rate": rate} for rule in _FIRST_ORDER for rate in _RATES]
    gaps = []
    for seed in seeds:
        for surface in SURFACES.values():
            if not surface.minima:
                continue
            start = near(surface.start, seed, 0.02 * (surface.domain[0][1] - surface.domain[0][0]))
            losses = np.concatenate(
                [
                    run(_SHAKEN, surface=surface.name, start=start, racers=some, noise=0.0, steps=_BUDGET).losses[
                        :, [0, -1]
                    ]
                    for some in (racers[:20], racers[20:])
                ]
            )
            gap = (losses[:, 1] - surface.lowest) / (losses[:, 0] - surface.lowest)
            gaps.append(np.where(np.isfinite(gap), gap, np.inf).reshape(len(_FIRST_ORDER), -1))
    all_gaps = np.array(gaps)
    return (all_gaps > 1).mean((0, 2)), (all_gaps < 0.01).mean(0).max(-1)


SECOND_ORDER = (
    Claim(
        "R17",
        _(
            "Second-order methods need no learning rate: Newton's method solves a quadratic in one step. On "
            "a non-convex loss it may go to a saddle."
        ),
        _TO_THE_SADDLE,
        _jumps_to_where_the_slope_is_zero,
        where=_("Optimizers: second-order methods"),
        look=Look(panels=("The surface", "Gradient norm")),
        prediction=Prediction(
            _("From this start on Beale's function, where does Newton's method end?"),
            (_("at the minimum"), _("at a saddle point"), _("it diverges")),
            1,
        ),
        try_this=_("Choose Booth's function: one step is enough."),
    ),
    Claim(
        "R18",
        _(
            "BFGS and L-BFGS work very well on the full batch and fail under mini-batch noise. Adam is the "
            "safe default."
        ),
        _SHAKEN,
        _shines_and_breaks,
        where=_("Optimizers: second-order methods, and in practice"),
        look=Look(panels=("The surface", "Distance to the nearest minimum")),
        prediction=Prediction(
            _("Under this noise, who stays nearest to the minimum?"), (_("BFGS"), _("L-BFGS"), _("Adam")), 2
        ),
        try_this=_("Set the noise to 0: BFGS and L-BFGS are there after a few steps."),
    ),
)
