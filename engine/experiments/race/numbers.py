"""The update of a racer with the numbers of the playhead in it, for each coordinate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.race.params import check_racer, racer_field
from engine.formula import latex_to_mathml
from engine.formula.interpret import steps
from engine.formula.notation import latex, number, symbol, typeset
from engine.formula.program import states
from engine.frame import ArraySpec, Value
from engine.message import _
from engine.optimizers.formula_rule import FormulaRule

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

_DIGITS = 4


class Numbers(Asked):
    """The coming step of a racer, line by line, in numbers."""

    racer: int = racer_field()

    def answer(self, simulation: RaceSimulation) -> dict[str, Value]:
        """Return ``equations``: a JSON list of lines, each with its symbols and its numbers for x and y (MathML).

        A rule that is code, and a racer that is out, have symbols only.
        """
        check_racer(self.racer, simulation.rules)
        rule = simulation.rules[self.racer]
        lines, numbers = rule.equations(), []
        if isinstance(rule, FormulaRule) and simulation.diverged[self.racer] < 0:
            lines = typeset(rule.lines())
            numbers = [self._written(simulation, rule, axis) for axis in range(2)]
        shown = [
            {"symbols": latex_to_mathml(line), "numbers": [latex_to_mathml(axis[i]) for axis in numbers]}
            for i, line in enumerate(lines)
        ]
        return {"equations": json.dumps(shown)}

    def _written(self, simulation: RaceSimulation, rule: FormulaRule, axis: int) -> list[str]:
        """Return the lines as LaTeX, every name replaced by its number."""
        params, state = simulation.params, simulation.states[self.racer]
        gradient = simulation.coming().value_and_gradient(simulation.theta[self.racer])[1]
        if params.clip.mode != "none":
            params.clip.apply(gradient)
        factor = params.schedule.factor(min(simulation.step, simulation.total - 1), simulation.total)
        lines = rule.lines()
        at: dict[str, float] = {name: float(given) for name, given in rule.values().items()}
        for name in states(lines):
            kept = state.get(name, 0.0)
            at[name] = float(kept[axis] if np.ndim(kept) else kept)
        at |= {"theta": float(simulation.theta[self.racer, axis]), "g": float(gradient[axis])}
        at |= {"t": float(state["step"] + 1), "factor": factor, "learning_rate": at["learning_rate"] * factor}
        written = []
        for line, (before, result) in zip(lines, steps(lines, at), strict=True):
            figures = latex(line.value, partial(_figure, before), _DIGITS)
            written.append(f"{symbol(line.target)} = {figures} = {number(result, _DIGITS)}")
        return written


def _figure(at: Mapping[str, float], name: str) -> str:
    return number(at[name], _DIGITS)


ANSWER: dict[str, Any] = {"equations": ArraySpec((), _("Lines of the update, in symbols and in numbers"))}
QUESTIONS = (Question("numbers", _("The next update in numbers"), Numbers, ANSWER, exact=True),)
