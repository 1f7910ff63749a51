"""Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import add, multiply, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.rule import Array, Objective, Rule, State

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"learning_rate": 0.01}, "optax": {}}


class Nesterov(Rule):
    """Nesterov's momentum: as momentum, but the gradient counts as if it were measured one step ahead.

        b = momentum * b + g                          (torch, optax; the first b is g)
        theta = theta - learning_rate * (g + momentum * b)

        v = momentum * v - learning_rate * g          (Keras)
        theta = theta + momentum * v - learning_rate * g

    Convention: theta is the point ahead, where the gradient is taken, so that one gradient a step is enough;
        torch keeps the learning rate out of the velocity, Keras inside. Weight decay is L2.
    Source: Nesterov 1983, A method of solving a convex programming problem with convergence rate O(1/k^2);
        in this form Sutskever et al. 2013, On the importance of initialization and momentum in deep learning.
    """

    title: ClassVar[str] = _("Nesterov")
    equations: ClassVar[tuple[str, ...]] = (
        r"b \leftarrow \mu b + g",
        r"\theta \leftarrow \theta - \alpha\, (g + \mu b)",
    )
    color: ClassVar[str] = "#D55E00"
    year: ClassVar[int] = 1983
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["nesterov"] = "nesterov"
    learning_rate: float = fields.learning_rate(1e-3)
    momentum: float = fields.momentum()
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def init(self, theta: Array) -> State:
        return {"step": 0, "velocity": np.zeros_like(theta), "work": np.empty_like(theta)}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        g = self._regularized(state, theta, gradient)
        b, work = state["velocity"], state["work"]
        momentum, learning_rate = self.momentum, self.learning_rate * factor
        multiply(b, momentum, b)
        if self.dialect == "keras":
            multiply(g, learning_rate, work)
            subtract(b, work, b)
            subtract(theta, work, theta)
            multiply(b, momentum, work)
            add(theta, work, theta)
        else:
            add(b, g, b)
            multiply(b, momentum, work)
            add(work, g, work)
            multiply(work, learning_rate, work)
            subtract(theta, work, theta)
        state["step"] += 1
