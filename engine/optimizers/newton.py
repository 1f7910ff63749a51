"""Newton's method."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from engine import palette
from engine.message import _
from engine.optimizers import fields
from engine.optimizers.rule import Array, Objective, Rule, State, idle


class Newton(Rule):
    """Newton's method: jump to where the gradient of the local quadratic model is zero.

        theta = theta - learning_rate * H^-1 g

    Convention: the full step (learning rate 1), H as it is: no damping, no line search, so it walks to
        saddles and maxima as gladly as to minima. Where H is singular, the least-squares solution of least
        length. Weight decay is L2: g + weight_decay * theta, H + weight_decay * I.
    Raises: ValueError when no objective is given.
    Source: Nocedal & Wright 2006, Numerical Optimization, section 2.2; Newton 1669, Raphson 1690.
    """

    title: ClassVar[str] = _("Newton")
    color: ClassVar[str] = palette.GREY
    dash: ClassVar[str] = "dash"
    order: ClassVar[int] = 2
    year: ClassVar[int] = 1690
    needs: ClassVar[tuple[str, ...]] = ("hessian",)

    rule: Literal["newton"] = "newton"
    learning_rate: float = fields.learning_rate(1.0)
    weight_decay: float = fields.weight_decay()

    def equations(self) -> tuple[str, ...]:
        return (r"\theta \leftarrow \theta - \alpha\, H^{-1} g",)

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        if objective is None:
            raise ValueError("Newton's method needs an objective, for its Hessian.")
        g = self._regularized(theta, gradient)
        hessian = objective.hessian(theta)
        if not idle(self.weight_decay):
            hessian = hessian + np.asarray(self.weight_decay)[..., None] * np.eye(
                theta.shape[-1], dtype=theta.dtype
            )
        theta -= (solve(hessian, g) * (self.learning_rate * factor)).astype(theta.dtype, copy=False)
        state["step"] += 1


def solve(matrix: Array, vector: Array) -> Array:
    """Solve ``matrix`` (..., n, n) x = ``vector`` (..., n); where singular, least squares, shortest x.

    Returns: x (..., n) in new memory; NaN where the input is not finite.
    """
    try:
        x: Array = np.linalg.solve(matrix, vector[..., None])[..., 0]
        return x
    except np.linalg.LinAlgError:
        if vector.ndim > 1:
            pairs = zip(matrix.reshape(-1, *matrix.shape[-2:]), vector.reshape(-1, vector.shape[-1]), strict=True)
            return np.stack([solve(a, b) for a, b in pairs]).reshape(vector.shape)
        if not (np.isfinite(matrix).all() and np.isfinite(vector).all()):
            return np.full_like(vector, np.nan)
        shortest: Array = np.linalg.lstsq(matrix, vector, rcond=None)[0]
        return shortest
