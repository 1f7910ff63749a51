"""RAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.moments import Moments
from engine.optimizers.rule import Array, Objective, State

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"optax": {}}


class RAdam(Moments):
    """RAdam: plain momentum until v has seen enough gradients to be trusted, then Adam times a rectifier.

        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
        r = sqrt((rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho))
        theta = theta - learning_rate * m_hat                               while rho <= 5
        theta = theta - learning_rate * r * m_hat * sqrt(1 - beta2**t) / (sqrt(v) + eps)    after that

    Convention: rectified when rho > 5 and eps added to sqrt(v) before its correction (torch); optax from
        rho >= 5 on, with eps after the correction. Weight decay is L2.
    Source: Liu et al. 2019, On the Variance of the Adaptive Learning Rate and Beyond, Algorithm 2,
        arXiv:1908.03265 (there rho > 4); torch.optim.RAdam.
    """

    title: ClassVar[str] = _("RAdam")
    equations: ClassVar[tuple[str, ...]] = (
        r"m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2",
        r"\rho_\infty = \frac{2}{1-\beta_2} - 1, \quad"
        r" \rho = \rho_\infty - \frac{2 t \beta_2^t}{1-\beta_2^t}",
        r"r = \sqrt{\frac{(\rho-4)(\rho-2)\,\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\,\rho}}",
        r"\rho \le 5: \quad \theta \leftarrow \theta - \alpha\, \hat m",
        r"\rho > 5: \quad \theta \leftarrow \theta - \alpha\, r\,"
        r" \frac{\hat m}{\sqrt{\hat v} + \epsilon}",
    )
    color: ClassVar[str] = "#56B4E9"
    dash: ClassVar[str] = "dash"
    year: ClassVar[int] = 2019
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["radam"] = "radam"
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "optax"] = fields.dialect(_DIALECTS)

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        t = self._average(state, self._regularized(state, theta, gradient))
        m, v, work = state["m"], state["v"], state["work"]
        optax = self.dialect == "optax"
        rate = self.learning_rate * factor / (1.0 - self.beta1**t)
        power = self.beta2**t
        longest = 2.0 / (1.0 - self.beta2) - 1.0
        length = longest - 2.0 * t * power / (1.0 - power)
        root = (1.0 - power) ** 0.5
        eps = self.eps * root if optax else self.eps
        trusted = length >= 5.0 if optax else length > 5.0
        if isinstance(trusted, np.ndarray):  # runs with different beta2
            plain = multiply(m, rate)
            sqrt(v, work)
            add(work, eps, work)
            divide(m, work, work)
            shares = _rectifier(np.where(trusted, length, 6.0), np.where(trusted, longest, 6.0))
            multiply(work, rate * root * shares, work)
            subtract(theta, np.where(trusted, work, plain), theta)
        elif trusted:
            self._descend(state, theta, v, rate=rate * root * _rectifier(length, longest), eps=eps)
        else:
            multiply(m, rate, work)
            subtract(theta, work, theta)


def _rectifier(length: Any, longest: Any) -> Any:
    """Return r, the factor that gives Adam's step the variance it would have after many steps."""
    ratio = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
    return ratio**0.5
