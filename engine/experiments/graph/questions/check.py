"""Whether a visitor's gradients are right; where not, the mistake that gives just this number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.autodiff.graph import Node
from engine.autodiff.tape import Array
from engine.experiments.graph.questions.asked import Arrays
from engine.experiments.graph.walked import Walked
from engine.experiments.graph.words import TITLES
from engine.frame import Told
from engine.message import Message, _, say
from engine.params import Params, refused

if TYPE_CHECKING:
    from engine.experiments.graph.simulation import GraphSimulation

RELATIVE, ABSOLUTE = 0.01, 0.0051
"""An answer in two decimals, or in two significant digits, counts as right."""


class Blank(Params):
    """A number that was filled in: the gradient by an entry of a node's value."""

    node: int = Field(ge=0, le=10_000, title=_("Node"), description=_("Its place in the graph."))
    entry: int = Field(0, ge=0, le=100_000, title=_("Entry"), description=_("Which of its numbers, from 0 on."))
    value: float = Field(title=_("Value"), description=_("What was filled in."))


class Check(Asked):
    """Gradients as a visitor has filled them in."""

    blanks: Annotated[list[Blank], Field(max_length=400)] = Field(
        [], title=_("Blanks"), description=_("What was filled in, where.")
    )

    def answer(self, simulation: GraphSimulation) -> Arrays:
        """Return for each blank whether it is right, else the mistake and a hint that fits it."""
        seen, verdicts = simulation.walked, []
        for place, blank in enumerate(self.blanks):
            node = seen.nodes[blank.node] if blank.node < len(seen.nodes) else None
            if node is None or node.tensor is None or node.gradient is None or blank.entry >= node.value.size:
                raise refused(say("There is no gradient at this place of the graph."), f"blanks.{place}")
            mistake, hint = find(seen, node, blank.entry, blank.value)
            verdicts.append(
                {"node": blank.node, "entry": blank.entry, "right": not mistake, "mistake": mistake, "hint": hint}
            )
        return {"verdicts": Told(verdicts)}


class Use(NamedTuple):
    """One use of a node: by whom, as which operand, with the share that comes back for the entry in question."""

    user: Node
    operand: int
    share: float
    upstream: float
    """What arrives at the user, where it is one number or has the node's shape."""
    slope: float
    """The local derivative; NaN where it is no single number."""


def close(a: float, b: float) -> bool:
    """Return whether an answer is as good as the number."""
    return bool(np.isfinite(a)) and abs(a - b) <= max(RELATIVE * abs(b), ABSOLUTE)


def find(seen: Walked, node: Node, entry: int, value: float) -> tuple[str, str | Message]:
    """Return the mistake and the hint for an answer, both empty if it is right.

    Mistakes, the likeliest first: ``seed``, ``sum``, ``upstream``, ``branch``, ``swap``, ``sign``, ``local``,
    ``slope``, ``forward``; ``other`` where none gives this number.
    """
    truth = float(seen.of(node, seen.gradients).reshape(-1)[entry])
    if close(value, truth) or (np.isnan(truth) and np.isnan(value)):
        return "", ""
    if node is seen.output:
        return "seed", say("The result's derivative by itself is 1: the walk back begins with it.")
    uses = list(uses_of(seen, node, entry))
    for mistake, would, hint in _mistakes(seen, node, entry, uses, truth):
        if any(close(value, number) for number in would):
            return mistake, hint
    gate = TITLES[uses[0].user.name]
    if len(uses) > 1:
        return "other", say(
            "Its value goes to {count} nodes. Multiply what arrives at each by its local derivative, and add.",
            count=len(uses),
        )
    return "other", say(
        "Its value goes to one node ({gate}). Multiply what arrives there by the local derivative.", gate=gate
    )


def uses_of(seen: Walked, node: Node, entry: int) -> Iterator[Use]:
    """Yield the uses of a node's entry."""
    for user in seen.nodes:
        for operand, used in enumerate(user.operands):
            share = seen.share(user, operand, seen.shares)
            if used != node.index or share is None:
                continue
            slope = seen.share(user, operand, seen.local)
            assert slope is not None
            arrives = seen.of(user, seen.gradients)
            yield Use(
                user,
                operand,
                float(share.reshape(-1)[entry]),
                _entry(arrives, node.value, entry),
                float(slope.reshape(-1)[entry]),
            )


def _entry(array: Array, like: Array, entry: int) -> float:
    """Return the entry of an array that belongs to one of another; NaN where none does."""
    if array.size == 1:
        return float(array.reshape(-1)[0])
    return float(array.reshape(-1)[entry]) if array.shape == like.shape else float("nan")


def _mistakes(
    seen: Walked, node: Node, entry: int, uses: list[Use], truth: float
) -> Iterator[tuple[str, list[float], Message]]:
    """Yield each mistake with the numbers that it leads to."""
    own = float(node.value.reshape(-1)[entry])
    if len(uses) > 1:
        yield (
            "sum",
            [use.share for use in uses],
            say("That is what one of its {count} uses sends back. Add what the others send.", count=len(uses)),
        )
    yield (
        "upstream",
        [sum(use.slope for use in uses)],
        say("That is the local derivative alone. Multiply it by the gradient that arrives from above."),
    )
    yield from _routes(uses, truth)
    swapped = [use.upstream * own for use in uses if use.user.name == "multiply"]
    yield (
        "swap",
        swapped,
        say("That is its own value times what arrives. Multiply gives each factor the other one."),
    )
    yield "sign", [-truth], say("The size is right, the sign is not. Look for a minus on the way.")
    yield (
        "local",
        [sum(use.upstream for use in uses)],
        say("That is only what arrives from above. Multiply it by the local derivative of the node."),
    )
    bent = [
        use.upstream * SLIPS[use.user.name](own, _result(use, entry)) for use in uses if use.user.name in SLIPS
    ]
    for use, number in zip((use for use in uses if use.user.name in SLIPS), bent, strict=True):
        yield "slope", [number], say("Look at the slope of this gate: {rule}.", rule=SLOPES[use.user.name])
    yield "forward", [own], say("That is the value that went forward. The gradient is asked for.")


def _routes(uses: list[Use], truth: float) -> Iterator[tuple[str, list[float], Message]]:
    if len(uses) != 1:
        return
    name, arrives = uses[0].user.name, uses[0].upstream
    if name in ("maximum", "minimum", "where", "largest", "smallest"):
        word = say("smaller") if name in ("minimum", "smallest") else say("larger")
        if name == "where":
            hint = say("The gradient goes to the branch that the condition chose; the other receives 0.")
        else:
            hint = say("The gradient goes to the {which} one; the other receives 0.", which=word)
        yield "branch", [arrives if truth == 0 else 0.0], hint
    if name == "relu":
        hint = say("ReLU passes what arrives where its input is positive, and 0 where it is not.")
        yield "branch", [arrives if truth == 0 else 0.0], hint


def _result(use: Use, entry: int) -> float:
    return float(use.user.value.reshape(-1)[min(entry, use.user.value.size - 1)])


SLIPS: dict[str, Callable[[float, float], float]] = {
    "sigmoid": lambda a, y: y,
    "tanh": lambda a, y: 1 - a * a,
    "power": lambda a, y: a,
    "log": lambda a, y: y,
    "exp": lambda a, y: a,
    "divide": lambda a, y: y,
}
"""What is easily taken for a gate's slope, of its operand and its result."""
SLOPES: dict[str, Message] = {
    "sigmoid": say("(1 − y)·y, of the result y"),
    "tanh": say("1 − y², of the result y"),
    "power": say("n·a to the power of n − 1"),
    "log": say("1/a"),
    "exp": say("the result itself"),
    "divide": say("1/b for the dividend, −y/b for the divisor"),
}
"""The true slope in words."""
