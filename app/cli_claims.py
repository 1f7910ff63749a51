"""The command ``descentlab claims``: run any or all checks, with seeds of one's choice."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import engine
from app import verdicts
from app.i18n import Translator
from engine.claim import Verdict
from engine.message import _, say
from engine.params import refused

MOST_SEEDS = 1000
_MARKS = {"yes": "✓", "half": "½", "no": "✗"}


def add_claims_command(commands: Any) -> None:
    """Add the command to an argument parser's subcommands."""
    claims = commands.add_parser(
        "claims",
        help="check the claims of the notes",
        description="Run the checks of claims and print their verdicts.",
        epilog="example: descentlab claims R5 N8 --seeds 100-104",
    )
    claims.add_argument("ids", nargs="*", help="claims such as R5, or laboratories such as race; none checks all")
    claims.add_argument("--seeds", default="0-4", help="seeds: a range such as 0-4, or a list such as 1,7,9")
    claims.add_argument("--json", action="store_true", help="print a JSON object for each claim, one a line")
    claims.add_argument(
        "--record", action="store_true", help="in a checkout: keep the verdicts as those of this version"
    )


def check_claims(options: argparse.Namespace, words: Translator) -> int:
    """Check the claims that were asked for, print each verdict as it is found, return 0.

    Raises:
        InvalidParams: for an id or seeds that make no sense.
    """
    seeds = read_seeds(options.seeds)
    found: dict[str, Verdict] = {}
    for claim_id in read_ids(options.ids):
        laboratory, claim = engine.claims()[claim_id]
        began = time.perf_counter()
        verdict = found[claim_id] = claim.check(seeds)
        seconds = time.perf_counter() - began
        if options.json:
            plain = {"id": claim.id, "laboratory": laboratory.name, "statement": words.gettext(claim.statement)}
            print(json.dumps({**plain, **verdicts.verdict_json(verdict, words, seeds)}, ensure_ascii=False))
        else:
            print(_lines(claim.statement, claim.id, verdict, words, seconds))
        sys.stdout.flush()
    if options.record:
        verdicts.write({**verdicts.read(), **found})
    return 0


def _lines(statement: str, claim_id: str, verdict: Verdict, words: Translator, seconds: float) -> str:
    plain = verdicts.verdict_json(verdict, words)
    lines = [
        f"{_MARKS[verdict.holds]} {claim_id}  {words.gettext(statement)}",
        *(f"      {line}" for line in (plain["headline"], plain["evidence"], plain["spent"]) if line),
        f"      ({seconds:.1f} s)",
    ]
    return "\n".join(lines)


def read_ids(wanted: Sequence[str]) -> list[str]:
    """Return the ids of the claims that words of the command line name; all for none.

    Raises:
        InvalidParams: for a word that names neither a claim nor a laboratory.
    """
    known = engine.claims()
    if not wanted:
        return list(known)
    ids: list[str] = []
    for word in wanted:
        if word in engine.experiments():
            ids += [claim.id for claim in engine.experiment(word).claims]
        elif word.upper() in known:
            ids.append(word.upper())
        else:
            sentence = _("There is no claim “{id}”. Known are: {known}.")
            raise refused(say(sentence, id=word[:40], known=" ".join(known)))
    return list(dict.fromkeys(ids))


def read_seeds(text: str) -> list[int]:
    """Return the seeds that ``0-4`` or ``1,7,9`` stands for.

    Raises:
        InvalidParams: for anything else, and for more than a thousand.
    >>> read_seeds("0-2,7")
    [0, 1, 2, 7]
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(part) > 24:
            raise refused(say(_("Seeds are written as 0-4 or 1,7,9.")), "seeds")
        low, high = int(first), int(last or first)
        if high - low >= MOST_SEEDS or len(seeds) > MOST_SEEDS:
            raise refused(say(_("At most {most} seeds are checked at once."), most=MOST_SEEDS), "seeds")
        seeds += range(low, high + 1)
    return seeds
