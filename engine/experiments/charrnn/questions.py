"""What a page may ask a run: the questions as parameter models, as strict as any other."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from engine.params import InvalidParams, Params, explain

Which = Annotated[int, Field(ge=0, le=3)]
"""Of the run's nets: 0 is the first, 1 and on those trained beside it."""
Layer = Annotated[int, Field(ge=0, le=3)]
Unit = Annotated[int, Field(ge=0, le=511)]
Temperature = Annotated[float, Field(ge=0, le=5)]
Prime = Annotated[str, Field(max_length=2000)]
Held: TypeAlias = list[tuple[Layer, Unit, Annotated[float, Field(ge=-100, le=100)]]]


class Think(Params):
    """Run a text through the net: every unit of a layer at every character, and how surprised the net was.

    quantity: ``h``, the LSTM's ``c``, or a gate's letter (i f g o, r z n).
    """

    kind: Literal["think"]
    text: str = Field(min_length=1, max_length=2000)
    net: Which = 0
    layer: Layer = 0
    quantity: Literal["h", "c", "i", "f", "g", "o", "r", "z", "n"] = "h"


class Next(Params):
    """The distribution of the character that follows a text."""

    kind: Literal["next"]
    prime: Prime = ""
    temperature: Temperature = 1.0
    net: Which = 0


class Sample(Params):
    """Write on from a text. To fork a sample at a character, ask again with the text up to there and another."""

    kind: Literal["sample"]
    prime: Prime = ""
    length: int = Field(200, ge=1, le=2000)
    temperature: Temperature = 1.0
    seed: int = Field(0, ge=0, lt=2**31)
    net: Which = 0
    hold: Held = Field([], max_length=8)


class Score(Params):
    """How likely the net finds a text, character by character."""

    kind: Literal["score"]
    text: str = Field(min_length=1, max_length=5000)
    net: Which = 0


class Units(Params):
    """Which units track quotes, brackets, the place in the line, the indentation."""

    kind: Literal["units"]
    text: str | None = Field(None, max_length=20_000)
    """None takes held-out text."""
    net: Which = 0
    most: int = Field(8, ge=1, le=64)


class Ablate(Params):
    """Hold units at values: what becomes of the loss on held-out text, and of a sample."""

    kind: Literal["ablate"]
    hold: Held = Field(min_length=1, max_length=8)
    prime: Prime = ""
    length: int = Field(200, ge=1, le=1000)
    temperature: Temperature = 0.5
    seed: int = Field(0, ge=0, lt=2**31)
    net: Which = 0


class FlowQuestion(Params):
    """The gradient's way back through a window, Wh perhaps rescaled for the question."""

    kind: Literal["flow"]
    window: int = Field(50, ge=2, le=300)
    spectral_radius: float = Field(0.0, ge=0, le=5)


class Hello(Params):
    """Every number of a small vanilla RNN's forward and backward pass over "hello"."""

    kind: Literal["hello"]
    trained: int = Field(0, ge=0, le=2000)
    """Steps of plain descent before the look."""
    seed: int = Field(0, ge=0, lt=2**31)


class Checkpoint(Params):
    """The run's state as a file: as it is now, or the last from which all was well."""

    kind: Literal["checkpoint"]
    which: Literal["now", "good"] = "now"


class PyTorch(Params):
    """A program in PyTorch with the weights in it."""

    kind: Literal["pytorch"]
    net: Which = 0


class Timeline(Params):
    """The samples so far."""

    kind: Literal["timeline"]


Question: TypeAlias = (
    Think | Next | Sample | Score | Units | Ablate | FlowQuestion | Hello | Checkpoint | PyTorch | Timeline
)
_ADAPTER: TypeAdapter[Question] = TypeAdapter(Annotated[Question, Field(discriminator="kind")])


def read(question: Any) -> Question:
    """Return a question as a model.

    Raises:
        InvalidParams: with the field and a sentence.
    """
    try:
        return _ADAPTER.validate_python(question)
    except ValidationError as error:
        raise InvalidParams(explain(error)) from None
