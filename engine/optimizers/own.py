"""A rule of the visitor's own: a text, and hyperparameters with bounds."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from engine.formula.functions import CONSTANTS
from engine.formula.language import RULE
from engine.formula.program import read_program
from engine.formula.reader import MAX_NAME
from engine.message import Message, _, say
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule
from engine.palette import PURPLE
from engine.params import Params, Refusal, choice, slider

MOST_STATES = 4
MOST_HYPERPARAMETERS = 8
_FAR = 1e9
_TEXT = "m = beta*m + (1 - beta)*g\ntheta = theta - learning_rate*m"


class Hyperparameter(Params):
    """A hyperparameter of one's own: its value, and how far its slider goes."""

    value: float = slider(0.5, -_FAR, _FAR, _("Value"), _("The value of this name in the rule."), effect="live")
    low: float = slider(0.0, -_FAR, _FAR, _("Lowest"), _("The slider's left end."), effect="live")
    high: float = slider(1.0, -_FAR, _FAR, _("Highest"), _("The slider's right end."), effect="live")
    scale: Literal["linear", "log"] = choice(
        "linear",
        _("Scale"),
        _("A linear scale gives equal differences the same length, a logarithmic one equal ratios."),
        effect="live",
        labels={"linear": _("linear"), "log": _("logarithmic")},
    )

    @model_validator(mode="after")
    def _in_order(self) -> Hyperparameter:
        if not self.low < self.high:
            raise Refusal(say("The lower bound comes first and the higher one after it; give low < high."))
        if not self.low <= self.value <= self.high:
            raise Refusal(
                say(
                    "The value {value} lies outside its bounds {low} to {high}; move one of them.",
                    value=f"{self.value:g}",
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                )
            )
        if self.scale == "log" and self.low < 0:
            raise Refusal(say("A logarithmic slider cannot go below 0; raise the lower bound."))
        return self


class OwnRule(FormulaRule):
    """A rule of the visitor's own, written in the language of the shipped ones.

    Convention: as the text says; L2 weight decay enters the gradient unless the text speaks of it.
    Source: the visitor.
    """

    title: ClassVar[str] = _("Your own rule")
    color: ClassVar[str] = PURPLE
    dash: ClassVar[str] = "dot"
    order: ClassVar[int] = 3
    year: ClassVar[int] = 2026

    rule: Literal["own"] = "own"
    name: Annotated[str, Field(max_length=30)] = choice("", _("Name"), _("What the rule is called."), first=2)
    hyperparameters: Annotated[dict[str, Hyperparameter], Field(max_length=MOST_HYPERPARAMETERS)] = choice(
        {"beta": Hyperparameter(value=0.9)},
        _("Hyperparameters"),
        _("The further names of the rule, each with its value and the bounds of its slider."),
        effect="live",
        widget="hyperparameters",
    )
    text: str = choice(
        _TEXT,
        _("Rule"),
        _("What happens in each step, a line for each value. θ is theta, the gradient g, the step t, from 1."),
        widget="rule",
        first=1,
        max_length=RULE.length,
    )
    learning_rate: float = fields.learning_rate(0.01)
    weight_decay: float = fields.weight_decay()

    @field_validator("hyperparameters")
    @classmethod
    def _named(cls, given: dict[str, Hyperparameter]) -> dict[str, Hyperparameter]:
        for name in given:
            plain = name.isascii() and name.isidentifier() and not name.startswith("_") and len(name) <= MAX_NAME
            if not plain or name in (*RULE.given, *CONSTANTS, *RULE.functions):
                raise Refusal(
                    say("“{name}” cannot be a hyperparameter; choose another name.", name=name[:MAX_NAME])
                )
        return given

    @field_validator("text")
    @classmethod
    def _reads(cls, text: str, info: ValidationInfo) -> str:
        own = info.data.get("hyperparameters")
        check_text(text, None if own is None else tuple(own))
        return text

    @property
    def called(self) -> str | Message:
        return self.name.strip() or super().called

    def source(self) -> str:
        return self.text

    def known(self) -> tuple[str, ...]:
        return (*self.hyperparameters, "learning_rate", "weight_decay")

    def values(self) -> dict[str, Any]:
        own = {name: one.value for name, one in self.hyperparameters.items()}
        return {**own, "learning_rate": self.learning_rate, "weight_decay": self.weight_decay}


def check_text(text: str, known: tuple[str, ...] | None) -> None:
    """Refuse a text that is no rule, or one that keeps too much from step to step.

    Raises:
        Refusal: with the position of the character that caused it.
    """
    program = read_program(text, known)
    if len(program.states) > MOST_STATES:
        first = next(line for line in program.lines if line.target == program.states[MOST_STATES])
        sentence = say("A rule keeps at most {limit} values from step to step; drop one.", limit=MOST_STATES)
        raise Refusal(sentence, first.at)
