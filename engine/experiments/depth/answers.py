"""Answers about the present nets that are too dear, or too long, for every frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from engine.autodiff.tape import Array
from engine.experiments.depth import look
from engine.experiments.depth.member import Member
from engine.frame import Value
from engine.message import say
from engine.nn.export import to_pytorch
from engine.params import InvalidParams, Params, Problem, check

LARGEST_EXPORT = 3_000_000
"""Parameters up to which a net is written out as text."""
DEAREST_SPECTRUM = 3_000_000_000
"""depth x width³ up to which spectra are computed on request."""


class Question(Params):
    """What may be asked: ``pytorch`` for the net as a script, ``spectrum`` for its singular values."""

    kind: Literal["pytorch", "spectrum"]
    net: int = Field(0, ge=0, le=3)


def answer(question: Mapping[str, Any], members: Sequence[Member], inputs: Array) -> dict[str, Value]:
    """Return the answer's arrays and texts.

    Returns:
        ``pytorch``: text ``code``. ``spectrum``: ``singular_values`` (layer, 9) and
        ``jacobian_singular_values`` (width,).
    Raises:
        InvalidParams: for a net that is not there, or too large for what is asked.
    """
    asked = check(Question, dict(question))
    if asked.net >= len(members):
        sentence = say("There is no net {net}; the comparison has {count}.", net=asked.net, count=len(members))
        raise InvalidParams([Problem("net", sentence)])
    one = members[asked.net]
    if asked.kind == "pytorch":
        if one.net.theta.size > LARGEST_EXPORT:
            sentence = say(
                "The net has {size:,} parameters; at most {most:,} are written out as text.",
                size=one.net.theta.size,
                most=LARGEST_EXPORT,
            )
            raise InvalidParams([Problem("net", sentence)])
        return {"code": to_pytorch(one.net)}
    if look.spectrum_work([one]) > DEAREST_SPECTRUM:
        sentence = say("The singular values of so many large matrices would take too long; make the net narrower.")
        raise InvalidParams([Problem("net", sentence)])
    return dict(look.spectra(one, inputs))
