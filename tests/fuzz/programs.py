"""Random programs on numbers, vectors and matrices: most can be read, and many fit."""

from __future__ import annotations

import random
from typing import Any

NAMES = ("x", "y", "z", "W", "A", "b", "u")
NUMBERS = ("0", "1", "2", "-1", "0.5", "pi", "e", "1e3", "1e50")
FUNCTIONS = ("sin", "tan", "asin", "atan", "cosh", "tanh", "exp", "log", "sqrt", "abs", "sigmoid", "softplus")
FUNCTIONS += ("relu", "sign", "sum", "mean", "max", "min", "softmax", "log_softmax", "transpose")
SIGNS = ("+", "-", "*", "/", "**", "@")


def any_program(rng: random.Random) -> dict[str, Any]:
    """Return parameters of a graph: up to three lines, some values, some shapes."""
    lines = [f"{rng.choice((*NAMES, 'h', 'k'))} = {_part(rng, 3)}" for _line in range(rng.choice((0, 0, 1, 2)))]
    lines.append(_part(rng, rng.choice((1, 2, 3, 4))))
    return {
        "expression": "\n".join(lines),
        "values": {name: _value(rng) for name in NAMES if rng.random() < 0.5},
        "shapes": {name: rng.choice(([], [2], [3], [2, 3])) for name in NAMES if rng.random() < 0.2},
        "seed": rng.randrange(99),
    }


def _part(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if not depth or kind < 0.2:
        return rng.choice(NAMES if rng.random() < 0.8 else NUMBERS)
    a, b = _part(rng, depth - 1), _part(rng, depth - 1)
    if kind < 0.5:
        return f"{rng.choice(FUNCTIONS)}({a}{rng.choice(('',) * 6 + (', 0', ', 1', ', 2'))})"
    if kind < 0.9:
        return f"({a} {rng.choice(SIGNS)} {b})"
    if kind < 0.94:
        return f"{rng.choice(('max', 'min'))}({a}, {b})"
    return f"where({a} {rng.choice(('>', '<', '=='))} {b}, {_part(rng, depth - 1)}, {a})"


def _value(rng: random.Random) -> Any:
    def number() -> float:
        return rng.choice((0.0, 1.0, -1.0, 2.5, -3.0, 1e6, 1e-9, rng.gauss(0, 1)))

    kind, rows, columns = rng.random(), rng.choice((1, 2, 3)), rng.choice((1, 2, 3))
    if kind < 0.4:
        return number()
    if kind < 0.7:
        return [number() for _entry in range(columns)]
    return [[number() for _entry in range(columns)] for _row in range(rows)]
