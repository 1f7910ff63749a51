"""NAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule
from engine.params import slider

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "momentum_decay": 1.0, "eps": 1e-7},
    "optax": {"learning_rate": 1e-3},
}


class NAdam(FormulaRule):
    """NAdam: Adam with Nesterov's look ahead: the gradient itself enters the step beside its running mean.

    Convention: m itself decays by beta1, only the weights follow the schedule mu (torch, psi .004); Keras is
        the same with psi 1; optax has no schedule, mu = beta1. Weight decay is L2.
    Source: Dozat 2016, Incorporating Nesterov Momentum into Adam; torch.optim.NAdam.
    """

    title: ClassVar[str] = _("NAdam")
    formula: ClassVar[str] = """
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        mu = beta1*(1 - 0.96**(t*momentum_decay)/2)
        mu_next = beta1*(1 - 0.96**((t + 1)*momentum_decay)/2)
        p = where(t > 1, p, 1)*mu
        m_hat = mu_next*m/(1 - p*mu_next) + (1 - mu)*g/(1 - p)
        v_hat = v/(1 - beta2**t)
        theta = theta - learning_rate*m_hat/(sqrt(v_hat) + eps)
    """
    spoken: ClassVar[Mapping[str, str]] = {
        "optax": """
            m = beta1*m + (1 - beta1)*g
            v = beta2*v + (1 - beta2)*g**2
            m_hat = beta1*m/(1 - beta1**(t + 1)) + (1 - beta1)*g/(1 - beta1**t)
            v_hat = v/(1 - beta2**t)
            theta = theta - learning_rate*m_hat/(sqrt(v_hat) + eps)
        """
    }
    color: ClassVar[str] = palette.SKY
    year: ClassVar[int] = 2016
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["nadam"] = "nadam"
    beta1: float = fields.beta1()
    beta2: float = fields.beta2()
    eps: float = fields.eps(1e-8)
    learning_rate: float = fields.learning_rate(2e-3)
    momentum_decay: float = slider(
        0.004,
        0.0,
        10.0,
        _("Momentum decay"),
        _("ψ: how fast μ grows from β₁/2 to β₁; optax has no such schedule."),
        scale="log",
        effect="live",
        group=_("More"),
        shown_when={"dialect": ["torch", "keras"]},
    )
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
