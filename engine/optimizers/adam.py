"""Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.formula_rule import FormulaRule
from engine.params import choice

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"eps": 1e-7}, "optax": {}}
_KERAS = """
    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    m_hat = where(bias_correction, m*sqrt(1 - beta2**t)/(1 - beta1**t), m)
    theta = theta - learning_rate*m_hat/(sqrt(v) + eps)
"""


class Adam(FormulaRule):
    """Adam: momentum divided by the root of the mean squared gradient, both corrected for their start at 0.

    Convention: eps stands outside the root and after the correction (torch; optax with eps_root=0 is the
        same); Keras adds it before the correction, to sqrt(v). Weight decay is L2. Without
        ``bias_correction`` m and v are used as they are.
    Source: Kingma & Ba 2014, Algorithm 1, arXiv:1412.6980; torch.optim.Adam.
    """

    title: ClassVar[str] = _("Adam")
    formula: ClassVar[str] = """
        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g**2
        m_hat = where(bias_correction, m/(1 - beta1**t), m)
        v_hat = where(bias_correction, v/(1 - beta2**t), v)
        theta = theta - learning_rate*m_hat/(sqrt(v_hat) + eps)
    """
    spoken: ClassVar[Mapping[str, str]] = {"keras": _KERAS}
    color: ClassVar[str] = palette.BLUE
    year: ClassVar[int] = 2014
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adam"] = "adam"
    learning_rate: float = fields.learning_rate(1e-3)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2()
    eps: float = fields.eps(1e-8)
    weight_decay: float = fields.weight_decay()
    bias_correction: bool = choice(
        True,
        _("Bias correction"),
        _("Divide m by 1−β₁ᵗ and v by 1−β₂ᵗ, because both start at 0. Without it the first steps are too long."),
        effect="live",
        group=_("More"),
    )
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)
