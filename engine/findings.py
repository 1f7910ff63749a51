"""What a laboratory finds wrong with its nets, and the cures that it offers, as a `findings` panel shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.formula import latex_to_mathml
from engine.message import Message, say
from engine.params import Params

Tone = Literal["good", "half", "bad"]
DATA = -1
"""Instead of a net: the finding is about the data that all nets share."""


@dataclass(frozen=True)
class Cure:
    """A change of parameters that a visitor makes with one click."""

    title: Message
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """What was found about one net.

    Args:
        net: its place in the comparison, or `DATA`. illness: a key by which tests and pictures know it.
        name: the same for a visitor. tone: how grave it is. sentence: what is the case, with numbers.
        consequences: what follows, a sentence each. prediction: what will happen. equations: why, as LaTeX.
        evidence: numbers to compare before and after a cure. layer: at fault, from 1; 0: none.
        since: the step from which it was so, or None. cure: None where there is none.
    """

    net: int
    illness: str
    name: Message
    tone: Tone
    sentence: Message
    evidence: Message
    prediction: Message | str = ""
    consequences: Sequence[Message] = ()
    equations: Sequence[str] = ()
    layer: int = 0
    since: int | None = None
    cure: Cure | None = None

    def told(self) -> dict[str, Any]:
        """Return it as the page wants it: JSON with `Message`s in it."""
        return {
            "net": self.net,
            "layer": self.layer,
            "illness": self.illness,
            "name": self.name,
            "tone": self.tone,
            "since": self.since,
            "sentence": self.sentence,
            "consequences": list(self.consequences),
            "prediction": self.prediction,
            "equations": [latex_to_mathml(line) for line in self.equations],
            "evidence": self.evidence,
            "fix": self.cure and {"title": self.cure.title, "changes": dict(self.cure.changes)},
        }


def of_net(params: Any, net: int, title: Message, changes: Mapping[str, Any]) -> Cure:
    """Return the cure that changes one net: the first by the parameters themselves, others in ``compare``.

    Args:
        params: of the run. net: its place in the comparison. title: of the button.
        changes: of the net's settings.
    """
    if net <= 0:
        return Cure(title, changes)
    others = [other.model_dump(mode="json") for other in params.compare]
    others[net - 1] |= changes
    return Cure(title, {"compare": others})


def at_rate(optimizer: Params, factor: float) -> Cure:
    """Return the cure that multiplies the learning rate of all nets by 1/10, 3 or 10.

    Args:
        optimizer: the rule in force. factor: by which its learning rate is multiplied.
    """
    rate = float(f"{getattr(optimizer, 'learning_rate') * factor:.3g}")  # noqa: B009  # not every rule has one
    changed = optimizer.model_dump(mode="json") | {"learning_rate": rate}
    if factor < 1:
        title = say("Divide the learning rate by {times:g}", times=1 / factor)
    else:
        title = say("Multiply the learning rate by {times:g}", times=factor)
    return Cure(title, {"optimizer": changed})
