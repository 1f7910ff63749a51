"""The numeric gradient beside the exact one: its error against h, and what it costs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.autodiff import operations as op
from engine.autodiff.arithmetic import matmul
from engine.autodiff.tape import Array, Tensor, backward
from engine.experiments.graph.questions.asked import Arrays, points
from engine.experiments.graph.walked import Walked
from engine.frame import Told, number
from engine.message import Message, _, say
from engine.params import refused
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.graph.simulation import GraphSimulation

CURVES: tuple[tuple[str, str, Message], ...] = (
    ("central", "float64", say("Central, float64")),
    ("one-sided", "float64", say("One-sided, float64")),
    ("central", "float32", say("Central, float32")),
    ("one-sided", "float32", say("One-sided, float32")),
)
DECADES = 16
SHOWN = 1e-5
"""The differences of the h nearest to this stand beside the exact derivative as numbers."""
DIGITS = 12
INPUTS = (1, 3, 10, 30, 100, 300, 1000)
UNITS = 16
ROUNDS = 5


class Numeric(Asked):
    """The derivative by one entry of a variable, from differences."""

    node: int = Field(0, ge=0, le=10_000, title=_("Node"), description=_("The variable's place in the graph."))
    entry: int = Field(0, ge=0, le=100_000, title=_("Entry"), description=_("Which of its numbers, from 0 on."))

    def answer_in_pieces(self, simulation: GraphSimulation) -> Pieces[Arrays]:
        """Return the relative error of each kind of difference for each h."""
        seen = simulation.walked
        name = self._name(seen)
        exact = float(seen.of(seen.nodes[self.node], seen.gradients).reshape(-1)[self.entry])
        h = np.logspace(0, -DECADES, points(seen, 2 * DECADES + 1))
        scale = abs(exact) or 1.0
        found = np.empty((len(CURVES), len(h)))
        for row, (kind, dtype, _name) in zip(found, CURVES, strict=True):
            start = seen.total(seen.inputs, dtype)
            for i, step in enumerate(h):
                row[i] = self._difference(seen, name, step, None if kind == "central" else start, dtype)
                yield
        errors = np.abs(found - exact) / scale
        known = np.where(np.isfinite(errors), errors, np.inf)
        best = h[np.argmin(known, axis=1)]
        shown = int(np.abs(np.log(h / SHOWN)).argmin())
        return {
            "h": h,
            "errors": errors,
            "exact": np.array(exact),
            "best": best,
            "curves": Told([_curve(*curve) for curve in CURVES]),
            "numbers": Told(_numbers(exact, float(h[shown]), found[:2, shown])),
            "remark": Told(_remark(known, best)),
        }

    def _name(self, seen: Walked) -> str:
        leaves = {node.index: node for node in seen.leaves}
        if self.node not in leaves:
            names = ", ".join(node.label for node in seen.leaves)
            raise refused(say("Numeric gradients are taken by a variable: one of {names}.", names=names), "node")
        if self.entry >= leaves[self.node].value.size:
            sentence = say(
                "“{name}” has {count} entries, from 0 on.",
                name=leaves[self.node].label,
                count=leaves[self.node].value.size,
            )
            raise refused(sentence, "entry")
        return leaves[self.node].label

    def _difference(self, seen: Walked, name: str, step: float, start: float | None, dtype: str) -> float:
        here = seen.inputs
        at = here[name].reshape(-1)[self.entry]

        def result(shift: float) -> float:
            moved = here[name].copy()
            moved.reshape(-1)[self.entry] = at + shift
            return seen.total({**here, name: moved}, dtype)

        return (result(step) - result(-step)) / (2 * step) if start is None else (result(step) - start) / step


def _curve(kind: str, dtype: str, name: Message) -> dict[str, Any]:
    """Return how a curve is drawn: a colour for each precision, dashed where it is one-sided."""
    return {
        "name": name,
        "method": kind,
        "dtype": dtype,
        "color": int(dtype == "float32"),
        "dashed": kind == "one-sided",
    }


def _numbers(exact: float, h: float, differences: Array) -> list[dict[str, Any]]:
    """Return the exact derivative and the two differences in float64, digit by digit."""
    rows = (
        (say("Exact, from the tape"), exact),
        (say("Central difference, h = {h:.0e}", h=h), differences[0]),
        (say("One-sided difference, h = {h:.0e}", h=h), differences[1]),
    )
    return [number(say("The derivative"), name, value, digits=DIGITS) for name, value in rows]


def _remark(errors: Array, best: Array) -> Message:
    smallest = errors.min(axis=1)
    if not np.isfinite(smallest[:2]).all():
        return say("Differences give no finite number here: the function ends or jumps nearby.")
    if errors[0, 0] < 1e-12:
        return say(
            "The central difference is exact here even with h = 1: in this variable the function is a "
            "polynomial of at most second degree. What is left is rounding, and it grows as h shrinks. With exp, "
            "log or a division, as in a neuron, larger steps err too, and the curve is a V."
        )
    return say(
        "In float64 the central difference is best at h = {central:.0e} (relative error {a:.0e}), the one-sided "
        "at h = {single:.0e} ({b:.0e}). Larger steps cut off more of the function, smaller ones drown in "
        "rounding.",
        central=float(best[0]),
        a=float(smallest[0]),
        single=float(best[1]),
        b=float(smallest[1]),
    )


class Cost(Asked):
    """What numeric gradients cost as the number of inputs grows, against one pass backward; timed now."""

    def answer(self, simulation: GraphSimulation) -> Arrays:
        """Return evaluations and seconds of both for f(x) = sum(tanh(A x)), for more and more inputs."""
        rows = [timed(count) for count in INPUTS]
        numeric, exact = (np.array(column) for column in zip(*rows, strict=True))
        mine = sum(node.value.size for node in simulation.walked.leaves)
        return {
            "inputs": np.array(INPUTS, np.int32),
            "evaluations": 2 * np.array(INPUTS, np.int32),
            "numeric_seconds": numeric,
            "backward_seconds": exact,
            "remark": Told(
                say(
                    "With {inputs} inputs the central differences took {ratio:.0f} times as long as one pass "
                    "forward and backward. Your graph has {mine} inputs: {evaluations} evaluations instead of "
                    "one pass.",
                    inputs=INPUTS[-1],
                    ratio=float(numeric[-1] / exact[-1]),
                    mine=mine,
                    evaluations=2 * mine,
                )
            ),
        }


def timed(count: int) -> tuple[float, float]:
    """Return the seconds of all central differences, and of one pass forward and backward."""
    rng = np.random.default_rng(count)
    matrix, x = rng.normal(size=(UNITS, count)) / np.sqrt(count), rng.normal(size=count)

    def result(point: Any) -> Tensor:
        return op.total(op.tanh(matmul(matrix, point)))

    def differences() -> None:
        for i in range(count):
            ends = []
            for step in (1e-5, -1e-5):
                moved = x.copy()
                moved[i] += step
                ends.append(float(result(moved).value))

    def pass_back() -> None:
        backward(result(Tensor(x)))

    rounds = ROUNDS if count < 300 else 1
    return _seconds(differences, rounds), _seconds(pass_back, ROUNDS)


def _seconds(work: Any, rounds: int) -> float:
    """Return the shortest time of a few rounds."""
    best = np.inf
    for _round in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return float(best)
