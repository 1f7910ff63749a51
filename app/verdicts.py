"""Verdicts on claims: checked here and now, or as they were recorded when this version was made.

``descentlab claims --record`` writes ``verdicts.json`` anew; a test compares it with the checks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import numpy as np

from app.desk import Desk
from app.i18n import Translator
from engine.claim import Budget, Claim, Verdict
from engine.experiment import Experiment
from engine.message import Message, _, say

SEEDS = range(5)
"""A claim is checked over these seeds unless others are asked for."""
RECORD = Path(__file__).parent / "verdicts.json"


class Spaced(Sequence[int]):
    """Seeds; whoever goes through them calls ``between`` before each but the first.

    Args:
        between: given the seconds since the seed before was taken.
    """

    def __init__(self, seeds: Sequence[int], between: Callable[[float], object]) -> None:
        self._seeds, self._between = seeds, between

    def __len__(self) -> int:
        return len(self._seeds)

    def __getitem__(self, place: Any) -> Any:
        return self._seeds[place]

    def __iter__(self) -> Iterator[int]:
        began: float | None = None
        for seed in self._seeds:
            if began is not None:
                self._between(time.perf_counter() - began)
            began = time.perf_counter()
            yield seed


class Verdicts:
    """Verdicts found in this process: deterministic, so each is computed once, one at a time.

    A check takes seconds. It has a thread beside the places where slices are computed, so that nobody waits for
    its end, and counts as a visitor. Before each further seed it gives way to those who have had less.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._one = anyio.CapacityLimiter(1)

    async def verdict(self, claim: Claim, laboratory: Experiment) -> Verdict:
        """Return the verdict on a claim, checking it the first time.

        Raises:
            Full: when all places are taken.
        """

        turns = self._desk.turns

        async def decide() -> Verdict:
            with self._desk.visit() as seat:
                seeds = Spaced(SEEDS, lambda seconds: anyio.from_thread.run(turns.give_way, seat, seconds))
                return await anyio.to_thread.run_sync(claim.check, seeds, limiter=self._one)

        return await self._desk.once((type(laboratory), claim.id), decide)


def verdict_json(verdict: Verdict, words: Translator, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Return a verdict in the reader's language."""
    return {
        "holds": verdict.holds,
        "headline": words.say(verdict.headline) if verdict.headline else "",
        "evidence": words.say(verdict.evidence),
        "budgets": [
            {"side": words.gettext(one.side), "spent": one.spent, "unit": words.gettext(one.unit)}
            for one in verdict.budgets
        ],
        "spent": _spent(verdict, words),
        "fair": verdict.fair,
        "seeds": list(seeds),
    }


def _spent(verdict: Verdict, words: Translator) -> str:
    """Return the budgets as a sentence: once for all sides where they are equal, else side by side."""
    sides: dict[str, list[str]] = {}
    for one in verdict.budgets:
        amount = say("{amount:,.0f} {unit}", amount=one.spent, unit=words.gettext(one.unit))
        sides.setdefault(words.gettext(one.side), []).append(words.say(amount))
    if not sides:
        return ""
    if verdict.fair and len(sides) > 1:
        first = next(iter(sides.values()))
        sentence = _("Equal budgets: {sides}, each with {amounts}.")
        return words.say(say(sentence, sides=", ".join(sides), amounts=", ".join(first)))
    each = (say("{side}: {amounts}", side=side, amounts=", ".join(amounts)) for side, amounts in sides.items())
    return words.say(say("Budgets: {all}.", all="; ".join(words.say(one) for one in each)))


def write(verdicts: Mapping[str, Verdict], path: Path = RECORD) -> None:
    """Write verdicts by claim id, sentences as templates and values, so that every language can say them."""
    plain = {
        name: {
            "holds": one.holds,
            "headline": _message_json(one.headline) if one.headline else None,
            "evidence": _message_json(one.evidence),
            "budgets": [[budget.side, float(budget.spent), budget.unit] for budget in one.budgets],
        }
        for name, one in verdicts.items()
    }
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: Path = RECORD) -> dict[str, Verdict]:
    """Return the recorded verdicts by claim id; none where nothing was recorded."""
    if not path.exists():
        return {}
    plain = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Verdict(
            one["holds"],
            _message(one["evidence"]),
            _message(one["headline"]) if one["headline"] else None,
            tuple(Budget(side, spent, unit) for side, spent, unit in one["budgets"]),
        )
        for name, one in plain.items()
    }


@cache
def recorded() -> dict[str, Verdict]:
    """Return the recorded verdicts of this version, read once."""
    return read()


def _message_json(message: Message) -> list[Any]:
    return [message.template, {name: _plain(value) for name, value in message.values.items()}]


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {"message": _message_json(value)}
    return value.item() if isinstance(value, np.generic) else value


def _message(plain: Sequence[Any]) -> Message:
    template, values = plain
    return Message(
        template, {name: _message(v["message"]) if isinstance(v, dict) else v for name, v in values.items()}
    )
