"""A laboratory of a few lines: everything that the server needs to know of one, and bad manners on demand."""

from __future__ import annotations

import io
import itertools
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiment import Experiment, Preset, Question
from engine.frame import ArraySpec, Frame, Panel
from engine.message import Message
from engine.params import InvalidParams, Params, Problem, choice, slider
from engine.simulation import Simulation
from tests.timing import PATIENCE

_SEEDS = itertools.count(1)


def heavy(**more: float) -> dict[str, float]:
    """Return parameters of a run that computes for minutes, and that no other test reads.

    A server gives from its recording what it has computed once, so who needs work to be done asks for a new run.
    """
    return {"burn": 0.004, "steps": 100_000, "seed": next(_SEEDS), **more}


class ToyParams(Params):
    """Two noisy walks that shrink towards 0."""

    rate: float = slider(0.1, 0.0, 10.0, "Rate", "How much of the value a step takes away.", effect="live")
    noise: float = slider(0.0, 0.0, 1.0, "Noise", "Standard deviation of what a step adds.")
    steps: int = slider(100, 1, 1_000_000, "Steps", "Length of the run.")
    burn: float = slider(0.0, 0.0, 1.0, "Burn", "Seconds that a step takes.", unit="s")
    break_at: int = slider(-1, -1, 1_000_000, "Break at", "Step at which the laboratory has a bug.")
    label: str = choice("plain", "Label", "Decides the scene.")
    seed: int = slider(0, 0, 1_000_000, "Seed", "Of the noise.")


class StateParams(Params):
    """Of the questions about a state."""

    what: Literal["state"] = "state"


class CountParams(Params):
    """Of the question whose answer grows."""

    to: int = slider(5, 1, 100_000, "To", "How many answers there are.")
    pause: float = slider(0.0, 0.0, 0.1, "Pause", "Seconds of work of each piece.", unit="s")
    bug_at: int = slider(-1, -1, 1000, "Bug at", "The answer at which there is a bug.")


FILE = {"file": ArraySpec(("byte",), "The file")}
GATE = threading.Event()
"""No run does a step, and no growing answer a piece, while it is not set."""
GATE.set()
COUNTED: list[int] = []
"""The pieces of work that `ToySimulation.answers` did, in order, by what they counted to."""


class ToySimulation(Simulation):
    """Keeps its state in `values` (2,) and a generator."""

    def __init__(self, params: ToyParams, rng: np.random.Generator) -> None:
        self.params = params
        self.rng = rng
        self.total = params.steps
        self.values = np.array([1.0, -2.0])

    def first(self) -> Frame:
        return self._frame(self.values[:, None].copy())

    def advance(self, steps: int) -> Frame:
        walk = []
        for _ in range(min(steps, self.total - self.step)):
            GATE.wait(PATIENCE)
            if self.step == self.params.break_at:
                raise RuntimeError("a bug in a laboratory")
            if self.params.burn:
                time.sleep(self.params.burn)
            with np.errstate(over="ignore", invalid="ignore"):
                self.values = self.values * (1 - self.params.rate) + self.params.noise * self.rng.normal(size=2)
            self.step += 1
            walk.append(self.values)
        return self._frame(np.stack(walk, axis=1))

    def _frame(self, walk: np.ndarray) -> Frame:
        with np.errstate(over="ignore"):
            last = walk[:, -1].astype(np.float32)
        arrays = {"values": walk, "last": last, "word": f"at {self.step}"}
        return Frame(self.step, arrays, self.step == self.total)

    def change(self, params: ToyParams) -> None:
        self.params = params

    def answer(self, name: str, params: Params) -> Frame:
        assert isinstance(params, StateParams)
        file = io.BytesIO()
        np.save(file, np.array([self.step, *self.values]))
        return Frame(self.step, {"file": np.frombuffer(file.getvalue(), dtype=np.uint8)})

    def answers(self, name: str, params: Params) -> Generator[Frame | None, None, None]:
        assert isinstance(params, CountParams)
        if params.to == 13:
            raise InvalidParams([Problem("to", Message("Thirteen brings bad luck; give another number."))])
        step, sum_now = self.step, float(self.values.sum())
        for i in range(1, params.to + 1):
            yield None
            if i == params.bug_at:
                raise RuntimeError("a bug on the way")
            GATE.wait(PATIENCE)
            time.sleep(params.pause)
            COUNTED.append(params.to)
            yield Frame(step, {"count": np.array([float(i), sum_now])})

    def restore(self, data: bytes) -> None:
        try:
            step, *values = np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, EOFError):
            raise InvalidParams([Problem("checkpoint", Message("That is no checkpoint."))]) from None
        self.step, self.values = int(step), np.array(values)


def check_shrinks(seeds: Sequence[int]) -> Verdict:
    """Whether the walk ends nearer to 0."""
    return Verdict("yes", Message("it shrank under {count} seeds", {"count": len(seeds)}))


class Toy(Experiment):
    """See the module."""

    name = "toy"
    title = "Toy"
    summary = "Two walks. </script><script>alert(1)</script>"
    Params = ToyParams
    arrays: ClassVar[Mapping[str, ArraySpec]] = {
        "values": ArraySpec(("walk", "step"), "Value"),
        "last": ArraySpec(("walk",), "Latest value"),
        "word": ArraySpec((), "A text"),
    }
    questions: ClassVar[Sequence[Question]] = (
        Question("state", "The state as a file", StateParams, FILE),
        Question("past", "The state at a step", StateParams, FILE, exact=True),
        Question("count", "A count", CountParams, {"count": ArraySpec(("part",), "Count, sum")}, parts=True),
    )
    panels: ClassVar[Sequence[Panel]] = (Panel("series", "Values", {"y": "values"}),)
    presets: ClassVar[Sequence[Preset]] = (Preset("fast", "Fast", {"rate": 0.5}),)
    claims: ClassVar[Sequence[Claim]] = (Claim("T1", "It shrinks.", {"rate": 0.5}, check_shrinks),)

    def scene(self, params: ToyParams) -> Frame:
        return Frame(0, {"grid": np.arange(3.0), "label": params.label})

    def scene_key(self, params: ToyParams) -> str:
        return params.label

    def begin(self, params: ToyParams, rng: np.random.Generator) -> Simulation:
        return ToySimulation(params, rng)
