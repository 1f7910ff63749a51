"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import absolute, add, divide, maximum, multiply, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.rule import Array, Objective, Rule, State, idle

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"optax": {"weight_decay": 1e-3}}

_TINY = 1e-45  # np.sign itself takes five times as long on large float32 vectors


class Lion(Rule):
    """Lion: only the sign of an average counts, so that every component moves by the learning rate.

        c = beta1 * m + (1 - beta1) * g
        theta = theta - learning_rate * (sign(c) + weight_decay * theta)
        m = beta2 * m + (1 - beta2) * g

    Convention: m enters with beta1 but is kept with beta2; sign(0) = 0; the decay is decoupled. torch has no
        Lion: the defaults are those of the authors' code (1e-4, no decay); optax decays by 1e-3.
    Source: Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, Algorithm 2, arXiv:2302.06675.
    """

    title: ClassVar[str] = _("Lion")
    equations: ClassVar[tuple[str, ...]] = (
        r"c = \beta_1 m + (1-\beta_1)\, g",
        r"\theta \leftarrow \theta - \alpha \left( \mathrm{sign}(c) + \lambda\, \theta \right)",
        r"m \leftarrow \beta_2 m + (1-\beta_2)\, g",
    )
    color: ClassVar[str] = "#D55E00"
    dash: ClassVar[str] = "dash"
    year: ClassVar[int] = 2023
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["lion"] = "lion"
    learning_rate: float = fields.learning_rate(1e-4)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2(0.99)
    weight_decay: float = fields.weight_decay(decoupled=True)
    dialect: Literal["torch", "optax"] = fields.dialect(_DIALECTS)

    def init(self, theta: Array) -> State:
        return {"step": 0, "m": np.zeros_like(theta), "c": np.empty_like(theta), "work": np.empty_like(theta)}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        m, c, work = state["m"], state["c"], state["work"]
        beta1, beta2, rate = self.beta1, self.beta2, self.learning_rate * factor
        multiply(m, beta1, c)
        multiply(gradient, 1.0 - beta1, work)
        add(c, work, c)
        if not idle(self.weight_decay):
            multiply(theta, 1.0 - rate * self.weight_decay, theta)
        absolute(c, work)
        maximum(work, _TINY, out=work)
        divide(c, work, c)  # the sign of c: ±1, or 0 where c is 0
        multiply(c, rate, c)
        subtract(theta, c, theta)
        multiply(m, beta2, m)
        multiply(gradient, 1.0 - beta2, work)
        add(m, work, m)
        state["step"] += 1
