"""Heavy-ball momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"learning_rate": 0.01}, "optax": {}}


class Momentum(FormulaRule):
    """Momentum: a velocity gathers gradients and decays by a constant share, like a heavy ball in syrup.

    Convention: torch keeps the learning rate out of the velocity and ignores dampening at the first step;
        Keras keeps it inside, so the two part once the learning rate changes; optax is torch without
        dampening. Weight decay is L2: in Keras' form u = mu u - alpha (g + lambda theta).
    Source: Polyak 1964, Some methods of speeding up the convergence of iteration methods; torch.optim.SGD.
    """

    title: ClassVar[str] = _("Momentum")
    formula: ClassVar[str] = """
        u = momentum*u + where(t > 1, 1 - dampening, 1)*g
        theta = theta - learning_rate*u
    """
    spoken: ClassVar[Mapping[str, str]] = {
        "keras": """
            u = momentum*u - learning_rate*g
            theta = theta + u
        """,
        "optax": """
            u = momentum*u + g
            theta = theta - learning_rate*u
        """,
    }
    color: ClassVar[str] = palette.ORANGE
    year: ClassVar[int] = 1964
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["momentum"] = "momentum"
    learning_rate: float = fields.learning_rate(1e-3)
    momentum: float = fields.momentum()
    dampening: float = fields.dampening()
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
