"""Answers to a question, one better than the other: handed out as they come, each known to be the last or not."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

from app.turns import Work
from engine.frame import Frame


class Answer(NamedTuple):
    """A whole answer, and whether a better one follows."""

    frame: Frame
    more: bool


class Answers:
    """The answers that an experiment gives, pulled piece by piece.

    Whether one is the last shows only when the next piece was tried, so each comes a piece late (20 ms at most).
    Where further pieces brought no better answer, the last one is handed out again, as the last.

    Args:
        pieces: of `Experiment.answers`.
    """

    def __init__(self, pieces: Generator[Frame | None, None, None]) -> None:
        self._pieces = pieces
        self._held: Frame | None = None
        self._best: Frame | None = None

    def begin(self, wholly: bool) -> Work[None]:
        """Do what needs the state; the run may go on afterwards.

        Args:
            wholly: until there is an answer; else the first piece takes all that is needed of the state.
        """
        self._held = next(self._pieces, None)
        while wholly and self._held is None:
            yield
            self._held = next(self._pieces)

    def next(self, superseded: Callable[[], bool]) -> Work[Answer | None]:
        """Return the next answer; None where something newer took the question's place."""
        found, self._held = self._held, None
        for piece in self._pieces:
            if found is not None:
                self._held, self._best = piece, found
                return Answer(found, True)
            found = piece
            yield
            if superseded():
                return None
        return Answer(_given(self._best if found is None else found), False)

    def close(self) -> None:
        """Compute no further."""
        self._pieces.close()


def last_of(pieces: Generator[Frame | None, None, None]) -> Work[Frame]:
    """Return the last answer, which is what those get who do not watch it grow."""
    found: Frame | None = None
    for piece in pieces:
        found = found if piece is None else piece
        yield
    return _given(found)


def _given(frame: Frame | None) -> Frame:
    if frame is None:
        raise RuntimeError("a question ended without an answer")
    return frame
