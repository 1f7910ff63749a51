"""Quadratics, and the path of a rule on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.optimizers import RULES, Rule
from engine.params import check


class Diagonal:
    """f = sum(lambda_i x_i²)/2."""

    def __init__(self, *eigenvalues: float) -> None:
        self.eigenvalues = np.array(eigenvalues)

    def value_and_gradient(self, theta: np.ndarray) -> tuple[Any, np.ndarray]:
        gradient = self.eigenvalues * theta
        return (gradient * theta).sum(axis=-1) / 2, gradient

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.diag(self.eigenvalues), (*theta.shape, len(self.eigenvalues)))


def make(name: str, **values: Any) -> Rule:
    return check(RULES[name], values)


def path(rule: Rule, start: Any, steps: int, objective: Any) -> np.ndarray:
    theta = np.array(start, float)
    state = rule.init(theta)
    points = [theta.copy()]
    for _ in range(steps):
        rule.update(state, theta, objective.value_and_gradient(theta)[1], 1.0, objective)
        points.append(theta.copy())
    return np.array(points)
