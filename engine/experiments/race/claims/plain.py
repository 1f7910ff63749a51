"""Claims on plain descent: creeping and jitter, where it stops, what a decaying rate does to noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.race.claims.measure import Preset, near, reached, run, settled, surface_of
from engine.message import _, say

_RAVINE: Preset = {
    "surface": "quadratic",
    "condition": 100.0,
    "start": [-4.0, 1.0],
    "racers": [{"rule": "sgd", "learning_rate": 0.0196}],
    "steps": 200,
}


def _creeps_and_jitters(seeds: Sequence[int]) -> Verdict:
    """R1: the path is (1 - alpha lambda)^k along each axis, 0.98 and -0.96 a step."""
    rate, after = 0.0196, 50
    curvatures = np.diagonal(surface_of(_RAVINE).formula.hessian([0.0, 0.0]))
    largest, flips, steps = 0.0, 0, 0
    for seed in seeds:
        path = run(_RAVINE, start=near([-4.0, 1.0], seed, 0.8)).positions[0]
        k = np.arange(len(path))[:, None]
        largest = max(largest, float(np.abs(path - path[0] * (1 - rate * curvatures) ** k).max()))
        flips += int((path[1:, 1] * path[:-1, 1] < 0).sum())
        steps += len(path) - 1
    left = np.abs(1 - rate * curvatures) ** after
    return Verdict(
        "yes" if largest < 1e-9 and flips == steps and left[0] > 2 * left[1] else "no",
        say(
            "{flips} of {steps} steps crossed to the other side of the steep axis, while after {after} "
            "steps {shallow:.0%} of the way along the shallow one was still to go. From {starts} starts "
            "the path followed (1−αλ)^k to within {error:.0e}.",
            flips=flips,
            steps=steps,
            after=after,
            shallow=float(left[0]),
            starts=len(seeds),
            error=largest,
        ),
    )


_RIDGE: Preset = {
    "surface": "saddle",
    "start": [1.5, 0.0],
    "racers": [{"rule": "sgd", "learning_rate": 0.02}],
    "steps": 400,
}
_HOLLOW: Preset = {"surface": "valley", "racers": [{"rule": "sgd", "learning_rate": 0.02}], "steps": 1000}


def _stops_where_the_gradient_is_zero(seeds: Sequence[int]) -> Verdict:
    """R2: it stays in the shallow minimum; at a saddle only if it comes along the ridge, and without noise."""
    stopped = ridge = beside = noisy = 0
    steepest, escape = 0.0, []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        hollow = run(_HOLLOW, start=[rng.uniform(-2.4, -1.2), rng.uniform(-1.0, 1.0)])
        steepest = max(steepest, float(np.hypot(*hollow.gradients[0, -1])))
        stopped += int(hollow.distances(hollow.surface.local_minima)[0, -1] < 1e-6)
        x = rng.uniform(0.5, 1.9)
        on_ridge = run(_RIDGE, start=[x, 0.0])
        ridge += int(on_ridge.distances(on_ridge.surface.saddles)[0, -1] < 1e-6)
        off_ridge = run(_RIDGE, start=[x, rng.uniform(1e-4, 1e-2)])
        escape.append(int(reached(-np.abs(off_ridge.positions[0, :, 1]), -1.0)))
        beside += int(escape[-1] < 0)
        shaken = run(_RIDGE, start=[x, 0.0], noise=0.01, seed=seed)
        noisy += int(reached(-np.abs(shaken.positions[0, :, 1]), -1.0) < 0)
    n = len(seeds)
    stops = stopped == n and steepest < 1e-6 and ridge == n
    left = [k for k in escape if k >= 0]
    return Verdict(
        ("yes" if beside + noisy == 2 * n else "half") if stops else "no",
        say(
            "It stopped in the shallow minimum from {stopped} of {n} starts, with a gradient of "
            "{steepest:.0e}. At the saddle it stopped from {ridge} of {n} starts exactly on the ridge, but "
            "from {beside} of {n} beside it, and from {noisy} of {n} with a little noise: a saddle delays "
            "descent (here {delay:.0f} steps), it does not hold it.",
            stopped=stopped,
            n=n,
            steepest=steepest,
            ridge=ridge,
            beside=beside,
            noisy=noisy,
            delay=float(np.median(left)) if left else float("nan"),
        ),
    )


_RATE, _EVERY, _GAMMA = 0.4, 400, 0.25
_FLOORS: Preset = {
    "surface": "quadratic",
    "condition": 1.0,
    "start": [-4.0, 3.0],
    "racers": [{"rule": "sgd", "learning_rate": _RATE}],
    "steps": 3 * _EVERY,
    "noise": 1.0,
    "schedule": {"schedule": "step", "every": _EVERY, "gamma": _GAMMA},
}


def _decay_lowers_the_floor(seeds: Sequence[int]) -> Verdict:
    """R16: Var x = alpha s² / (lambda (2 - alpha lambda)) at each rate; without noise decay only slows it."""
    longer = 4
    every = longer * _EVERY
    schedule = {"schedule": "step", "every": every, "gamma": _GAMMA}
    squares = np.zeros(3)
    for seed in seeds:
        path = run(_FLOORS, seed=seed, steps=3 * every, schedule=schedule).positions[0]
        for phase in range(3):
            squares[phase] += (path[phase * every + every // 4 : (phase + 1) * every] ** 2).mean()
    variance = squares / len(seeds)
    rates = _RATE * _GAMMA ** np.arange(3)
    theory = rates / (2 - rates)
    constant = settled(run(_FLOORS, noise=0.0, schedule={"schedule": "constant"}).distances(), 1e-9)[0]
    early = {"schedule": "step", "every": 10, "gamma": _GAMMA}
    short = float(run(_FLOORS, noise=0.0, schedule=early).distances()[0, -1])
    floors = bool((np.abs(variance / theory - 1) < 0.3).all())
    needless = bool(constant >= 0 and short > 1e-9)
    return Verdict(
        "yes" if floors and needless else "half" if floors or needless else "no",
        say(
            "At the rates {a:.3g}, {b:.3g} and {c:.3g} the noise left a variance of {va:.4f}, {vb:.4f} and "
            "{vc:.4f}; αs²/(λ(2−αλ)) gives {ta:.4f}, {tb:.4f} and {tc:.4f}. Without noise the constant "
            "rate came within 1e-9 of the minimum after {constant} steps; decayed every 10 steps it froze "
            "{short:.3f} short of it.",
            a=float(rates[0]),
            b=float(rates[1]),
            c=float(rates[2]),
            va=float(variance[0]),
            vb=float(variance[1]),
            vc=float(variance[2]),
            ta=float(theory[0]),
            tb=float(theory[1]),
            tc=float(theory[2]),
            constant=int(constant),
            short=short,
        ),
    )


PLAIN = (
    Claim(
        "R1",
        _(
            "On a loss that is steep one way and shallow the other, SGD creeps along the shallow axis and "
            "jitters across the steep one."
        ),
        _RAVINE,
        _creeps_and_jitters,
    ),
    Claim(
        "R2",
        _("SGD stops at a local minimum or a saddle point, where the gradient is zero."),
        _RIDGE,
        _stops_where_the_gradient_is_zero,
    ),
    Claim(
        "R16",
        _(
            "Decaying the learning rate lowers the floor at each decay; with no noise and a good rate it "
            "is not needed."
        ),
        _FLOORS,
        _decay_lowers_the_floor,
    ),
)
