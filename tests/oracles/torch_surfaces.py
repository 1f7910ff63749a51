"""The surfaces once more, typed from the literature for torch and independently of the engine's formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


def beale(x: Tensor, y: Tensor) -> Tensor:
    return sum(((c - x * (1 - y**k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))), torch.zeros_like(x))


def rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def rastrigin(x: Tensor, y: Tensor) -> Tensor:
    return 20 + sum((t**2 - 10 * torch.cos(2 * math.pi * t) for t in (x, y)), torch.zeros_like(x))


def himmelblau(x: Tensor, y: Tensor) -> Tensor:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def six_hump_camel(x: Tensor, y: Tensor) -> Tensor:
    return 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4


def booth(x: Tensor, y: Tensor) -> Tensor:
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def matyas(x: Tensor, y: Tensor) -> Tensor:
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def styblinski_tang(x: Tensor, y: Tensor) -> Tensor:
    return sum((t**4 - 16 * t**2 + 5 * t for t in (x, y)), torch.zeros_like(x)) / 2


def mccormick(x: Tensor, y: Tensor) -> Tensor:
    return torch.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


def goldstein_price(x: Tensor, y: Tensor) -> Tensor:
    one = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    two = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * one) * (30 + (2 * x - 3 * y) ** 2 * two)


def ackley(x: Tensor, y: Tensor) -> Tensor:
    bowl = -20 * torch.exp(-0.2 * torch.sqrt((x**2 + y**2) / 2))
    waves = -torch.exp((torch.cos(2 * math.pi * x) + torch.cos(2 * math.pi * y)) / 2)
    return bowl + waves + 20 + math.e


def monkey_saddle(x: Tensor, y: Tensor) -> Tensor:
    z = torch.complex(x, y)
    return (z**3).real


def quadratic(x: Tensor, y: Tensor) -> Tensor:
    return (x**2 + 100 * y**2) / 2


def saddle(x: Tensor, y: Tensor) -> Tensor:
    return (x - y) * (x + y)


def valley(x: Tensor, y: Tensor) -> Tensor:
    floor = x * (x * (x * (x / 4 - 1 / 15) - 0.92) - 0.64)
    return floor + (y - 0.4 * torch.sin(2 * x)) ** 2


def plateau(x: Tensor, y: Tensor) -> Tensor:
    return -torch.expm1(-(x**2) / 3) * torch.exp(-2 * y**2 / 3) - torch.expm1(-2 * y**2 / 3)


SURFACES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    f.__name__: f
    for f in (
        beale,
        rosenbrock,
        rastrigin,
        himmelblau,
        six_hump_camel,
        booth,
        matyas,
        styblinski_tang,
        mccormick,
        goldstein_price,
        ackley,
        monkey_saddle,
        quadratic,
        saddle,
        valley,
        plateau,
    )
}
BOXES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "rosenbrock": ((-2, 2), (-1, 3)),
    "six_hump_camel": ((-3, 3), (-2, 2)),
    "mccormick": ((-1.5, 4), (-3, 4)),
    "goldstein_price": ((-2, 2), (-2, 2)),
}
"""Where the points of the comparison lie; in [-4, 4]² for the others."""
