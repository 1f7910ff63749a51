"""The base of every update rule: validated hyperparameters that move a flat parameter vector in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from engine.message import Message
from engine.params import Params, check
from engine.pieces import Pieces

Array = NDArray[np.floating[Any]]
State = dict[str, Any]


class Objective(Protocol):
    """What a rule may ask of the function it descends, beyond the gradient that it is given anyway."""

    def value_and_gradient(self, theta: Array) -> tuple[Any, Array]:
        """Return f of shape (...) and its gradient (..., n) at ``theta`` (..., n)."""

    def hessian(self, theta: Array) -> Array:
        """Return the Hessian (..., n, n) at ``theta`` (..., n)."""


LossAndGradient: TypeAlias = Callable[[Array], Pieces[tuple[Any, Array]]]
"""`Objective.value_and_gradient` in pieces."""


class Update(Protocol):
    """`Rule.update` without its rule."""

    def __call__(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        """Take one step: change ``theta`` and ``state`` in place."""


class Rule(Params):
    """An update rule. The model *is* the rule: a tag, hyperparameters, and the arithmetic.

    Subclass it in a module of `engine.optimizers`, give ``rule`` a `Literal` type and default, declare the
    class variables. That registers it. A rule that works component by component is a `FormulaRule`, whose only
    source is a text; one that solves systems writes `equations`, `init` and `update`.

    Convention: `update` changes ``theta`` and ``state`` in place, leaves ``gradient`` as it is, and
        broadcasts over leading axes: ``theta`` (..., n) holds independent runs. A non-finite gradient is
        legal and gives a non-finite ``theta``; call rules under ``np.errstate(all="ignore")`` to keep NumPy
        quiet about it.
    """

    title: ClassVar[str]
    """Its name for people; a translatable literal."""
    color: ClassVar[str]
    """Colour of its trail, of the Okabe-Ito palette; together with ``dash`` it is the rule's own."""
    dash: ClassVar[str] = "solid"
    """``solid``, ``dash``, ``dot``, ``dashdot`` or ``longdash``."""
    order: ClassVar[int] = 1
    """1 for rules that follow the gradient, 2 for those that model curvature; menus sort by it, then year."""
    year: ClassVar[int]
    """When it was published."""
    needs: ClassVar[tuple[str, ...]] = ()
    """What `update` asks of the objective: ``"hessian"``, ``"function"`` (values elsewhere), or nothing."""
    dialects: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Defaults of other libraries, by dialect; they fill the fields that are not given."""

    rule: str
    learning_rate: float
    if TYPE_CHECKING:  # every rule has it, as the last of its hyperparameters
        weight_decay: float

    @model_validator(mode="before")
    @classmethod
    def _speak_dialect(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and isinstance(data.get("dialect"), str):
            return {**cls.dialects.get(data["dialect"], {}), **data}
        return data

    @classmethod
    def stacked(cls, **values: Any) -> Self:
        """Return a rule some of whose hyperparameters are arrays: one program for many runs.

        Args:
            values: numbers, validated as ever, and arrays that broadcast against ``theta`` (for runs stacked
                as (R, n): shape (R, 1)), which are trusted.
        >>> from engine.optimizers import RULES
        >>> rule = RULES["sgd"].stacked(learning_rate=np.array([[0.1], [0.2]]))
        >>> theta = np.ones((2, 2))
        >>> rule.update(rule.init(theta), theta, np.ones((2, 2)))
        >>> theta[:, 0]
        array([0.9, 0.8])
        """
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        plain = check(cls, {name: value for name, value in values.items() if name not in arrays})
        return plain.model_copy(update=arrays)

    @property
    def called(self) -> str | Message:
        """Its name for people: the title, in the reader's language, or what a visitor calls it."""
        return Message(self.title)

    def equations(self) -> tuple[str, ...]:
        """Return the update as lines of LaTeX, as it is for these hyperparameters."""
        raise NotImplementedError

    def init(self, theta: Array) -> State:
        """Return the state before the first update of ``theta`` (..., n).

        A state is a dict of arrays and numbers: a copy of it is a checkpoint.
        """
        return {"step": 0}

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        """Take one step: change ``theta`` and ``state`` in place.

        Args:
            state: from `init`, then the same dict every step.
            theta: (..., n), float64 or float32; its dtype is kept.
            gradient: like ``theta``; only read.
            factor: what the schedule multiplies the learning rate by; a Python float.
            objective: asked only by rules that say so in ``needs``.
        """
        raise NotImplementedError

    def fit(self, state: State) -> None:
        """Make a memory of this rule under other hyperparameters fit these; most memories do."""

    def prepared(self) -> Update:
        """Return `update` for many calls in a row: what these hyperparameters decide is worked out once.

        It may keep memory of its own, so each thread takes its own.
        """
        return self.update

    def _regularized(self, theta: Array, gradient: Array) -> Array:
        """Return the gradient of f + weight_decay/2 |theta|²: as given, or in new memory."""
        if idle(self.weight_decay):
            return gradient
        total = np.multiply(theta, self.weight_decay, dtype=theta.dtype, casting="same_kind")
        return np.add(total, gradient, total)


def idle(hyperparameter: float) -> bool:
    """Return whether a hyperparameter is plainly 0, so that its term can be left out (an array never is)."""
    return type(hyperparameter) is float and hyperparameter == 0.0


def same_memory(before: Rule, after: Rule) -> bool:
    """Return whether ``after`` goes on with the memory of ``before``: whether only hyperparameters differ.

    A visitor's own rule is another one as soon as its text is.

    Args:
        before: whose memory it is. after: the rule that may go on with it.
    """
    return before.rule == after.rule and getattr(before, "text", None) == getattr(after, "text", None)
