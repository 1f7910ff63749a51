"""The race as it went, as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from engine.experiment import Question
from engine.experiments.race.script import race_script
from engine.experiments.race.script_surface import surface_told
from engine.frame import ArraySpec, Value
from engine.message import _
from engine.params import Params, choice

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

LIBRARIES = {"torch": "PyTorch", "numpy": "NumPy"}
CODE = {"code": ArraySpec((), _("A Python script"))}


class Script(Params):
    """The whole race as a script, with what was changed on the way."""

    library: Literal["torch", "numpy"] = choice(
        "torch", _("Library"), _("What the program needs."), labels=LIBRARIES
    )

    def answer(self, simulation: RaceSimulation) -> dict[str, Value]:
        """Return the text ``code``."""
        past = simulation.past
        told = surface_told(past[0].params, self.library)
        return {"code": race_script(told, past, simulation.forked, self.library)}


QUESTIONS = (Question("script", _("The race as a program"), Script, CODE),)
