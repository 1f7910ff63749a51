"""Random formulas: well-formed ones, as deep and strange as the language allows, and spoiled ones."""

from __future__ import annotations

import random

from engine.formula import FUNCTIONS

NUMBERS = ("0", "1", "2", "3", "0.5", "-1", "1e-3", "7", "20", "1e10", "1e50", "0.1", "15", "1e-300", ".5", "100")
NAMES = ("x", "x", "x", "y", "y", "y", "e", "pi", "π")
TOKENS = (
    *NAMES,
    *NUMBERS,
    *FUNCTIONS,
    *"()+-*/,",
    "**",
    "(",
    ")",
    "import",
    "__class__",
    "x.y",
    "lambda",
    "²",
    "∞",
)


def formula(rng: random.Random, depth: int | None = None) -> str:
    """Return a formula that is well formed."""
    left = rng.randint(1, 6) if depth is None else depth
    if left <= 0 or rng.random() < 0.1:
        return rng.choice(NAMES) if rng.random() < 0.6 else f"({rng.choice(NUMBERS)})"
    kind = rng.random()
    if kind < 0.35:
        name = rng.choice(list(FUNCTIONS))
        arguments = ", ".join(formula(rng, left - 1) for _ in range(FUNCTIONS[name].arity))
        return f"{name}({arguments})"
    if kind < 0.55:
        exponent = rng.choice(NUMBERS) if rng.random() < 0.6 else formula(rng, left - 1)
        return f"({formula(rng, left - 1)})**({exponent})"
    if kind < 0.65:
        return f"-({formula(rng, left - 1)})"
    return f"({formula(rng, left - 1)}){rng.choice('+-*/*/')}({formula(rng, left - 1)})"


def chain(rng: random.Random) -> str:
    """Return functions nested as deeply as brackets may be."""
    names = [name for name, one in FUNCTIONS.items() if one.arity == 1]
    some = rng.sample(names, rng.randint(1, 4))
    depth = rng.randint(5, 29)
    return "".join(f"{rng.choice(some)}(" for _ in range(depth)) + rng.choice(["x*y", "x", "x+y"]) + ")" * depth


def long_sum(rng: random.Random) -> str:
    """Return as many terms as fit into a formula."""
    text = formula(rng, 2)
    while len(text) < 400:
        text += rng.choice("+-*/") + formula(rng, rng.randint(0, 2))
    return text[:500]


def spoiled(rng: random.Random) -> str:
    """Return tokens in any order, or a formula with characters exchanged."""
    if rng.random() < 0.5:
        return "".join(rng.choice(TOKENS) for _ in range(rng.randint(1, 40)))
    letters = list(formula(rng))
    for _ in range(rng.randint(1, 5)):
        letters[rng.randrange(len(letters))] = rng.choice([*TOKENS, chr(rng.randrange(1, 0x3000))])
    return "".join(letters)


def any_formula(rng: random.Random) -> str:
    """Return a formula of any of these kinds."""
    return rng.choice([formula, formula, formula, chain, long_sum, spoiled])(rng)
