"""RMSProp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from engine.message import _
from engine.optimizers import fields
from engine.optimizers.rule import Array, Objective, Rule, State, idle
from engine.params import choice

_DIALECTS: Mapping[str, Mapping[str, Any]] = {
    "keras": {"learning_rate": 1e-3, "rho": 0.9, "eps": 1e-7},
    "optax": {"rho": 0.9},
}


class RMSProp(Rule):
    """RMSProp: every component is divided by the root of the running mean of its own squared gradients.

        v = rho * v + (1 - rho) * g**2
        theta = theta - learning_rate * g / (sqrt(v) + eps)

        centered:  v - mean(g)**2 in place of v, the mean running with rho too
        momentum:  b = momentum * b + g / (sqrt(v) + eps);  theta = theta - learning_rate * b

    Convention: eps outside the root, rho .99 (torch); Keras and optax have sqrt(v + eps), rho .9, and keep
        the learning rate inside the momentum's buffer. v starts at 0, no bias correction. Weight decay is L2.
    Source: Tieleman & Hinton 2012, Coursera, Neural Networks for Machine Learning, lecture 6.5; centered:
        Graves 2013, arXiv:1308.0850; torch.optim.RMSprop.
    """

    title: ClassVar[str] = _("RMSProp")
    equations: ClassVar[tuple[str, ...]] = (
        r"v \leftarrow \rho v + (1-\rho)\, g^2",
        r"\theta \leftarrow \theta - \alpha\, \frac{g}{\sqrt{v} + \epsilon}",
    )
    color: ClassVar[str] = "#CC79A7"
    year: ClassVar[int] = 2012
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = _DIALECTS

    rule: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = fields.learning_rate(1e-2)
    rho: float = fields.rho(0.99)
    eps: float = fields.eps(1e-8)
    momentum: float = fields.momentum(0.0)
    centered: bool = choice(
        False,
        _("Centered"),
        _("Divide by the gradient's running standard deviation instead of its root mean square."),
        effect="live",
        group=_("More"),
    )
    weight_decay: float = fields.weight_decay()
    dialect: Literal["torch", "keras", "optax"] = fields.dialect(_DIALECTS)

    def init(self, theta: Array) -> State:
        return {"step": 0, "v": np.zeros_like(theta), "work": np.empty_like(theta)}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        g = self._regularized(state, theta, gradient)
        v, work, rho = state["v"], state["work"], self.rho
        multiply(g, g, work)
        subtract(work, v, work)
        multiply(work, 1.0 - rho, work)
        add(v, work, v)
        if self.centered:
            v = self._variance(state, g)
        if self.dialect == "torch":
            sqrt(v, work)
            add(work, self.eps, work)
        else:
            add(v, self.eps, work)
            sqrt(work, work)
        divide(g, work, work)
        self._move(state, theta, self.learning_rate * factor)
        state["step"] += 1

    def _variance(self, state: State, g: Array) -> Array:
        """Return v minus the squared running mean of the gradient, in memory that is kept for it."""
        if "mean" not in state:  # a run may turn to the centered form on its way
            state["mean"], state["variance"] = np.zeros_like(g), np.empty_like(g)
        variance: Array = state["variance"]
        mean, work = state["mean"], state["work"]
        subtract(g, mean, work)
        multiply(work, 1.0 - self.rho, work)
        add(mean, work, mean)
        multiply(mean, mean, work)
        subtract(state["v"], work, variance)
        return variance

    def _move(self, state: State, theta: Array, learning_rate: float) -> None:
        """Move by the scaled gradient, which stands in ``work``, or by the momentum that it enters."""
        work = state["work"]
        inside = self.dialect != "torch"
        if inside:
            multiply(work, learning_rate, work)
        if not idle(self.momentum):
            if "velocity" not in state:
                state["velocity"] = np.zeros_like(theta)
            b = state["velocity"]
            multiply(b, self.momentum, b)
            add(b, work, b)
            work[...] = b
        if not inside:
            multiply(work, learning_rate, work)
        subtract(theta, work, theta)
