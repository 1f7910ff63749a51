"""What Adam and its relatives share: running means of the gradient and of its square."""

from __future__ import annotations

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from engine.optimizers import fields
from engine.optimizers.rule import Array, Rule, State


class Moments(Rule):
    """Base of Adam's family: two running means, m of the gradient and v of its square, both from 0.

    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    """

    learning_rate: float = fields.learning_rate(1e-3)
    beta1: float = fields.beta1()
    beta2: float = fields.beta2()
    eps: float = fields.eps(1e-8)

    def init(self, theta: Array) -> State:
        return {"step": 0, "m": np.zeros_like(theta), "v": np.zeros_like(theta), "work": np.empty_like(theta)}

    def _average(self, state: State, g: Array) -> int:
        """Take ``g`` into both running means and return how many gradients they now hold, t."""
        m, v, work = state["m"], state["v"], state["work"]
        beta1, beta2 = self.beta1, self.beta2
        subtract(g, m, work)
        multiply(work, 1.0 - beta1, work)
        add(m, work, m)
        multiply(g, g, work)
        subtract(work, v, work)
        multiply(work, 1.0 - beta2, work)
        add(v, work, v)
        t: int = state["step"] + 1
        state["step"] = t
        return t

    def _descend(self, state: State, theta: Array, square: Array, *, rate: float, eps: float) -> None:
        """theta -= rate * m / (sqrt(square) + eps), without new memory."""
        work = state["work"]
        sqrt(square, work)
        add(work, eps, work)
        divide(state["m"], work, work)
        multiply(work, rate, work)
        subtract(theta, work, theta)
