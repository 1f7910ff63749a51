"""The command ``descentlab search``: a search without a browser, its trials as a table that pandas reads."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import engine
from app import jsonio
from app.i18n import Translator
from app.settings import settings_of
from app.trainers.crew import TrainingCrew
from app.trainers.hire import crew_of
from engine.experiments.search import Search, table
from engine.experiments.search.params import SearchParams
from engine.frame import Frame
from engine.message import _, say
from engine.params import check, refused
from engine.replay import Run

BAR = 30
LOOK_SECONDS = 0.1


def add_search_command(commands: Any) -> None:
    """Add the command to an argument parser's subcommands."""
    search = commands.add_parser(
        "search",
        help="search hyperparameters, write the trials as a table",
        description="Search settings of a laboratory's nets in several processes; write a row for each trial.",
        epilog='example: descentlab search \'{"samplers": ["random", "tpe"], "budget": 60}\' --table trials.csv',
    )
    search.add_argument(
        "params", nargs="?", default="{}", help="the search as JSON, or a file of it; - reads stdin"
    )
    search.add_argument("--table", default="-", help="where to: .csv or .json; - prints CSV (standard)")
    search.add_argument("--trainers", type=int, help="processes that train (as many as cores)")
    search.add_argument("--dask", help="address of a Dask scheduler whose workers train")
    search.add_argument("--quiet", action="store_true", help="no progress bar")


def search_settings(options: argparse.Namespace, words: Translator) -> int:
    """Make the search that was asked for, write its table, return 0.

    Raises:
        InvalidParams: for a search that makes no sense, or a table that cannot be written.
    """
    laboratory = engine.experiment("search")
    assert isinstance(laboratory, Search)
    params = check(SearchParams, jsonio.parse(_text(options.params), say(_("PARAMS"))))
    given = {name: value for name in ("trainers", "dask") if (value := getattr(options, name)) is not None}
    crew = crew_of(settings_of(given))
    bar = Bar(params.trials, sys.stderr if not options.quiet else None)
    try:
        run = Run(laboratory.with_crew(crew), params)
        found = list(_rows(run, crew, bar))
    finally:
        crew.close()
        bar.close()
    heads = table.header(params)
    try:
        _write(options.table, heads, found)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refused(say(_("{path} cannot be written: {reason}."), path=options.table, reason=reason)) from None
    if crew.trouble is not None:
        print(words.say(crew.trouble), file=sys.stderr)
    return 0


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    if given.lstrip().startswith("{"):
        return given
    try:
        return Path(given).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refused(say(_("{path} cannot be read: {reason}."), path=given[:200], reason=reason)) from None


def _rows(run: Run, crew: TrainingCrew, bar: Bar) -> Iterator[list[Any]]:
    """Yield the rows of all trials, as they finish."""
    run.first()
    while not run.done:
        while run.simulation.waiting:
            crew.wait(LOOK_SECONDS)
            bar.show(run.simulation.step)
        before = run.simulation.step
        frame: Frame = run.advance(run.experiment.stride)
        bar.show(frame.step)
        yield from table.rows(run.params, frame, before)  # type: ignore[arg-type]  # a search's


def _write(path: str, heads: list[str], rows: list[list[Any]]) -> None:
    if path == "-":
        csv.writer(sys.stdout, lineterminator="\n").writerows([heads, *rows])
        return
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        if path.endswith(".json"):
            numbers = [[*row[:-2], float(row[-2]) if row[-2] else None, row[-1]] for row in rows]
            json.dump([dict(zip(heads, row, strict=True)) for row in numbers], file, ensure_ascii=False, indent=0)
        else:
            csv.writer(file, lineterminator="\n").writerows([heads, *rows])


class Bar:
    """A progress bar with the time left, where a person looks.

    Args:
        total: trials of each sampler and repeat. out: None shows nothing; what is no terminal gets no bar either.
    """

    def __init__(self, total: int, out: TextIO | None) -> None:
        self._total, self._began = total, time.monotonic()
        self._out = out if out is not None and out.isatty() else None

    def show(self, done: int) -> None:
        """Draw it anew."""
        if self._out is None:
            return
        spent = time.monotonic() - self._began
        left = f"{spent / done * (self._total - done):.0f} s" if done else "…"
        full = BAR * done // self._total
        print(
            f"\r[{'#' * full}{'.' * (BAR - full)}] {done}/{self._total}  {left}   ",
            end="",
            file=self._out,
            flush=True,
        )

    def close(self) -> None:
        """End its line."""
        if self._out is not None:
            print(file=self._out)
