"""The expression as a program."""

from __future__ import annotations

from typing import Literal

from engine.experiments.graph import code
from engine.experiments.graph.questions.asked import Arrays, Asked
from engine.experiments.graph.walked import Walked
from engine.message import _
from engine.params import choice


class Code(Asked):
    """The same in PyTorch or NumPy."""

    library: Literal["torch", "numpy"] = choice("torch", _("Library"), _("What the program needs."))

    def answer(self, seen: Walked) -> Arrays:
        """Return the program and a name for its file."""
        program = code.torch_program if self.library == "torch" else code.numpy_program
        return {"code": program(seen), "name": f"graph_{self.library}.py"}
