"""AMSGrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import divide, maximum

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.moments import Moments
from engine.optimizers.rule import Array, Objective, State

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"eps": 1e-7}, "optax": {}}


class AMSGrad(Moments):
    """AMSGrad: Adam with the largest v so far in place of v, so that a step size never grows again.

        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        v_max = max(v_max, v)
        theta = theta - learning_rate * m_hat / (sqrt(v_max / (1 - beta2**t)) + eps)

    Convention: the maximum is taken of v before the bias correction, which is applied all the same (torch;
        Keras too, with eps before the correction); optax takes the maximum of v_hat; the paper corrects
        nothing. Weight decay is L2.
    Source: Reddi, Kale & Kumar 2018, On the Convergence of Adam and Beyond, Algorithm 2, arXiv:1904.09237;
        torch.optim.Adam(amsgrad=True).
    """

    title: ClassVar[str] = _("AMSGrad")
    equations: ClassVar[tuple[str, ...]] = (
        r"m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad \hat m = \frac{m}{1-\beta_1^t}",
        r"v \leftarrow \beta_2 v + (1-\beta_2)\, g^2",
        r"w \leftarrow \max(w, v), \quad \hat w = \frac{w}{1-\beta_2^t}",
        r"\theta \leftarrow \theta - \alpha\, \frac{\hat m}{\sqrt{\hat w} + \epsilon}",
    )
    color: ClassVar[str] = "#0072B2"
    dash: ClassVar[str] = "dot"
    year: ClassVar[int] = 2018
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["amsgrad"] = "amsgrad"
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def init(self, theta: Array) -> State:
        return {**super().init(theta), "v_max": np.zeros_like(theta)}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        t = self._average(state, self._regularized(state, theta, gradient))
        v_max, work = state["v_max"], state["work"]
        rate, eps = self.learning_rate * factor / (1.0 - self.beta1**t), self.eps
        correction = 1.0 - self.beta2**t
        if self.dialect == "optax":
            divide(state["v"], correction, work)
            maximum(v_max, work, out=v_max)
        else:
            maximum(v_max, state["v"], out=v_max)
            root = correction**0.5
            rate = rate * root
            if self.dialect == "torch":
                eps = eps * root
        self._descend(state, theta, v_max, rate=rate, eps=eps)
