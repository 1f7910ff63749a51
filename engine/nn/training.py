"""One step of training, of any model: loss, gradient, penalty, clipping, the rule, what the penalty shrinks.

trainer = Trainer(parameters, rule, clip=Clip(mode="norm"), penalty=Penalty(l1=1e-4))
for rows in epoch_of(len(x), 32, rng):
    step = trainer.step(lambda p, rng: softmax_cross_entropy(net.forward(p, x[rows]).outputs, y[rows]))
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from engine.autodiff.tape import Array, Tensor
from engine.nn.dropout import Rng
from engine.nn.layout import Parameters, Values
from engine.nn.penalty import NO_PENALTY, Penalty
from engine.optimizers.clipping import Clip
from engine.optimizers.quasi_newton import QuasiNewton
from engine.optimizers.rule import Rule, State, same_memory
from engine.optimizers.schedules import Schedule
from engine.pieces import LARGE, Pieces, undivided, whole

BatchLoss: TypeAlias = Callable[[Values, Rng], Tensor]
"""(parameters, rng) -> the loss, a number, or (R,) for a stack of runs. With an rng this is training: dropout
draws from it, running statistics move. Without one a rule asks for the loss elsewhere: nothing may be drawn or
remembered."""
LossInPieces: TypeAlias = Callable[[Values, Rng], Pieces[Tensor]]
"""The same, computed in pieces."""


class Step(NamedTuple):
    """What a training step found, all from before the update. Numbers, or (R,) for a stack of runs.

    Args:
        loss: of the batch, without the penalty. penalty: what regularization adds.
        gradient_norm: of the whole gradient, l2's part included, before clipping. clipped_norm: after.
    """

    loss: Any
    penalty: Any
    gradient_norm: Any
    clipped_norm: Any

    @property
    def finite(self) -> bool:
        """False when a loss or a gradient is NaN or infinite: the update then spoils theta."""
        return bool(np.isfinite(self.loss).all() and np.isfinite(self.gradient_norm).all())


class Trainer:
    """Whoever trains a model: it holds ``theta``, the model's parameters, and the rule's memory.

    Args:
        parameters: changed in place; theta (n,), or (R, n) for R runs that one rule trains as one array program,
            its hyperparameters perhaps arrays (R, 1) (`Rule.stacked`). float64 or float32: the rule keeps theta's
            type.
        rule: any of `engine.optimizers`, a visitor's own too. clip: of each run's gradient. penalty: see there.
        schedule: multiplies the learning rate, given the run's number of updates ``total``.
        rng: dropout draws from it; one generator for each stacked run lets each drop what it would drop alone.

    Hyperparameters may be changed between steps; another rule begins with an empty memory (see `use`). A deep copy
    goes on by itself, and leaves scratch memory behind.
    """

    def __init__(
        self,
        parameters: Parameters,
        rule: Rule,
        *,
        clip: Clip | None = None,
        penalty: Penalty = NO_PENALTY,
        schedule: Schedule | None = None,
        total: int = 0,
        rng: Rng = None,
    ) -> None:
        self._parameters: Parameters | None = parameters
        self._layout, self.theta, self._running = parameters.layout, parameters.theta, parameters.running
        self.rule, self._update = rule, rule.prepared()
        self.clip, self.penalty, self.schedule, self.total = clip, penalty, schedule, total
        self.rng: Rng = rng if rng is not None else np.random.default_rng(0)
        self.state: State = rule.init(parameters.theta)
        self.steps = 0
        """Updates so far."""

    @property
    def parameters(self) -> Parameters:
        """The model's parameters; a copy makes its leaves and its gradient when they are first wanted."""
        if self._parameters is None:
            self._parameters = Parameters(self._layout, self.theta, running=self._running)
        return self._parameters

    @property
    def generator(self) -> np.random.Generator:
        """The generator of a single run's dropout."""
        assert isinstance(self.rng, np.random.Generator)
        return self.rng

    def use(self, rule: Rule) -> None:
        """Train on with this rule; the memory is kept if it is the same one under other hyperparameters."""
        if not same_memory(self.rule, rule):
            self.state = rule.init(self.theta)
        rule.fit(self.state)
        self.rule, self._update = rule, rule.prepared()

    def step(self, loss: BatchLoss) -> Step:
        """Do one update; return what was found before it."""
        with np.errstate(all="ignore"):
            found = self._look(loss, self.rng)
            self._move(_Objective(self, undivided(loss)) if self.rule.needs else None)
        return found

    def step_in_pieces(self, loss: LossInPieces) -> Pieces[Step]:
        """Do what `step` does, `LARGE` layers one by one; to be done `quiet`."""
        found = yield from self.look_in_pieces(loss, self.rng)
        if not isinstance(self.rule, QuasiNewton):
            self._move(_Objective(self, loss) if self.rule.needs else None)
            return found
        objective = _Objective(self, loss).value_and_gradient_in_pieces
        yield from self.rule.update_in_pieces(
            self.state, self.theta, self.parameters.gradient, self._factor, objective
        )
        self._moved()
        return found

    def look(self, loss: BatchLoss, rng: Rng) -> Step:
        """Return what `step` would find, and leave the clipped gradient in the parameters; theta stays.

        Args:
            loss: as for `step`. rng: a copy of the trainer's, to draw what the step will draw unnoticed.
        """
        with np.errstate(all="ignore"):
            return self._look(loss, rng)

    def look_in_pieces(self, loss: LossInPieces, rng: Rng) -> Pieces[Step]:
        """Do what `look` does, `LARGE` layers one by one; to be done `quiet`."""
        parameters = self.parameters
        value = yield from loss(parameters, rng)
        yield from parameters.fill_in_pieces(value, keep=False)
        found = self._found(value)
        if self.theta.size >= LARGE:
            yield
        return found

    def _look(self, loss: BatchLoss, rng: Rng) -> Step:
        """Do what `look_in_pieces` does in one piece: small nets feel each generator."""
        parameters = self.parameters
        value = loss(parameters, rng)
        parameters.fill(value, keep=False)
        return self._found(value)

    def _found(self, value: Tensor) -> Step:
        """Return what a step finds, the gradient being there; the penalty's is added to it, then it is clipped."""
        parameters, clip, penalty, added = self.parameters, self.clip, self.penalty, 0.0
        gradient = parameters.gradient
        if penalty is not NO_PENALTY and penalty.adds:
            added = penalty.value(parameters)
            penalty.add_gradient(parameters, gradient)
        if clip is None or clip.mode == "none":
            norm = clipped = _norm(gradient)
        else:
            norm = _number(clip.apply(gradient))
            clipped = np.minimum(norm, clip.threshold) if clip.mode == "norm" else _norm(gradient)
        return Step(_number(value.value), added, norm, _number(clipped))

    def _move(self, objective: _Objective | None) -> None:
        """Let the rule change theta, then the penalty that shrinks it."""
        self._update(self.state, self.theta, self.parameters.gradient, self._factor, objective)
        self._moved()

    @property
    def _factor(self) -> float:
        """The schedule's, of the next update."""
        return 1.0 if self.schedule is None else self.schedule.factor(self.steps, self.total)

    def _moved(self) -> None:
        """Do what follows the rule's change of theta."""
        parameters, penalty = self.parameters, self.penalty
        if penalty is not NO_PENALTY and penalty.shrinks:
            penalty.shrink(parameters, self.rule.learning_rate * self._factor)
        parameters.changed()
        self.steps += 1

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = copy.copy(self)
        memo[id(self)] = other
        other._parameters, other.theta, other._running = None, self.theta.copy(), self._running.copy()
        other.rng = copy.deepcopy(self.rng, memo)
        other.state, other._update = copy.deepcopy(self.state, memo), self.rule.prepared()
        return other


def _norm(gradient: Array) -> Any:
    if gradient.ndim == 1:
        return math.sqrt(gradient.dot(gradient))
    return np.sqrt(np.einsum("...i,...i->...", gradient, gradient))


def _number(value: Any) -> Any:
    """Return a number as a float, an array of runs as it is."""
    return value if type(value) is float or value.ndim else float(value)


class _Objective:
    """The loss of one batch as a function of theta, for rules that ask for it (L-BFGS's line search)."""

    def __init__(self, trainer: Trainer, loss: LossInPieces) -> None:
        self._trainer, self._loss = trainer, loss

    def value_and_gradient(self, theta: Array) -> tuple[Any, Array]:
        """Return loss plus penalty, and the gradient (n,) of all of it but l1, at ``theta`` (n,)."""
        return whole(self.value_and_gradient_in_pieces(theta))

    def value_and_gradient_in_pieces(self, theta: Array) -> Pieces[tuple[Any, Array]]:
        """Do what `value_and_gradient` does, `LARGE` layers one by one."""
        trainer = self._trainer
        elsewhere = Parameters(trainer.parameters.layout, theta.copy(), running=trainer.parameters.running.copy())
        value = yield from self._loss(elsewhere, None)
        yield from elsewhere.fill_in_pieces(value, keep=False)
        trainer.penalty.add_gradient(elsewhere, elsewhere.gradient)
        return _number(value.value) + trainer.penalty.smooth_value(elsewhere), elsewhere.gradient

    def hessian(self, theta: Array) -> Array:
        """Refuse: n² numbers of a net are too many.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"a Hessian of {theta.size} x {theta.size} numbers is too large; use L-BFGS")
