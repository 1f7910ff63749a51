"""Adam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.moments import Moments
from engine.optimizers.rule import Array, Objective, State
from engine.params import choice

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"eps": 1e-7}, "optax": {}}


class Adam(Moments):
    """Adam: momentum divided by the root of the mean squared gradient, both corrected for their start at 0.

        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t),  v_hat = v / (1 - beta2**t)
        theta = theta - learning_rate * m_hat / (sqrt(v_hat) + eps)

    Convention: eps stands outside the root and after the correction (torch; optax with eps_root=0 is the
        same); Keras adds it before the correction, to sqrt(v). Weight decay is L2. Without
        ``bias_correction`` m and v are used as they are.
    Source: Kingma & Ba 2014, Algorithm 1, arXiv:1412.6980; torch.optim.Adam.
    """

    title: ClassVar[str] = _("Adam")
    equations: ClassVar[tuple[str, ...]] = (
        r"m \leftarrow \beta_1 m + (1-\beta_1)\, g",
        r"v \leftarrow \beta_2 v + (1-\beta_2)\, g^2",
        r"\hat m = \frac{m}{1-\beta_1^t}, \quad \hat v = \frac{v}{1-\beta_2^t}",
        r"\theta \leftarrow \theta - \alpha\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}",
    )
    color: ClassVar[str] = "#0072B2"
    year: ClassVar[int] = 2014
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adam"] = "adam"
    weight_decay: float = fields.weight_decay()
    bias_correction: bool = choice(
        True,
        _("Bias correction"),
        _("Divide m by 1−β₁ᵗ and v by 1−β₂ᵗ, because both start at 0. Off: the first steps are too long."),
        effect="live",
        group=_("More"),
    )
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        t = self._average(state, self._regularized(state, theta, gradient))
        rate, eps = self.learning_rate * factor, self.eps
        if self.bias_correction:
            root = (1.0 - self.beta2**t) ** 0.5
            rate = rate * root / (1.0 - self.beta1**t)
            if self.dialect != "keras":
                eps = eps * root
        self._descend(state, theta, state["v"], rate=rate, eps=eps)
