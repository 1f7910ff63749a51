"""A rule as a page shows it: its text, its equations, its code, and itself as a rule of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine import optimizers  # complete only once all of its modules are read
from engine.formula import latex_to_mathml
from engine.formula.program import read_program
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.own import MOST_HYPERPARAMETERS, Hyperparameter, OwnRule
from engine.optimizers.rule import Rule
from engine.params import InvalidParams, Problem, Refusal, explain

_GIVEN = ("learning_rate", "weight_decay")


@dataclass(frozen=True)
class ReadRule:
    """What can be told of a rule.

    Args:
        rule: validated. equations: MathML, a line each. own: the rule as parameters of `OwnRule`, or None where it
            is code. code: library -> program, empty where it is code.
    """

    rule: Rule
    equations: tuple[str, ...]
    own: dict[str, Any] | None
    code: dict[str, str]


def read_rule(data: Any) -> ReadRule:
    """Read a rule; a typed one need not list its hyperparameters: those that it names get values to begin with.

    Raises:
        InvalidParams: with the position of the character that caused it.
    """
    if isinstance(data, Mapping) and data.get("rule") == "own" and isinstance(data.get("text"), str):
        data = _completed(data)
    try:
        rule = _adapter().validate_python(data)
    except ValidationError as error:
        raise InvalidParams(explain(error, data)) from None
    equations = tuple(map(latex_to_mathml, rule.equations()))
    if not isinstance(rule, FormulaRule):
        return ReadRule(rule, equations, None, {})
    code = {"torch": rule.code("torch"), "numpy": rule.code("numpy")}
    return ReadRule(rule, equations, _as_own(rule), code)


def starting_points() -> dict[str, type[FormulaRule]]:
    """Return the rules of this house from whose text a rule of one's own may start."""
    return {name: rule for name, rule in optimizers.RULES.items() if issubclass(rule, FormulaRule)}


@cache
def _adapter() -> TypeAdapter[Rule]:
    return TypeAdapter(optimizers.AnyRule)


def _completed(data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        free = read_program(data["text"]).free
    except Refusal as refusal:
        raise InvalidParams([Problem("text", refusal.message, refusal.position)]) from None
    given = data.get("hyperparameters")
    known = given if isinstance(given, Mapping) else {}
    return {**data, "hyperparameters": {name: known.get(name, _guess(name)) for name in free}}


def _as_own(rule: FormulaRule) -> dict[str, Any]:
    """Return a rule as one's own, with the sliders that it has here."""
    if isinstance(rule, OwnRule):
        return rule.model_dump(mode="json")
    used = read_program(rule.source(), rule.known()).free
    values = rule.values()
    hyperparameters = {name: {**_guess(name), "value": float(values[name])} for name in used}
    return {
        "rule": "own",
        "name": f"{rule.title}′",
        "text": rule.source(),
        "hyperparameters": dict(list(hyperparameters.items())[:MOST_HYPERPARAMETERS]),
        **{name: getattr(rule, name) for name in _GIVEN},
    }


def _guess(name: str) -> dict[str, Any]:
    """Return a hyperparameter to begin with: as a rule of this house has it, or a number from 0 to 1."""
    known = _shipped().get(name)
    return known.model_dump(mode="json") if known else {"value": 0.5, "low": 0.0, "high": 1.0, "scale": "linear"}


@cache
def _shipped() -> dict[str, Hyperparameter]:
    found: dict[str, Hyperparameter] = {}
    for rule in optimizers.RULES.values():
        for name, field in rule.model_json_schema()["properties"].items():
            if field.get("type") == "boolean":
                found.setdefault(name, Hyperparameter(value=float(field["default"])))
            elif "minimum" in field and name not in _GIVEN:
                scale = field.get("scale", "linear")
                one = Hyperparameter(
                    value=field["default"], low=field["minimum"], high=field["maximum"], scale=scale
                )
                found.setdefault(name, one)
    return found
