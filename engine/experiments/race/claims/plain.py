"""Claims on plain descent: creeping and jitter, where it stops, what a decaying rate does to noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict
from engine.experiments.race.claims.measure import Preset, equal, near, reached, run, settled, surface_of
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
            "{flips} of {steps} steps crossed to the other side of the valley: that is the jitter. After "
            "{after} steps {steep:.0%} of the steep way was left. From {starts} starts the path followed "
            "(1−αh)^k, with h the curvature of the axis, to within {error:.0e}.",
            flips=flips,
            steps=steps,
            starts=len(seeds),
            error=largest,
            steep=float(left[1]),
            after=after,
        ),
        say("After {after} steps {shallow:.0%} of the shallow way is left.", shallow=float(left[0]), after=after),
        equal(_RAVINE["steps"] * len(seeds), _("SGD"), _("closed form"), unit=_("steps")),
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
            "In the shallow minimum it stopped from {stopped} of {n} starts; the gradient there was "
            "{steepest:.0e}. At the saddle it stopped from {ridge} of {n} starts exactly on the ridge, from "
            "{beside} of {n} beside the ridge, and from {noisy} of {n} on the ridge with a little noise. "
            "Beside the ridge the saddle delayed it by {delay:.0f} steps.",
            stopped=stopped,
            n=n,
            steepest=steepest,
            ridge=ridge,
            beside=beside,
            noisy=noisy,
            delay=float(np.median(left)) if left else float("nan"),
        ),
        say(
            "Stopped in the minimum: {stopped} of {n}. At the saddle: {ridge} of {n} on its ridge, {beside} "
            "of {n} beside it.",
            stopped=stopped,
            n=n,
            ridge=ridge,
            beside=beside,
        ),
        (
            *equal(_HOLLOW["steps"] * n, _("in the shallow minimum")),
            *equal(_RIDGE["steps"] * n, _("on the ridge"), _("beside the ridge"), _("on the ridge, with noise")),
        ),
    )


_SHAKEN: Preset = {
    "surface": "valley",
    "start": [-1.0, -0.364],
    "racers": [{"rule": "sgd", "learning_rate": 0.01}, {"rule": "sgd", "learning_rate": 0.05}],
    "steps": 1000,
    "noise": 2.0,
}


def _noise_leaves_a_minimum(seeds: Sequence[int]) -> Verdict:
    """R21: from the bottom of the shallow minimum: without noise nobody leaves; with it the rate decides."""
    tries = 4
    still = np.zeros(2, int)
    left = np.zeros(2, int)
    back = 0
    for seed in seeds:
        for k in range(tries):
            quiet = run(_SHAKEN, start=near([-1.0, -0.36], 100 * seed + k, 0.3), noise=0.0)
            still += quiet.distances()[:, -1] < 0.5
            shaken = run(_SHAKEN, seed=100 * seed + k)
            left += shaken.positions[:, -100:, 0].mean(-1) > 0
            deep = run(_SHAKEN, seed=100 * seed + k, start=[1.6, -0.023])
            back += int(deep.positions[1, -100:, 0].mean() < 0)
    n = tries * len(seeds)
    stays = still.sum() == 0 and left[0] < 0.25 * n
    escapes = left[1] > 0.75 * n
    return Verdict(
        "half" if stays and escapes else "yes" if stays else "no",
        say(
            "With the full gradient {quiet} of {all} runs stayed in the shallow minimum. With noise of "
            "{noise:g} and {steps} steps the rate 0.01 left it in {slow} of {n} runs, the rate 0.05 in "
            "{fast} of {n}; from the deep minimum the rate 0.05 came back in {back} of {n}. So mini-batches "
            "leave a minimum when the learning rate times the noise is large for its depth.",
            quiet=int(2 * n - still.sum()),
            all=2 * n,
            noise=_SHAKEN["noise"],
            slow=int(left[0]),
            fast=int(left[1]),
            back=back,
            n=n,
            steps=_SHAKEN["steps"],
        ),
        say(
            "Left the shallow minimum: {fast} of {n} runs with the rate 0.05, {slow} of {n} with 0.01.",
            fast=int(left[1]),
            slow=int(left[0]),
            n=n,
        ),
        equal(n * _SHAKEN["steps"], _("rate 0.01"), _("rate 0.05")),
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
            "The variance at the rates {a:.3g}, {b:.3g} and {c:.3g} was {va:.4f}, {vb:.4f} and {vc:.4f}; "
            "the formula ασ²/(h(2−αh)) gives {ta:.4f}, {tb:.4f} and {tc:.4f}. Without noise the constant "
            "rate was within 10⁻⁹ of the minimum after {constant} steps, and one decayed every 10 steps "
            "stopped {short:.3f} away from it.",
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
        say("After two decays the variance is {ratio:.0f} times smaller.", ratio=float(variance[0] / variance[2])),
        equal(_FLOORS["steps"], _("constant, no noise"), _("decayed, no noise")),
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
        where=_("Optimizers: problems of SGD"),
        look=Look(panels=("The surface", "Loss above the minimum")),
        prediction=Prediction(
            _("After 50 steps, along which axis is most of the way still to go?"),
            (_("the steep one"), _("the shallow one"), _("both alike")),
            1,
        ),
        try_this=_(
            "Raise the learning rate above 0.02, which is 2 divided by the largest curvature: SGD diverges."
        ),
    ),
    Claim(
        "R2",
        _("SGD stops at a local minimum or a saddle point, where the gradient is zero."),
        _RIDGE,
        _stops_where_the_gradient_is_zero,
        where=_("Optimizers: problems of SGD"),
        look=Look(panels=("The surface", "Gradient norm")),
        prediction=Prediction(
            _("SGD starts very close to the ridge of a saddle, but not on it. Does it stop at the saddle?"),
            (_("yes"), _("no, it is only delayed")),
            1,
        ),
        try_this=_("Drag the start a little off the ridge, or set the noise to 0.01, and run again."),
        unequal=_("In the valley SGD needs more steps to come to rest. At the saddle all sides have the same."),
    ),
    Claim(
        "R16",
        _(
            "Each decay of the learning rate lowers the floor of the loss. Without noise, and with a good "
            "rate, no decay is needed."
        ),
        _FLOORS,
        _decay_lowers_the_floor,
        where=_("Optimizers: learning-rate schedules"),
        look=Look(panels=("Loss above the minimum", "Effective step size")),
        prediction=Prediction(
            _("The learning rate falls to a quarter. What happens to the variance around the minimum?"),
            (_("it stays the same"), _("it falls to less than a quarter"), _("it falls to zero")),
            1,
        ),
        try_this=_("Set the noise to 0: now the decay only slows the run."),
    ),
    Claim(
        "R21",
        _("Mini-batch SGD is unlikely to stay in a local minimum, because of its noise."),
        _SHAKEN,
        _noise_leaves_a_minimum,
        where=_("Optimizers: mini-batches (elsewhere the notes say that SGD stops there)"),
        look=Look(panels=("The surface", "Loss above the minimum")),
        prediction=Prediction(
            _("Both start at the bottom of the shallow minimum, with the same noise. Who leaves it?"),
            (_("nobody"), _("only the larger rate"), _("both")),
            1,
        ),
        try_this=_("Set the noise to 0, then to 4: first nobody leaves, then both do."),
    ),
)
