"""How often the doctor was right: diagnoses against outcomes, counted over the planted nets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from engine.experiments.depth.doctor import NAMES, PREDICTIONS, diagnosis, named
from engine.experiments.depth.look import look
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.simulation import DepthSimulation
from engine.experiments.depth.trial.outcome import OUTCOMES, outcome
from engine.experiments.depth.trial.planted import SEEDS, SHARED, Planted, planted
from engine.message import Message, _, say
from engine.pieces import whole

PREDICTED: Mapping[str, frozenset[str]] = {
    "nan": frozenset({"diverged"}),
    "exploding": frozenset({"diverged"}),
    "growing": frozenset({"learned", "slow"}),
    "healthy": frozenset({"learned"}),
    "saturated": frozenset({"learned", "slow"}),
    "fading": frozenset({"learned", "slow"}),
    "vanishing": frozenset({"still"}),
    "dead": frozenset({"dead", "still"}),
    "symmetric": frozenset({"equal"}),
}
"""The outcomes with which a diagnosis was right."""
RECORD = "record.json"


class Case(NamedTuple):
    """What the doctor said of a planted net before its first step, and what became of it."""

    said: str
    became: str

    @property
    def right(self) -> bool:
        """True when the outcome is one that the diagnosis predicts."""
        return self.became in PREDICTED[self.said]


def examine(one: Planted) -> Case:
    """Let the doctor look at a planted net, then train it."""
    simulation = whole(DepthSimulation.begin(one.params, np.random.default_rng(one.params.seed)))
    simulation.first()
    members, data = simulation.members, simulation.data
    measured, scores, _bins = whole(look(members, data.inputs, simulation.targets, simulation.loss))
    return Case(diagnosis(members[0], measured[0], scores[0][0], simulation.silent), outcome(one))


@cache
def _record() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(files(__package__).joinpath(RECORD).read_text("utf-8"))
    return found


def recorded() -> tuple[Case, ...]:
    """Return the cases of all planted nets as ``descentlab doctor --record`` found them."""
    return tuple(Case(*pair) for pair in _record()["cases"])


def recorded_on() -> str:
    """Return the day on which the nets of the reported half were trained, as 2026-11-21."""
    return str(_record()["date"])


def counts(cases: Sequence[Case]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return how many nets of each diagnosis (rows, `NAMES`) had each outcome (columns, `OUTCOMES`)."""
    table = np.zeros((len(NAMES), len(OUTCOMES)), np.int64)
    for case in cases:
        table[list(NAMES).index(case.said), list(OUTCOMES).index(case.became)] += 1
    return table


def precision(cases: Sequence[Case], illness: str) -> tuple[int, int]:
    """Return how often a diagnosis was right, and how often it was made."""
    made = [case for case in cases if case.said == illness]
    return sum(case.right for case in made), len(made)


def recall(cases: Sequence[Case], became: str) -> tuple[int, int]:
    """Return how often an outcome was predicted, and how often it came."""
    came = [case for case in cases if case.became == became]
    return sum(case.right for case in came), len(came)


def confusion(half: str = "report") -> dict[str, Any]:
    """Return the table of the recorded cases of one half, as JSON with `Message`s in it, for the page."""
    nets = [(one, case) for one, case in zip(planted(), recorded(), strict=True) if one.half == half]
    cases = [case for _one, case in nets]
    right, all_of_them = sum(case.right for case in cases), len(cases)
    rows = []
    for illness in NAMES:
        hits, made = precision(cases, illness)
        cells = [
            {
                "predicted": became in PREDICTED[illness],
                "nets": [one.choice for one, case in nets if case == (illness, became)],
            }
            for became in OUTCOMES
        ]
        rows.append(
            {**named(illness), "says": Message(PREDICTIONS[illness]), "cells": cells, "right": [hits, made]}
        )
    return {
        "caption": say(
            "{count} planted nets: what the doctor said before the first step, and what {steps} steps of training "
            "did. Right in {right} of them, {share:.0%}. No limit was set beside these nets (seeds {seeds}); they "
            "were trained once, on {date}.",
            count=all_of_them,
            steps=SHARED["steps"],
            seeds=", ".join(map(str, SEEDS[half])),
            date=recorded_on(),
            right=right,
            share=right / all_of_them,
        ),
        "rows_title": Message(_("The doctor said")),
        "row_share_title": Message(_("came true")),
        "column_share_title": Message(_("foreseen")),
        "columns": [
            {"name": Message(title), "right": list(recall(cases, became))} for became, title in OUTCOMES.items()
        ],
        "rows": rows,
        "base": DepthParams.model_validate(dict(SHARED)).model_dump(mode="json"),
    }
