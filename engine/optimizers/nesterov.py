"""Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"learning_rate": 0.01}, "optax": {}}


class Nesterov(FormulaRule):
    """Nesterov's momentum: as momentum, but the gradient counts as if it were measured one step ahead.

    Convention: theta is the point ahead, where the gradient is taken, so that one gradient a step is enough;
        torch keeps the learning rate out of the velocity, Keras inside. Weight decay is L2.
    Source: Nesterov 1983, A method of solving a convex programming problem with convergence rate O(1/k^2);
        in this form Sutskever et al. 2013, On the importance of initialization and momentum in deep learning.
    """

    title: ClassVar[str] = _("Nesterov")
    formula: ClassVar[str] = """
        u = momentum*u + g
        theta = theta - learning_rate*(g + momentum*u)
    """
    spoken: ClassVar[Mapping[str, str]] = {
        "keras": """
            u = momentum*u - learning_rate*g
            theta = theta + momentum*u - learning_rate*g
        """
    }
    color: ClassVar[str] = palette.VERMILLION
    year: ClassVar[int] = 1983
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["nesterov"] = "nesterov"
    learning_rate: float = fields.learning_rate(1e-3)
    momentum: float = fields.momentum()
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
