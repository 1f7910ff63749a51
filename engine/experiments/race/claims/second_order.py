"""Claims on curvature: Newton's method, BFGS and L-BFGS, and Adam as the safe default."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.race.claims.measure import Preset, near, reached, run
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
        adam += int(course.distances()[1, -1] < 0.2)
        tenfold = run(_TO_THE_SADDLE, surface={"formula": f"10*({text})"}, start=start, racers=newton, steps=20)
        scaled = max(scaled, float(np.abs(tenfold.positions[0] - course.positions[0, :21]).max()))
        for k in range(4):
            anywhere = near([0.0, 0.0], 10 * seed + k, 4.5)
            away = run(_TO_THE_SADDLE, start=anywhere, racers=newton, steps=60)
            saddles += int(away.distances(away.surface.saddles)[0, -1] < 1e-6)
            minima += int(away.distances()[0, -1] < 1e-6)
            starts += 1
        saddles += int(course.distances(course.surface.saddles)[0, -1] < 1e-6)
        minima += int(course.distances()[0, -1] < 1e-6)
        starts += 1
    return Verdict(
        "yes" if left < 1e-9 and scaled < 1e-9 and saddles > minima else "no",
        say(
            "On bowls with condition numbers up to 1000 one step ended {left:.0e} from the minimum; with "
            "the loss times 10 the path moved by {scaled:.0e}. On Beale's function Newton's method ended "
            "at a saddle from {saddles} of {starts} starts and at the minimum from {minima}; Adam found "
            "the minimum from {adam} of {n}.",
            left=left,
            scaled=scaled,
            saddles=saddles,
            starts=starts,
            minima=minima,
            adam=adam,
            n=len(seeds),
        ),
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
_RATES = (0.01, 0.1)


def _shines_and_breaks(seeds: Sequence[int]) -> Verdict:
    """R18: steps to 1e-3 without noise, how far noise throws, and who survives an untuned rate."""
    arrivals, exact, shaken = [], [], []
    thrown = 0
    for seed in seeds:
        for surface, start in _TRACKS:
            begin = near(start, seed, 0.2)
            full = run(_SHAKEN, surface=surface, start=begin, noise=0.0, steps=60).distances()
            noisy = run(_SHAKEN, surface=surface, start=begin, seed=seed).distances()
            steps = reached(full, 1e-3)
            arrivals.append(np.where(steps < 0, np.inf, steps))
            exact.append(full[:, -1])
            noisy = np.where(np.isfinite(noisy), noisy, np.inf)
            shaken.append(noisy[:, -60:].max(-1))
            thrown += int((noisy[:2].max(-1) > 100).any())
    races = len(arrivals)
    quickest = np.array(arrivals)
    worst = np.where(np.isfinite(quickest), quickest, -1).max(0)
    first = int((quickest[:, :2].max(-1) < quickest[:, 2]).sum())
    behind = (np.array(shaken)[:, :2] > np.array(shaken)[:, 2:]).mean(0)
    clean, rough = np.median(exact, axis=0), np.median(shaken, axis=0)
    lost, tried = _lost_with_untuned_rates(seeds[:3])
    shines = first == races and bool(np.isfinite(quickest[:, :2]).all())
    breaks = bool((behind > 0.5).all() and (rough[:2] > 1e3 * clean[:2]).all())
    safe = lost[2] == 0 and min(lost[:2]) > 0
    return Verdict(
        "yes" if shines and breaks and safe else "half" if shines or breaks or safe else "no",
        say(
            "With exact gradients BFGS and L-BFGS were ahead of Adam in {first} of {races} races, at the "
            "minimum in at most {bfgs:.0f} and {lbfgs:.0f} steps. With noise (σ = {noise:g}) they strayed "
            "farther than Adam in {behind_bfgs:.0%} and {behind_lbfgs:.0%} of the races, and in {thrown} "
            "to more than 100 away. With two untuned learning rates on all surfaces SGD was lost in {sgd} "
            "of {tried} races, momentum in {momentum}, Adam in {adam}.",
            noise=_SHAKEN["noise"],
            first=first,
            races=races,
            bfgs=float(worst[0]),
            lbfgs=float(worst[1]),
            behind_bfgs=float(behind[0]),
            behind_lbfgs=float(behind[1]),
            thrown=thrown,
            sgd=lost[0],
            momentum=lost[1],
            adam=lost[2],
            tried=tried,
        ),
    )


def _lost_with_untuned_rates(seeds: Sequence[int]) -> tuple[list[int], int]:
    """Count the races that SGD, momentum and Adam lose (diverge or end higher than they began), and all."""
    racers = [{"rule": rule, "learning_rate": rate} for rule in ("sgd", "momentum", "adam") for rate in _RATES]
    bounded = [surface for surface in SURFACES.values() if surface.minima]
    lost = np.zeros((3, len(_RATES)), int)
    for seed in seeds:
        for surface in bounded:
            start = near(surface.start, seed, 0.02 * (surface.domain[0][1] - surface.domain[0][0]))
            course = run(_SHAKEN, surface=surface.name, start=start, racers=racers, noise=0.0, steps=40)
            fine = course.losses[:, -1] <= course.losses[:, 0]  # false where it is NaN
            lost += ~fine.reshape(3, -1)
    return [int(count) for count in lost.sum(1)], len(seeds) * len(bounded) * len(_RATES)


SECOND_ORDER = (
    Claim(
        "R17",
        _(
            "Second order has no learning rate: Newton's method solves a quadratic in one step; it walks "
            "to the saddle on a non-convex loss."
        ),
        _TO_THE_SADDLE,
        _jumps_to_where_the_slope_is_zero,
    ),
    Claim(
        "R18",
        _("BFGS and L-BFGS shine on the full batch and break under mini-batch noise. Adam is the safe default."),
        _SHAKEN,
        _shines_and_breaks,
    ),
)
