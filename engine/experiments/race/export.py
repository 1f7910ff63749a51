"""The race as it went, or the small net that its racers train, as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.race.net_plane import OfNet
from engine.experiments.race.script import NAMES, race_script
from engine.experiments.race.script_net import net_told
from engine.experiments.race.script_surface import surface_told
from engine.experiments.race.small_net import can_train
from engine.frame import ArraySpec, Value
from engine.message import _
from engine.params import choice
from engine.replay import Stretch

if TYPE_CHECKING:
    from engine.experiments.race.simulation import RaceSimulation

CODE = {"code": ArraySpec((), _("A Python script"))}


class Exported(Asked):
    """A question whose answer is a program."""

    library: Literal["torch", "numpy"] = choice("torch", _("Library"), _("What the program needs."), labels=NAMES)


class Script(Exported):
    """The whole race as a script, with what was changed on the way."""

    def answer(self, simulation: RaceSimulation) -> dict[str, Value]:
        """Return the text ``code``."""
        past = simulation.past
        told = surface_told(past[0].params, self.library)
        return {"code": race_script(told, past, simulation.forked, self.library)}


class NetScript(Exported, OfNet):
    """The small net's training by the racers as a script, and the loss on the plane."""

    def answer(self, simulation: RaceSimulation) -> dict[str, Value]:
        """Return the text ``code``."""
        params, rules = simulation.params, simulation.rules
        self.check(list(rules), simulation.total)
        racer = sum(map(can_train, rules[: self.racer]))
        told = net_told(params, self, racer, self.library)
        racers = [one for one in params.racers if can_train(one)]
        trained = params.model_copy(update={"racers": racers, "batch_size": self.batch_size})
        return {"code": race_script(told, [Stretch(0, trained)], None, self.library)}


QUESTIONS = (
    Question("script", _("The race as a program"), Script, CODE),
    Question("net_script", _("The small net as a program"), NetScript, CODE),
)
