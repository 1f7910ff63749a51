"""The expression as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from engine.asked import Asked
from engine.experiments.graph import code
from engine.experiments.graph.questions.asked import Arrays
from engine.message import _
from engine.params import choice

if TYPE_CHECKING:
    from engine.experiments.graph.simulation import GraphSimulation


class Code(Asked):
    """The same in PyTorch or NumPy."""

    library: Literal["torch", "numpy"] = choice("torch", _("Library"), _("What the program needs."))

    def answer(self, simulation: GraphSimulation) -> Arrays:
        """Return the program and a name for its file."""
        program = code.torch_program if self.library == "torch" else code.numpy_program
        return {"code": program(simulation.walked), "name": f"graph_{self.library}.py"}
