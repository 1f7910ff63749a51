"""A step along minus the gradient: how far the result falls, and where the step becomes too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.autodiff.expression import Recording
from engine.autodiff.tape import Array, backward
from engine.experiments.graph.params import FAR
from engine.experiments.graph.questions.asked import Arrays, points
from engine.experiments.graph.walked import Walked
from engine.frame import Told
from engine.message import Message, _, say
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.graph.simulation import GraphSimulation

DIGITS = 9
"""Significant digits of the values that a visitor goes on with: they stand in the address."""


class Descend(Asked):
    """Steps of a length along minus the gradient, from the present values."""

    length: float = Field(
        0.1, ge=0, le=100, title=_("Step length"), description=_("What the gradient is multiplied by.")
    )
    count: int = Field(1, ge=1, le=100, title=_("Steps"), description=_("How many steps, one after the other."))
    only: list[str] = Field(
        [], max_length=60, title=_("Variables"), description=_("Which variables move; none means all.")
    )

    def answer_in_pieces(self, simulation: GraphSimulation) -> Pieces[Arrays]:
        """Return the result along the ray and after each step, and the values then."""
        seen = simulation.walked
        start, slope = seen.inputs, self._slope(seen.recording)
        lengths = np.linspace(0, 3 * self.length, points(seen, 61))
        along = np.empty_like(lengths)
        for i, length in enumerate(lengths):
            along[i] = seen.total(_moved(start, slope, length))
            yield
        squared = sum(float(np.vdot(part, part)) for part in slope.values())
        steps, values = yield from self._steps(seen, slope)
        inside = all(np.isfinite(value).all() and np.abs(value).max() <= FAR for value in values.values())
        return {
            "lengths": lengths,
            "along": along,
            "predicted": along[0] - lengths * squared,
            "steps": steps,
            "values": Told({name: _short(value) for name, value in values.items()} if inside else None),
            "remark": Told(_remark(steps, squared * self.length, inside)),
        }

    def _slope(self, recording: Recording) -> dict[str, Array]:
        """Return the gradients of what moves."""
        return {
            name: leaf.gradient
            for name, leaf in recording.inputs.items()
            if leaf.gradient is not None and (not self.only or name in self.only)
        }

    def _steps(self, seen: Walked, slope: dict[str, Array]) -> Pieces[tuple[Array, dict[str, Array]]]:
        values, results = seen.inputs, [float(seen.output.value.sum())]
        for _step in range(self.count):
            values = _moved(values, slope, self.length)
            recording = seen.expression.record(values)
            results.append(float(recording.result.value.sum()))
            if not np.isfinite(results[-1]):
                break
            backward(recording.result)
            slope = self._slope(recording)
            yield
        return np.array(results), values


def _moved(values: dict[str, Array], slope: dict[str, Array], length: float) -> dict[str, Array]:
    return {name: value - length * slope[name] if name in slope else value for name, value in values.items()}


def _short(value: Array) -> object:
    rounded = np.vectorize(lambda number: float(f"{number:.{DIGITS}g}"), otypes=[float])(value)
    return rounded.tolist()


def _remark(steps: Array, expected: float, inside: bool) -> Message:
    before, after = float(steps[0]), float(steps[-1])
    if not np.isfinite(after) or not inside:
        return say("The steps lead out of all bounds: take shorter ones.")
    numbers = {"before": before, "after": after, "first": float(steps[1]), "line": before - expected}
    values = {name: f"{number:.4g}".replace("-", "\N{MINUS SIGN}") for name, number in numbers.items()}
    if expected == 0:
        return say("The gradient is 0: no step leads anywhere.")
    if steps[1] > before:
        return say(
            "The step is too long: the result rises from {before} to {first}, where the straight line "
            "of the gradient promised {line}.",
            **values,
        )
    if len(steps) == 2:
        return say(
            "The result falls from {before} to {after}; the straight line of the gradient promised {line}.",
            **values,
        )
    return say("The result goes from {before} to {after} in {count} steps.", **values, count=len(steps) - 1)
