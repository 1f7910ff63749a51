"""What may be asked about a char-RNN: each question a parameter model that knows its answer."""

from __future__ import annotations

from collections.abc import Sequence

from engine.experiment import Question
from engine.experiments.charrnn.questions import files, inside, reading, writing

QUESTIONS: Sequence[Question] = (*reading.QUESTIONS, *writing.QUESTIONS, *inside.QUESTIONS, *files.QUESTIONS)
