"""RAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"optax": {}}


class RAdam(FormulaRule):
    """RAdam: plain momentum until v has seen enough gradients to be trusted, then Adam times a rectifier.

    Convention: n is about how many gradients v is the mean of (rho in the paper). Rectified when n > 5, eps
        added to sqrt(v) before its correction (torch); optax from n >= 5 on, with eps after the correction.
        Weight decay is L2.
    Source: Liu et al. 2019, On the Variance of the Adaptive Learning Rate and Beyond, Algorithm 2,
        arXiv:1908.03265 (there from rho > 4 on); torch.optim.RAdam.
    """

    title: ClassVar[str] = _("RAdam")
    formula: ClassVar[str] = """
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        m_hat = m/(1 - beta1**t)
        n_inf = 2/(1 - beta2) - 1
        n = n_inf - 2*t*beta2**t/(1 - beta2**t)
        r = where(n > 5, sqrt((n - 4)*(n - 2)*n_inf/((n_inf - 4)*(n_inf - 2)*n)), 0)
        theta = theta - learning_rate*m_hat*where(n > 5, r*sqrt(1 - beta2**t)/(sqrt(v) + eps), 1)
    """
    spoken: ClassVar[Mapping[str, str]] = {
        "optax": """
            m = beta1*m + (1 - beta1)*g
            v = beta2*v + (1 - beta2)*g**2
            m_hat = m/(1 - beta1**t)
            v_hat = v/(1 - beta2**t)
            n_inf = 2/(1 - beta2) - 1
            n = n_inf - 2*t*beta2**t/(1 - beta2**t)
            r = where(n >= 5, sqrt((n - 4)*(n - 2)*n_inf/((n_inf - 4)*(n_inf - 2)*n)), 0)
            theta = theta - learning_rate*m_hat*where(n >= 5, r/(sqrt(v_hat) + eps), 1)
        """
    }
    color: ClassVar[str] = palette.SKY
    dash: ClassVar[str] = "dash"
    year: ClassVar[int] = 2019
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["radam"] = "radam"
    learning_rate: float = fields.learning_rate(1e-3)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2()
    eps: float = fields.eps(1e-8)
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "optax"] = fields.dialect(_DIALECTS)
