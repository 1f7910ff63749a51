"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "rho": 0.95, "eps": 1e-7},
    "optax": {},
}


class Adadelta(FormulaRule):
    """Adadelta: the gradient over its running root mean square, times that of the steps taken so far.

    Convention: eps inside both roots everywhere; torch and optax have learning rate 1 and rho .9, Keras .001
        and .95. A step has the units of theta, so that the path does not change when the loss is scaled (as
        far as eps allows). Weight decay is L2.
    Source: Zeiler 2012, Algorithm 1, arXiv:1212.5701; torch.optim.Adadelta.
    """

    title: ClassVar[str] = _("Adadelta")
    formula: ClassVar[str] = """
        v = rho*v + (1 - rho)*g**2
        d = sqrt((v_d + eps)/(v + eps))*g
        v_d = rho*v_d + (1 - rho)*d**2
        theta = theta - learning_rate*d
    """
    color: ClassVar[str] = palette.YELLOW
    year: ClassVar[int] = 2012
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adadelta"] = "adadelta"
    learning_rate: float = fields.learning_rate(1.0)
    rho: float = fields.rho(0.9)
    eps: float = fields.eps(1e-6)
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
