"""What a page may say on the stream, as parameter models: the same strictness and the same sentences."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from app import jsonio
from engine.message import _, say
from engine.params import InvalidParams, Params, explain

Epoch = Annotated[int, Field(ge=0, le=2**53)]
Step = Annotated[int, Field(ge=0, le=2**53)]


class HowFar(Params):
    """How far to go: a number of steps, or for so many milliseconds (the server bounds both)."""

    steps: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    budget_ms: Annotated[float, Field(gt=0, le=60_000)] | None = None


class Start(Params):
    """Begin a run: answered by `ready`, a scene unless the page holds it, frame 0, and what `advance` asks."""

    type: Literal["start"]
    epoch: Epoch
    params: dict[str, Any] = Field({})
    changes: list[tuple[Step, dict[str, Any]]] = Field([], max_length=500)
    scene: str = Field("", max_length=2000)
    advance: HowFar | None = None


class Advance(HowFar):
    """Go on: answered by one frame, or `end`."""

    type: Literal["advance"]


class SetLive(Params):
    """Change live parameters from ``step`` on: answered by `ready`, and what `advance` asks."""

    type: Literal["set"]
    epoch: Epoch
    step: Step
    changes: dict[str, Any]
    advance: HowFar | None = None


class Rewind(Params):
    """Begin the same run again: answered by `ready`, frame 0, and what `advance` asks."""

    type: Literal["rewind"]
    epoch: Epoch
    advance: HowFar | None = None


class Ask(Params):
    """Ask the run something (`Simulation.answer`): answered by a frame of kind "answer" with the same ``id``.

    ``at`` asks the nearest state that the run kept, not later than that step; the frame tells its step.
    """

    type: Literal["ask"]
    epoch: Epoch
    id: Annotated[int, Field(ge=0, le=2**53)]
    question: dict[str, Any]
    at: Step | None = None


class Upload(Params):
    """Announce that the next binary message is a checkpoint: answered by `ready` and the restored frame."""

    type: Literal["upload"]
    epoch: Epoch


Said = Start | Advance | SetLive | Rewind | Ask | Upload
_ADAPTER: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="type")])


def read(text: str) -> Said:
    """Return what a page said.

    Raises:
        InvalidParams: with the field and a sentence.
    """
    data = jsonio.parse(text, say(_("The message")))
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        raise InvalidParams(explain(error, whole=_("the message"))) from None
