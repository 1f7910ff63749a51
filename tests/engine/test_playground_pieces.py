"""The playground computed in pieces: together they are the run, and a large layer is a piece of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.experiment import experiment
from engine.experiments.playground import ensemble
from engine.experiments.playground.params import PlaygroundParams
from engine.params import check
from engine.replay import Run
from tests.engine.parted import Counted, same
from tests.engine.playgrounds import SMALL

CASES: list[dict[str, Any]] = [
    {
        "compare": [{"hidden": [5, 3], "batch_norm": True}, {"hidden": [4]}],
        "dropout": 0.3,
        "transfer": {"keep": 1},
    },
    {"ensemble": 5, "dropout": 0.3, "bagging": True},
    {"data": "digits", "compare": [{"hidden": []}]},
]


@pytest.mark.parametrize("case", CASES, ids=["nets", "members", "images"])
def test_where_a_run_is_cut_changes_no_number(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, every_layer_large: Callable[[], None]
) -> None:
    laboratory, params = experiment("playground"), check(PlaygroundParams, {**SMALL, **case})
    at_once, parted = Run(laboratory, params), Run(laboratory, params)
    first, then = at_once.first(), at_once.advance(9)
    every_layer_large()
    monkeypatch.setattr(ensemble, "TOGETHER", 1)
    counted = Counted()
    same(counted(parted.first_in_pieces()), first)
    same(counted(parted.advance_in_pieces(9)), then)
    assert counted.pieces > 9 * len(params.nets) * 2 * 2  # updates, nets, layers, forth and back
    for name in ("pictures", "without", "training"):
        *between, answer = parted.answers(parted.simulation, name, {})
        assert answer is not None
        assert between.count(None) == len(between) >= len(params.nets)
        same(answer, at_once.ask(name, {}))
