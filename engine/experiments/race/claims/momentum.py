"""Claims on momentum: what it passes, how it overshoots, Nesterov's rate, weight decay inside the velocity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict
from engine.experiments.race.claims.measure import Array, Preset, equal, near, reached, run
from engine.message import _, say

_HOLLOW: Preset = {
    "surface": "valley",
    "start": [-2.3, 1.2],
    "racers": [{"rule": "sgd", "learning_rate": 0.02}, {"rule": "momentum", "learning_rate": 0.02}],
    "steps": 600,
}


def _goes_through(seeds: Sequence[int]) -> Verdict:
    """R5: from R2's starts over a shallow minimum; over a flat saddle; and on a plain saddle's ridge."""
    tries = 12
    hollow = np.zeros(2, int)
    flat = np.zeros(2, int)
    ridge = np.zeros(2, int)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        for _try in range(tries):
            begin = [rng.uniform(-2.4, -1.2), rng.uniform(-1.0, 1.0)]
            hollow += run(_HOLLOW, start=begin).distances()[:, -1] < 0.1
        monkey = run(_HOLLOW, surface="monkey_saddle", start=[rng.uniform(1.1, 1.5), 0.0], steps=200)
        flat += reached(monkey.positions[:, :, 0], -0.5) >= 0
        on_ridge = run(_HOLLOW, surface="saddle", start=[rng.uniform(0.5, 1.9), 0.0], steps=300)
        ridge += _away(on_ridge.positions) >= 0
    n, starts = len(seeds), tries * len(seeds)
    sgd_stays = hollow[0] == flat[0] == ridge[0] == 0
    some, all_of_them = 0.1 * starts < hollow[1], hollow[1] == starts
    passes = bool(sgd_stays and some and flat[1] == n)
    return Verdict(
        ("yes" if all_of_them and ridge[1] == n else "half") if passes else "no",
        say(
            "SGD stopped in the shallow minimum from all {starts} starts. Momentum crossed it from "
            "{crossed}: those where it came in fast enough. Over the flat monkey saddle momentum went from "
            "{flat} of {n} starts, SGD from {sgd}. From starts exactly on the ridge of a plain saddle both "
            "stopped at the saddle, momentum in {stuck} of {n} runs, because there the gradient has no "
            "sideways part.",
            starts=starts,
            crossed=int(hollow[1]),
            flat=int(flat[1]),
            sgd=int(flat[0]),
            stuck=n - int(ridge[1]),
            n=n,
        ),
        say(
            "Momentum crossed the shallow minimum from {crossed} of {starts} starts, SGD from {sgd}.",
            crossed=int(hollow[1]),
            starts=starts,
            sgd=int(hollow[0]),
        ),
        equal(starts * 600 + n * 500, _("SGD"), _("Momentum")),
    )


def _away(positions: Array) -> Any:
    """Return after how many steps each racer is more than 1 from the saddle's ridge; -1 where it never is."""
    return reached(-np.abs(positions[..., 1]), -1.0)


_SWING: Preset = {
    "surface": "quadratic",
    "condition": 10.0,
    "start": [-4.0, 3.0],
    "racers": [
        {"rule": "sgd", "learning_rate": 0.02},
        {"rule": "momentum", "learning_rate": 0.02, "momentum": 0.9},
        {"rule": "momentum", "learning_rate": 0.02, "momentum": 0.99},
    ],
    "steps": 1000,
}


def _overshoots(seeds: Sequence[int]) -> Verdict:
    """R7: the farthest point on the other side as a share of the start, and how often it swings across."""
    beyond, swings, left = [], [], []
    for seed in seeds:
        path = run(_SWING, start=near([-4.0, 3.0], seed, 1.0)).positions[:, :, 0]
        share = path / path[:, :1]
        beyond.append(-np.minimum(share.min(-1), 0.0))
        crossed = path[:, 1:] * path[:, :-1] < 0
        wide = np.maximum.accumulate(np.abs(share[:, ::-1]), axis=-1)[:, -2::-1] > 0.05  # from here to the end
        swings.append((crossed & wide).sum(-1))
        left.append(np.abs(share[:, -50:]).max(-1))
    overshoot, crossings, rest = np.array(beyond), np.median(swings, axis=0), np.max(left, axis=0)
    ordered = (overshoot[:, 0] == 0) & (overshoot[:, 1] > 0.05) & (overshoot[:, 2] > overshoot[:, 1] + 0.1)
    more = bool(ordered.all() and crossings[2] > crossings[1] > 0)
    back = bool((rest < 0.1).all())
    return Verdict(
        "yes" if more and back else "half" if more else "no",
        say(
            "On the shallow axis momentum 0.9 swung across the minimum {few:.0f} times before it stayed "
            "within 5%, momentum 0.99 {many:.0f} times, SGD not once. Both came back: after {steps} steps "
            "{rest:.1%} of the distance was left.",
            few=float(crossings[1]),
            many=float(crossings[2]),
            rest=float(rest[1:].max()),
            steps=_SWING["steps"],
        ),
        say(
            "Overshoot: {high:.0%} of the way with 0.99, {low:.0%} with 0.9.",
            high=float(np.median(overshoot[:, 2])),
            low=float(np.median(overshoot[:, 1])),
        ),
        equal(_SWING["steps"] * len(seeds), _("SGD"), _("Momentum 0.9"), _("Momentum 0.99")),
    )


_BETA = 9 / 11  # (sqrt(kappa) - 1) / (sqrt(kappa) + 1) at kappa = 100
_RATES: Preset = {
    "surface": "quadratic",
    "condition": 100.0,
    "start": [-4.0, 1.0],
    "racers": [
        {"rule": "sgd", "learning_rate": 0.01},
        {"rule": "momentum", "learning_rate": 0.01, "momentum": _BETA},
        {"rule": "nesterov", "learning_rate": 0.01, "momentum": _BETA},
        {"rule": "momentum", "learning_rate": 4 / 121, "momentum": _BETA**2},
    ],
    "steps": 300,
}
_KINKED: Preset = {
    "surface": {"formula": "12.5*x**2 - 12*relu(x - 1)**2 + 12*relu(x - 2)**2 + 0.5*y**2"},
    "racers": [
        {"rule": "momentum", "learning_rate": 1 / 9, "momentum": 4 / 9},
        {"rule": "nesterov", "learning_rate": 1 / 25, "momentum": 2 / 3},
    ],
    "steps": 300,
}
_BUMPY: Preset = {
    "surface": "valley",
    "racers": [{"rule": "momentum", "learning_rate": 0.02}, {"rule": "nesterov", "learning_rate": 0.02}],
    "steps": 400,
}


def _nesterov_is_faster(seeds: Sequence[int]) -> Verdict:
    """R8: 1 - 1/sqrt(kappa) on the bowl, where tuned heavy ball is faster still, but can cycle on convex losses.

    The convex loss on which heavy ball cycles is that of Lessard, Recht & Packard 2016, arXiv:1408.3595, 4.6.
    """
    rates = []
    cycles = arrives = worse = better = runs = 0
    for seed in seeds:
        distances = run(_RATES, start=near([-4.0, 1.0], seed, 0.5), steps=1500).distances()
        k = np.arange(500, 1501)  # late, for equal roots give k * r**k
        rates.append(np.exp(np.polyfit(k, np.log(distances[:, k].T), 1)[0]))
        rng = np.random.default_rng(seed)
        kinked = run(_KINKED, start=[rng.uniform(3.1, 3.4), 1.0]).distances([(0.0, 0.0)])
        cycles += int(kinked[0, -3:].max() > 0.5)
        arrives += int(kinked[1, -1] < 1e-6)
        for _start in range(3):
            x = rng.uniform(-2.0, -1.85)
            bumpy = run(_BUMPY, start=[x, 0.4 * np.sin(2 * x)])
            momentum, nesterov = bumpy.distances()[:, -1] < 0.2
            worse += int(momentum and not nesterov)
            better += int(nesterov and not momentum)
            runs += 1
    sgd, same, nesterov, tuned = np.mean(rates, axis=0)
    as_said = bool(abs(nesterov / 0.9 - 1) < 0.01 and nesterov < min(sgd, same) and arrives == len(seeds))
    best = bool(nesterov < tuned)
    return Verdict(
        ("yes" if best else "half") if as_said and worse else "no",
        say(
            "On a bowl with κ = 100 Nesterov's rate is the notes' 1−1/√κ, SGD leaves {sgd:.2f}, and momentum "
            "with its own best settings is the fastest. On another convex loss that momentum went round in "
            "circles from {cycles} of {n} starts, and Nesterov arrived from {arrives}. In a non-convex valley "
            "momentum crossed a shallow minimum and Nesterov did not from {worse} of {runs} starts; it was the "
            "reverse from {better}.",
            sgd=float(sgd),
            cycles=cycles,
            n=len(seeds),
            arrives=arrives,
            worse=worse,
            better=better,
            runs=runs,
        ),
        say(
            "A step of Nesterov leaves {nesterov:.2f} of the distance, one of momentum at its best {tuned:.2f}.",
            nesterov=float(nesterov),
            tuned=float(tuned),
        ),
        equal(
            1500 * len(seeds), _("SGD"), _("Nesterov"), _("Momentum, same settings"), _("Momentum, best settings")
        ),
    )


_DECAY: Preset = {
    "surface": "booth",
    "start": [-8.0, -6.0],
    "racers": [
        {"rule": "momentum", "learning_rate": 0.01, "momentum": 0.9},
        {"rule": "momentum", "learning_rate": 0.01, "momentum": 0.9, "weight_decay": 0.5},
    ],
    "steps": 300,
}


def _decay_inside_momentum(seeds: Sequence[int]) -> Verdict:
    """R20: replay v = mu v - alpha (g + lambda w), w = w + v, beside the rule; then with a rate that changes."""
    alpha, mu, decay = 0.01, 0.9, 0.5
    largest = apart = exact = rest = 0.0
    halved = {"schedule": "step", "every": 10, "gamma": 0.5}
    keras = [{**_DECAY["racers"][1], "dialect": dialect} for dialect in ("torch", "keras")]
    for seed in seeds:
        start = near([-6.0, -4.0], seed, 3.0)
        course = run(_DECAY, start=start)
        written = _replay(course, [alpha] * 300, mu, decay)
        largest = max(largest, float(np.abs(course.positions[1] - written).max()))
        end = course.positions[1, -1]
        rest = max(rest, float(np.abs(course.gradients[1, -1] + decay * end).max()))
        turned = run(_DECAY, start=start, racers=keras, schedule=halved, steps=60)
        written = _replay(turned, [alpha * 0.5 ** (k // 10) for k in range(60)], mu, decay)
        difference = np.abs(turned.positions - written).max((1, 2))
        apart, exact = max(apart, float(difference[0])), max(exact, float(difference[1]))
    return Verdict(
        "yes" if largest < 1e-12 and exact < 1e-12 else "no",
        say(
            "It came to rest where g = −λθ, to within {rest:.0e}. When the learning rate changes on the "
            "way, PyTorch's form, which keeps the rate out of the velocity, ends up to {apart:.2f} away. "
            "The notes' formula is Keras's.",
            rest=rest,
            apart=apart,
        ),
        say(
            "Largest difference from the formula over 300 steps from {n} starts: {largest:.0e}.",
            n=len(seeds),
            largest=largest,
        ),
        equal(300 * len(seeds), _("the rule"), _("the notes' formula"), unit=_("steps")),
    )


def _replay(course: Any, rates: Sequence[float], mu: float, decay: float) -> Array:
    """Return the path (steps + 1, 2) of the formula as the notes write it."""
    w, v = course.positions[1, 0].copy(), np.zeros(2)
    path = [w.copy()]
    for alpha in rates:
        v = mu * v - alpha * (course.surface.formula.gradient(w) + decay * w)
        w = w + v
        path.append(w)
    return np.array(path)


MOMENTUM = (
    Claim(
        "R5",
        _("Momentum builds up velocity and goes through a shallow minimum and a saddle where SGD stays."),
        _HOLLOW,
        _goes_through,
        where=_("Optimizers: momentum"),
        look=Look(view="Maps", panels=("Where a racer ends, over where it starts",), focus=1),
        prediction=Prediction(
            _("From random starts on the left, how often does momentum cross the shallow minimum?"),
            (_("never"), _("from about half of them"), _("always")),
            1,
        ),
        try_this=_("Click the map at x = −1.5: from there the way is too short to build up speed."),
    ),
    Claim(
        "R7",
        _("Momentum overshoots and comes back; with μ = 0.99 more than with 0.9."),
        _SWING,
        _overshoots,
        where=_("Optimizers: momentum (the notes write ρ for μ)"),
        look=Look(panels=("The surface", "Distance to the nearest minimum")),
        prediction=Prediction(
            _("How far beyond the minimum does momentum 0.99 go?"),
            (
                _("not at all"),
                _("less than half of the way that it came"),
                _("more than half of the way that it came"),
            ),
            2,
        ),
        try_this=_("Set the momentum to 0.7: the overshoot is hardly visible."),
    ),
    Claim(
        "R8",
        _(
            "On convex losses Nesterov's momentum converges at a better rate (1−1/√κ). On non-convex losses "
            "this is not guaranteed."
        ),
        _RATES,
        _nesterov_is_faster,
        where=_("Optimizers: Nesterov momentum"),
        look=Look(panels=("Distance to the nearest minimum",)),
        prediction=Prediction(
            _("On this bowl, who comes down fastest?"),
            (_("Nesterov"), _("momentum with its own best settings"), _("SGD")),
            1,
        ),
        try_this=_("Give the fourth racer Nesterov's settings: it falls behind."),
    ),
    Claim(
        "R20",
        _("With momentum, weight decay goes into the velocity: u = μu − α(g + λθ)."),
        _DECAY,
        _decay_inside_momentum,
        where=_("Regularization: weight decay (the notes write v for u and w for θ)"),
        by_construction=True,
        look=Look(panels=("The surface",)),
        prediction=Prediction(
            _("Where does the racer with weight decay come to rest?"),
            (_("at the minimum"), _("between the minimum and the origin"), _("at the origin")),
            1,
        ),
        try_this=_("Raise the weight decay: the resting place moves towards the origin."),
    ),
)
