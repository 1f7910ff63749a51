"""Whatever is typed for a graph is refused with a sentence, or walked, drawn, asked and exported."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.experiment import experiment
from engine.frame import Told
from engine.params import InvalidParams, check
from tests.fuzz.conftest import Watch
from tests.fuzz.programs import any_program

Cases = Callable[[int], Iterator[random.Random]]


def test_every_program_is_refused_or_becomes_a_graph(cases: Cases, watch: Watch) -> None:
    laboratory = experiment("graph")
    accepted = refused = 0

    def attempt(given: dict[str, Any]) -> None:
        nonlocal accepted, refused
        try:
            params = check(laboratory.Params, given)
        except InvalidParams:
            refused += 1
            return
        scene = laboratory.scene(params)
        simulation = laboratory.begin(params, np.random.default_rng(0))
        frame = simulation.first()
        assert simulation.advance(10**6).final
        for told in (scene["graph"], frame["remarks"]):
            assert isinstance(told, Told)
            told.text()
        leaf = params.walked.leaves[0].index
        for question, asked in (
            ("numeric", {"node": leaf}),
            ("descend", {"count": 3}),
            ("code", {"library": "numpy"}),
        ):
            answer = laboratory.ask(simulation, question, asked)
            if question == "code":
                compile(str(answer["code"]), "program", "exec")
        accepted += 1

    for rng in cases(120):
        given = any_program(rng)
        watch.case(lambda given=given: watch.piece(lambda: attempt(given)), given)
    assert accepted > 20
    assert refused > 20
