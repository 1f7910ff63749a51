"""BFGS."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.quasi_newton import Movers, QuasiNewton, Runs
from engine.optimizers.rule import Array, State
from engine.optimizers.runs import dot, pick, wide
from engine.pieces import Pieces

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

    def _move(self, state: State, movers: Movers) -> Pieces[Array]:
        runs, g = movers.runs, movers.g
        moved, inverse = state["moves"][runs] > 0, state["inverse"][runs]
        if moved.any():
            self._learn(runs, state, inverse, g, moved)
        direction = -np.vecdot(inverse, g[..., None, :])
        slope = dot(g, direction)
        goes = ~(slope >= 0)
        _t, s = yield from self._stride(movers, direction, slope, movers.first_lengths(moved), goes)
        state["s"][runs], state["g"][runs] = s, g
        state["moves"][runs] += goes
        return s

    @staticmethod
    def _learn(runs: Runs, state: State, inverse: Array, g: Array, moved: Any) -> None:
        """Take the last pair (s, y) of those that have moved into their inverse Hessians (..., n, n)."""
        s, y = state["s"][runs], g - state["g"][runs]
        told = moved & s.any(-1) & y.any(-1)
        if not told.any():
            return
        sy = dot(s, y)
        scale = pick(told & (sy != 0), abs(sy) / pick(told, dot(y, y), 1.0), 1.0)
        fresh = told & ~state["scaled"][runs]
        if fresh.any():
            inverse *= wide(pick(fresh, scale, 1.0), 2)
            state["scaled"][runs] |= told
        hy = np.vecdot(inverse, y[..., None, :])
        yhy = dot(y, hy)
        spoilt = told & (yhy <= 0.0)  # by rounding: begin again
        if spoilt.any():
            inverse[...] = pick(spoilt, wide(scale, 2) * np.eye(s.shape[-1], dtype=s.dtype), inverse)
            hy = np.vecdot(inverse, y[..., None, :])
            yhy = dot(y, hy)
        takes = told & ~(sy <= _CURVATURE * yhy)
        if takes.any():
            sy = pick(takes, sy, 1.0)
            crossed = s[..., :, None] * hy[..., None, :]
            both = crossed + np.swapaxes(crossed, -1, -2)
            change = wide((sy + yhy) / (sy * sy), 2) * (s[..., :, None] * s[..., None, :]) - both / wide(sy, 2)
            inverse += pick(takes, change, 0.0)
        if runs:
            state["inverse"][runs] = inverse
