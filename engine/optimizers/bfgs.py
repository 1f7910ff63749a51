"""BFGS."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.line_search import first_length, search_along
from engine.optimizers.quasi_newton import QuasiNewton
from engine.optimizers.rule import Array, Objective, State

_LARGEST = 2000
_CURVATURE = 1e-8


class BFGS(QuasiNewton):
    """BFGS: learn the inverse Hessian from how the gradient changes, and take Newton's step with it.

        s = theta - theta_before,  q = g - g_before
        P = P + (1 + q'Pq / s'q) ss' / s'q - (Pq s' + s q'P) / s'q
        theta = theta - t * P g

    Convention: P starts as the identity and is scaled to s'q / q'q before its first update; a pair with
        s'q <= 1e-8 q'Pq is skipped (scipy.optimize.BFGS), so that P stays positive definite. t is found by
        the line search, or is the learning rate; the first is min(1, 1/|g|_1) times that, as in L-BFGS.
        Nothing moves where no component of g exceeds 1e-7, or P g does not lead downhill. Weight decay is L2.
    Raises: ValueError for more than 2000 parameters (P has n² entries), or a line search without objective.
    Source: Nocedal & Wright 2006, Numerical Optimization, Algorithm 6.1, equations 6.17 and 6.20 (there H, y).
    """

    title: ClassVar[str] = _("BFGS")
    color: ClassVar[str] = palette.PURPLE
    dash: ClassVar[str] = "dash"
    order: ClassVar[int] = 2
    year: ClassVar[int] = 1970
    needs: ClassVar[tuple[str, ...]] = ("function",)

    rule: Literal["bfgs"] = "bfgs"
    learning_rate: float = fields.learning_rate(1.0)
    line_search: Literal["none", "strong_wolfe"] = fields.line_search("strong_wolfe")
    weight_decay: float = fields.weight_decay()

    def equations(self) -> tuple[str, ...]:
        return (
            r"s = \theta - \theta_{\mathrm{prev}}, \quad q = g - g_{\mathrm{prev}}",
            r"P \leftarrow \left( I - \frac{s q^\top}{q^\top s} \right) P"
            r" \left( I - \frac{q s^\top}{q^\top s} \right) + \frac{s s^\top}{q^\top s}",
            r"\theta \leftarrow \theta - \alpha\, P g",
        )

    def init(self, theta: Array) -> State:
        runs, n = theta.shape[:-1], theta.shape[-1]
        if n > _LARGEST:
            raise ValueError(f"BFGS keeps {n} x {n} numbers; use L-BFGS for more than {_LARGEST} parameters.")
        inverse = np.zeros((*runs, n, n), theta.dtype)
        inverse[...] = np.eye(n)
        return {
            "step": 0,
            "inverse": inverse,
            "s": np.zeros_like(theta),
            "g": np.zeros_like(theta),
            "moves": np.zeros(runs, np.int64),
            "scaled": np.zeros(runs, np.bool_),
        }

    def _advance(
        self, run: tuple[int, ...], state: State, theta: Array, g: Array, *, t: Any, objective: Objective | None
    ) -> None:
        s, g_before = state["s"][run], state["g"][run]
        if state["moves"][run]:
            self._learn(run, state, s, g - g_before)
        else:
            t = first_length(g, t)
        g_before[...] = g
        direction = -(state["inverse"][run] @ g)
        slope = g.dot(direction)
        s[...] = 0.0
        if slope >= 0:
            return
        if self.line_search != "none":
            t = search_along(objective, theta, direction, g, slope=slope, t=t, decay=self.weight_decay)
        np.multiply(direction, t, s, casting="same_kind")
        theta += s
        state["moves"][run] += 1

    @staticmethod
    def _learn(run: tuple[int, ...], state: State, s: Array, y: Array) -> None:
        """Take the pair (s, y) into the inverse Hessian."""
        inverse, sy = state["inverse"][run], s.dot(y)
        if not s.any() or not y.any():
            return
        scale = abs(sy) / y.dot(y) if sy != 0 else 1.0
        if not state["scaled"][run]:
            inverse *= scale
            state["scaled"][run] = True
        hy = inverse @ y
        yhy = y.dot(hy)
        if yhy <= 0.0:  # rounding has spoilt it: begin again
            inverse[...] = scale * np.eye(len(s), dtype=s.dtype)
            hy = inverse @ y
            yhy = y.dot(hy)
        if sy <= _CURVATURE * yhy:
            return
        crossed = np.outer(s, hy)
        inverse += ((sy + yhy) / sy**2) * np.outer(s, s) - (crossed + crossed.T) / sy
