"""What a mini-batch costs and gains: its gradient's noise, and the progress for the same number of examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.race.params import check_racer, racer_field
from engine.frame import ArraySpec, Told, Value
from engine.message import Message, _, say
from engine.optimizers import Rule
from engine.params import refused, slider
from engine.pieces import Pieces, quiet
from engine.surfaces import Fit

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

Array = NDArray[np.float64]

SIZES = (1, 2, 4, 8, 16, 32, 64, 100)
_DRAWS = 2_000
RATES = np.geomspace(1e-3, 1e2, 21)
"""The rates among which each batch size finds its own, times 1 over the largest curvature at the minimum."""
_SEEDS = 8
_PIECE = 100
"""Steps of all rates and draws between two places to interrupt: some milliseconds."""


def _fit(simulation: RaceSimulation) -> Fit:
    if not isinstance(simulation.surface, Fit):
        raise refused(say("This surface has no data; choose linear or logistic regression."), "surface")
    return simulation.surface


def noise_of(fit: Fit, theta: Array, sizes: tuple[int, ...], draws: int, seed: int) -> tuple[Array, Array]:
    """Return the mean squared distance of batch gradients from the exact one, measured and in closed form.

        E|g_B - g|² = tr Σ / B * (N - B) / (N - 1),   Σ the covariance of the rows' gradients

    Args:
        fit: whose loss is a mean over rows. theta: where, (2,).
        sizes: of the batches; the rows of one are distinct.
        draws: how many of each. seed: draws them.
    Returns: two arrays (sizes,).
    """
    own = fit.formula.gradients(theta)
    apart, n = own - own.mean(0), len(own)
    order = np.argsort(np.random.default_rng(seed).random((draws, n)), axis=1)
    sums = np.cumsum(apart[order], axis=1)
    means = np.stack([sums[:, size - 1] / size for size in sizes])
    measured = np.square(means).sum(-1).mean(-1)
    measured[np.array(sizes) == n] = 0.0  # the sum of all deviations is 0 but for rounding
    at = np.array(sizes, dtype=np.float64)
    return measured, np.square(apart).sum(-1).mean() / at * (n - at) / (n - 1)


class BatchNoise(Asked):
    """How far the gradients of batches lie from the exact gradient where a racer is."""

    racer: int = racer_field()

    def answer(self, simulation: RaceSimulation) -> dict[str, Value]:
        """Return the measured noise by batch size beside its closed form."""
        fit, racer = _fit(simulation), self.racer
        check_racer(racer, simulation.rules)
        sizes = SIZES[:-1]  # all the rows have no noise, and a logarithm of it no place
        if simulation.diverged[racer] >= 0:
            return self._told(np.full((2, len(sizes)), np.nan), say("This racer is out; go back to look at it."))
        measured, theory = noise_of(fit, simulation.theta[racer], sizes, _DRAWS, simulation.params.seed)
        remark = say(
            "Where {name} is, a batch of 1 is off by {one:.2g} (root mean square) and one of 16 by {many:.2g}; "
            "the exact gradient is {exact:.2g} long. Measured on {draws} batches of each size.",
            name=simulation.rules[racer].called,
            one=float(np.sqrt(measured[0])),
            many=float(np.sqrt(measured[sizes.index(16)])),
            exact=float(np.hypot(*simulation.gradient[racer])),
            draws=_DRAWS,
        )
        return self._told(np.stack([measured, theory]), remark)

    def _told(self, noise: Array, remark: Message) -> dict[str, Value]:
        return {
            "batch_sizes": np.array(SIZES[:-1], dtype=np.float64),
            "batch_noise": noise[0],
            "batch_noise_theory": noise[1],
            "batch_noise_remark": Told(remark),
        }


class Progress(NamedTuple):
    """What each batch size reaches: loss above the minimum, (sizes, seeds), and the rates that were found."""

    excess: Array
    rates: Array


class Contest(NamedTuple):
    """One rule from one origin on one fit, with so many examples, on ``seeds`` draws of the batches."""

    fit: Fit
    rule: Rule
    origin: Array
    examples: int
    seeds: int

    def run(self, seed: int) -> Pieces[Progress]:
        """Let each batch size spend the same number of examples, its rate tuned like the others'.

        Every size tries the same rates; the one with the best median then runs on as many other draws of the
        batches, and those are returned.
        """
        rates = RATES / np.linalg.eigvalsh(self.fit.formula.hessian(self.fit.minima[0]))[-1]
        reached, chosen = [], []
        for size in SIZES:
            tuning = yield from quiet(self._descend(rates, size, seed))
            median = np.nan_to_num(np.median(tuning, axis=1), nan=np.inf)
            best = rates[int(median.argmin())]
            chosen.append(best)
            again = yield from quiet(self._descend(np.array([best]), size, seed + 1_000_003))
            reached.append(again[0])
        return Progress(np.array(reached), np.array(chosen))

    def _descend(self, rates: Array, size: int, seed: int) -> Pieces[Array]:
        """Return the loss above the minimum (rates, seeds) once the examples are spent, all runs in one stack."""
        fit, rng = self.fit, np.random.default_rng([seed, size])
        values = {name: value for name, value in self.rule.model_dump().items() if name != "learning_rate"}
        stack = type(self.rule).stacked(**values, learning_rate=rates[:, None, None])
        theta = np.tile(np.asarray(self.origin, dtype=np.float64), (len(rates), self.seeds, 1))
        state, update = stack.init(theta), stack.prepared()
        for step in range(max(1, self.examples // size)):
            if step % _PIECE == 0:
                yield
            rows = np.argsort(rng.random((self.seeds, fit.rows)), axis=1)[:, :size]
            update(state, theta, fit.formula.batch_gradients(theta, rows), 1.0, None)
        return np.asarray(fit.formula.value(theta) - fit.lowest)


class BatchSizes(Asked):
    """How far each batch size gets with the same number of examples."""

    racer: int = racer_field()
    budget: int = slider(
        600, 100, 2_000, _("Examples"), _("How many rows each batch size may look at, a row again each time.")
    )

    def answer_in_pieces(self, simulation: RaceSimulation) -> Pieces[dict[str, Value]]:
        """Return the loss above the minimum by batch size: median and quartiles over draws of the batches."""
        fit = _fit(simulation)
        check_racer(self.racer, simulation.rules)
        rule = simulation.rules[self.racer]
        if rule.needs:
            sentence = say(
                "{name} asks for more than a gradient, so its examples cannot be counted so; focus another racer.",
                name=rule.called,
            )
            raise refused(sentence, "racer")
        origin = np.array(simulation.params.origin)
        found = yield from Contest(fit, rule, origin, self.budget, _SEEDS).run(simulation.params.seed)
        low, middle, high = np.quantile(found.excess, [0.25, 0.5, 0.75], axis=1)
        best = int(np.nan_to_num(middle, nan=np.inf).argmin())
        remark = say(
            "With {examples} examples {name} gets furthest with batches of {best}: {low:.2g} above the minimum, "
            "and {full:.2g} with the full batch. Each size took the best of {rates} rates, tried on {seeds} "
            "draws; the curve is from {seeds} others.",
            examples=self.budget,
            name=rule.called,
            best=SIZES[best],
            low=float(middle[best]),
            full=float(middle[-1]),
            rates=len(RATES),
            seeds=_SEEDS,
        )
        return {
            "all_batch_sizes": np.array(SIZES, dtype=np.float64),
            "batch_progress": middle,
            "batch_progress_low": low,
            "batch_progress_high": high,
            "batch_rates": found.rates,
            "batch_progress_remark": Told(remark),
        }


_BY_SIZE = ("size",)
QUESTIONS = (
    Question(
        "batch_noise",
        _("The gradient's noise by batch size"),
        BatchNoise,
        {
            "batch_sizes": ArraySpec(_BY_SIZE, _("Batch size")),
            "batch_noise": ArraySpec(_BY_SIZE, _("Measured")),
            "batch_noise_theory": ArraySpec(_BY_SIZE, _("Closed form")),
            "batch_noise_remark": ArraySpec((), _("In a sentence")),
        },
        exact=True,
    ),
    Question(
        "batch_progress",
        _("Loss after the same number of examples"),
        BatchSizes,
        {
            "all_batch_sizes": ArraySpec(_BY_SIZE, _("Batch size")),
            "batch_progress": ArraySpec(_BY_SIZE, _("Loss above the minimum, median")),
            "batch_progress_low": ArraySpec(_BY_SIZE, _("Lower quartile")),
            "batch_progress_high": ArraySpec(_BY_SIZE, _("Upper quartile")),
            "batch_rates": ArraySpec(_BY_SIZE, _("Learning rate that each size was tuned to")),
            "batch_progress_remark": ArraySpec((), _("In a sentence")),
        },
    ),
)
