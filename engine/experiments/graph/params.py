"""What a graph can be told: the lines, and its leaves' shapes and values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from engine.autodiff.expression import MAX_SIDE, read_expression
from engine.experiments.graph.walked import Walked, walked
from engine.message import _, say
from engine.params import Params, Refusal, choice, seed

MOST_LEAVES = 60
FAR = 1e6
EXPRESSION = "(x + y)*z"
VALUES: Mapping[str, Any] = {"x": -2.0, "y": 5.0, "z": -4.0}

Number = Annotated[float, Field(ge=-FAR, le=FAR)]
Row = Annotated[list[Number], Field(min_length=1, max_length=MAX_SIDE)]
Table = Number | Row | Annotated[list[Row], Field(min_length=1, max_length=MAX_SIDE)]
Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Shape = Annotated[list[Side], Field(max_length=2)]


class GraphParams(Params):
    """The parameters of a graph."""

    seed: int = seed(_("Draws the values that nobody set; another seed, other numbers."))
    shapes: Annotated[dict[str, Shape], Field(max_length=MOST_LEAVES)] = choice(
        {},
        _("Shapes"),
        _("Sizes of the variables that are drawn: none for a number, one for a vector, two for a matrix."),
        widget="hidden",
    )
    values: Annotated[dict[str, Table], Field(max_length=MOST_LEAVES)] = choice(
        dict(VALUES),
        _("Values"),
        _("What the variables are: numbers, vectors or matrices."),
        widget="leaves",
        structure="graph",
        entries="node_values",
        shapes="shapes",
        first=1,
    )
    expression: str = choice(
        EXPRESSION,
        _("Expression"),
        _(
            "Lines of assignments; the last is the result. Numbers, names, + - * / ** @, brackets, and functions: "
            "sum, mean, max, softmax, exp, log, tanh, sigmoid, relu, where(x > 0, x, 0) and others."
        ),
        widget="program",
        typeset="mathml",
        first=2,
    )

    @field_validator("values", mode="before")
    @classmethod
    def _tables(cls, values: Any) -> Any:
        """Refuse with one sentence, where the union of number, vector and matrix would give three."""
        if isinstance(values, Mapping):
            for name, value in values.items():
                if not _is_table(value):
                    sentence = say(
                        "“{name}” must be a number, a vector, or a matrix with rows of one length, none beyond a "
                        "million and at most {limit} a side.",
                        name=str(name)[:24],
                        limit=MAX_SIDE,
                    )
                    raise Refusal(sentence)
        return values

    @field_validator("expression")
    @classmethod
    def _is_readable(cls, expression: str) -> str:
        """Refuse lines that cannot be read."""
        read_expression(expression)
        return expression

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse shapes that do not fit, under the character that asks for it; the tape is kept."""
        try:
            _ = self.walked
        except Refusal as refusal:
            raise Refusal(refusal.message, refusal.position, "expression") from None
        return self

    @cached_property
    def walked(self) -> Walked:
        """The tape of these lines and values, walked forward and backward."""
        return walked(self.expression, self.values, self.shapes, self.seed)


def _is_table(value: Any, deep: int = 0) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(value) <= FAR
    if not isinstance(value, list | tuple) or deep == 2 or not 1 <= len(value) <= MAX_SIDE:
        return False
    lengths = {len(row) if isinstance(row, list | tuple) else -1 for row in value}
    return len(lengths) == 1 and all(_is_table(row, deep + 1) for row in value)
