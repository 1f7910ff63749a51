"""A claim of the lecture notes as an experience: how it opens, what one may predict, and how it is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.message import Message, _

Holds = Literal["yes", "half", "no"]

IN_ALL = 103
"""How many claims the notes make, ours counted: each is an experiment here, or is to become one."""


@dataclass(frozen=True)
class Budget:
    """What one side of a comparison was given to spend. Equal ones are the rule.

    Args:
        side: translatable name of the side, for example the name of a rule.
        spent: how much, all seeds and tuning included where both sides are tuned.
        unit: translatable, for example “gradient evaluations”.
    """

    side: str
    spent: float
    unit: str


UPDATES = _("updates")


def equal(spent: float, *sides: str, unit: str = UPDATES) -> tuple[Budget, ...]:
    """Return the budgets of sides that each spent as much; names and unit are translatable.

    >>> [budget.side for budget in equal(100, "SGD", "Adam")]
    ['SGD', 'Adam']
    """
    return tuple(Budget(side, spent, unit) for side in sides)


@dataclass(frozen=True)
class Verdict:
    """Whether a claim of the notes holds here, with its numbers.

    Args:
        holds: what the check decided.
        evidence: the details as a sentence or a few, with their numbers.
        headline: one number and what it is, in a few words.
        budgets: what each side of the comparison spent; of a single side where nothing is compared.
    """

    holds: Holds
    evidence: Message
    headline: Message | None = None
    budgets: tuple[Budget, ...] = ()

    @property
    def fair(self) -> bool:
        """True when all sides spent the same of each unit."""
        spent: dict[str, set[float]] = {}
        for budget in self.budgets:
            spent.setdefault(budget.unit, set()).add(budget.spent)
        return all(len(amounts) == 1 for amounts in spent.values())


@dataclass(frozen=True)
class Prediction:
    """What a visitor is asked before the run.

    Args:
        question: translatable. answers: two or three, translatable. right: index of what the check finds.
    """

    question: str
    answers: Sequence[str]
    right: int

    def __post_init__(self) -> None:
        if not (2 <= len(self.answers) <= 3 and 0 <= self.right < len(self.answers)):
            raise ValueError("a prediction has two or three answers, one of them right")


Drawn = Mapping[str, Any]
"""What a panel draws, by role: arrays and texts."""


@dataclass(frozen=True)
class Reading:
    """Where a visitor sees what the check measured: a panel of the preset, and how its picture is read.

    A test reads it and compares it with the check on the preset's own seed.

    Args:
        panel: title (English source) of a panel that the claim points out.
        read: the number in what the panel draws; or, where ``value`` is empty, whether the picture agrees.
        value: name of the value in the verdict's evidence, else in its headline, that must be found again.
        within: how far the two may differ, relatively: for starts that the check moves about, or averages.
        step: where the playhead stands; None is the claim's own (`Look.step`), else the end of the run.
        asked: what the panel asks, by role: the question's parameters.
    """

    panel: str
    read: Callable[[Drawn], Any]
    value: str = ""
    within: float = 1e-6
    step: int | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """How a claim opens beside its parameters.

    Args:
        view: id of the tab; "" is the first. step: where the playhead stands; None plays from the start.
        panels: titles (English source) of the panels that show it; they are marked and scrolled to.
        focus: which series is in focus, by its place: panels that draw one net draw that one.
        settings: the panels' own choices (scales, hidden series), as the page keeps them in its address.
    """

    view: str = ""
    step: int | None = None
    panels: tuple[str, ...] = ()
    focus: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def choices(self) -> dict[str, Any]:
        """What the page keeps in its address about the pictures."""
        tab = {"tab": self.view} if self.view else {}
        return {**tab, **({"focus": self.focus} if self.focus else {}), **self.settings}


@dataclass(frozen=True)
class Claim:
    """A claim of the lecture notes as an experiment.

    Args:
        id: as in the list of claims (``R13``); it stays for good.
        statement: translatable sentence, what the notes say, as they word it.
        params: the preset that shows it; plain JSON for the experiment's model.
        check: runs the experiment for each seed and decides from its numbers. Takes seconds at most.
        where: translatable: the chapter and part of the notes that say it, for example “Optimizers: momentum”.
        ours: True where the notes do not say it.
        by_construction: True where the formula leaves no other outcome: the check shows that the code keeps it.
        look: what is on the screen when it opens.
        prediction: asked before the run. try_this: translatable: what to change next, and what to watch.
        unequal: translatable: why the sides' budgets differ, where they do.
        readings: where the page shows what the check measured; every claim has some.
    """

    id: str
    statement: str
    params: Mapping[str, Any]
    check: Callable[[Sequence[int]], Verdict]
    where: str = ""
    ours: bool = False
    by_construction: bool = False
    look: Look = field(default_factory=Look)
    prediction: Prediction | None = None
    try_this: str = ""
    unequal: str = ""
    readings: tuple[Reading, ...] = ()


def with_readings(claims: Iterable[Claim], readings: Mapping[str, tuple[Reading, ...]]) -> tuple[Claim, ...]:
    """Return claims by their numbers, each with its readings.

    Raises:
        ValueError: when readings are declared for a claim that is not there.
    """
    found = sorted(claims, key=lambda claim: int(claim.id[1:]))
    strangers = set(readings) - {claim.id for claim in found}
    if strangers:
        raise ValueError(f"readings of claims that are not there: {sorted(strangers)}")
    return tuple(replace(claim, readings=readings.get(claim.id, ())) for claim in found)
