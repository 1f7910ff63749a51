"""Random programs of the expression language, with values: shared parts, broadcasting, vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

SHAPES: dict[str, tuple[int, ...]] = {
    "x": (),
    "y": (),
    "u": (3,),
    "v": (3,),
    "A": (3, 3),
    "B": (3, 3),
    "r": (1, 3),
    "k": (3, 1),
}
SMOOTH = (
    "tanh({})",
    "sigmoid({})",
    "sin({})",
    "cos({})",
    "exp(tanh({}))",
    "sqrt(1 + ({})**2)",
    "log(1 + ({})**2)",
)
SMOOTH += (
    "erf({})",
    "softplus({})",
    "atan({})",
    "({})**2",
    "-({})",
    "relu({})",
    "abs({})",
    "2**tanh({})",
    "({})/3",
)


def program(seed: int) -> tuple[str, dict[str, Any]]:
    """Return lines whose last is one number, and values for all names."""
    rng = np.random.default_rng(seed)
    known = dict(SHAPES)
    lines = []
    for number in range(int(rng.integers(1, 4))):
        text, shape = part(rng, known, 3)
        lines.append(f"s{number} = {text}")
        known[f"s{number}"] = shape
    shared = f"s{rng.integers(len(lines))}"
    lines.append(f"sum({shared} * {part(rng, known, 2)[0]}) + mean({shared})")
    values = {name: rng.normal(size=shape).round(3).tolist() for name, shape in SHAPES.items()}
    return "\n".join(lines), values


def part(rng: np.random.Generator, known: dict[str, tuple[int, ...]], depth: int) -> tuple[str, tuple[int, ...]]:
    """Return an expression and its shape."""
    kind = rng.integers(7) if depth else 0
    if kind == 0:
        name = str(rng.choice(sorted(known)))
        return name, known[name]
    a, shape = part(rng, known, depth - 1)
    if kind <= 2:
        return str(rng.choice(SMOOTH)).format(a), shape
    if kind == 3 and len(shape) == 1:
        return f"softmax({a})", shape
    if kind == 4 and shape:
        return f"{rng.choice(['sum', 'mean'])}({a})", ()
    b, other = part(rng, known, depth - 1)
    both = np.broadcast_shapes(shape, other)
    if kind == 5 and shape == (3, 3) and other in ((3,), (3, 3)):
        return f"({a}) @ ({b})", other
    pairs = ("({}) + ({})", "({}) * ({})", "({}) - ({})", "({}) / (1 + ({})**2)", "max({}, {})", "min({}, {})")
    if kind == 6:
        return f"where({a} > {b}, {a}, 2*({b}))", both
    return str(rng.choice(pairs)).format(a, b), both
