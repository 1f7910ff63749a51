"""Laws of what runs hold: no more than they say beforehand, and fewer copies for going back where one is large."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.experiment import experiment
from engine.memory import FEWEST_COPIES, MOST_COPIES, copies_kept
from engine.optimizers import RULES
from engine.optimizers.memory import vectors
from engine.params import InvalidParams, check
from engine.replay import Run

LONG = {"rule": "lbfgs", "learning_rate": 0.01, "history_size": 100}


@pytest.mark.parametrize(
    ("laboratory", "settings"),
    [
        ("depth", {"width": 32, "depth": 4, "samples": 50, "steps": 30, "compare": [], "optimizer": LONG}),
        ("depth", {"width": 64, "depth": 4, "samples": 50, "steps": 30, "optimizer": {"rule": "adam"}}),
        ("playground", {"hidden": [64] * 4, "steps": 30, "optimizer": LONG}),
        ("charrnn", {"hidden_size": 64, "steps": 30}),
    ],
)
def test_a_run_holds_no_more_than_it_says_beforehand(laboratory: str, settings: dict[str, Any]) -> None:
    entry = experiment(laboratory)
    params = check(entry.Params, settings)
    run = Run(entry, params)
    run.first()
    for _copy in range(MOST_COPIES + 2):
        run.advance(1)
        run.snapshot()
    assert len(run._snapshots) >= FEWEST_COPIES
    assert run.nbytes <= entry.memory(params)


@pytest.mark.parametrize(
    ("laboratory", "settings"),
    [
        ("depth", {"width": 200, "depth": 57, "optimizer": LONG}),
        ("playground", {"hidden": [64] * 8, "ensemble": 32, "optimizer": LONG}),
    ],
)
def test_a_rule_that_would_remember_too_much_is_refused_with_the_numbers(
    laboratory: str, settings: dict[str, Any]
) -> None:
    model = experiment(laboratory).Params
    with pytest.raises(InvalidParams, match=r"remembers 202 numbers for each weight, here about \d+\.\d GB"):
        check(model, settings)


def test_what_a_rule_remembers_is_counted_in_vectors() -> None:
    counted = {name: vectors(check(RULES[name], {})) for name in ("sgd", "momentum", "adam", "lbfgs")}
    assert counted == {"sgd": 0, "momentum": 1, "adam": 2, "lbfgs": 2 * 100 + 2}


def test_fewer_copies_are_kept_where_one_is_large() -> None:
    kept = [copies_kept(size) for size in 10.0 ** np.arange(3, 11)]
    assert kept == sorted(kept, reverse=True)
    assert (kept[0], kept[-1]) == (MOST_COPIES, FEWEST_COPIES)
    big = check(
        experiment("depth").Params, {"width": 128, "depth": 6, "steps": 9, "compare": [], "optimizer": LONG}
    )
    small = big.model_copy(update={"width": 8})
    counts = []
    for params in (big, small):
        run = Run(experiment("depth"), params)
        for _copy in range(5):
            run.advance(1)
            run.snapshot()
        counts.append(len(run._snapshots))
    assert counts == [FEWEST_COPIES, 5]
