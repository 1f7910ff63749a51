"""Whatever is sent as parameters of runs and questions is refused or runs; no warning, no fault."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator

import pytest

from engine.experiment import experiment
from engine.params import InvalidParams, check
from engine.replay import Run
from tests.fuzz.conftest import Watch
from tests.fuzz.crew import Inventing
from tests.fuzz.params import Drawing

END = object()
Cases = Callable[[int], Iterator[random.Random]]


@pytest.mark.parametrize(
    ("name", "few", "size"),
    [
        ("race", 80, 1.0),
        ("depth", 12, 0.25),
        ("charrnn", 8, 0.3),
        ("playground", 8, 0.4),
        ("graph", 30, 1.0),
        ("search", 8, 1.0),
    ],
)
def test_every_set_of_parameters_is_refused_or_runs(
    name: str, few: int, size: float, cases: Cases, watch: Watch
) -> None:
    laboratory = experiment(name).with_crew(Inventing())  # what is trained for a search is tried above
    schema = laboratory.Params.model_json_schema()
    laboratory.warm()  # as a server does when it starts

    def ask(run: Run, rng: random.Random) -> None:
        question = rng.choice(laboratory.questions)
        asked = Drawing(question.Params.model_json_schema(), rng, size=size).params()
        answers = laboratory.answers(run.simulation, question.name, asked)
        with contextlib.suppress(InvalidParams):
            while watch.piece(lambda: next(answers, END)) is not END:
                pass

    def attempt(data: object, rng: random.Random) -> None:
        try:
            params = watch.piece(lambda: check(laboratory.Params, data))
        except InvalidParams:
            return
        assert laboratory.memory(params) < 1e9
        watch.piece(lambda: laboratory.scene(params))
        run = Run(laboratory, params)
        frame = watch.pieces(run.first_in_pieces())
        total = run.simulation.total
        for _ in range(2):
            frame = frame if run.done else watch.pieces(run.advance_in_pieces(1))
        assert frame.step == run.simulation.step <= total
        if laboratory.questions:
            ask(run, rng)

    for rng in cases(few):
        data = Drawing(schema, rng, size=size).params()
        watch.case(lambda data=data, rng=rng: attempt(data, rng), data)
