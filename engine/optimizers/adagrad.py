"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule
from engine.params import slider

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "initial_accumulator": 0.1, "eps": 1e-7},
    "optax": {"initial_accumulator": 0.1, "eps": 1e-7},
}
_INSIDE = """
    v = where(t > 1, v, initial_accumulator) + g**2
    theta = theta - learning_rate*g/sqrt(v + eps)
"""


class Adagrad(FormulaRule):
    """Adagrad: every component is divided by the root of the sum of its own squared gradients so far.

    Convention: v starts at 0 and eps stands outside the root (torch); Keras and optax start v at 0.1 and put
        eps inside, sqrt(v + eps). Weight decay is L2. For torch's lr_decay use the 1/t schedule.
    Source: Duchi, Hazan & Singer 2011, Adaptive Subgradient Methods, JMLR 12; torch.optim.Adagrad.
    """

    title: ClassVar[str] = _("Adagrad")
    formula: ClassVar[str] = """
        v = where(t > 1, v, initial_accumulator) + g**2
        theta = theta - learning_rate*g/(sqrt(v) + eps)
    """
    spoken: ClassVar[Mapping[str, str]] = {"keras": _INSIDE, "optax": _INSIDE}
    color: ClassVar[str] = palette.GREEN
    year: ClassVar[int] = 2011
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adagrad"] = "adagrad"
    learning_rate: float = fields.learning_rate(1e-2)
    eps: float = fields.eps(1e-10)
    initial_accumulator: float = slider(
        0.0,
        0.0,
        100.0,
        _("Initial sum"),
        _("Where v starts; a value above 0 shortens the first steps."),
        scale="log",
        group=_("More"),
    )
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
