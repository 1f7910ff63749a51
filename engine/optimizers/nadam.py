"""NAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.moments import Moments
from engine.optimizers.rule import Array, Objective, State
from engine.params import slider

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "momentum_decay": 1.0, "eps": 1e-7},
    "optax": {"learning_rate": 1e-3},
}


class NAdam(Moments):
    """NAdam: Adam with Nesterov's look ahead: the gradient itself enters the step beside its running mean.

        mu_t = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
        m_hat = mu_{t+1} * m / (1 - prod_{i<=t+1} mu_i) + (1 - mu_t) * g / (1 - prod_{i<=t} mu_i)
        theta = theta - learning_rate * m_hat / (sqrt(v_hat) + eps)

    Convention: m itself decays by beta1, only the weights follow the schedule mu (torch, psi .004); Keras is
        the same with psi 1; optax has no schedule, mu = beta1. Weight decay is L2.
    Source: Dozat 2016, Incorporating Nesterov Momentum into Adam; torch.optim.NAdam.
    """

    title: ClassVar[str] = _("NAdam")
    equations: ClassVar[tuple[str, ...]] = (
        r"m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2",
        r"\mu_t = \beta_1 \left( 1 - \frac{1}{2}\, 0.96^{t\psi} \right)",
        r"\hat m = \frac{\mu_{t+1}\, m}{1 - \prod_{i=1}^{t+1} \mu_i}"
        r" + \frac{(1-\mu_t)\, g}{1 - \prod_{i=1}^{t} \mu_i}, \quad \hat v = \frac{v}{1-\beta_2^t}",
        r"\theta \leftarrow \theta - \alpha\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}",
    )
    color: ClassVar[str] = "#56B4E9"
    year: ClassVar[int] = 2016
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["nadam"] = "nadam"
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

    def init(self, theta: Array) -> State:
        return {**super().init(theta), "mu_product": 1.0, "move": np.empty_like(theta)}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        g = self._regularized(state, theta, gradient)
        t = self._average(state, g)
        work, move = state["work"], state["move"]
        mu = mu_next = self.beta1
        if self.dialect != "optax":
            mu = mu * (1.0 - 0.5 * 0.96 ** (t * self.momentum_decay))
            mu_next = mu_next * (1.0 - 0.5 * 0.96 ** ((t + 1) * self.momentum_decay))
        product = state["mu_product"] = state["mu_product"] * mu
        rate = self.learning_rate * factor
        root = (1.0 - self.beta2**t) ** 0.5
        multiply(g, rate * root * (1.0 - mu) / (1.0 - product), work)
        multiply(state["m"], rate * root * mu_next / (1.0 - product * mu_next), move)
        add(move, work, move)
        sqrt(state["v"], work)
        add(work, self.eps * root, work)
        divide(move, work, move)
        subtract(theta, move, theta)
