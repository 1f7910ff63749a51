"""What theory says of gradient descent with and without momentum on a quadratic: rate, border, best learning rate.

On f = x'Ax/2 each eigenvector of A goes by itself; a step multiplies its state by a matrix whose eigenvalues are

    gradient descent   1 - a l
    heavy ball         roots of s^2 - (1 + b - a l) s + b
    Nesterov           roots of s^2 - (1 + b)(1 - a l) s + b (1 - a l)
    Newton             1 - a, whatever l is

with a the learning rate, b the momentum, l the eigenvalue of A. The rate is the largest modulus over A's
eigenvalues; below 1 the run converges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.optimizers import Rule
from engine.surfaces import Surface

Array = NDArray[np.float64]
_PROBES = 5
_GOLDEN = (np.sqrt(5.0) - 1) / 2
_ROUNDS = 70
_EVEN = 1e-9
"""Rates that differ by less count as the same: of a flat valley the smallest learning rate is taken."""


@dataclass(frozen=True)
class Theory:
    """A rule whose behaviour on quadratics has a closed form; its numbers may be arrays (...).

    Args:
        kind: which of the four. momentum, weight_decay: the rule's; a damped gradient counts as a smaller rate.
        share: what the learning rate is multiplied by (1 - dampening).
    """

    kind: Literal["descent", "heavy ball", "nesterov", "newton"]
    momentum: Any = 0.0
    weight_decay: Any = 0.0
    share: Any = 1.0

    def rate(self, learning_rate: ArrayLike, eigenvalues: ArrayLike) -> Array:
        """Return the largest modulus (...) for learning rates (...) over the eigenvalues (n,)."""
        if self.kind == "newton":
            return np.abs(1 - np.asarray(learning_rate, dtype=np.float64))
        b, decay = (np.asarray(value, dtype=np.float64)[..., None] for value in (self.momentum, self.weight_decay))
        al = np.asarray(learning_rate * self.share)[..., None] * (np.asarray(eigenvalues) + decay)
        if self.kind == "descent":
            return np.asarray(np.abs(1 - al).max(-1))
        half, last = ((1 + b - al) / 2, b + 0 * al) if self.kind == "heavy ball" else _nesterov(al, b)
        root = np.sqrt((half**2 - last).astype(np.complex128))
        return np.asarray(np.maximum(np.abs(half + root), np.abs(half - root)).max(-1))

    def border(self, largest: float) -> Array:
        """Return the learning rates (...) from which on the largest eigenvalue diverges; NaN where none is."""
        b = np.asarray(self.momentum, dtype=np.float64)
        if self.kind == "newton":
            return np.full(np.shape(self.weight_decay), 2.0)
        curvature = (largest + np.asarray(self.weight_decay)) * self.share
        most = {"descent": 2.0 + 0 * b, "heavy ball": 2 * (1 + b), "nesterov": (2 + 2 * b) / (1 + 2 * b)}[
            self.kind
        ]
        with np.errstate(all="ignore"):
            return np.where(curvature > 0, most / curvature, np.nan)

    def best(self, eigenvalues: Array) -> Array:
        """Return the learning rates (...) with the least rate; NaN where an eigenvalue is not positive."""
        high = self.border(float(np.max(eigenvalues)))
        high = np.where(np.min(eigenvalues) + np.asarray(self.weight_decay) > 0, high, np.nan)
        low = high * 1e-9
        for _ in range(_ROUNDS):  # golden section over the logarithm: the rate has a single valley
            a, b = (low ** (1 - s) * high**s for s in (1 - _GOLDEN, _GOLDEN))
            left = self.rate(a, eigenvalues) <= self.rate(b, eigenvalues) + _EVEN
            high, low = np.where(left, b, high), np.where(left, low, a)
        return np.asarray(np.sqrt(low * high))


def _nesterov(al: Array, b: Array) -> tuple[Array, Array]:
    return (1 + b) * (1 - al) / 2, b * (1 - al)


def theory_of(rule: Rule) -> Theory | None:
    """Return the closed form of a rule, or None where it has none."""
    values: Any = rule  # its fields may be arrays
    if rule.rule == "sgd":
        return Theory("descent", weight_decay=values.weight_decay)
    if rule.rule == "newton":
        return Theory("newton", weight_decay=values.weight_decay)
    if rule.rule == "momentum":
        share = 1.0 - values.dampening if values.dialect == "torch" else 1.0
        return Theory("heavy ball", values.momentum, values.weight_decay, share)
    if rule.rule == "nesterov":
        return Theory("nesterov", values.momentum, values.weight_decay)
    return None


def quadratic_of(surface: Surface) -> Array | None:
    """Return the eigenvalues (2,) of a surface whose Hessian is the same everywhere, or None."""
    (low, high), rng = np.array(surface.domain).T, np.random.default_rng(0)
    hessians = surface.formula.hessian(low + (high - low) * rng.random((_PROBES, 2)))
    spread = np.abs(hessians - hessians[0]).max()
    if not np.isfinite(hessians).all() or spread > 1e-9 * np.abs(hessians).max():
        return None
    return np.asarray(np.linalg.eigvalsh(hessians[0]))


def optimum(kind: str, eigenvalues: Array) -> tuple[float, float] | None:
    """Return learning rate and momentum of the best known setting on a quadratic, or None where there is none.

    Heavy ball: the least rate there is. Nesterov: the textbook's 1/L and (sqrt kappa - 1)/(sqrt kappa + 1).
    """
    low, high = float(np.min(eigenvalues)), float(np.max(eigenvalues))
    if low <= 0:
        return None
    a, b = np.sqrt(low), np.sqrt(high)
    if kind == "heavy ball":
        return float((2 / (a + b)) ** 2), float(((b - a) / (b + a)) ** 2)
    return (1 / high, float((b - a) / (b + a))) if kind == "nesterov" else None
