"""Whatever is typed as a formula is refused with a sentence, or compiled, typeset, searched and drawn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

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
