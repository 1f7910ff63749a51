"""The command ``descentlab doctor``: train the planted nets and count how often the doctor was right."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from app.i18n import Translator
from engine.experiments.depth import trial
from engine.experiments.depth.doctor import NAMES
from engine.experiments.depth.trial.confusion import RECORD, Case, counts, examine, precision, recall, recorded
from engine.experiments.depth.trial.outcome import OUTCOMES
from engine.experiments.depth.trial.planted import HALVES, planted


def add_doctor_command(commands: Any) -> None:
    """Add the command to an argument parser's subcommands."""
    doctor = commands.add_parser(
        "doctor",
        help="put the doctor of the depth laboratory on trial",
        description="Print how often the doctor's diagnosis of a planted net came true in training: rows are "
        "diagnoses, columns outcomes. Without an option the counts are those of this version.",
        epilog="example: descentlab doctor --run 25",
    )
    doctor.add_argument("--run", type=int, metavar="N", help="train anew, every N-th net only (1: all, minutes)")
    doctor.add_argument("--half", choices=HALVES, help="only nets that thresholds were set on, or not set on")
    doctor.add_argument(
        "--record", action="store_true", help="in a checkout: train all, keep the cases as those of this version"
    )


def try_doctor(options: argparse.Namespace, words: Translator) -> int:
    """Print the table that was asked for; return 0."""
    every = 1 if options.record else options.run
    nets = planted()
    if every:
        chosen = range(0, len(nets), max(1, every))
        cases = {i: _examined(i, chosen) for i in chosen}
    else:
        cases = dict(enumerate(recorded()))
    if options.record:
        path = Path(trial.__file__).with_name(RECORD)
        lines = ",\n".join(json.dumps(case) for case in cases.values())
        path.write_text(f'{{"date": "{date.today()}", "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    kept = [case for i, case in cases.items() if options.half in {None, nets[i].half}]
    print(table(kept, words))
    return 0


def _examined(i: int, chosen: range) -> Case:
    print(f"\r{chosen.index(i) + 1}/{len(chosen)}", end="", file=sys.stderr, flush=True)
    if i == chosen[-1]:
        print(file=sys.stderr)
    return examine(planted()[i])


def table(cases: Sequence[Case], words: Translator) -> str:
    """Return the counts as lines of text, with precision at the end of a row and recall below a column."""
    names = [words.gettext(name) for name in NAMES.values()]
    outcomes = [words.gettext(name) for name in OUTCOMES.values()]
    first = max(map(len, names))
    widths = [max(len(name), 5) for name in outcomes]

    def line(head: str, cells: Sequence[object], share: str) -> str:
        return head.ljust(first) + "".join(f"  {cell:>{w}}" for cell, w in zip(cells, widths, strict=True)) + share

    rows = [line("", outcomes, "")]
    for illness, name, row in zip(NAMES, names, counts(cases), strict=True):
        rows.append(line(name, list(row), f"  {_share(*precision(cases, illness))}"))
    rows.append(line("", [_share(*recall(cases, became)) for became in OUTCOMES], ""))
    return "\n".join([*rows, _share(sum(case.right for case in cases), len(cases))])


def _share(right: int, count: int) -> str:
    return f"{right}/{count}" if count else "–"
