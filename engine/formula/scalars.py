"""A plan's numbers as Python code: what a rule works out once a step, before its vectors move."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.formula.arithmetic import CAREFUL, QUICK
from engine.formula.floats import WORDS, Writer, made
from engine.formula.plan import Plan
from engine.formula.tree import Apply, Node, names

_HALVED = {"*": "product", "/": "quotient"}


def numbers_of(plan: Plan, *, careful: bool, stacked: bool, apart: bool = False) -> Any:
    """Compile a plan's numbers: the function (see `vectors.Kernel.numbers`).

    Args:
        plan: what is computed. careful: works on with infinities, or arrays, where Python's floats would raise.
        stacked: whether numbers may be arrays, one value a run.
        apart: a last product or quotient is told as (ufunc, a, b) (see `vectors.Kernel.halves`).
    """
    spelled: dict[str, str] = {}

    def spell(name: str) -> str:
        return spelled.setdefault(name, f"n{len(spelled)}")

    given = [spell(name) for name in (*plan.inputs, *(before for before, _ in plan.numbers.values()))]
    writer = Writer(spell, careful=careful)
    lines = [f"def numbers({', '.join(given)}):"]
    halved = _last(plan) if apart else set()
    for line in (*plan.fixed, *plan.moving):
        if line.target in halved and isinstance(line.value, Apply):
            sides = ", ".join(_eager(part, writer) for part in line.value.parts)
            lines.append(f"    {spell(line.target)} = (f_{_HALVED[line.value.head]}, {sides})")
            continue
        value = _eager(line.value, writer) if stacked else writer.write(line.value)
        lines.append(f"    {spell(line.target)} = {value}")
    out = ", ".join(spell(name) for name in scalars_of(plan))
    after = ", ".join(spell(name) for _, name in plan.numbers.values())
    test = " and ".join(
        f"{'f_all' if stacked else ''}({spell(name)} > 0.0)" for name in dict.fromkeys(plan.positive)
    )
    lines.append(f"    return [{out}], [{after}], {test or 'True'}")
    functions: dict[str, Any] = (
        {**CAREFUL, "where": np.where, "all": np.all, "product": np.multiply, "quotient": np.divide}
        if stacked
        else CAREFUL
        if careful
        else QUICK
    )
    return made(lines, "numbers", functions)


def _last(plan: Plan) -> set[str]:
    """Return the products and quotients among a step's numbers that no other number is made of."""
    numbers = (*plan.fixed, *plan.moving)
    read = {name for line in numbers for name in names(line.value)} | {after for _, after in plan.numbers.values()}
    found = {line.target for line in numbers if isinstance(line.value, Apply) and line.value.head in _HALVED}
    return found - read - set(plan.positive)


def _eager(node: Node, writer: Writer) -> str:
    """Write a number's tree with both sides of every ``where`` computed, for arrays."""
    if isinstance(node, Apply) and node.head == "where":
        return f"f_where({', '.join(_eager(part, writer) for part in node.parts)})"
    if isinstance(node, Apply) and _has_where(node):
        parts = [_eager(part, writer) for part in node.parts]
        if node.head == "neg":
            return f"(-{parts[0]})"
        if node.head in CAREFUL:
            return f"f_{WORDS.get(node.head, node.head)}({', '.join(parts)})"
        return f"({parts[0]} {node.head} {parts[1]})"
    return writer.write(node)


def _has_where(node: Node) -> bool:
    return isinstance(node, Apply) and (node.head == "where" or any(map(_has_where, node.parts)))


def scalars_of(plan: Plan) -> list[str]:
    """Return the numbers of a plan that the vectors' lines use, and what states take as they are."""
    made_here = {line.target for line in plan.vectors}
    given = {"theta@0", "g@0", *(before for before, _ in plan.states.values())}
    used = [n for line in plan.vectors for n in names(line.value)]
    return [n for n in dict.fromkeys(used) if n not in made_here and n not in given]
