"""The claims of the notes about searching hyperparameters, each with its comparison and a check on its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.claim import Claim, Drawn, Look, Prediction, Reading, Verdict, equal
from engine.experiments.search.naming import CODES
from engine.experiments.search.params import SearchParams
from engine.message import _, say

Array = NDArray[np.float64]
Preset = Mapping[str, Any]
RATE = "optimizer.learning_rate"
_WHERE = _("Training: searching hyperparameters")
_TRIALS = _("trials")
RESPONSE, BEST, TRIAL = _("The response, as far as it was tried"), _("Best loss so far"), _("One trial")

_FEW_MATTER: Preset = {
    "axes": [
        {"setting": RATE, "low": 1e-5, "high": 10.0},
        {"setting": "optimizer.beta2", "low": 0.9, "high": 0.9999},
        {"setting": "optimizer.eps", "low": 1e-12, "high": 1e-6},
    ],
    "budget": 27,
    "repeats": 6,
    "updates": 100,
}
_SIXTY: Preset = {"samplers": ["random"], "budget": 360, "repeats": 1, "updates": 40}
_RATES: Preset = {
    "axes": [{"setting": RATE, "low": 1e-5, "high": 10.0}, {"setting": "l2", "low": 1e-6, "high": 1e-4}],
    "samplers": ["random"],
    "budget": 60,
    "repeats": 1,
    "updates": 300,
}
_PENALTY: Preset = {
    "settings": {
        "hidden": [32, 32],
        "noise": 0.3,
        "samples": 120,
        "wrong_labels": 0.1,
        "validation_share": 0.5,
        "test_share": 0.1,
        "batch_size": 60,
    },
    "axes": [{"setting": "l2", "low": 1e-5, "high": 1.0}, {"setting": RATE, "low": 0.01, "high": 0.03}],
    "samplers": ["grid"],
    "budget": 16,
    "repeats": 2,
    "updates": 800,
}
TWENTIETH, SET, SMALL_SET = 0.05, 60, 20
FAR, NEAR = 30.0, 3.0
"""A rate is far too low when it is so many times less than the best, too high when a third of that times more."""


def searched(preset: Preset, seed: int) -> dict[str, Array]:
    """Return the whole search as the page shows it: its series, without the start."""
    from engine.experiments.search import Search  # which lists these claims

    laboratory = Search()
    params = SearchParams(**{**preset, "seed": seed})
    run = laboratory.begin(params, np.random.default_rng(seed))
    parts = []
    while run.step < run.total:
        parts.append(run.advance(run.total))
    names = ("values", "settings", "outcomes", "best")
    return {name: np.concatenate([np.asarray(part[name]) for part in parts], axis=1) for name in names}


def _moved(seed: int) -> Preset:
    """Return the first comparison with its box of rates moved, so that the grid is neither lucky nor unlucky."""
    factor = 10.0 ** -(0.25 * (seed % 5))
    rates, *others = _FEW_MATTER["axes"]
    moved = {**rates, "low": float(f"{1e-5 * factor:.4g}"), "high": float(f"{10 * factor:.4g}")}
    return {**_FEW_MATTER, "axes": [moved, *others]}


def _random_against_grid(seeds: Sequence[int]) -> Verdict:
    """S1: 27 points each on three axes of which one matters."""
    grids, randoms, ahead, repeats = [], [], 0, _FEW_MATTER["repeats"]
    for seed in seeds:
        found = searched(_moved(seed), seed)
        grid, random = found["best"][:, -1]
        lowest = np.nanmin(found["values"].reshape(2, repeats, -1), axis=2)
        ahead += int((lowest[1] < lowest[0]).sum())
        grids.append(grid)
        randoms.append(random)
    grid, random, pairs = float(np.mean(grids)), float(np.mean(randoms)), repeats * len(seeds)
    won = sum(one < other for one, other in zip(randoms, grids, strict=True))
    return Verdict(
        "yes" if won == len(seeds) and ahead > 0.6 * pairs else "half" if random < grid else "no",
        say(
            "27 trainings each: the grid tried 3 learning rates, 3 values of β₂ and 3 of ε, the random search 27 "
            "of each, and its best net was the better one in {ahead} of {pairs} searches. The range of learning "
            "rates was moved from seed to seed, so that the grid's three are neither lucky nor unlucky.",
            ahead=ahead,
            pairs=pairs,
        ),
        say("Best validation loss: {random:.3f} random, {grid:.3f} grid.", random=random, grid=grid),
        equal(27 * pairs, _("Grid"), _("Random"), unit=_TRIALS),
    )


def _hits(values: Array, size: int) -> Array:
    """Return of each set of so many trials whether one of them is among the best twentieth of all."""
    losses = np.where(np.isfinite(values), values, np.inf)
    best = np.sort(losses)[: int(TWENTIETH * len(losses))][-1]
    return np.asarray(losses.reshape(-1, size).min(axis=1) <= best)


def _sixty_trials(seeds: Sequence[int]) -> Verdict:
    """S2: how often a set of 60, and of 20, random trials has one of the best twentieth."""
    found = [searched(_SIXTY, seed)["values"][0] for seed in seeds]
    sixty = np.concatenate([_hits(values, SET) for values in found])
    twenty = np.concatenate([_hits(values, SMALL_SET) for values in found])
    expected = 1 - (1 - TWENTIETH) ** SET
    error = 2 * np.sqrt(expected * (1 - expected) / len(sixty))
    share = float(sixty.mean())
    return Verdict(
        "yes" if share > expected - error else "half" if share > twenty.mean() else "no",
        say(
            "By the formula 1 − 0.95⁶⁰ = {expected:.4f} of all sets of 60 have a trial among the best twentieth, "
            "and {fewer:.3f} of those of 20. Counted in {trials} real trainings: {hits} of {sets} sets of 60, and "
            "{few_hits} of {few_sets} sets of 20. The formula asks nothing of the response, nor of the number of "
            "axes.",
            expected=expected,
            fewer=1 - (1 - TWENTIETH) ** SMALL_SET,
            trials=sum(map(len, found)),
            hits=int(sixty.sum()),
            sets=len(sixty),
            few_hits=int(twenty.sum()),
            few_sets=len(twenty),
        ),
        say("{share:.2f} of the sets of 60 hit the best 5%; {fewer:.2f} of 20.", share=share, fewer=twenty.mean()),
        equal(sum(map(len, found)), _("sets of 60"), _("sets of 20"), unit=_TRIALS),
    )


def _kinds(rates: Array, values: Array, outcomes: Array) -> tuple[list[Array], float]:
    """Return the outcomes of rates far below, near and far above the best rate, and that rate."""
    best = float(rates[np.nanargmin(values)])
    low, high = rates < best / FAR, rates > best * FAR / NEAR
    near = (rates > best / NEAR) & (rates < best * NEAR)
    return [outcomes[group] for group in (low, near, high)], best


def _three_curves(seeds: Sequence[int]) -> Verdict:
    """S3: curves named by their shape alone, against where their learning rate lies."""
    groups: list[list[Array]] = [[], [], []]
    bests = []
    for seed in seeds:
        found = searched(_RATES, seed)
        parts, best = _kinds(found["settings"][0, :, 0], found["values"][0], found["outcomes"][0])
        bests.append(best)
        for group, part in zip(groups, parts, strict=True):
            group.append(part)
    low, near, high = (np.concatenate(group) for group in groups)
    slow = float(np.isin(low, [CODES["slow"], CODES["stuck"]]).mean())
    good, wild = float((near == CODES["good"]).mean()), float((high == CODES["wild"]).mean())
    least = min(slow, good, wild)
    return Verdict(
        "yes" if least > 0.7 else "half" if least > 0.4 else "no",
        say(
            "Curves were named by their shape alone. Of {lows} with a rate less than 1/30 of the best, {slow:.0%} "
            "were still falling or had hardly begun. Of {nears} within a factor of 3, {good:.0%} had come to "
            "rest, {rising:.0%} had risen again or jumped about: the limit between good and too high is not "
            "sharp. Of {highs} above 10 times the best, {wild:.0%} diverged or jumped about.",
            lows=len(low),
            slow=slow,
            nears=len(near),
            good=good,
            rising=float(np.isin(near, [CODES["rising"], CODES["wild"]]).mean()),
            highs=len(high),
            wild=wild,
        ),
        say(
            "Named rightly: {slow:.0%} too low, {good:.0%} good, {wild:.0%} too high.",
            slow=slow,
            good=good,
            wild=wild,
        ),
        (
            *equal(300 * len(low), _("too low")),
            *equal(300 * len(near), _("good")),
            *equal(300 * len(high), _("too high")),
        ),
    )


def _levels(penalties: Array, values: Array) -> list[float]:
    """Return the mean loss at each strength of the penalty, the least one first."""
    return [float(np.nanmean(values[penalties == level])) for level in np.unique(penalties)]


def _regularization(seeds: Sequence[int]) -> Verdict:
    """S4: validation loss over the strength of L2, for a large net on few noisy points."""
    rows = []
    for seed in seeds:
        found = searched(_PENALTY, seed)
        rows.append(_levels(found["settings"][..., 0], found["values"]))
    levels = np.array(rows)
    little, weak, middle, much = levels.mean(axis=0)
    right = int(((levels[:, 2] < levels[:, 0]) & (levels[:, 2] < levels[:, 3])).sum())
    return Verdict(
        "yes" if right == len(seeds) and middle < 0.8 * min(little, much) else "half" if right else "no",
        say(
            "A net of 32-32 units on 48 training points of which a tenth have a wrong class. With L2 of 4·10⁻⁵ "
            "and 7·10⁻⁴ the validation loss was {little:.2f} and {weak:.2f}: it has learned the wrong classes "
            "by heart. With 0.24 it was {much:.2f}, no better than guessing (ln 2 = 0.69). Between them, with "
            "0.013, it was the least in {right} of {count} searches.",
            little=little,
            weak=weak,
            much=much,
            right=right,
            count=len(seeds),
        ),
        say(
            "Validation loss: {little:.2f} with too little L2, {middle:.2f} between, {much:.2f} with too much.",
            little=little,
            middle=middle,
            much=much,
        ),
        equal(800 * 8 * len(seeds), _("too little"), _("between"), _("too much")),
    )


def _end(drawn: Drawn, row: int) -> float:
    return float(np.asarray(drawn["y"])[row, -1])


def _trials(drawn: Drawn, name: str) -> Array:
    """Return a series that a picture of trials draws, without the start."""
    return np.asarray(drawn[name])[:, 1:]


def _level(drawn: Drawn, at: int) -> float:
    return _levels(_trials(drawn, "settings")[..., 0], _trials(drawn, "values"))[at]


def _good(drawn: Drawn) -> float:
    rates, values, outcomes = (_trials(drawn, name)[0] for name in ("settings", "values", "outcomes"))
    parts, _best = _kinds(rates[:, 0], values, outcomes)
    return float((parts[1] == CODES["good"]).mean())


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "S1",
        _("Random search beats grid search when few hyperparameters matter."),
        _FEW_MATTER,
        _random_against_grid,
        where=_WHERE,
        look=Look(panels=(BEST, RESPONSE)),
        prediction=Prediction(
            _("27 trainings, three axes, of which only the learning rate matters much. Who finds the better net?"),
            (_("the grid"), _("random points"), _("both alike")),
            1,
        ),
        try_this=_(
            "Remove the axes β₂ and ε and search the learning rate and L2 instead: now the grid has five values "
            "of each, and is less far behind."
        ),
        readings=(
            Reading(BEST, lambda drawn: _end(drawn, 0), "grid"),
            Reading(BEST, lambda drawn: _end(drawn, 1), "random"),
        ),
    ),
    Claim(
        "S2",
        _("Sixty random trials hit the best five per cent with probability .954."),
        _SIXTY,
        _sixty_trials,
        where=_WHERE,
        by_construction=True,
        look=Look(panels=(RESPONSE,)),
        prediction=Prediction(
            _(
                "How likely is it that one of 60 random trials is among the best 5%, if there are six axes, not "
                "two?"
            ),
            (_("less likely"), _("just as likely"), _("more likely")),
            1,
        ),
        try_this=_(
            "Set the budget to 20 and choose other seeds: about every third search misses the bright region. "
            "With 60 one in twenty does."
        ),
        readings=(
            Reading(RESPONSE, lambda drawn: _hits(_trials(drawn, "values")[0], SET).mean(), "share"),
            Reading(RESPONSE, lambda drawn: _hits(_trials(drawn, "values")[0], SMALL_SET).sum(), "few_hits"),
        ),
    ),
    Claim(
        "S3",
        _("Learning rate too high, too low, good: the three loss curves."),
        _RATES,
        _three_curves,
        where=_WHERE,
        look=Look(panels=(RESPONSE, TRIAL)),
        prediction=Prediction(
            _("Which learning rate has a loss that is still falling when the time is over?"),
            (_("one that is too low"), _("a good one"), _("one that is too high")),
            0,
        ),
        try_this=_(
            "Click on trials from left to right and watch the loss curve: still falling, at rest, jumping about. "
            "Double the updates: some that were too low become good."
        ),
        unequal=_("Each trial has 300 updates; how many trials fall into each group is chance."),
        readings=(Reading(RESPONSE, _good, "good"),),
    ),
    Claim(
        "S4",
        _("Too much regularization cannot fit; too little overfits."),
        _PENALTY,
        _regularization,
        where=_WHERE,
        look=Look(panels=(RESPONSE, BEST)),
        prediction=Prediction(
            _("A large net, few points, a tenth of them with a wrong class. Which strength of L2 is best?"),
            (_("no L2"), _("some, but not much"), _("as much as possible")),
            1,
        ),
        try_this=_(
            "Give the net 600 points (“Every trial”, “Points”): with more data the best L2 is weaker, and too "
            "little of it harms less."
        ),
        readings=(
            Reading(RESPONSE, lambda drawn: _level(drawn, 0), "little"),
            Reading(RESPONSE, lambda drawn: _level(drawn, 2), "middle"),
            Reading(RESPONSE, lambda drawn: _level(drawn, 3), "much"),
        ),
    ),
)
"""In the order of their numbers."""
