"""One symbol stands for one thing: every equation of a laboratory keeps to the table on its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from engine.experiment import Experiment
from engine.optimizers import RULES
from engine.optimizers.schedules import Schedule

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "labs"
LABORATORIES = [one for one in engine.experiments().values() if one.notation]
GREEK = re.compile(
    r"\\(alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|xi|rho|sigma|tau|varphi|chi|psi|omega|mathcal)"
)
UNIVERSAL = {"e", "i", "j"}
"""Euler's number, and indices."""


def symbols(latex: str) -> set[str]:
    r"""Return the letters of a formula, without subscripts, accents and words.

    >>> sorted(symbols(r"\hat m = \frac{W_{hh}^\top \delta_{t+1}}{\sqrt{v} + \epsilon}"))
    ['W', '\\delta', '\\epsilon', 'm', 'v']
    """
    plain = re.sub(r"\\(mathrm|text|begin|end)\s*\{[^}]*\}", " ", latex)
    plain = re.sub(r"_\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|_\\?[A-Za-z0-9]+?(?![a-z])", " ", plain)
    plain = re.sub(r"\\mathcal\s*\{?([A-Z])\}?", r" \\mathcal\1 ", plain)
    found = set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", plain))
    return {name for name in found if len(name) == 1 or GREEK.match(name)}


def equations(laboratory: Experiment) -> Iterator[tuple[str, str]]:
    """Yield (place, LaTeX) of every equation that the page of a laboratory shows."""
    prose = (TEMPLATES / f"{laboratory.name}.html").read_text("utf-8")
    for latex in re.findall(r'math\("([^"]*)"', prose):
        yield f"{laboratory.name}.html", latex.replace("\\\\", "\\")
    for row in laboratory.reference:
        yield row.title, row.latex
    if laboratory.name == "race":
        for rule in RULES.values():
            for dialect in getattr(rule, "dialects", {}) or ["torch"]:
                made = rule(dialect=dialect) if "dialect" in rule.model_fields else rule()
                yield from ((f"{made.title}, {dialect}", line) for line in made.equations())
        for schedule in Schedule.__subclasses__():
            yield schedule.title, schedule.equation


@pytest.mark.parametrize("laboratory", LABORATORIES, ids=lambda one: one.name)
def test_every_symbol_of_an_equation_is_in_the_table(laboratory: Experiment) -> None:
    known = UNIVERSAL.union(*(symbols(one.latex) for one in laboratory.notation))
    for place, latex in equations(laboratory):
        assert symbols(latex) <= known, (place, latex, symbols(latex) - known)


@pytest.mark.parametrize("laboratory", LABORATORIES, ids=lambda one: one.name)
def test_no_symbol_is_in_a_table_twice(laboratory: Experiment) -> None:
    rows = [one.latex for one in laboratory.notation]
    assert len(rows) == len(set(rows))


def test_the_gradient_goes_back_through_the_transposed_weights() -> None:
    for laboratory in LABORATORIES:
        for place, latex in equations(laboratory):
            assert not re.search(r"W(_\{[^}]*\})?\s*(\\,)?\s*\\delta", latex), (place, latex)


def test_an_unknown_symbol_is_found() -> None:
    race = engine.experiment("race")
    known = UNIVERSAL.union(*(symbols(one.latex) for one in race.notation))
    assert symbols(r"v \leftarrow \mu v + \xi") - known == {r"\xi"}
