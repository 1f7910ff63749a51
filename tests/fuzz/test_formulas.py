"""Whatever is typed as a formula is refused with a sentence, or compiled, typeset, searched and drawn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from engine.experiment import experiment
from engine.params import InvalidParams, check
from tests.fuzz.conftest import Watch
from tests.fuzz.formulas import any_formula

Cases = Callable[[int], Iterator[random.Random]]


def test_every_formula_is_refused_or_becomes_a_race(cases: Cases, watch: Watch) -> None:
    race = experiment("race")
    accepted = refused = 0

    def attempt(text: str) -> None:
        nonlocal accepted, refused
        try:
            params = check(race.Params, {"surface": {"formula": text}, "steps": 20})
        except InvalidParams:
            refused += 1
            return
        scene = race.scene(params)
        assert str(scene["formula"]).startswith("<math")
        simulation = race.begin(params, np.random.default_rng(0))
        simulation.first()
        assert simulation.advance(20).step == 20
        accepted += 1

    for rng in cases(250):
        text = any_formula(rng)
        watch.case(lambda text=text: watch.piece(lambda: attempt(text)), text)
    assert accepted > 20
    assert refused > 20


@pytest.mark.parametrize(
    "text",
    [
        "((abs(y))**(y/e))**(x*y)/x",
        "tanh(cosh(pi)-e/pi/(0.1+y)**15/pi + 1e10*-(1e50)*-(x)/e + 0)",
        "log(atan(log(tanh(" * 5 + "x*y" + "))))" * 5,
        "sin(cos(tanh(exp(" * 7 + "x" + "))))" * 7,
        "atan((((1 + 20)/sin(e)/(max(y, y) - relu(15)))*softplus(max(tanh(y), tanh(y))))**15)",
    ],
)
def test_formulas_that_once_did_harm_are_refused_or_drawn(text: str, watch: Watch) -> None:
    """A power of a power had no notation; the others took from eleven seconds to minutes."""
    race = experiment("race")

    def attempt() -> None:
        try:
            params = check(race.Params, {"surface": {"formula": text}, "steps": 20})
        except InvalidParams:
            return
        assert str(race.scene(params)["formula"]).startswith("<math")
        simulation = race.begin(params, np.random.default_rng(0))
        simulation.first()
        assert simulation.advance(20).step == 20

    watch.case(lambda: watch.piece(attempt), text)
