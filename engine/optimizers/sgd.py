"""Gradient descent, plain."""

from __future__ import annotations

from typing import ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule


class SGD(FormulaRule):
    """Gradient descent: step against the gradient, as far as it is long times the learning rate.

    Convention: no momentum; weight decay is L2, g + weight_decay * theta (torch.optim.SGD). "Stochastic" is
        what the gradient is, not the rule.
    Source: Robbins & Monro 1951, A Stochastic Approximation Method; Cauchy 1847 for the full gradient.
    """

    title: ClassVar[str] = _("SGD")
    formula: ClassVar[str] = """
        theta = theta - learning_rate*g
    """
    color: ClassVar[str] = palette.GREY
    year: ClassVar[int] = 1951

    rule: Literal["sgd"] = "sgd"
    learning_rate: float = fields.learning_rate(1e-3)
    weight_decay: float = fields.weight_decay()
