"""How much a rule remembers of the nets it trains; too much is refused before anything is allocated."""

from __future__ import annotations

import numpy as np

from engine.memory import FEWEST_COPIES
from engine.message import say
from engine.optimizers.rule import Rule
from engine.params import Refusal

_HELD = 1 + FEWEST_COPIES
"""The memory itself, and the copies that a run keeps for going back."""
_FEWEST = 2
"""Vectors that are counted even for a rule that remembers fewer: another may follow it during the run."""


def vectors(rule: Rule) -> int:
    """Return how many vectors like theta a rule remembers.

    >>> from engine.optimizers import RULES
    >>> vectors(RULES["adam"]()), vectors(RULES["lbfgs"](history_size=10))
    (2, 22)
    """
    one, two = (sum(np.size(part) for part in rule.init(np.zeros(n)).values()) for n in (1, 2))
    return int(two - one)


def copied_vectors(rule: Rule) -> int:
    """Return how many vectors like theta a copy of what a rule trains takes, theta among them."""
    return 1 + max(vectors(rule), _FEWEST)


def refuse_long_memory(rule: Rule, theta: float, most: float) -> None:
    """Refuse a rule that would remember more than a run may hold.

    Args:
        rule: of all nets. theta: how many bytes their parameters take. most: how many bytes are allowed.
    Raises:
        Refusal: with how much it would remember, and what to do.
    """
    kept = vectors(rule)
    if _HELD * kept * theta > most:
        raise Refusal(
            say(
                "“{rule}” remembers {count} numbers for each weight, here about {need:.1f} GB with what is kept "
                "for going back; at most {most:.1f} GB are allowed. Shorten its history, or take smaller "
                "or fewer nets.",
                rule=rule.called,
                count=kept,
                need=_HELD * kept * theta / 1e9,
                most=most / 1e9,
            )
        )
