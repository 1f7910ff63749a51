"""What BFGS and L-BFGS share: runs that learn the curvature along their own paths, all of a stack at once."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from engine.optimizers.line_search import TOLERANCE_GRADIENT, search_along
from engine.optimizers.rule import Array, LossAndGradient, Objective, Rule, State
from engine.optimizers.runs import pick, wide
from engine.pieces import Pieces, undivided, whole

Runs = tuple[Any, ...]
"""Some runs of a stack, an array of numbers for each leading axis; () where there is one run alone."""


class Movers(NamedTuple):
    """Some runs that take a step.

    Args:
        runs: which. theta, g: their vectors (..., n), only read. rate: the learning rate times the schedule's
            factor, one number or one a run. decay: weight_decay, likewise. objective: of the whole stack.
    """

    runs: Runs
    theta: Array
    g: Array
    rate: Any
    decay: Any
    objective: LossAndGradient | None

    def first_lengths(self, moved: Any) -> Any:
        """Return ``rate``, and a shorter one for those that have not moved yet: min(1, 1/|g|_1) times it."""
        if moved.all():
            return self.rate
        length = 1.0 / np.abs(self.g).sum(-1)
        return pick(moved, 1.0, pick(length < 1.0, length, 1.0)) * self.rate


class QuasiNewton(Rule):
    """A rule that learns the curvature from steps and changes of the gradient.

    A stack's runs move at once, each as it would alone; hyperparameters may be arrays (see `Rule.stacked`). The
    objective is asked for the loss at points (R, n) of those runs that still search.
    """

    if TYPE_CHECKING:
        line_search: Literal["none", "strong_wolfe"]

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        """Take one step; a run whose gradient is as good as 0 stays where it is."""
        pieces = None if objective is None else undivided(objective.value_and_gradient)
        whole(self.update_in_pieces(state, theta, gradient, factor, pieces))

    def update_in_pieces(
        self, state: State, theta: Array, gradient: Array, factor: float, objective: LossAndGradient | None
    ) -> Pieces[None]:
        """Do what `update` does, and yield where the objective does."""
        g = self._regularized(theta, gradient)
        moving = ~(np.abs(g).max(-1) <= TOLERANCE_GRADIENT)
        if moving.any():
            runs: Runs = np.nonzero(moving) if theta.ndim > 1 else ()
            rate, decay = (self._each(value, runs, theta) for value in (self.learning_rate, self.weight_decay))
            movers = Movers(runs, theta[runs], g[runs], rate * factor, decay, objective)
            step = yield from self._move(state, movers)
            theta[runs] += step
        state["step"] += 1

    @abstractmethod
    def _move(self, state: State, movers: Movers) -> Pieces[Array]:
        """Return by what some runs move (..., n), and change their part of the state."""

    @staticmethod
    def _each(value: Any, runs: Runs, theta: Array) -> Any:
        """Return a hyperparameter as one number for all runs, or as an array of those of ``runs``."""
        if not isinstance(value, np.ndarray):
            return value
        return np.broadcast_to(value, (*theta.shape[:-1], 1))[(*runs, 0)]

    def _stride(
        self, movers: Movers, direction: Array, slope: Any, t: Any, goes: Any
    ) -> Pieces[tuple[Any, Array]]:
        """Return how far each run goes along its direction, and by what that moves it.

        Args:
            direction: (..., n). slope: gradient . direction. t: how far where nothing is searched, or what the
                line search tries first. goes: which runs go at all.
        """
        if self.line_search != "none":
            t = yield from search_along(
                movers.objective, movers.theta, direction, slope=slope, t=t, decay=movers.decay, goes=goes
            )
        moves = np.asarray(pick(goes, wide(t) * direction, 0.0))
        return t, moves.astype(direction.dtype, copy=False)
