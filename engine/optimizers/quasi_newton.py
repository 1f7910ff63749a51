"""What BFGS and L-BFGS share: each run is moved by itself, as its curvature is its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from engine.optimizers.line_search import TOLERANCE_GRADIENT
from engine.optimizers.rule import Array, Objective, Rule, State


class QuasiNewton(Rule):
    """A rule that learns the curvature from steps and changes of the gradient, run by run."""

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        """Take one step; a run whose gradient is as good as 0 stays where it is."""
        g = self._regularized(theta, gradient)
        for run in np.ndindex(theta.shape[:-1]):
            if not np.abs(g[run]).max() <= TOLERANCE_GRADIENT:
                self._advance(run, state, theta[run], g[run], t=self.learning_rate * factor, objective=objective)
        state["step"] += 1

    @abstractmethod
    def _advance(
        self, run: tuple[int, ...], state: State, theta: Array, g: Array, *, t: Any, objective: Objective | None
    ) -> None:
        """Move one run.

        Args:
            run: its place in the leading axes, for its part of ``state``. theta, g: its vectors (n,). t: the
                learning rate, times the schedule's factor.
        """
