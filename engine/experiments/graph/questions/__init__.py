"""What a graph may be asked."""

from __future__ import annotations

from engine.experiment import Question

QUESTIONS: tuple[Question, ...] = ()
