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

_SEARCH = Template('''"""A search of Descent Lab's: the same trials, the same numbers, as a table.

    python search.py            # writes search.csv: a row for each trial

Needs the package descentlab; pandas reads the table. The command line does the same in several processes:

    descentlab search search.json --table search.csv
"""

import csv

import engine

SEARCH = $params


def rows(search=SEARCH):
    """Yield the trials: sampler, repeat, number, settings, updates, loss, best loss so far."""
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


def trial_script(laboratory: str, params: Params) -> str:
    """Return the training of one trial as the laboratory exports it.

    Raises:
        InvalidParams: where the laboratory exports none, or not these settings.
    """
    one = registry()[laboratory]
    question = one.objective.script if one.objective else ""
    if not question:
        sentence = "“{laboratory}” exports no training as a program yet; open the trial in its laboratory."
        raise refused(say(sentence, laboratory=Message(one.title)))
    run = one.begin(params, np.random.default_rng(getattr(params, "seed", 0)))
    return str(one.ask(run, question, {})["code"])


def changed(params: Params) -> dict[str, Any]:
    """Return what is not the default: what an address says of parameters."""
    default = type(params)().model_dump(mode="json")
    return {name: value for name, value in params.model_dump(mode="json").items() if value != default[name]}
