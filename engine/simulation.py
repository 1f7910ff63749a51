"""What a run in progress is: something that is stepped, copied, changed and asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from typing import Any

from engine.asked import Asked, Growing
from engine.frame import Frame
from engine.memory import held_bytes
from engine.message import _, say
from engine.params import refused
from engine.pieces import Pieces, quiet, whole


class Simulation(ABC):
    """A run in progress. Holds all its state (random generator included): `copy.deepcopy` is a snapshot.

    Advancing 10 + 15 steps gives the same numbers as advancing 25.
    """

    step: int = 0
    """The last step done; 0 before the first."""
    total: int
    """How many steps the run has in all."""
    to_come: Sequence[tuple[int, Any]] = ()
    """Parameters that will be in force from later steps on, as far as the run was told; `Run.answers` says it."""

    @property
    def waiting(self) -> bool:
        """True while there is nothing to compute here: what comes next is computed elsewhere, and not there yet.

        `advance` may be called all the same; it then waits.
        """
        return False

    @property
    def next_moment(self) -> int | None:
        """The step at which the next frame ends at the latest, as a `Frame.moment`; None where any will do."""
        return None

    @abstractmethod
    def first(self) -> Frame:
        """Return the frame of step 0: the start, before any update."""

    @abstractmethod
    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` >= 1 further steps (fewer at the end) and return them as one frame."""

    def first_in_pieces(self) -> Pieces[Frame]:
        """Do what `first` does, and yield where others may have a turn: override it where that takes long.

        Between two pieces the state is that of no step. Who lets go of the work before its end lets go of the
        simulation too; `Run` does.
        """
        yield from ()
        return self.first()

    def advance_in_pieces(self, steps: int) -> Pieces[Frame]:
        """Do what `advance` does in pieces, as `first_in_pieces`: override it where a single step takes long."""
        yield from ()
        return self.advance(steps)

    @abstractmethod
    def change(self, params: Any) -> None:
        """Go on under other parameters; only fields whose effect is ``live`` differ from before."""

    @property
    def nbytes(self) -> int:
        """How much memory the state takes."""
        return held_bytes(self)

    def answer(self, name: str, params: Any) -> Frame:
        """Answer a declared question about the present state: a probe, a prediction, a checkpoint to keep.

        Must leave the state as it is (random generator included). A question that is `Asked` answers itself;
        override this for others.

        Args:
            name: of a `Question` of the laboratory. params: of its model, checked already (`Experiment.ask`).
        Returns:
            The arrays and texts that the question declares.
        Raises:
            InvalidParams: where this run has no such thing (a net that it does not train).
        """
        if isinstance(params, Asked):
            return whole(self.answer_in_pieces(name, params))
        raise NotImplementedError(f"{type(self).__name__} does not answer {name!r}")

    def answer_in_pieces(self, name: str, params: Any) -> Pieces[Frame]:
        """Do what `answer` does, as `first_in_pieces`: override it where an answer takes long."""
        if isinstance(params, Asked):
            return Frame(self.step, (yield from quiet(params.answer_in_pieces(self))))
        return self.answer(name, params)

    def answers(self, name: str, params: Any) -> Generator[Frame | None, None, None]:
        """Answer a question coarse to fine (`Question.parts`): each frame is a whole answer, the last the best.

        The run goes on meanwhile, so the first piece (what is done up to the first yield) takes all that is needed
        of the state. At most 20 ms of work lie between two yields; None marks a place to interrupt where there is
        no better answer yet. Whoever asked may stop listening at any of them. A question that is `Growing` answers
        itself; of any other the one answer comes in pieces.

        Args:
            name, params: as for `answer`.
        Raises:
            InvalidParams: in the first piece.
        """
        if isinstance(params, Growing):
            yield from params.answers(self)
        else:
            yield (yield from self.answer_in_pieces(name, params))

    def restore(self, data: bytes) -> None:
        """Take over the state of a checkpoint that `answer` gave earlier; `first` then returns its frame.

        Args:
            data: from outside, so trust nothing in it: no pickle, sizes bounded before reading.
        Raises:
            InvalidParams: when the data is no checkpoint for these parameters; the state is then undefined.
        """
        raise refused(say(_("This laboratory takes no checkpoints.")), "checkpoint")
