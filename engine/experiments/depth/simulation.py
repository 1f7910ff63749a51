"""The nets in training: a batch, an update for every net, and now and then a look at all layers."""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Self

import numpy as np

from engine.autodiff.tape import Array
from engine.data.batches import Rows
from engine.experiments.depth import look
from engine.experiments.depth.dataset import TrainingData, dataset
from engine.experiments.depth.doctor import findings
from engine.experiments.depth.member import Member, member, train, validate
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.theory import expectation, layerwise
from engine.frame import Frame, Told, Value, by_net
from engine.nn.losses import LOSSES
from engine.nn.penalty import Penalty
from engine.nn.statistics import LayerStatistics
from engine.params import Params
from engine.pieces import Pieces, in_turn, quiet, whole
from engine.simulation import Simulation

LOOKS = 100
"""About how many times in a run all layers are looked at."""


class DepthSimulation(Simulation):
    """A comparison in progress: every net sees the same rows in the same order.

    All layers are looked at every ``every`` steps and at the end, and at the end of an `advance` at least as long;
    frames in between hold the loss curves only. So an advance costs what it trains, and the numbers of a step are
    the same however the run is cut. Initializations that look at the data take the first L steps, a layer each;
    nets without one wait for them. Large nets (float32) are not validated before training begins, so that they
    show at once what a slider does. A net whose numbers stop being finite is stopped; the others go on.

    Args:
        params: of the run. members: the nets as drawn. data: the rows. shuffles: draws their order. See `begin`.
    """

    def __init__(
        self, params: DepthParams, members: list[Member], data: TrainingData, shuffles: np.random.Generator
    ) -> None:
        self.params = params
        self.data = data
        self.loss = params.loss if self.data.classifies else "squared_error"
        hot = self.data.classifies and self.loss == "squared_error"
        one_hot = np.eye(self.data.outputs)
        self.targets = one_hot[self.data.targets] if hot else self.data.targets
        self.validation_targets = one_hot[self.data.validation_targets] if hot else self.data.validation_targets
        self.members = members
        self.phase = params.depth if any(one.phased for one in self.members) else 0
        self.total = self.phase + params.steps
        # A look passes all rows, a step one batch: about half of the time goes into looking.
        batch = min(params.batch_size, params.samples)
        self.every = max(1, math.ceil(self.total / LOOKS), params.samples // batch)
        self.batches = Rows(len(self.data.inputs), shuffles)
        self.change(params)

    @classmethod
    def begin(cls, params: DepthParams, rng: np.random.Generator) -> Pieces[Self]:
        """Make the rows and draw the nets of a run."""
        weights, shuffles = rng.spawn(2)
        data = dataset(params)
        yield
        members = yield from in_turn(member(params, choice, data, weights) for choice in params.nets)
        return cls(params, members, data, shuffles)

    def change(self, params: Params) -> None:
        """Train on under other parameters; a rule of another kind begins with a fresh state."""
        assert isinstance(params, DepthParams)
        self.params = params
        for one in self.members:
            one.trainer.use(params.optimizer)
            one.trainer.penalty = Penalty(params.l1, params.l2, params.max_norm)
            if one.net.dropout != params.dropout:
                one.net = dataclasses.replace(one.net, dropout=params.dropout)

    def first(self) -> Frame:
        """Return the nets as initialized."""
        return whole(self.first_in_pieces())

    def first_in_pieces(self) -> Pieces[Frame]:
        return (yield from quiet(self._first()))

    def _first(self) -> Pieces[Frame]:
        found, scores = yield from self._look()
        if all(
            one.trainer.theta.dtype == np.float64 for one in self.members
        ):  # of large nets when training begins
            yield from self._validate_all()
        if look.spectrum_work(self.members) <= look.SPECTRUM_AT_FIRST:
            found |= yield from look.spectra(self.members, self.data.inputs)
        series = {
            "loss": scores[:, :1],
            "accuracy": scores[:, 1:],
            "validation_loss": np.array([[one.validation[0]] for one in self.members]),
            "validation_accuracy": np.array([[one.validation[1]] for one in self.members]),
        }
        return Frame(0, {**series, **found}, self.total == 0)

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` updates of every net."""
        return whole(self.advance_in_pieces(steps))

    def advance_in_pieces(self, steps: int) -> Pieces[Frame]:
        return (yield from quiet(self._advance(steps)))

    def _advance(self, steps: int) -> Pieces[Frame]:
        k = max(0, min(steps, self.total - self.step))
        if self.step == 0 and any(math.isnan(one.validation[0]) for one in self.members):
            yield from self._validate_all()
        series = np.full((4, len(self.members), k), np.nan)
        found: dict[str, Value] = {}
        for j in range(k):
            now = self.step + 1
            last = j == k - 1
            preparing = now <= self.phase
            looking = preparing or now % self.every == 0 or now == self.total or (last and k >= self.every)
            rows = np.empty(0, np.intp) if preparing else self.batches.take(self.params.batch_size)
            for i, one in enumerate(self.members):
                if preparing:
                    one.prepare(now)
                    yield
                elif one.stopped < 0:
                    series[:2, i, j] = yield from self._train(one, rows, now, looking)
                    series[2:, i, j] = one.validation
            self.step = now
            if looking:
                yield
                found, scores = yield from self._look()
                if preparing:
                    series[:2, :, j] = scores.T
                yield from self._validate_all()
                series[2:, :, j] = np.array([one.validation for one in self.members]).T
        names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
        return Frame(self.step, {**dict(zip(names, series, strict=True)), **found}, self.step >= self.total)

    def _train(self, one: Member, rows: Array, now: int, looking: bool) -> Pieces[tuple[float, float]]:
        batch = self.data.inputs[rows], self.targets[rows]
        loss, accuracy, finite = yield from train(one, batch, loss=self.loss, report=looking)
        if not finite:
            one.stopped = now
            one.ratio = np.full_like(one.ratio, np.nan)
            one.validation = math.nan, math.nan
        return loss, accuracy

    def _validate_all(self) -> Pieces[None]:
        for one in self.members:
            if one.stopped < 0:
                yield from validate(one, self.data.validation_inputs, self.validation_targets, self.loss)
                yield

    def _look(self) -> Pieces[tuple[dict[str, Value], Array]]:
        """Return what a look finds, and loss and accuracy of each net on all rows (net, 2)."""
        measured, scores, bins = yield from look.look(self.members, self.data.inputs, self.targets, self.loss)
        for one, statistics, (loss, _accuracy) in zip(self.members, measured, scores, strict=True):
            overflown = statistics is not None and not np.isfinite([loss, statistics.activation_std[-1]]).all()
            if overflown:
                one.stopped = self.step
            elif self.step == 0:
                one.last_loss = loss
        found: dict[str, Value] = dict(look.arrays(self.members, measured, bins))
        if self.step == 0:
            theory = [
                self._theory(one, statistics) for one, statistics in zip(self.members, measured, strict=True)
            ]
            found |= {name: by_net([one[name] for one in theory]) for name in theory[0]}
        losses = [loss for loss, _accuracy in scores]
        diagnoses = findings(
            self.params, self.members, measured, losses=losses, silent=self.silent, step=self.step
        )
        found["doctor"] = Told([one.told() for one in diagnoses])
        if 0 < look.spectrum_work(self.members) <= look.SPECTRUM_ALWAYS and self.step:
            found |= yield from look.spectra(self.members, self.data.inputs)
        return found, np.array(scores)

    def _theory(self, one: Member, statistics: LayerStatistics | None) -> dict[str, Array]:
        inputs = self.data.inputs
        mean_square = float(np.vdot(inputs, inputs)) / inputs.size
        last = math.nan if statistics is None else float(statistics.gradient_std[-1])
        sizes = self.params.depth, self.params.width, inputs.shape[1]
        one.expected = expectation(one.choice, *sizes, rows=len(inputs), mean_square=mean_square)
        return layerwise(one.expected, self.params.depth, last)

    @cached_property
    def silent(self) -> float:
        """The loss of a net whose scores are all 0, to which the doctor compares."""
        scores = np.zeros((len(self.targets), self.data.outputs))
        return float(LOSSES[self.loss].function(scores, self.targets).value)
