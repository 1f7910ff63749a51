"""Claims on a learning rate for every direction: Adagrad, RMSProp, and how Adam joins it with momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.race.claims.measure import (
    Array,
    Course,
    Preset,
    detour,
    exponent,
    near,
    reached,
    run,
    settled,
    step_lengths,
)
from engine.message import _, say

_STALL: Preset = {
    "surface": "quadratic",
    "condition": 10.0,
    "start": [-4.0, 3.0],
    "racers": [{"rule": "sgd", "learning_rate": 0.01}, {"rule": "adagrad", "learning_rate": 0.3}],
    "steps": 1000,
    "noise": 10.0,
}
_LATE = np.arange(50, 1001)
"""The steps over which power laws are fitted."""


def _evens_out_and_stalls(seeds: Sequence[int]) -> Verdict:
    """R9: equal steps along unequal slopes; t^-1/2 under noise and on a slope; not so on a bowl without noise."""
    ratios, slopes, powers, kept, arrived = [], [], [], [], 0
    for seed in seeds:
        start = near([-4.0, 3.0], seed, 0.5)
        course = run(_STALL, start=start, seed=seed)
        powers.append(exponent(_LATE, step_lengths(course.positions)[1, _LATE - 1]))
        exact = run(_STALL, start=start, noise=0.0, steps=1)
        sgd, adagrad = np.abs(exact.positions[:, 1] - exact.positions[:, 0])
        slopes.append(sgd[1] / sgd[0])
        ratios.append(adagrad[0] / adagrad[1])
        quick = [{**_STALL["racers"][1], "learning_rate": 1.0}]
        bowl = run(_STALL, start=start, noise=0.0, racers=quick, steps=200)
        rates = step_lengths(bowl.positions)[0] / np.hypot(*np.moveaxis(bowl.gradients[0, :-1], -1, 0))
        kept.append(rates[-1] / rates[len(rates) // 2])
        arrived += int(bowl.distances()[0, -1] < 1e-3)
    slope = run(_STALL, surface={"formula": "x + y"}, noise=0.0)
    lengths = step_lengths(slope.positions)[1]
    steady, power = exponent(_LATE, lengths[_LATE - 1]), float(np.mean(powers))
    late = float(lengths[500:].sum() / lengths[:500].sum())
    even, keeps = float(np.median(ratios)), float(np.median(kept))
    shrinks = abs(even - 1) < 1e-6 and abs(power + 0.5) < 0.1 and abs(steady + 0.5) < 0.02
    return Verdict(
        ("half" if keeps > 0.5 and arrived == len(seeds) else "yes") if shrinks else "no",
        say(
            "Where the slope was {slope:.1f} times steeper one way, its first step went {even:.3f} times "
            "as far the shallow way, SGD's {sgd:.2f}. Its steps shrank as t^{steady:.2f} on a steady slope "
            "(the second 500 steps went {late:.0%} as far as the first) and t^{power:.2f} under noise. But "
            "it stalls only while gradients keep coming: on the bowl without noise its effective rate kept "
            "{keeps:.0%} from step 100 to 200, and it arrived from {arrived} of {n} starts.",
            slope=float(np.median(slopes)),
            even=even,
            sgd=float(1 / np.median(slopes)),
            steady=steady,
            late=late,
            power=power,
            keeps=keeps,
            arrived=arrived,
            n=len(seeds),
        ),
    )


_LASTING: Preset = {
    **_STALL,
    "racers": [{"rule": "adagrad", "learning_rate": 0.3}, {"rule": "rmsprop", "learning_rate": 0.1}],
}


def _does_not_vanish(seeds: Sequence[int]) -> Verdict:
    """R10: the power law of RMSProp's steps is t^0, on a slope and under noise."""
    powers, ratios = [], []
    for seed in seeds:
        lengths = step_lengths(run(_LASTING, start=near([-4.0, 3.0], seed, 0.5), seed=seed).positions)
        powers.append(exponent(_LATE[150:], lengths[1, _LATE[150:] - 1]))
        ratios.append(lengths[1, -100:].mean() / lengths[0, -100:].mean())
    slope = step_lengths(run(_LASTING, surface={"formula": "x + y"}, noise=0.0).positions)[:, -1]
    adagrad, rmsprop = slope / np.sqrt(2) / [0.3, 0.1]
    power, ratio = float(np.mean(powers)), float(np.median(ratios))
    return Verdict(
        "yes" if abs(power) < 0.1 and ratio > 5 and abs(rmsprop - 1) < 1e-3 else "no",
        say(
            "Under noise RMSProp's steps changed as t^{power:.2f} and were {ratio:.0f} times Adagrad's "
            "after 1000 steps. On a steady slope its thousandth step was still {rmsprop:.3f} of the "
            "learning rate in each direction, Adagrad's {adagrad:.3f}.",
            power=power,
            ratio=ratio,
            rmsprop=float(rmsprop),
            adagrad=float(adagrad),
        ),
    )


_BENDING: Preset = {
    "surface": "quadratic",
    "condition": 10.0,
    "start": [-4.0, 3.0],
    "racers": [{"rule": "momentum", "learning_rate": 0.01}, {"rule": "rmsprop", "learning_rate": 0.01}],
    "steps": 600,
}
_RULES = "momentum", "rmsprop"
_COURSES = (
    ("quadratic", (-4.0, 3.0), 0.01, 0.01, 700),
    ("beale", (1.0, 1.5), 0.005, 0.02, 700),
    ("himmelblau", (0.0, 0.0), 0.01, 0.2, 200),
    ("rosenbrock", (-1.2, 1.0), 0.002, 0.01, 1500),
)
"""Surface, start, the rates of momentum and RMSProp, steps.

Of 1, 2 and 5 times a power of ten up to 0.2 these rates settle soonest within 0.1 of a minimum. In
Rosenbrock's valley RMSProp settles with none of them; 0.01 comes nearest.
"""


def _slower_but_straighter(seeds: Sequence[int]) -> Verdict:
    """R11: steps to settle within 0.1 and the path's length over the straight distance, on four surfaces."""
    slower = straighter = overshot = runs = 0
    ways: dict[str, list[tuple[float, ...]]] = {}
    for surface, start, *rates, steps in _COURSES:
        racers = [{"rule": rule, "learning_rate": rate} for rule, rate in zip(_RULES, rates, strict=True)]
        for seed in seeds:
            course = run(_BENDING, surface=surface, start=near(start, seed, 0.2), racers=racers, steps=steps)
            distances = _to_the_end(course)
            (a, b), paths = settled(distances, 0.1), course.positions
            momentum, rmsprop = detour(paths[0, : a + 1 or None]), detour(paths[1, : b + 1 or None])
            slower += int(a >= 0 and (b < 0 or b > a))
            straighter += int(rmsprop < momentum)
            overshot += int(distances[0, reached(distances[0], 0.1) :].max() > 0.2)
            ways.setdefault(surface, []).append((momentum, rmsprop, a, b))
            runs += 1
    bowl, steep, banana = (np.median(ways[name], axis=0) for name in ("quadratic", "himmelblau", "rosenbrock"))
    shares = slower / runs, straighter / runs
    return Verdict(
        "yes" if min(shares) > 0.9 else "half" if max(shares) > 0.5 else "no",
        say(
            "With the best learning rate of each, RMSProp was slower in {slower} of {runs} races and "
            "straighter in {straighter}; momentum passed the minimum and bent back in {overshot}. On the "
            "bowl both hold: {b:.0f} steps against {a:.0f}, a path of {straight:.2f} times the straight "
            "distance against {bent:.2f}. In Himmelblau's steep basin RMSProp was first ({quick:.0f} steps "
            "against {slow:.0f}), and in Rosenbrock's curved valley it rattled from wall to wall "
            "({rattle:.1f} times against {glide:.1f}).",
            slower=slower,
            runs=runs,
            straighter=straighter,
            overshot=overshot,
            a=float(bowl[2]),
            b=float(bowl[3]),
            bent=float(bowl[0]),
            straight=float(bowl[1]),
            quick=float(steep[3]),
            slow=float(steep[2]),
            glide=float(banana[0]),
            rattle=float(banana[1]),
        ),
    )


def _to_the_end(course: Course) -> Array:
    """Return the distances (racers, steps + 1) to the minimum that each racer is nearest to at the end."""
    minima = np.array(course.surface.minima)
    last = course.positions[:, -1, None] - minima
    goals = minima[np.hypot(last[..., 0], last[..., 1]).argmin(-1)]
    apart = course.positions - goals[:, None]
    distances: Array = np.hypot(apart[..., 0], apart[..., 1])
    return distances


_TOGETHER: Preset = {
    "surface": "beale",
    "start": [1.0, 1.5],
    "racers": [
        {"rule": "momentum", "learning_rate": 0.002},
        {"rule": "rmsprop", "learning_rate": 0.05},
        {"rule": "adam", "learning_rate": 0.05},
    ],
    "steps": 500,
}


def _adam_joins_both(seeds: Sequence[int]) -> Verdict:
    """R12: Adam with beta1 = 0 is RMSProp; then how far each goes on its way, on three surfaces."""
    pair = [{"rule": "rmsprop", "learning_rate": 0.05}, {"rule": "adam", "learning_rate": 0.05}]
    apart, more, runs = 0.0, 0, 0
    bends, valley = [], []
    for seed in seeds:
        apart = max(apart, _without_momentum(seed))
        for surface, start, steps in (("beale", (1.0, 1.5), 600), ("himmelblau", (0.0, 0.0), 150)):
            course = run(_TOGETHER, surface=surface, start=near(start, seed, 0.3), racers=pair, steps=steps)
            ends = settled(course.distances(), 0.25)
            rmsprop, adam = (
                detour(p[: None if k < 0 else k + 1]) for p, k in zip(course.positions, ends, strict=True)
            )
            more += int(adam > rmsprop)
            runs += 1
            bends.append(adam / rmsprop)
        course = run(_TOGETHER, surface="rosenbrock", start=near([-1.2, 1.0], seed, 0.1), racers=pair, steps=500)
        valley.append([detour(p) for p in course.positions])
    ratio, rattle = float(np.median(bends)), np.median(valley, axis=0)
    little = more > 0.9 * runs and 1 < ratio < 1.5
    always = rattle[1] > rattle[0]
    return Verdict(
        ("yes" if little and always else "half") if apart < 1e-9 else "no",
        say(
            "Adam without its momentum (β₁ = 0) took RMSProp's steps times √(1−β₂^t), to {apart:.0e}. With "
            "it, at the same learning rate, it bent more in {more} of {runs} races, with {ratio:.2f} times "
            "the path. Not everywhere: in Rosenbrock's valley RMSProp's path was {rmsprop:.1f} times the "
            "straight way and Adam's {adam:.1f}, for momentum averages the rattling away.",
            apart=apart,
            more=more,
            runs=runs,
            ratio=ratio,
            rmsprop=float(rattle[0]),
            adam=float(rattle[1]),
        ),
    )


def _without_momentum(seed: int) -> float:
    """Return the largest relative difference between Adam's steps with beta1 = 0 and RMSProp's, corrected.

    On a plane all gradients are equal, so that paths may part and steps still be compared.
    """
    decay = 0.99
    racers = [
        {"rule": "rmsprop", "learning_rate": 0.05, "rho": decay, "eps": 0.0},
        {"rule": "adam", "learning_rate": 0.05, "beta1": 0.0, "beta2": decay, "eps": 0.0},
    ]
    course = run(_TOGETHER, surface={"formula": "x - 3*y"}, racers=racers, steps=60, noise=1.0, seed=seed)
    rmsprop, adam = np.diff(course.positions, axis=1)
    factor = np.sqrt(1 - decay ** np.arange(1, 61))[:, None]
    return float(np.abs(adam / (rmsprop * factor) - 1).max())


ADAPTIVE = (
    Claim(
        "R9",
        _(
            "Adagrad moves little-visited directions more; as it goes on its steps shrink to nothing "
            "(1/√t) and it stalls."
        ),
        _STALL,
        _evens_out_and_stalls,
    ),
    Claim("R10", _("RMSProp delays that: its effective step does not vanish."), _LASTING, _does_not_vanish),
    Claim(
        "R11",
        _("RMSProp is slower than momentum but straighter; momentum arrives and bends back."),
        _BENDING,
        _slower_but_straighter,
    ),
    Claim(
        "R12",
        _("Adam is momentum and RMSProp together, and bends a little more than RMSProp."),
        _TOGETHER,
        _adam_joins_both,
    ),
)
