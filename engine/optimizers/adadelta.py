"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.rule import Array, Objective, Rule, State

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "rho": 0.95, "eps": 1e-7},
    "optax": {},
}


class Adadelta(Rule):
    """Adadelta: the gradient over its running root mean square, times that of the steps taken so far.

        v = rho * v + (1 - rho) * g**2
        delta = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * delta**2
        theta = theta - learning_rate * delta

    Convention: eps inside both roots everywhere; torch and optax have learning rate 1 and rho .9, Keras .001
        and .95. A step has the units of theta, so that the path does not change when the loss is scaled (as
        far as eps allows). Weight decay is L2.
    Source: Zeiler 2012, Algorithm 1, arXiv:1212.5701; torch.optim.Adadelta.
    """

    title: ClassVar[str] = _("Adadelta")
    equations: ClassVar[tuple[str, ...]] = (
        r"v \leftarrow \rho v + (1-\rho)\, g^2",
        r"\Delta = \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\, g",
        r"u \leftarrow \rho u + (1-\rho)\, \Delta^2",
        r"\theta \leftarrow \theta - \alpha\, \Delta",
    )
    color: ClassVar[str] = "#F5C710"
    year: ClassVar[int] = 2012
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["adadelta"] = "adadelta"
    learning_rate: float = fields.learning_rate(1.0)
    rho: float = fields.rho(0.9)
    eps: float = fields.eps(1e-6)
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def init(self, theta: Array) -> State:
        return {
            "step": 0,
            "v": np.zeros_like(theta),
            "u": np.zeros_like(theta),
            "delta": np.empty_like(theta),
            "work": np.empty_like(theta),
        }

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        g = self._regularized(state, theta, gradient)
        v, u, delta, work = state["v"], state["u"], state["delta"], state["work"]
        rho, eps = self.rho, self.eps
        multiply(g, g, work)
        subtract(work, v, work)
        multiply(work, 1.0 - rho, work)
        add(v, work, v)
        add(u, eps, delta)
        add(v, eps, work)
        divide(delta, work, delta)
        sqrt(delta, delta)
        multiply(delta, g, delta)
        multiply(delta, delta, work)
        subtract(work, u, work)
        multiply(work, 1.0 - rho, work)
        add(u, work, u)
        multiply(delta, self.learning_rate * factor, work)
        subtract(theta, work, theta)
        state["step"] += 1
