"""Whatever is typed as a formula is refused with a sentence, or compiled, typeset, searched and drawn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from engine.experiment import experiment
from engine.params import InvalidParams, check
from engine.replay import Run
from tests.fuzz.conftest import Watch
from tests.fuzz.formulas import any_formula

Cases = Callable[[int], Iterator[random.Random]]


def becomes_a_race(text: str, watch: Watch) -> bool:
    """Check a formula, race on it and draw it as a server does; return False where it is refused."""
    race = experiment("race")
    try:
        params = watch.piece(lambda: check(race.Params, {"surface": {"formula": text}, "steps": 20}))
    except InvalidParams:
        return False
    run = Run(race, params)
    watch.pieces(run.first_in_pieces())
    scene = watch.piece(lambda: race.scene(params))
    assert str(scene["formula"]).startswith("<math")
    assert watch.pieces(run.advance_in_pieces(20)).step == 20
    return True


def test_every_formula_is_refused_or_becomes_a_race(cases: Cases, watch: Watch) -> None:
    told: list[bool] = []
    for rng in cases(250):
        text = any_formula(rng)
        watch.case(lambda text=text: told.append(becomes_a_race(text, watch)), text)
    assert 20 < sum(told) < len(told) - 20


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
    watch.case(lambda: becomes_a_race(text, watch), text)
