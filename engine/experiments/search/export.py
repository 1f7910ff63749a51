"""Programs that repeat a search, or its best trial."""

from __future__ import annotations

import pprint
from string import Template
from typing import Any

import numpy as np

from engine.experiment import registry
from engine.experiments.search.params import SearchParams
from engine.message import Message, say
from engine.params import Params, refused
from engine.pieces import Pieces

_SEARCH = Template('''"""A search of Descent Lab's: the same trials, the same numbers, as a table.

    python search.py            # writes search.csv: a row for each trial

Needs the package descentlab; pandas reads the table. The command line does the same in several processes:

    descentlab search search.json --table search.csv
"""

import csv

import engine

SEARCH = $params


def rows(search=SEARCH):
    """Yield the trials: sampler, repeat, number, settings, updates, loss, outcome."""
    laboratory = engine.experiment("search")
    params = laboratory.Params(**search)
    yield laboratory.header(params)
    run = engine.run("search", search)
    frame = next(run)
    while not frame.final:
        before, frame = frame.step, run.send(None)
        yield from laboratory.rows(params, frame, before)


if __name__ == "__main__":
    with open("search.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows())
''')


def search_script(params: SearchParams) -> str:
    """Return a program that makes the same search and writes its trials as a table."""
    plain = changed(params)
    return _SEARCH.substitute(params=pprint.pformat(plain, width=100, sort_dicts=False))


def trial_script(laboratory: str, params: Params) -> Pieces[str]:
    """Return one trial as its laboratory exports it: its training, or its net with the weights of the end.

    Raises:
        InvalidParams: where the laboratory exports none, or not these settings.
    """
    one = registry()[laboratory]
    objective = one.objective
    if objective is None or not objective.script:
        sentence = "“{laboratory}” exports no training as a program yet; open the trial in its laboratory."
        raise refused(say(sentence, laboratory=Message(one.title)))
    run = yield from one.begin_in_pieces(params, np.random.default_rng(getattr(params, "seed", 0)))
    if objective.trained:
        yield from run.first_in_pieces()
        while run.step < run.total:
            yield from run.advance_in_pieces(objective.stride)
            yield
    return str(one.ask(run, objective.script, {})["code"])


def changed(params: Params) -> dict[str, Any]:
    """Return what is not the default: what an address says of parameters."""
    default = type(params)().model_dump(mode="json")
    return {name: value for name, value in params.model_dump(mode="json").items() if value != default[name]}
