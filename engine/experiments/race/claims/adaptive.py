"""Claims on a learning rate for every direction: Adagrad, RMSProp, and how Adam joins it with momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict
from engine.experiments.race.claims.measure import (
    Array,
    Course,
    Preset,
    detour,
    equal,
    exponent,
    near,
    reached,
    run,
    settled,
    step_lengths,
)
from engine.message import _, say

_SLOPE: Preset = {
    "surface": {"formula": "sqrt(1 + x**2) + sqrt(1 + y**2)"},
    "start": [-4.0, 3.0],
    "racers": [{"rule": "adagrad", "learning_rate": 0.03}, {"rule": "rmsprop", "learning_rate": 0.03}],
    "steps": 400,
}
_BOWL: Preset = {**_SLOPE, "surface": "quadratic", "condition": 10.0}
_LATE = np.arange(50, 1001)
"""The steps over which power laws are fitted."""


def _evens_out_and_stalls(seeds: Sequence[int]) -> Verdict:
    """R9: equal steps along unequal slopes; t^-1/2 on a steady slope; a bowl without noise is still reached."""
    ratios, left, kept, arrived = [], [], [], 0
    for seed in seeds:
        start = near([-4.0, 3.0], seed, 0.5)
        first = run(_BOWL, start=start, steps=1)
        adagrad = np.abs(first.positions[0, 1] - first.positions[0, 0])
        slopes = np.abs(first.gradients[0, 0])
        ratios.append([adagrad[0] / adagrad[1], slopes[0] / slopes[1]])
        distances = run(_SLOPE, start=start).distances([(0.0, 0.0)])
        left.append(distances[:, -1] / distances[:, 0])
        quick = [{**_SLOPE["racers"][0], "learning_rate": 1.0}]
        bowl = run(_BOWL, start=start, racers=quick, steps=200)
        rates = step_lengths(bowl.positions)[0] / np.hypot(*np.moveaxis(bowl.gradients[0, :-1], -1, 0))
        kept.append(rates[-1] / rates[len(rates) // 2])
        arrived += int(bowl.distances()[0, -1] < 1e-3)
    plane = run(_SLOPE, surface={"formula": "x + y"}, steps=1000)
    power = exponent(_LATE, step_lengths(plane.positions)[0, _LATE - 1])
    way = np.median(left, axis=0)
    (even, steeper), keeps = np.median(ratios, axis=0), float(np.median(kept))
    shrinks = abs(even - 1) < 1e-6 and abs(power + 0.5) < 0.02 and way[0] > 3 * way[1]
    return Verdict(
        ("half" if keeps > 0.5 and arrived == len(seeds) else "yes") if shrinks else "no",
        say(
            "Along an axis with {steeper:.2f} times the slope, Adagrad's first step was {even:.3f} times as "
            "long. On a steady slope its steps shrank like t^{power:.2f}. It stalls while gradients keep "
            "coming. On a bowl they fade: there its effective rate at step 200 was {keeps:.0%} of that at "
            "step 100, and it arrived from {arrived} of {n} starts.",
            even=float(even),
            steeper=float(steeper),
            power=power,
            keeps=keeps,
            arrived=arrived,
            n=len(seeds),
        ),
        say(
            "After {steps} steps Adagrad had {adagrad:.0%} of the way left, RMSProp {rmsprop:.0%}.",
            steps=_SLOPE["steps"],
            adagrad=float(way[0]),
            rmsprop=float(way[1]),
        ),
        equal(_SLOPE["steps"] * len(seeds), _("Adagrad"), _("RMSProp")),
    )


_LASTING: Preset = {**_BOWL, "noise": 10.0, "steps": 1000}


def _does_not_vanish(seeds: Sequence[int]) -> Verdict:
    """R10: the power law of RMSProp's steps is t^0, on a slope and under noise."""
    powers, ratios = [], []
    late = _LATE[150:]
    for seed in seeds:
        lengths = step_lengths(run(_LASTING, start=near([-4.0, 3.0], seed, 0.5), seed=seed).positions)
        powers.append([exponent(late, lengths[i, late - 1]) for i in range(2)])
        ratios.append(lengths[1, -100:].mean() / lengths[0, -100:].mean())
    slope = step_lengths(run(_LASTING, surface={"formula": "x + y"}, noise=0.0).positions)[:, -1]
    adagrad, rmsprop = slope / np.sqrt(2) / 0.03
    fading, power = np.mean(powers, axis=0)
    ratio = float(np.median(ratios))
    return Verdict(
        "yes" if abs(power) < 0.1 and ratio > 5 and abs(rmsprop - 1) < 1e-3 else "no",
        say(
            "Under noise RMSProp's steps changed like t^{power:.2f}, Adagrad's like t^{fading:.2f}. On a "
            "steady slope the thousandth step was {rmsprop:.3f} learning rates long in each direction; "
            "Adagrad's was {adagrad:.3f}.",
            power=float(power),
            fading=float(fading),
            rmsprop=float(rmsprop),
            adagrad=float(adagrad),
        ),
        say("After 1000 noisy steps RMSProp's steps are {ratio:.0f} times as long as Adagrad's.", ratio=ratio),
        equal(_LASTING["steps"] * len(seeds), _("Adagrad"), _("RMSProp")),
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
    on_the_bowl = all(straight < bent and b > a for bent, straight, a, b in ways["quadratic"])
    return Verdict(
        "yes" if min(shares) > 0.9 else "half" if on_the_bowl else "no",
        say(
            "Momentum passed the minimum and came back in {overshot} of {runs} races. On the bowl the claim "
            "holds: RMSProp took {b:.0f} steps, momentum {a:.0f}; its path was {straight:.2f} times the "
            "straight distance, momentum's {bent:.2f} times. In Himmelblau's steep basin RMSProp was first "
            "({quick:.0f} steps against {slow:.0f}). In Rosenbrock's curved valley it went from wall to "
            "wall: its path was {rattle:.1f} times the straight distance, momentum's {glide:.1f} times.",
            overshot=overshot,
            runs=runs,
            a=float(bowl[2]),
            b=float(bowl[3]),
            bent=float(bowl[0]),
            straight=float(bowl[1]),
            quick=float(steep[3]),
            slow=float(steep[2]),
            glide=float(banana[0]),
            rattle=float(banana[1]),
        ),
        say(
            "RMSProp was slower in {slower} of {runs} races and straighter in {straighter}.",
            slower=slower,
            runs=runs,
            straighter=straighter,
        ),
        equal(len(seeds) * sum(course[-1] for course in _COURSES), _("Momentum"), _("RMSProp")),
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
            "With β₁ = 0 Adam's steps are RMSProp's times √(1−β₂^t); the largest difference was "
            "{apart:.0e}. With β₁ = 0.9, at the same learning rate, Adam's path was {ratio:.2f} times as "
            "long. In Rosenbrock's valley it is the reverse: RMSProp's path was {rmsprop:.1f} times the "
            "straight distance and Adam's {adam:.1f}, because momentum averages the zigzag away.",
            apart=apart,
            ratio=ratio,
            rmsprop=float(rattle[0]),
            adam=float(rattle[1]),
        ),
        say("Adam bent more than RMSProp in {more} of {runs} races.", more=more, runs=runs),
        equal(len(seeds) * 1250, _("RMSProp"), _("Adam")),
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
            "Adagrad moves more in directions with small gradients. Its steps shrink like 1/√t, and in the "
            "end it stalls."
        ),
        _SLOPE,
        _evens_out_and_stalls,
        where=_("Optimizers: Adagrad"),
        look=Look(panels=("The surface", "Effective step size")),
        prediction=Prediction(
            _("Both start with the same learning rate on a long slope. Who is ahead after 400 steps?"),
            (_("Adagrad"), _("RMSProp"), _("both alike")),
            1,
        ),
        try_this=_("Choose the bowl and set Adagrad's learning rate to 1: there it arrives."),
    ),
    Claim(
        "R10",
        _("RMSProp keeps Adagrad's steps from shrinking to nothing."),
        _LASTING,
        _does_not_vanish,
        where=_("Optimizers: RMSProp"),
        look=Look(panels=("Effective step size", "The surface")),
        prediction=Prediction(
            _("Under noise, what happens to RMSProp's steps in the long run?"),
            (_("they shrink like 1/√t"), _("they keep their length"), _("they grow")),
            1,
        ),
        try_this=_("Set RMSProp's ρ to 0.9999: it remembers almost as long as Adagrad does."),
    ),
    Claim(
        "R11",
        _("RMSProp is slower than momentum but goes straighter; momentum passes the minimum and turns back."),
        _BENDING,
        _slower_but_straighter,
        where=_("Optimizers: RMSProp"),
        look=Look(panels=("The surface", "Distance to the nearest minimum")),
        prediction=Prediction(
            _("Is RMSProp both slower and straighter on every surface?"),
            (_("yes"), _("on a bowl, but not everywhere"), _("on none")),
            1,
        ),
        try_this=_("Choose Rosenbrock's banana: RMSProp is no longer the straighter one."),
    ),
    Claim(
        "R12",
        _("Adam combines momentum and RMSProp; its path bends a little more than RMSProp's."),
        _TOGETHER,
        _adam_joins_both,
        where=_("Optimizers: Adam"),
        look=Look(panels=("The surface",)),
        prediction=Prediction(
            _("Whose path is longer on Beale's function?"),
            (_("Adam's, a little"), _("RMSProp's"), _("Adam's, by far")),
            0,
        ),
        try_this=_("Set Adam's β₁ to 0: its path covers RMSProp's."),
    ),
)
