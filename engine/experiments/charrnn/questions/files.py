"""What can be taken away from a run: its state as a file, a net as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.experiment import Question
from engine.experiments.charrnn import checkpoint, export
from engine.experiments.charrnn.questions.asked import Arrays, OfNet
from engine.frame import ArraySpec, Told
from engine.message import _
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiments.charrnn.params import CharRNNParams
    from engine.experiments.charrnn.simulation import CharRNNSimulation

_NAME = ArraySpec((), _("What the file is called"))
_CHANGES = ArraySpec((), _("Settings to go on with, so that the training does not explode again"))


class Checkpoint(Asked):
    """The run's state as a file: as it is now, or the last from which all was well."""

    which: Literal["now", "good"] = Field(
        "now", title=_("Which state"), description=_("The state now, or the last good one.")
    )

    def answer_in_pieces(self, simulation: CharRNNSimulation) -> Pieces[Arrays]:
        """Return the file as bytes."""
        data = yield from checkpoint.save(simulation, good=self.which == "good")
        changes = _careful(simulation.params) if self.which == "good" else {}
        name = f"charrnn-{simulation.step}.npz"
        return {"file": np.frombuffer(data, np.uint8), "name": name, "changes": Told(changes)}


def _careful(params: CharRNNParams) -> dict[str, Any]:
    """Return what to change so that the run does not explode again: a tenth of the rate, and clipping."""
    rule = params.optimizer.model_dump(mode="json")
    clip = params.clip.model_dump(mode="json")
    if clip["mode"] == "none":
        clip |= {"mode": "norm", "threshold": 5.0}
    return {"optimizer": {**rule, "learning_rate": rule["learning_rate"] / 10}, "clip": clip}


class PyTorch(OfNet):
    """A program in PyTorch with the weights in it."""

    def answer(self, simulation: CharRNNSimulation) -> Arrays:
        """Return the program's text."""
        learner = self.learner(simulation)
        code = export.pytorch(learner.net, learner.theta, simulation.text.alphabet.characters)
        return {"code": code, "name": "charrnn.py"}


QUESTIONS = (
    Question(
        "checkpoint",
        _("The run as a file"),
        Checkpoint,
        {"file": ArraySpec(("byte",), _("The file's bytes")), "name": _NAME, "changes": _CHANGES},
    ),
    Question(
        "pytorch",
        _("The net as PyTorch code"),
        PyTorch,
        {"code": ArraySpec((), _("A PyTorch program with the present weights")), "name": _NAME},
    ),
)
