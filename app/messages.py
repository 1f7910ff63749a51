"""What a page may say on the stream, as parameter models: the same strictness and the same sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from app import jsonio
from engine.experiment import Experiment
from engine.message import _, say
from engine.params import InvalidParams, Params, check, explain
from engine.replay import Change, Run

Epoch = Annotated[int, Field(ge=0, le=2**53)]
Step = Annotated[int, Field(ge=0, le=2**53)]
Name = Annotated[str, Field(max_length=100)]
Changes = Annotated[list[tuple[Step, dict[str, Any]]], Field(max_length=500)]


class HowFar(Params):
    """How far to go: a number of steps, or for so many milliseconds (the server bounds both)."""

    steps: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    budget_ms: Annotated[float, Field(gt=0, le=60_000)] | None = None


class Start(Params):
    """Begin a run: answered by `ready`, a scene unless the page holds it, frame 0, and what `advance` asks."""

    type: Literal["start"]
    epoch: Epoch
    params: dict[str, Any] = Field({})
    changes: Changes = Field([])
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
    """Ask the run a declared question: answered by a frame of kind "answer" with the same ``id``.

    ``at`` asks the nearest state that the run kept, not later than that step; the frame tells its step. Where the
    question's answer grows, several frames come, all but the last with ``more``; a newer question of that name, a
    `start`, `set` or `rewind` ends that, which is told as ``{"type": "dropped", "id"}``.
    """

    type: Literal["ask"]
    epoch: Epoch
    id: Annotated[int, Field(ge=0, le=2**53)]
    question: Name
    params: dict[str, Any] = Field({})
    at: Step | None = None


class Drop(Params):
    """Want no further answers to a question whose answer grows."""

    type: Literal["drop"]
    id: Annotated[int, Field(ge=0, le=2**53)]


class Upload(Params):
    """Announce that the next binary message is a checkpoint: answered by `ready` and the restored frame."""

    type: Literal["upload"]
    epoch: Epoch
    changes: Changes = Field([])
    """Live changes that follow it, at its step or later."""


Said = Start | Advance | SetLive | Rewind | Ask | Drop | Upload
_ADAPTER: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="type")])


class Inquiry(Params):
    """A question to a run that is made for it: by REST, or on the command line.

    ``params`` are the question's, ``run`` and ``changes`` make the run, ``at`` is the step; None asks at the end.
    """

    question: Name
    params: dict[str, Any] = Field({})
    run: dict[str, Any] = Field({})
    changes: Changes = Field([])
    at: Step | None = None

    def begin(self, experiment: Experiment) -> Run:
        """Return the run at its start; the question's parameters are looked at before anything is computed.

        Raises:
            InvalidParams: each path begins with the field of the inquiry.
        """
        question = experiment.question(self.question)
        with under("params"):
            check(question.Params, self.params)
        with under("run"):
            params = check(experiment.Params, self.run)
        with under("changes"):
            return Run(experiment, params, [Change(step, values) for step, values in self.changes])


@contextmanager
def under(name: str) -> Iterator[None]:
    """Put a field's name before the paths of the problems that are raised inside."""
    try:
        yield
    except InvalidParams as error:
        problems = [replace(one, path=f"{name}.{one.path}".rstrip(".")) for one in error.problems]
        raise InvalidParams(problems) from None


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
