"""The update in numbers is the step that the race then takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import engine
from engine.optimizers import RULES
from engine.optimizers.formula_rule import FormulaRule
from engine.params import InvalidParams
from engine.replay import Run

RACE = engine.experiment("race")
TEXTS = [name for name, rule in RULES.items() if issubclass(rule, FormulaRule)]


def results(frame: Any, axis: int) -> float:
    """The last number of the last line that gives theta."""
    import html

    lines = [line for line in json.loads(frame["equations"]) if "&#x003B8;</mi><mo>&#x02190;" in line["symbols"]]
    mathml = lines[-1]["numbers"][axis].rsplit("&#x0003D;</mo>", 1)[1]
    text = html.unescape(re.sub(r"<msup><mn>10</mn><mrow>?(.*?)</mrow>?</msup>", r"e\1", mathml))
    return float(re.sub(r"<[^>]*>", "", text).replace("−", "-").replace("·e", "e"))


@pytest.mark.parametrize("rule", TEXTS)
@pytest.mark.parametrize("step", [0, 7])
def test_the_numbers_lead_to_the_next_position(rule: str, step: int) -> None:
    racers = [{"rule": rule, "weight_decay": 0.01}]
    params = RACE.Params(
        racers=racers,
        steps=20,
        noise=0.5,
        clip={"mode": "norm", "threshold": 3.0},
        schedule={"schedule": "cosine"},
        surface="booth",
    )
    run = Run(RACE, params)
    run.first()
    positions = run.advance(20)["positions"]
    answer = run.ask("numbers", {"racer": 0}, step)
    assert answer.step == step
    for axis in range(2):
        assert results(answer, axis) == pytest.approx(positions[0, step, axis], rel=1e-3)


def test_a_rule_that_is_code_has_symbols_only_and_a_racer_that_is_not_there_is_refused() -> None:
    run = Run(RACE, RACE.Params(racers=[{"rule": "newton"}], steps=5))
    run.first()
    assert all(line["numbers"] == [] for line in json.loads(run.ask("numbers", {"racer": 0})["equations"]))
    with pytest.raises(InvalidParams):
        run.ask("numbers", {"racer": 1})
