"""A graph that tests ask."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.experiment import experiment
from engine.params import check

GRAPH = experiment("graph")


def ask(name: str, params: dict[str, Any] | None = None, **question: Any) -> Any:
    simulation = GRAPH.begin(check(GRAPH.Params, params or {}), np.random.default_rng(0))
    return GRAPH.ask(simulation, name, question)
