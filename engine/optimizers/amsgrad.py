"""AMSGrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"eps": 1e-7}, "optax": {}}
_KERAS = """
    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    v_max = max(v_max, v)
    m_hat = m*sqrt(1 - beta2**t)/(1 - beta1**t)
    theta = theta - learning_rate*m_hat/(sqrt(v_max) + eps)
"""
_OPTAX = """
    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    m_hat = m/(1 - beta1**t)
    v_hat = v/(1 - beta2**t)
    v_max = max(v_max, v_hat)
    theta = theta - learning_rate*m_hat/(sqrt(v_max) + eps)
"""


class AMSGrad(FormulaRule):
    """AMSGrad: Adam with the largest v so far in place of v, so that a step size never grows again.

    Convention: the maximum is taken of v before the bias correction, which is applied all the same (torch;
        Keras too, with eps before the correction); optax takes the maximum of v_hat; the paper corrects
        nothing. Weight decay is L2.
    Source: Reddi, Kale & Kumar 2018, On the Convergence of Adam and Beyond, Algorithm 2, arXiv:1904.09237;
        torch.optim.Adam(amsgrad=True).
    """

    title: ClassVar[str] = _("AMSGrad")
    formula: ClassVar[str] = """
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        v_max = max(v_max, v)
        m_hat = m/(1 - beta1**t)
        v_hat = v_max/(1 - beta2**t)
        theta = theta - learning_rate*m_hat/(sqrt(v_hat) + eps)
    """
    spoken: ClassVar[Mapping[str, str]] = {"keras": _KERAS, "optax": _OPTAX}
    color: ClassVar[str] = palette.BLUE
    dash: ClassVar[str] = "dot"
    year: ClassVar[int] = 2018
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["amsgrad"] = "amsgrad"
    learning_rate: float = fields.learning_rate(1e-3)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2()
    eps: float = fields.eps(1e-8)
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
