"""Trials of the depth laboratory: nets of one shape train as one array program, whatever their rows."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.member import batch_loss
from engine.experiments.depth.params import PHASED, DepthParams, features
from engine.experiments.depth.simulation import DepthSimulation
from engine.experiments.depth.sizes import architecture, dtype_of
from engine.nn.losses import LOSSES
from engine.nn.stack import rule_shape, take_back, together
from engine.pieces import Pieces, in_turn, quiet
from engine.trials import Going, stacked

if TYPE_CHECKING:
    from engine.experiment import Experiment


def trials(laboratory: Experiment, settings: Sequence[DepthParams]) -> Going:
    """Train the first net of each of ``settings``; the numbers are those of single runs, up to rounding.

    Large nets (float32), initializations that look at the data, and rules that solve systems train by themselves.
    """
    return stacked(laboratory, settings, shape, _work, Stack.built)


def shape(params: DepthParams) -> Hashable:
    """Return what is equal for trials that can be one array program; None for one that trains by itself.

    Trials that differ in width do not train together: filled up to the widest, nets of 8 and 64 units would spend
    64 times the small one's products on zeros, and draw other masks of dropout than they do alone.
    """
    choice, rule = params.nets[0], rule_shape(params.optimizer)
    net = architecture(params, choice, *features(params))
    if rule is None or choice.init in PHASED or dtype_of(net, params.samples) != np.float64:
        return None
    rest = params.model_dump_json(include={"data", "samples", "batch_size", "loss", "max_norm", "steps"})
    return net, rest, rule


def _work(params: DepthParams) -> int:
    net = architecture(params, params.nets[0], *features(params))
    return net.multiplications(min(params.batch_size, params.samples))


class Stack:
    """Some trials that train together.

    Args:
        places: their numbers among all trials. runs: each by itself, of one `shape`.
    """

    def __init__(self, places: Sequence[int], runs: Sequence[DepthSimulation]) -> None:
        self.places, self._runs = list(places), list(runs)
        self.step, self.total = 0, runs[0].total
        self.last = np.full(len(places), np.nan)
        self._well = np.full(len(places), True)
        self._form()

    @classmethod
    def built(cls, places: Sequence[int], settings: Sequence[DepthParams]) -> Pieces[Stack]:
        """Make the rows and the first weights of every net, with pauses; return the stack."""
        alone = [one.model_copy(update={"compare": []}) for one in settings]
        begun = (DepthSimulation.begin(one, np.random.default_rng(one.seed)) for one in alone)
        return cls(places, (yield from in_turn(begun)))

    def _form(self) -> None:
        first = self._runs[0]
        self._net = first.members[0].net
        self._trainer = together([run.members[0].trainer for run in self._runs])
        self._alike = all(run.data is first.data and run.params.seed == first.params.seed for run in self._runs)
        """Whether all see the same rows in the same order."""
        self._held = self._side([run.data.validation_inputs for run in self._runs])
        self._held_targets = self._side([run.validation_targets for run in self._runs])

    def _side(self, arrays: Sequence[Array]) -> Array:
        """Return what each run has, (R, ...), or once where all have the same."""
        return arrays[0] if self._alike else np.stack(arrays)

    def train(self, step: int) -> Generator[None, None, None]:
        """Train up to an update, and measure there."""
        while self.step < min(step, self.total):
            yield from quiet(self._update())
            yield
        self._measure()

    def _update(self) -> Pieces[None]:
        runs = self._runs[:1] if self._alike else self._runs
        rows = [run.batches.take(run.params.batch_size) for run in runs]
        inputs = self._side([run.data.inputs[some] for run, some in zip(runs, rows, strict=True)])
        targets = self._side([run.targets[some] for run, some in zip(runs, rows, strict=True)])
        loss = batch_loss(self._net, inputs, targets, runs[0].loss)
        found = yield from self._trainer.step_in_pieces(loss)
        finite = np.isfinite(found.loss) & np.isfinite(found.gradient_norm)
        self._well &= finite & np.isfinite(self._trainer.theta).all(axis=-1)
        self.step += 1

    def _measure(self) -> None:
        with np.errstate(all="ignore"):
            outputs = self._net.forward(self._trainer.parameters.views, self._held, "test").outputs
            losses = LOSSES[self._runs[0].loss].function(outputs, self._held_targets).value
        self.last = np.where(self._well & np.isfinite(losses), losses, np.nan)

    def only(self, keep: set[int]) -> Stack | None:
        """Return the stack of those that go on; None where there are none."""
        kept = [r for r, place in enumerate(self.places) if place in keep]
        if len(kept) < len(self.places):
            take_back(self._trainer, [run.members[0].trainer for run in self._runs])
            if self._alike and kept:
                self._runs[kept[0]].batches = self._runs[0].batches
            self.places, self._runs = [self.places[r] for r in kept], [self._runs[r] for r in kept]
            self.last, self._well = self.last[kept], self._well[kept]
            if kept:
                self._form()
        return self if kept else None
