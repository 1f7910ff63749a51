"""An update rule as a program: its assignments, the state that it keeps, the hyperparameters that it needs.

    m = beta1*m + (1 - beta1)*g
    theta = theta - learning_rate*m

What is read before it is assigned is state and starts at 0.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.formula.language import RULE
from engine.formula.reader import Assignment, read_lines
from engine.formula.tree import Name, names, walk
from engine.message import say
from engine.params import Refusal


@dataclass(frozen=True)
class Program:
    """A checked program.

    Args:
        text: as typed. lines: its assignments. free: names that are neither given nor assigned, in their order.
    """

    text: str
    lines: tuple[Assignment, ...]
    free: tuple[str, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """What lives from step to step: the names that are read before they are assigned."""
        return states(self.lines)


def states(lines: Sequence[Assignment]) -> tuple[str, ...]:
    """Return the names that are read before they are assigned, and assigned later; ``theta`` and ``g`` apart."""
    targets = {line.target for line in lines}
    assigned: set[str] = set(RULE.given)
    found: dict[str, None] = {}
    for line in lines:
        found |= dict.fromkeys(n for n in names(line.value) if n in targets and n not in assigned)
        assigned.add(line.target)
    return tuple(found)


@lru_cache(maxsize=256)
def read_program(text: str, known: tuple[str, ...] | None = None) -> Program:
    """Read an update rule.

    Args:
        text: its assignments, a line each (or parted by semicolons); ``#`` begins a remark.
        known: the hyperparameters that exist; None lets every further name be one, unless it looks misspelt.
    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> read_program("theta = theta - learning_rate*k*g").free
    ('k',)
    """
    lines = read_lines(text, RULE)
    targets = {line.target for line in lines}
    for line in lines:
        if line.target in (known or ()):
            sentence = say("“{name}” is given and cannot be assigned; choose another name.", name=line.target)
            raise Refusal(sentence, line.at)
    free: dict[str, None] = {}
    for line in lines:
        for part in walk(line.value):
            if isinstance(part, Name) and part.id not in targets and part.id not in RULE.given:
                _check_free(part, (*RULE.given, *targets), known)
                free[part.id] = None
    if "theta" not in targets:
        sentence = say("Nothing moves: the rule needs a line for theta, such as theta = theta - learning_rate*g.")
        raise Refusal(sentence, len(text.rstrip()))
    return Program(text, lines, tuple(free))


def _check_free(name: Name, taken: tuple[str, ...], known: tuple[str, ...] | None) -> None:
    """Refuse a name that is misspelt, or no hyperparameter where those are known."""
    if known is not None and name.id in known:
        return
    words = [word for word in (*taken, *(known or ())) if len(word) > 3]
    near = difflib.get_close_matches(name.id.lower(), words, 1, 0.8)
    if near and not (name.id[:-1] == near[0][:-1] and name.id[-1].isdigit()):  # beta2 beside beta1 is no slip
        sentence = say("“{name}” is unknown; did you mean “{near}”?", name=name.id, near=near[0])
        raise Refusal(sentence, name.span[0])
    if known is not None:
        sentence = say("“{name}” has no value; give it one among the hyperparameters.", name=name.id)
        raise Refusal(sentence, name.span[0])
