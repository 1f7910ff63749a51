"""A char-RNN in training, step by step."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from engine.asked import Asked
from engine.autodiff.tape import Array
from engine.data.batches import Windows
from engine.experiments.charrnn import checkpoint
from engine.experiments.charrnn.diagnosis import diagnose, endless
from engine.experiments.charrnn.flow import Flow, measure_flow
from engine.experiments.charrnn.learner import Learner
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.text import Text
from engine.frame import Frame, Told, Value
from engine.message import Message
from engine.nn.recurrent import Window
from engine.nn.recurrent.walker import Walker
from engine.nn.training import Step
from engine.pieces import Pieces, in_turn, quiet, whole
from engine.simulation import Simulation

MEASURE_EVERY = 100
"""Steps from one measurement of the held-out loss to the next."""
SAMPLE_EVERY = 100
SAMPLE_LENGTH = 240
MOST_FLOWING = 1e9
"""Multiplications of a pass in which the gradient's way back is measured, of a net: about a tenth of a second."""
KEPT_SAMPLES = 40
GOOD_EVERY = 50
SMOOTHING = 0.95
SERIES = ("losses", "smoothed_losses", "validation_losses", "gradient_norms", "clipped_norms")


class CharRNNSimulation(Simulation):
    """The nets of a run (the first, and those trained beside it), all on the same characters in the same order.

    Args:
        params: of the run. base: seeds all that is drawn. learners: the nets; see `begin`.
    """

    def __init__(self, params: CharRNNParams, base: int, learners: list[Learner]) -> None:
        self.params = params
        self.total = params.steps
        self.base = base
        self.text: Text = params.reading
        self.columns = params.columns
        self.windows = Windows(self.text.streams(self.columns), params.sequence_length)
        self.learners = learners
        count = len(self.learners)
        self.smoothed = np.full(count, np.nan)
        self.validation = np.full(count, np.nan)
        self.best = np.inf
        self.above = 0
        """Steps in a row with a loss so high that nothing is being learned."""
        self.history: list[tuple[float, float]] = []
        """Loss and gradient norm of the last steps, for a diagnosis."""
        self.status: list[Message] = []
        """Why the run was stopped, a sentence each; empty while all is well."""
        self.good: tuple[int, list[Learner], int] | None = None
        """The last state from which all was well: step, nets, position in the text."""
        self.samples: list[tuple[int, float, str]] = []
        """Step, held-out loss and text of some samples, the first and the last among them."""
        self.flows: dict[str, Array] = {}
        self._standing: dict[str, Array] = {}
        """The series' values at the first step of this run (0, or a checkpoint's); empty until it is measured."""

    @classmethod
    def begin(cls, params: CharRNNParams, rng: np.random.Generator) -> Pieces[Self]:
        """Draw the nets of a run; one number is drawn from ``rng``."""
        base = int(rng.integers(2**62))
        learners = yield from in_turn(
            Learner.drawn(net, params, params.columns, base) for net in params.architectures
        )
        return cls(params, base, learners)

    def first(self) -> Frame:
        return whole(self.first_in_pieces())

    def first_in_pieces(self) -> Pieces[Frame]:
        yield from quiet(self._start())
        return self._frame({name: row[:, None] for name, row in self._standing.items()})

    def _start(self) -> Pieces[None]:
        """Measure the nets and let the first write, where that was not done yet."""
        if self._standing:
            return
        begins = not self.samples  # a checkpoint brings samples and losses
        if begins:
            yield from self._measure()
            yield from self._sample()
        yield from self._measure_flow()
        looks: list[Step] = []
        for learner in self.learners:
            looks.append((yield from learner.look(*self.windows.peek(), self.params)))
            yield
        found = np.array([[one.loss, one.gradient_norm, one.clipped_norm] for one in looks]).T
        smoothed = found[0] if begins else self.smoothed
        self._standing = dict(zip(SERIES, (found[0], smoothed, self.validation, *found[1:]), strict=True))

    @property
    def next_moment(self) -> int:
        return (self.step // SAMPLE_EVERY + 1) * SAMPLE_EVERY

    def advance(self, steps: int) -> Frame:
        return whole(self.advance_in_pieces(steps))

    def advance_in_pieces(self, steps: int) -> Pieces[Frame]:
        return (yield from quiet(self._advance(steps)))  # a net that explodes is a result

    def _advance(self, steps: int) -> Pieces[Frame]:
        yield from self._start()
        end = min(self.step + steps, self.total)
        rows: dict[str, list[Array]] = {name: [] for name in SERIES}
        while self.step < end and not self.status:
            for name, row in zip(SERIES, (yield from self._learn()), strict=True):
                rows[name].append(row)
        return self._frame({name: np.array(row).T for name, row in rows.items()})

    def change(self, params: CharRNNParams) -> None:
        if self.good is None and self._well():  # what is changed now may go wrong within a few steps
            self._keep_good()
        self.params = params
        for learner in self.learners:
            learner.change(params)

    def answer_in_pieces(self, name: str, params: Asked) -> Pieces[Frame]:
        yield from quiet(self._start())
        return (yield from super().answer_in_pieces(name, params))

    def restore(self, data: bytes) -> None:
        checkpoint.load(self, data)

    # one step

    def _learn(self) -> Pieces[tuple[Array, ...]]:
        """Do one step, a net at a time, and measure where it is time to; return a row of the series."""
        if self.windows.at_end:
            for learner in self.learners:
                learner.states = None
        x, targets = self.windows.take()
        count = len(self.learners)
        losses, norms, clipped = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
        for k, learner in enumerate(self.learners):
            if k == 0 or self.step == 0 or np.isfinite(self.smoothed[k]):
                found = yield from learner.learn(x, targets, self.params)
                losses[k], norms[k], clipped[k] = found.loss, found.gradient_norm, found.clipped_norm
                yield
        self.step += 1
        known = np.isfinite(self.smoothed)
        self.smoothed = np.where(known, SMOOTHING * self.smoothed + (1 - SMOOTHING) * losses, losses)
        self._watch(float(losses[0]), float(norms[0]))
        last = self.step == self.total
        if self.step % MEASURE_EVERY == 0 or last:
            yield from self._measure()
        if self.step % SAMPLE_EVERY == 0 or last:
            yield from self._sample()
            yield from self._measure_flow()
        return losses, self.smoothed.copy(), self.validation.copy(), norms, clipped

    def _watch(self, loss: float, norm: float) -> None:
        """Stop a run that explodes, with the reason; remember the last state from which all was well."""
        self.history = [*self.history[-99:], (loss, norm)]
        guess = float(np.log(self.text.vocabulary))
        self.above = self.above + 1 if loss > 5 * guess else 0
        smoothed = float(self.smoothed[0])
        self.best = min(self.best, smoothed) if np.isfinite(smoothed) else self.best
        if not np.isfinite(self.learners[0].theta).all() or endless(loss, norm, self.above):
            self.status = diagnose(self.step, self.history, self.params)
            self.total = self.step
        elif self.step % GOOD_EVERY == 0 and self._well():
            self._keep_good()

    def _well(self) -> bool:
        """Tell whether the last loss is about as low as the best; a run that has done no step yet is well."""
        return not self.history or self.history[-1][0] < 1.5 * max(self.best, 1e-3) + 0.1

    def _keep_good(self) -> None:
        self.good = None  # frees the old copy before the new one is made
        self.good = (self.step, copy.deepcopy(self.learners), self.windows.position)

    def _measure(self) -> Pieces[None]:
        held, nets = self.text.held, self.learners
        self.validation = np.array((yield from in_turn(one.measure(held, len(nets)) for one in nets)))

    def _sample(self) -> Pieces[None]:
        if self.status:
            return
        loss = float(self.validation[0])
        self.samples.append((self.step, loss, (yield from self.write(SAMPLE_LENGTH))))
        if len(self.samples) > KEPT_SAMPLES:
            self.samples = [*self.samples[:-1:2], self.samples[-1]]

    def write(self, length: int) -> Pieces[str]:
        """Return a sample of the first net at this step; the same each time, and nothing changes by it."""
        learner = self.learners[0]
        walker = Walker(learner.net, learner.views)
        rng = np.random.default_rng([self.base, 3, self.step])
        scores = walker.step(self.text.prime)
        yield
        written, _ = yield from walker.write_in_pieces(scores, length, self.params.temperature, rng)
        return self.text.alphabet.decode(written)

    def _measure_flow(self) -> Pieces[None]:
        self.flows = _arrays((yield from in_turn(map(self._flow, self.learners))))

    def _flow(self, learner: Learner) -> Pieces[Flow]:
        """Return the flow in the first window; of a large net it is averaged over fewer columns."""
        length = self.params.sequence_length
        columns = min(self.columns, max(1, int(MOST_FLOWING / (length * learner.net.layout.size))))
        rows = self.windows.streams[: length + 1, :columns].astype(np.intp)
        whole_window = columns == self.columns
        window = learner.window(columns) if whole_window else Window(learner.net, columns, length)
        return (yield from measure_flow(window, learner.views, rows[:-1], rows[-1]))

    def _frame(self, series: dict[str, Array]) -> Frame:
        step, loss, sample = self.samples[-1]
        steps = series["losses"].shape[1]
        places = self.columns * self.params.sequence_length
        arrays: dict[str, Value] = {
            **series,
            "loss": series["losses"][0],
            "smoothed_loss": series["smoothed_losses"][0],
            "validation_loss": series["validation_losses"][0],
            "gradient_norm": series["gradient_norms"][0],
            "clipped_norm": series["clipped_norms"][0],
            "characters": places * np.arange(self.step - steps + 1, self.step + 1, dtype=np.float64),
            "validation_now": self.validation,
            "sample": sample,
            "sample_step": np.array(step, np.int32),
            "sample_loss": np.array(loss),
            "status": Told(self.status),
            **self.flows,
        }
        return Frame(self.step, arrays, self.step >= self.total, moment=step == self.step)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other.learners = copy.deepcopy(self.learners, memo)
        other.good = None
        other.windows = copy.copy(self.windows)
        for name in ("smoothed", "validation", "history", "samples", "flows"):
            setattr(other, name, copy.copy(getattr(self, name)))
        return other


def _arrays(flows: Sequence[Flow]) -> dict[str, Array]:
    return {
        "lag_gradients": np.array([flow.hidden for flow in flows]),
        "lag_state_gradients": np.array([flow.state for flow in flows]),
        "lag_direct": np.array([flow.direct for flow in flows]),
        "lag_around": np.array([flow.around for flow in flows]),
        "lag_bound": np.array([flow.bound for flow in flows]),
        "spectrum": np.array([[flow.singular, flow.spectral] for flow in flows]),
    }
