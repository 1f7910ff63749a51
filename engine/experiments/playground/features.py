"""What a net is fed of a point: its coordinates, and functions of them that make a bend straight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array
from engine.catalog import by_name
from engine.message import _


@dataclass(frozen=True)
class Feature:
    """A function of a point (x1, x2).

    Args:
        name: as a parameter has it. symbol: on the page. torch: the same in PyTorch, of columns ``x1`` and ``x2``.
        of: takes both coordinates, (n,) each.
    """

    name: str
    symbol: str
    torch: str
    of: Callable[[Array, Array], Array]


FEATURES: dict[str, Feature] = by_name(
    [
        Feature("x1", "x₁", "x1", lambda x1, x2: x1),
        Feature("x2", "x₂", "x2", lambda x1, x2: x2),
        Feature("x1_squared", "x₁²", "x1**2", lambda x1, x2: x1 * x1),
        Feature("x2_squared", "x₂²", "x2**2", lambda x1, x2: x2 * x2),
        Feature("product", "x₁x₂", "x1 * x2", lambda x1, x2: x1 * x2),
        Feature("sin_x1", _("sin πx₁"), "torch.sin(torch.pi * x1)", lambda x1, x2: np.sin(np.pi * x1)),
        Feature("sin_x2", _("sin πx₂"), "torch.sin(torch.pi * x2)", lambda x1, x2: np.sin(np.pi * x2)),
    ]
)
"""Every feature by name, in the order of the picture."""


def of_points(points: Array, names: Sequence[str]) -> Array:
    """Return what a net is fed of points (..., 2): one column a feature, (..., D)."""
    x1, x2 = points[..., 0], points[..., 1]
    return np.stack([FEATURES[name].of(x1, x2) for name in names], axis=-1)
