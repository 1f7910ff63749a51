"""Questions that answer themselves: at once, in pieces, or coarse to fine."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import Any

from engine.frame import Frame, Value
from engine.params import Params
from engine.pieces import Pieces, whole


class Asked(Params):
    """The parameters of a question, with its answer: a subclass gives one of the two methods."""

    def answer(self, simulation: Any) -> dict[str, Value]:
        """Return the answer's arrays and texts.

        Args:
            simulation: which is asked; it stays as it is.
        Raises:
            InvalidParams: when the question makes no sense in this run.
        """
        return whole(self.answer_in_pieces(simulation))

    def answer_in_pieces(self, simulation: Any) -> Pieces[dict[str, Value]]:
        """Do what `answer` does, and yield where others may have a turn."""
        yield from ()
        return self.answer(simulation)


class Growing(Params):
    """The parameters of a question whose answer gets better (`Question.parts`), with its answers."""

    @abstractmethod
    def answers(self, simulation: Any) -> Generator[Frame | None, None, None]:
        """Yield answers, coarse to fine, and None where others may have a turn: see `Simulation.answers`.

        Args:
            simulation: which is asked; it stays as it is, and goes on after the first piece.
        Raises:
            InvalidParams: in the first piece, when the question makes no sense in this run.
        """
