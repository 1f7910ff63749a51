"""Regularization of a model's matrices: L1 by its proximal step, L2 by its gradient, max-norm by projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.layout import MATRICES, Parameters


@dataclass(frozen=True)
class Penalty:
    """Regularization of the matrices (not of biases, gains, shifts or slopes).

        loss + l1 * sum|w| + l2/2 * sum w²                           (both: the elastic net)
        l1, after the update:  w = sign(w) * max(|w| - learning_rate * l1, 0)
        then:                  a unit's weights w = w * min(1, max_norm / |w|)

    So l1 makes exact zeros, which a subgradient never does.

    Args:
        l1, l2: >= 0; numbers, or arrays (R, 1) with one for each of R stacked runs.
        max_norm: bound on the length of each unit's incoming weights; 0 means none. Recurrent weights are another
            matrix, bounded by itself.
    Convention: l2 carries the 1/2, so that its gradient is l2 * w (torch's weight_decay). The proximal step takes
        the learning rate as the rule has it, also under rules that scale each coordinate (as AdamW does with
        decay).
    Source: Tibshirani 1996 (L1); Parikh & Boyd 2014, Proximal Algorithms, section 6.5.2; Zou & Hastie 2005
        (elastic net); Srivastava et al. 2014, JMLR 15, section 5.1 (max-norm).
    """

    l1: Any = 0.0
    l2: Any = 0.0
    max_norm: float = 0.0

    @property
    def adds(self) -> bool:
        """Whether it adds to the loss."""
        return not (_none(self.l1) and _none(self.l2))

    @property
    def shrinks(self) -> bool:
        """Whether it changes weights after the update."""
        return not (_none(self.l1) and _none(self.max_norm))

    def value(self, parameters: Parameters) -> Any:
        """Return what the penalty adds to the loss: a number, or (R,) for a stack of runs."""
        total = self.smooth_value(parameters)
        if not _none(self.l1):
            views = parameters.views
            sizes = sum(np.abs(views[name]).sum(axis=(-2, -1)) for name in parameters.layout.names(*MATRICES))
            total = total + np.squeeze(self.l1, -1) * sizes if np.ndim(self.l1) else total + self.l1 * sizes
        return total if np.ndim(total) else float(total)

    def smooth_value(self, parameters: Parameters) -> Any:
        """Return the part of it that has a gradient everywhere: l2's."""
        if _none(self.l2):
            return 0.0
        views = parameters.views
        squares = sum(np.square(views[name]).sum(axis=(-2, -1)) for name in parameters.layout.names(*MATRICES))
        return 0.5 * (np.squeeze(self.l2, -1) if np.ndim(self.l2) else self.l2) * squares

    def add_gradient(self, parameters: Parameters, gradient: Array) -> None:
        """Add l2's gradient to a flat one."""
        if not _none(self.l2):
            gradients = parameters.layout.views(gradient)
            for name in parameters.layout.names(*MATRICES):
                gradients[name] += _per_run(self.l2) * parameters.views[name]

    def shrink(self, parameters: Parameters, learning_rate: Any) -> None:
        """Take l1's proximal step and bound every unit's weights, in place.

        Args:
            parameters: changed. learning_rate: of the update before, a number or one a run.
        """
        entries, views = parameters.layout.entries, parameters.views
        for name in parameters.layout.names(*MATRICES):
            w = views[name]
            if not _none(self.l1):
                less = np.abs(w) - _per_run(learning_rate * self.l1)
                np.copysign(np.maximum(less, 0, out=less), w, out=w)
            if self.max_norm:
                norms = np.sqrt(np.square(w).sum(axis=-2 if entries[name].units else -1, keepdims=True))
                w *= np.minimum(self.max_norm / np.maximum(norms, 1e-12), 1.0)


def _none(value: Any) -> bool:
    """Return whether a number is plainly 0; an array never is."""
    return isinstance(value, (float, int)) and value == 0


def _per_run(value: Any) -> Any:
    """Return a number, or numbers (R, 1) as (R, 1, 1), to stand before R matrices."""
    return np.asarray(value)[..., None] if np.ndim(value) else value


NO_PENALTY = Penalty()
