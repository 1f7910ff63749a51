"""What may be asked about a search: one of its trials, and programs that repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.search import export
from engine.experiments.search.naming import OUTCOMES
from engine.frame import ArraySpec, Told, Value
from engine.message import Message, _, say
from engine.params import choice, refused
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.search.simulation import SearchSimulation


class OneTrial(Asked):
    """A trial: its curve, what it says, its settings, and where it can be opened."""

    line: int = Field(0, ge=0, title=_("Search"), description=_("Which sampler and repeat, counted from 0."))
    trial: int = Field(1, ge=1, title=_("Trial"), description=_("The number of the trial, from 1 on."))

    def answer(self, simulation: SearchSimulation) -> dict[str, Value]:
        """Return ``curve_steps``, ``curve`` and the text ``trial``."""
        if self.line >= len(simulation.lines):
            raise refused(say("There are {count} searches.", count=len(simulation.lines)), "line")
        line = simulation.lines[self.line]
        found = line.at(self.trial - 1)
        if found is None:
            waiting = say("Trial {trial} is not finished yet.", trial=self.trial)
            told = {"outcome": "", "word": "", "sentence": waiting, "settings": [], "opens": None}
            told |= {"sampler": Message(line.sampler.title), "repeat": line.repeat + 1, "updates": 0}
            return {"curve_steps": np.zeros(0), "curve": np.zeros(0), "trial": Told(told)}
        piece, at = found
        steps, curve, spent = piece.curve(at)
        name, word, sentence = OUTCOMES[piece.code(at, simulation.params.updates)]
        params = piece.params[at]
        settings = line.settings(self.trial - 1)
        told = {
            "outcome": name,
            "word": Message(word),
            "sentence": Message(sentence),
            "sampler": Message(line.sampler.title),
            "repeat": line.repeat + 1,
            "updates": spent,
            "settings": [
                {"title": side.axis.called, "value": side.axis.named(settings[side.axis.setting])}
                for side in simulation.space.sides
            ],
            "opens": None
            if params is None
            else {"laboratory": simulation.params.laboratory, "params": export.changed(params)},
        }
        return {"curve_steps": steps.astype(np.float64), "curve": curve, "trial": Told(told)}


class Script(Asked):
    """A program: the whole search, or the best trial in PyTorch."""

    which: Literal["search", "best"] = choice(
        "search",
        _("Program"),
        _("The whole search in Python with this package, or the best trial in PyTorch."),
        labels={"search": _("the search"), "best": _("the best trial")},
    )

    def answer_in_pieces(self, simulation: SearchSimulation) -> Pieces[dict[str, Value]]:
        """Return the text ``code``; a net that comes with its weights is trained first."""
        if self.which == "search":
            return {"code": export.search_script(simulation.params)}
        values = [[line.value(t) for t in range(simulation.step)] for line in simulation.lines]
        if not np.isfinite(np.array(values)).any():
            raise refused(say(_("No trial has finished yet; let the search go on.")))
        line, trial = np.unravel_index(np.nanargmin(values), np.shape(values))
        found = simulation.lines[line].at(int(trial))
        params = found[0].params[found[1]] if found else None
        assert params is not None
        return {"code": (yield from export.trial_script(simulation.params.laboratory, params))}


class Keeping(Asked):
    """Whether finished trials are kept for the next time."""

    def answer(self, simulation: SearchSimulation) -> dict[str, Value]:
        """Return the text ``keeping``."""
        trouble = simulation.crew.trouble
        return {"keeping": Told({"trouble": trouble or ""})}


TRIAL: Mapping[str, ArraySpec] = {
    "curve_steps": ArraySpec(("look",), _("Updates of the trial")),
    "curve": ArraySpec(("look",), _("Validation loss of the trial")),
    "trial": ArraySpec((), _("What the trial was, and what its curve says")),
}
QUESTIONS: Sequence[Question] = (
    Question("trial", _("One trial"), OneTrial, TRIAL),
    Question(
        "keeping",
        _("Are finished trials kept?"),
        Keeping,
        {"keeping": ArraySpec((), _("Why they are not, a sentence; empty while they are"))},
    ),
    Question(
        "script",
        _("A program that repeats it"),
        Script,
        {"code": ArraySpec((), _("A Python program"))},
        exact=True,
        parts=True,
    ),
)
