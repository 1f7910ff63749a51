"""Trials of the char-RNN: nets of one shape that read one text train as one array program."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.autodiff.tape import Tensor
from engine.experiments.charrnn.diagnosis import endless
from engine.experiments.charrnn.learner import at_once, measured_part, measured_window
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.simulation import MEASURE_EVERY, CharRNNSimulation
from engine.nn.dropout import Rng
from engine.nn.layout import Values
from engine.nn.recurrent import CellState
from engine.nn.recurrent.walker import mean_loss_in_pieces
from engine.nn.stack import rule_shape, take_back, together
from engine.pieces import Pieces, in_turn, quiet
from engine.trials import Going, stacked

if TYPE_CHECKING:
    from engine.experiment import Experiment


def trials(laboratory: Experiment, settings: Sequence[CharRNNParams]) -> Going:
    """Train the first net of each of ``settings``; the numbers are those of single runs, up to rounding (float32).

    Nets with dropout between layers, and rules that are no formula, train by themselves.
    """
    return stacked(laboratory, settings, shape, _work, Stack.built)


def shape(params: CharRNNParams) -> Hashable:
    """Return what is equal for trials that can be one array program; None for one that trains by itself.

    Trials that differ in width do not train together: filled up to the widest, the narrow ones would spend most of
    their products on zeros.
    """
    rule = rule_shape(params.optimizer)
    if rule is None or (params.dropout > 0 and params.layers > 1):
        return None
    same = {"corpus", "text", "batch_size", "sequence_length", "carry_state", "clip", "steps"}
    return params.architecture, params.model_dump_json(include=same), rule


def _work(params: CharRNNParams) -> int:
    return params.architecture.layout.size * params.columns * params.sequence_length


class Stack:
    """Some trials that train together.

    Args:
        places: their numbers among all trials. runs: each by itself, of one `shape`.
    """

    def __init__(self, places: Sequence[int], runs: Sequence[CharRNNSimulation]) -> None:
        self.places, self._runs = list(places), list(runs)
        first = runs[0]
        self.step, self.total = 0, first.total
        self.last = np.full(len(places), np.nan)
        self._well = np.full(len(places), True)
        self._above = np.zeros(len(places), np.int64)
        self._windows, self._text, self._carries = first.windows, first.text, first.params.carry_state
        self._net, self._columns = first.learners[0].net, first.columns
        self._states: list[CellState] | None = None
        self._form()

    @classmethod
    def built(cls, places: Sequence[int], settings: Sequence[CharRNNParams]) -> Pieces[Stack]:
        """Draw the first weights of every net, with pauses; return the stack."""
        alone = [one.model_copy(update={"compare": []}) for one in settings]
        begun = (CharRNNSimulation.begin(one, np.random.default_rng(one.seed)) for one in alone)
        return cls(places, (yield from in_turn(begun)))

    def _form(self) -> None:
        runs = len(self._runs)
        self._trainer = together([run.learners[0].trainer for run in self._runs])
        self._window = self._net.window(self._columns, self._windows.length, runs=runs)
        held = self._text.held
        if held is not None:
            columns = held.streams.shape[1]
            length = measured_window(columns, self._columns, self._windows.length)
            self._reader = (
                self._window if columns == self._columns else self._net.window(columns, length, runs=runs)
            )

    def train(self, step: int) -> Generator[None, None, None]:
        """Train up to an update; the losses are those of the last measurement that an ordinary run takes."""
        if not step:
            yield from self._measure()
        while self.step < min(step, self.total):
            self._update()
            if self.step % MEASURE_EVERY == 0 or self.step == self.total:
                yield from self._measure()
            self.last[~self._well] = np.nan
            yield

    def _update(self) -> None:
        if self._windows.at_end:
            self._states = None
        x, targets = self._windows.take()
        window, states = self._window, self._states
        after: list[CellState] = []

        def loss(parameters: Values, rng: Rng) -> Tensor:
            found = window.loss(parameters, x, targets, states)
            if rng:
                after[:] = window.last_states()
            return found

        found = self._trainer.step(loss)
        self._states = after if self._carries else None
        self.step += 1
        self._watch(found.loss, found.gradient_norm)

    def _watch(self, losses: Any, norms: Any) -> None:
        """Find who explodes, as an ordinary run does."""
        guess = float(np.log(self._text.vocabulary))
        self._above = np.where(losses > 5 * guess, self._above + 1, 0)
        finite = np.isfinite(self._trainer.theta).all(axis=-1)
        lost = [endless(*one) for one in zip(losses.tolist(), norms.tolist(), self._above.tolist(), strict=True)]
        self._well &= finite & ~np.array(lost)

    def _measure(self) -> Pieces[None]:
        held = self._text.held
        if held is not None:
            size, views = self._net.layout.size, self._trainer.parameters.views
            streams = measured_part(held, size)
            reading = mean_loss_in_pieces(self._reader, views, streams, held.warm, at_once(streams, size))
            found = yield from quiet(reading)
            self.last = np.where(np.isfinite(found), found, np.nan)

    def only(self, keep: set[int]) -> Stack | None:
        """Return the stack of those that go on; None where there are none."""
        kept = [r for r, place in enumerate(self.places) if place in keep]
        if len(kept) < len(self.places):
            take_back(self._trainer, [run.learners[0].trainer for run in self._runs])
            self.places, self._runs = [self.places[r] for r in kept], [self._runs[r] for r in kept]
            self.last, self._well, self._above = self.last[kept], self._well[kept], self._above[kept]
            if self._states is not None:
                self._states = [tuple(part[kept] for part in state) for state in self._states]
            if kept:
                self._form()
        return self if kept else None
