"""AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"eps": 1e-7, "weight_decay": 0.004},
    "optax": {"weight_decay": 1e-4},
}
_KERAS = """
    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    m_hat = m*sqrt(1 - beta2**t)/(1 - beta1**t)
    theta = theta - learning_rate*weight_decay*theta
    theta = theta - learning_rate*m_hat/(sqrt(v) + eps)
"""


class AdamW(FormulaRule):
    """AdamW: Adam, with a weight decay that stays out of the gradient and so is not divided by sqrt(v).

    Convention: the decay is multiplied by the learning rate (torch, Keras, optax; the paper has a schedule of
        its own there); .01 by default, Keras .004, optax 1e-4. eps after the correction; Keras before.
    Source: Loshchilov & Hutter 2017, Algorithm 2, arXiv:1711.05101; torch.optim.AdamW.
    """

    title: ClassVar[str] = _("AdamW")
    formula: ClassVar[str] = """
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        m_hat = m/(1 - beta1**t)
        v_hat = v/(1 - beta2**t)
        theta = theta - learning_rate*weight_decay*theta
        theta = theta - learning_rate*m_hat/(sqrt(v_hat) + eps)
    """
    spoken: ClassVar[Mapping[str, str]] = {"keras": _KERAS}
    color: ClassVar[str] = palette.BLUE
    dash: ClassVar[str] = "dash"
    year: ClassVar[int] = 2017
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adamw"] = "adamw"
    learning_rate: float = fields.learning_rate(1e-3)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2()
    eps: float = fields.eps(1e-8)
    weight_decay: float = fields.weight_decay(0.01, decoupled=True)
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
