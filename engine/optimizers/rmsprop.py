"""RMSProp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule
from engine.params import choice

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "rho": 0.9, "eps": 1e-7},
    "optax": {"rho": 0.9},
}
_INSIDE = """
    v = rho*v + (1 - rho)*g**2
    m = rho*m + (1 - rho)*g
    u = momentum*u + learning_rate*g/sqrt(where(centered, v - m**2, v) + eps)
    theta = theta - u
"""


class RMSProp(FormulaRule):
    """RMSProp: every component is divided by the root of the running mean of its own squared gradients.

    Convention: eps outside the root, rho .99 (torch); Keras and optax have sqrt(v + eps), rho .9, and keep
        the learning rate inside the momentum's buffer. v starts at 0, no bias correction. Weight decay is L2.
    Source: Tieleman & Hinton 2012, Coursera, Neural Networks for Machine Learning, lecture 6.5; centered:
        Graves 2013, arXiv:1308.0850; torch.optim.RMSprop.
    """

    title: ClassVar[str] = _("RMSProp")
    formula: ClassVar[str] = """
        v = rho*v + (1 - rho)*g**2
        m = rho*m + (1 - rho)*g
        u = momentum*u + g/(sqrt(where(centered, v - m**2, v)) + eps)
        theta = theta - learning_rate*u
    """
    spoken: ClassVar[Mapping[str, str]] = {"keras": _INSIDE, "optax": _INSIDE}
    color: ClassVar[str] = palette.PURPLE
    year: ClassVar[int] = 2012
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = fields.learning_rate(1e-2)
    rho: float = fields.rho(0.99)
    eps: float = fields.eps(1e-8)
    momentum: float = fields.momentum(0.0)
    centered: bool = choice(
        False,
        _("Centered"),
        _("Divide by the gradient's running standard deviation instead of its root mean square."),
        effect="live",
        group=_("More"),
    )
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
