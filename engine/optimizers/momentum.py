"""Heavy-ball momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import add, multiply, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.rule import Array, Objective, Rule, State, idle

_DIALECTS: Mapping[str, Mapping[str, Any]] = {"keras": {"learning_rate": 0.01}, "optax": {}}


class Momentum(Rule):
    """Momentum: a velocity gathers gradients and decays by a constant share, like a heavy ball in syrup.

        b = momentum * b + (1 - dampening) * g        (torch; the first b is g)
        theta = theta - learning_rate * b

        v = momentum * v - learning_rate * g          (Keras)
        theta = theta + v

    Convention: torch keeps the learning rate out of the velocity and ignores dampening at the first step;
        Keras keeps it inside, so the two part once the learning rate changes; optax is torch without
        dampening. Weight decay is L2: in Keras' form v = mu v - alpha (g + lambda w).
    Source: Polyak 1964, Some methods of speeding up the convergence of iteration methods; torch.optim.SGD.
    """

    title: ClassVar[str] = _("Momentum")
    equations: ClassVar[tuple[str, ...]] = (
        r"b \leftarrow \mu b + (1-\tau)\, g",
        r"\theta \leftarrow \theta - \alpha\, b",
    )
    color: ClassVar[str] = "#E69F00"
    year: ClassVar[int] = 1964
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["momentum"] = "momentum"
    learning_rate: float = fields.learning_rate(1e-3)
    momentum: float = fields.momentum()
    dampening: float = fields.dampening()
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def init(self, theta: Array) -> State:
        return {"step": 0, "velocity": np.zeros_like(theta), "work": np.empty_like(theta)}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        g = self._regularized(state, theta, gradient)
        b, work = state["velocity"], state["work"]
        learning_rate = self.learning_rate * factor
        multiply(b, self.momentum, b)
        if self.dialect == "keras":
            multiply(g, learning_rate, work)
            subtract(b, work, b)
            add(theta, b, theta)
        else:
            if idle(self.dampening) or self.dialect == "optax" or state["step"] == 0:
                add(b, g, b)
            else:
                multiply(g, 1.0 - self.dampening, work)
                add(b, work, b)
            multiply(b, learning_rate, work)
            subtract(theta, work, theta)
        state["step"] += 1
