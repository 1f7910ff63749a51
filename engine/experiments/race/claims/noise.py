"""Claims on mini-batches, on data and on many dimensions: noise, batch sizes, scaling, saddles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Budget, Claim, Look, Prediction, Verdict
from engine.data.preprocessing import condition
from engine.data.preprocessing import fit as prepare
from engine.experiments.race.batches import RATES, SIZES, Contest, noise_of
from engine.experiments.race.claims.measure import Array, Preset, equal, run, surface_of
from engine.experiments.race.saddles import GOE_MINIMA, share_of_minima
from engine.message import _, say
from engine.optimizers import RULES
from engine.params import check
from engine.pieces import whole
from engine.surfaces import Fit

_BATCHES: Preset = {
    "surface": "linear_regression",
    "scaling": "standardize",
    "batch_size": 4,
    "racers": [{"rule": "sgd", "learning_rate": 0.05}, {"rule": "sgd", "learning_rate": 0.3}],
    "steps": 400,
}
_MU = 0.9
_BOWL: Preset = {
    "surface": "quadratic",
    "condition": 4.0,
    "start": [0.0, 0.0],
    "noise": 1.0,
    "racers": [
        {"rule": "sgd", "learning_rate": 0.2},
        {"rule": "momentum", "learning_rate": 0.05, "momentum": _MU},
    ],
    "steps": 20_000,
}


def _floor(rate: float, curvature: Array, momentum: float) -> Array:
    """Return the variance of a coordinate at rest under gradient noise of variance 1."""
    return np.asarray(
        rate * (1 + momentum) / (curvature * (1 - momentum) * (2 * (1 + momentum) - rate * curvature))
    )


def _fit_of(preset: Preset) -> Fit:
    surface = surface_of(preset)
    assert isinstance(surface, Fit)
    return surface


def _noise_and_its_floor(seeds: Sequence[int]) -> Verdict:
    """R4: E|g_B - g|² = tr Sigma/B (N-B)/(N-1); Var x = a s²(1+b)/(h(1-b)(2(1+b)-a h)), momentum included."""
    fit, draws = _fit_of(_BATCHES), 2_000
    found = [noise_of(fit, np.array(fit.start), SIZES[:-1], draws, seed) for seed in seeds]
    measured, theory = np.mean(found, axis=0)
    error = float(np.abs(measured / theory - 1).max())
    squares = np.zeros((2, 2))
    for seed in seeds:
        squares += (run(_BOWL, seed=seed).positions[:, 200:] ** 2).mean(1)
    squares /= len(seeds)
    curvature = np.array([1.0, 4.0])
    floors = np.array([_floor(0.2, curvature, 0.0), _floor(0.05, curvature, _MU)])
    off = np.abs(squares / floors - 1)
    return Verdict(
        "yes" if error < 0.1 and off.max() < 0.05 else "no",
        say(
            "The mean squared error of a batch gradient was {one:.2f} with one row and {many:.2f} with 16; for "
            "every size it was within {error:.1%} of the closed form tr Σ/B · (N−B)/(N−1). Its last factor is "
            "there because a batch has no row twice; N is {rows}. On a bowl with noise "
            "of deviation 1 the variance at rest was {plain:.4f} for SGD (closed form {plain_theory:.4f}) and "
            "{heavy:.4f} for momentum ({heavy_theory:.4f}); the largest difference along any axis was {off:.1%}.",
            one=float(measured[0]),
            many=float(measured[SIZES.index(16)]),
            error=error,
            rows=len(fit.data.inputs),
            plain=float(squares[0, 0]),
            plain_theory=float(floors[0, 0]),
            heavy=float(squares[1, 0]),
            heavy_theory=float(floors[1, 0]),
            off=float(off.max()),
        ),
        say(
            "A batch of 16 has {ratio:.0f} times less noise than one row.", ratio=float(measured[0] / measured[4])
        ),
        equal(len(seeds) * _BOWL["steps"], _("SGD"), _("momentum")),
    )


_RATE = 0.02
_AVERAGED: Preset = {
    "surface": "linear_regression",
    "scaling": "standardize",
    "batch_size": 1,
    "racers": [
        {"rule": "sgd", "learning_rate": _RATE},
        {"rule": "momentum", "learning_rate": round(_RATE * (1 - _MU), 9), "momentum": _MU},
    ],
    "steps": 400,
}
WAY, _REST = slice(10, 80), slice(300, 400)


def aim(positions: Array, minimum: Array) -> Array:
    """Return the cosine between each step and the way down, on a round bowl: (racers, steps)."""
    steps, downhill = np.diff(positions, axis=1), minimum - positions[:, :-1]
    lengths = np.linalg.norm(steps, axis=-1) * np.linalg.norm(downhill, axis=-1)
    return np.asarray((steps * downhill).sum(-1) / lengths)


def _momentum_averages(seeds: Sequence[int]) -> Verdict:
    """R6: the direction of a step is that of the velocity: nearer the exact gradient on the way, not at rest."""
    minimum = np.array(surface_of(_AVERAGED).minima[0])
    tries = 4
    cosines = np.array(
        [aim(run(_AVERAGED, seed=tries * seed + k).positions, minimum) for seed in seeds for k in range(tries)]
    )
    way, rest = cosines[..., WAY].mean(-1), cosines[..., _REST].mean(-1)
    nearer = int((way[:, 1] > way[:, 0]).sum())
    return Verdict(
        "yes" if nearer == len(way) and way[:, 1].mean() > way[:, 0].mean() + 0.1 else "no",
        say(
            "In {nearer} of {n} runs the velocity pointed nearer the way down than the gradient of one row did, "
            "from step {first} to step {last}. At rest, after step 300, neither points anywhere: the cosines "
            "are {rest_single:.2f} and {rest_velocity:.2f}, because there the exact gradient is smaller than the "
            "noise.",
            nearer=nearer,
            n=len(way),
            first=WAY.start,
            last=WAY.stop,
            rest_single=float(rest[:, 0].mean()),
            rest_velocity=float(rest[:, 1].mean()),
        ),
        say(
            "Cosine with the way down: {velocity:.2f} for the velocity, {single:.2f} for one row's gradient.",
            velocity=float(way[:, 1].mean()),
            single=float(way[:, 0].mean()),
        ),
        equal(len(way) * _AVERAGED["steps"], _("SGD"), _("momentum")),
    )


_EXAMPLES, _DRAWS = 600, 8
_PROGRESS: Preset = {
    "surface": "logistic_boundary",
    "batch_size": 4,
    "racers": [{"rule": "sgd", "learning_rate": 0.1}],
    "steps": 150,
}
_EASY: Preset = {**_PROGRESS, "surface": "linear_regression", "scaling": "standardize"}


def _progress(preset: Preset, seeds: Sequence[int]) -> Array:
    """Return the median loss above the minimum by batch size, each with its own best rate."""
    fit = _fit_of(preset)
    contest = Contest(fit, check(RULES["sgd"], {}), np.array(fit.start), _EXAMPLES, _DRAWS)
    found = [whole(contest.run(seed)).excess for seed in seeds]
    return np.asarray(np.median(np.concatenate(found, axis=1), axis=1))


def _small_batches_get_further(seeds: Sequence[int]) -> Verdict:
    """R19: equal examples and equal tuning for each batch size: further on a long valley, not on a round bowl."""
    hard, easy = _progress(_PROGRESS, seeds), _progress(_EASY, seeds)
    best = int(hard.argmin())
    further = hard[:5].max() < hard[-1]
    needless = easy[-1] <= easy[:5].min()
    spent = 2 * (len(RATES) + 1) * _DRAWS * len(seeds) * _EXAMPLES
    return Verdict(
        ("half" if needless else "yes") if further else "no",
        say(
            "On raw data of two classes, after {examples} examples, SGD was {small:.2g} above the minimum with "
            "batches of {best} and {full:.2g} with the full batch. On the standardized line the full batch "
            "reached {easy_full:.1g} and batches of 16 {easy_small:.2g}: where the valley is round one good "
            "step is enough, and the noise only disturbs.",
            examples=_EXAMPLES,
            best=SIZES[best],
            small=float(hard[best]),
            full=float(hard[-1]),
            easy_full=float(abs(easy[-1])),
            easy_small=float(easy[SIZES.index(16)]),
        ),
        say(
            "Loss above the minimum after {examples} examples: {small:.2g} in batches of {best}, {full:.2g} in "
            "full ones.",
            examples=_EXAMPLES,
            small=float(hard[best]),
            best=SIZES[best],
            full=float(hard[-1]),
        ),
        tuple(Budget(side, spent, _("examples")) for side in (_("each batch size"), _("full batch"))),
    )


_SADDLES: Preset = {
    "surface": "saddle",
    "start": [1.5, 0.001],
    "racers": [{"rule": "sgd", "learning_rate": 0.03}, {"rule": "newton"}],
    "steps": 150,
}


def _saddles_are_the_rule(seeds: Sequence[int]) -> Verdict:
    """R3: GOE .1464 in 2-D and .0249 in 3-D; a smooth random function has more minima, and they grow rare too."""
    draws = 20_000
    shares = np.array(
        [[share_of_minima(n, draws, np.random.default_rng([seed, n])) for n in (2, 3, 6)] for seed in seeds]
    ).mean(0)
    total = draws * len(seeds)
    errors = [abs(shares[i, 0] - GOE_MINIMA[n]) / np.sqrt(GOE_MINIMA[n] / total) for i, n in enumerate((2, 3))]
    falls = bool((np.diff(shares, axis=0) < 0).all())
    return Verdict(
        "yes" if max(errors) < 4 and falls else "no",
        say(
            "In three dimensions it is {three:.4f} (closed form {expected_three:.4f}), in six {six:.1g}: of "
            "{total:,} random Hessians each. Critical points of a smooth random function are minima more often, "
            "{smooth_two:.3f} in two dimensions, {smooth_three:.3f} in three and {smooth_six:.3f} in six.",
            three=float(shares[1, 0]),
            expected_three=GOE_MINIMA[3],
            six=float(shares[2, 0]),
            total=total,
            smooth_two=float(shares[0, 1]),
            smooth_three=float(shares[1, 1]),
            smooth_six=float(shares[2, 1]),
        ),
        say(
            "Share of minima in two dimensions: {two:.4f} (closed form {expected_two:.4f}).",
            two=float(shares[0, 0]),
            expected_two=float(GOE_MINIMA[2]),
        ),
        tuple(Budget(side, total, _("draws")) for side in (_("random Hessians"), _("smooth random functions"))),
    )


_RAW: Preset = {
    "surface": "linear_regression",
    "scaling": "none",
    "racers": [{"rule": "sgd", "learning_rate": 0.037}, {"rule": "adam", "learning_rate": 0.2}],
    "steps": 300,
}


def _steps_at_the_best_rate(scaling: str) -> int:
    """Return after how many steps gradient descent, at its best rate, is at the finish line."""
    fit = _fit_of({**_RAW, "scaling": scaling})
    low, high = np.linalg.eigvalsh(fit.formula.hessian(fit.minima[0]))
    best = [{"rule": "sgd", "learning_rate": float(2 / (low + high))}]
    losses = run({**_RAW, "scaling": scaling}, racers=best, steps=5_000).losses[0]
    return int((losses <= fit.lowest + 1e-3).argmax())


def _scaling_rounds_the_valley(seeds: Sequence[int]) -> Verdict:
    """D21: condition number of the line's loss, raw, centred, standardized; correlation of two features stays."""
    line, pairs = _fit_of(_RAW), _fit_of({**_RAW, "surface": "logistic_boundary"})
    kinds = ("none", "center", "standardize")
    own = [_fit_of({**_RAW, "scaling": kind}).data.inputs for kind in kinds]
    raw, centred, scaled = (condition(rows) for rows in own)
    others = np.array([_conditions(line, kinds, seed) for seed in seeds])
    correlated = np.array([_conditions(pairs, (*kinds, "whiten"), seed) for seed in seeds])
    slow, quick, quickest = map(_steps_at_the_best_rate, kinds)
    cures = bool((others[:, 0] > 10 * others[:, 1]).all() and (others[:, 1] > others[:, 2]).all())
    left, white = float(np.median(correlated[:, 2])), float(np.median(correlated[:, 3]))
    return Verdict(
        ("half" if left > 1.5 else "yes") if cures and slow > 5 * quick else "no",
        say(
            "At its best rate gradient descent needed {slow} steps on the raw data, {quick} on centred and "
            "{quickest} on standardized data. On {draws} other draws the raw condition number was at least "
            "{least:.0f}. Two correlated features keep {left:.1f} after standardizing; whitening leaves "
            "{white:.1f}.",
            slow=slow,
            quick=quick,
            quickest=quickest,
            draws=len(seeds),
            least=float(others[:, 0].min()),
            left=left,
            white=white,
        ),
        say(
            "Condition number: {raw:.0f} raw, {centred:.0f} centred, {scaled:.0f} standardized.",
            raw=raw,
            centred=centred,
            scaled=scaled,
        ),
        equal(5_000, _("raw"), _("centred"), _("standardized")),
    )


def _conditions(fit: Fit, kinds: Sequence[str], seed: int) -> list[float]:
    inputs = fit.draw(np.random.default_rng(seed)).inputs
    return [condition(prepare(kind, inputs).apply(inputs)) for kind in kinds]


NOISE = (
    Claim(
        "D21",
        _(
            "With unnormalized data the loss is very sensitive to small changes of the weights; centring "
            "and scaling cure this."
        ),
        _RAW,
        _scaling_rounds_the_valley,
        where=_("Data preprocessing"),
        look=Look(panels=("The surface", "The data and each racer's fit")),
        prediction=Prediction(
            _("The valley of the raw data has a condition number of 306. What does centring alone leave?"),
            (_("about 300"), _("about 9"), _("1")),
            1,
        ),
        try_this=_(
            "Choose centred, then standardized data, and raise the learning rate: the valley becomes round."
        ),
    ),
    Claim(
        "R3",
        _(
            "In many dimensions saddle points are the rule: the share of random critical points that are minima "
            "falls fast with the dimension."
        ),
        _SADDLES,
        _saddles_are_the_rule,
        where=_("Optimizers: problems of SGD"),
        look=Look(_("Many dimensions"), panels=("How often a random critical point is a minimum",)),
        prediction=Prediction(
            _("In two dimensions, how many random critical points are minima if the Hessian is random?"),
            (_("a quarter"), _("about 15%"), _("half")),
            1,
        ),
        try_this=_("Draw more points: the curve of three dimensions comes to rest at 2.5%."),
    ),
    Claim(
        "R4",
        _(
            "A mini-batch gradient is noisy: its variance falls as 1/B, and a fixed learning rate ends on a noise "
            "floor."
        ),
        _BATCHES,
        _noise_and_its_floor,
        where=_("Optimizers: mini-batches"),
        look=Look(panels=("The gradient's noise by batch size", "Loss above the minimum")),
        prediction=Prediction(
            _("A batch has 16 rows instead of 1. How much smaller is the variance of its gradient?"),
            (_("4 times"), _("about 16 times"), _("256 times")),
            1,
        ),
        try_this=_("Set the batch size to 100: the noise is gone, and both reach the minimum."),
    ),
    Claim(
        "R6",
        _(
            "Momentum averages the gradient's noise: the velocity points nearer the true gradient than one "
            "mini-batch."
        ),
        _AVERAGED,
        _momentum_averages,
        where=_("Optimizers: momentum"),
        look=Look(panels=("The surface", "The data and each racer's fit")),
        prediction=Prediction(
            _("Both see one row a step. Whose trail is straighter on the way to the minimum?"),
            (_("SGD's"), _("momentum's"), _("both alike")),
            1,
        ),
        try_this=_("Set the momentum to 0.5, then to 0.99: a longer memory averages more, and overshoots."),
    ),
    Claim(
        "R19",
        _(
            "Mini-batch SGD makes more progress than full-batch descent for the same number of examples; the "
            "batch size is a hyperparameter."
        ),
        _PROGRESS,
        _small_batches_get_further,
        where=_("Optimizers: mini-batches"),
        look=Look(panels=("Loss after the same number of examples", "The data and each racer's fit")),
        prediction=Prediction(
            _("Every batch size may look at 600 rows. Which gets furthest on this long valley?"),
            (_("small batches"), _("the full batch"), _("all alike")),
            0,
        ),
        try_this=_("Choose linear regression with standardized data: there the full batch wins."),
    ),
)
