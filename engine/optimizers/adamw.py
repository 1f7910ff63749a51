"""AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from numpy import multiply

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.moments import Moments
from engine.optimizers.rule import Array, Objective, State, idle

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"eps": 1e-7, "weight_decay": 0.004},
    "optax": {"weight_decay": 1e-4},
}


class AdamW(Moments):
    """AdamW: Adam, with a weight decay that stays out of the gradient and so is not divided by sqrt(v).

        theta = theta - learning_rate * weight_decay * theta
        theta = theta - learning_rate * m_hat / (sqrt(v_hat) + eps)      (as Adam)

    Convention: the decay is multiplied by the learning rate (torch, Keras, optax; the paper has a schedule of
        its own there); .01 by default, Keras .004, optax 1e-4. eps after the correction; Keras before.
    Source: Loshchilov & Hutter 2017, Algorithm 2, arXiv:1711.05101; torch.optim.AdamW.
    """

    title: ClassVar[str] = _("AdamW")
    equations: ClassVar[tuple[str, ...]] = (
        r"m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad \hat m = \frac{m}{1-\beta_1^t}",
        r"v \leftarrow \beta_2 v + (1-\beta_2)\, g^2, \quad \hat v = \frac{v}{1-\beta_2^t}",
        r"\theta \leftarrow \theta - \alpha \left( \frac{\hat m}{\sqrt{\hat v} + \epsilon}"
        r" + \lambda\, \theta \right)",
    )
    color: ClassVar[str] = "#0072B2"
    dash: ClassVar[str] = "dash"
    year: ClassVar[int] = 2017
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adamw"] = "adamw"
    weight_decay: float = fields.weight_decay(0.01, decoupled=True)
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        t = self._average(state, gradient)
        rate, eps = self.learning_rate * factor, self.eps
        if not idle(self.weight_decay):
            multiply(theta, 1.0 - rate * self.weight_decay, theta)
        root = (1.0 - self.beta2**t) ** 0.5
        if self.dialect != "keras":
            eps = eps * root
        self._descend(state, theta, state["v"], rate=rate * root / (1.0 - self.beta1**t), eps=eps)
