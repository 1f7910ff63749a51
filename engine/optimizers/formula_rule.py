"""Rules that are a text: a few assignments, from which kernels, equations and code are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from inspect import cleandoc
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import ConfigDict

from engine.formula.code import to_numpy, to_torch
from engine.formula.memory import Scratch, aligned
from engine.formula.notation import typeset
from engine.formula.program import Program, read_program
from engine.formula.reader import Assignment
from engine.formula.specialize import decayed, specialized
from engine.formula.vectors import Kernel, kernel
from engine.optimizers.rule import Array, Objective, Rule, State, Update, idle

_AT_ONCE = 65_536
"""So many numbers, the widest hyperparameter's times steps, are worked out at once."""
_MOST = 1_048_576
"""No number is worked out for more, runs times steps."""


class FormulaRule(Rule):
    """A rule whose only source is its text. Give ``formula``, fields for its hyperparameters, and no method.

    The text sees ``theta``, the gradient ``g``, the step ``t`` (from 1), ``learning_rate`` (times the
    schedule's factor, which is also there alone, as ``factor``) and the fields by name; switches are 1 or 0.
    What is read before it is assigned is state and starts at 0. L2 weight decay is added to ``g`` before the first
    line, unless the text speaks of ``weight_decay`` itself. See `engine.formula.program` for the language.
    """

    model_config = ConfigDict(json_schema_extra={"code": True})  # pages offer it as a program

    formula: ClassVar[str]
    """The update."""
    spoken: ClassVar[Mapping[str, str]] = {}
    """The texts of dialects that have one of their own."""

    def source(self) -> str:
        """Return the text that these parameters choose."""
        return _clean(self.spoken.get(getattr(self, "dialect", ""), self.formula))

    def program(self) -> Program:
        """Return the text as a program."""
        return read_program(self.source(), self.known())

    def known(self) -> tuple[str, ...]:
        """Return the names of the hyperparameters, as the text has them."""
        return _fields(type(self))

    def values(self) -> dict[str, Any]:
        """Return the hyperparameters by name, switches as 1 or 0."""
        return {name: getattr(self, name) for name in self.known()}

    def lines(self) -> tuple[Assignment, ...]:
        """Return the update as it is for these parameters: without what is switched off or multiplied by 0."""
        return self.key().lines()

    def key(self) -> Key:
        """Return what tells one update from another: the text, its names, and what of it is switched off or 0."""
        return Key(self.source(), self.known(), self._constants(self.values()))

    def equations(self) -> tuple[str, ...]:
        return typeset(self.lines())

    def code(self, library: Literal["torch", "numpy"]) -> str:
        """Return the rule as a program for PyTorch or NumPy, its switches as they stand here."""
        values = self.values()
        switches = tuple((name, float(value)) for name, value in values.items() if isinstance(value, bool))
        lines = _lines(self.source(), self.known(), switches)
        write = to_torch if library == "torch" else to_numpy
        return write(str(self.called), lines, values)

    @staticmethod
    def _constants(values: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
        return tuple(
            (name, float(value))
            for name, value in values.items()
            if isinstance(value, bool) or (name != "learning_rate" and idle(value))
        )

    def init(self, theta: Array) -> State:
        state: State = {"step": 0}
        _grow(state, theta, self._kernel(self.values()))
        return state

    def _kernel(self, values: Mapping[str, Any]) -> Kernel:
        stacked = any(isinstance(value, np.ndarray) for value in values.values())
        return _kernel(self.source(), self.known(), self._constants(values), stacked)

    def update(
        self, state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
    ) -> None:
        self.prepared()(state, theta, gradient, factor, objective)

    def prepared(self) -> Update:
        values = self.values()
        made = self._kernel(values)
        names, rate, scratch, seen = made.plan.inputs, values["learning_rate"], Scratch(), None
        inputs = [values.get(name) for name in names]
        t, scale, alpha = (names.index(n) if n in names else -1 for n in ("t", "factor", "learning_rate"))

        def update(
            state: State, theta: Array, gradient: Array, factor: float = 1.0, objective: Objective | None = None
        ) -> None:
            nonlocal seen
            if state is not seen:
                _grow(state, theta, made)  # a switch may have been turned on the way
                seen = state
            step = state["step"] = state["step"] + 1
            if t >= 0:
                inputs[t] = float(step)
            if scale >= 0:
                inputs[scale] = factor
            if alpha >= 0:
                inputs[alpha] = rate * factor
            made(state, theta, gradient, inputs, scratch)

        return update

    def steps(self, state: State, theta: Array, gradient: Array, factors: Sequence[float]) -> Iterator[None]:
        """Take a step at each `next`, with the gradient that is in ``gradient`` then, of very many runs.

        Args:
            state: from `init`, changed. theta: (n, ...), changed; hyperparameters may be arrays that broadcast to
                the runs ``...``. gradient: like it. factors: the schedule's, one a step.
        """
        values = self.values()
        made = self._kernel(values)
        if not made.stacked or made.plan.numbers:
            update = self.prepared()
            for factor in factors:
                update(state, theta, gradient, factor)
                yield
            return
        _grow(state, theta, made)
        widest = max(np.size(value) for value in values.values())
        batch = max(1, min(_AT_ONCE // widest, _MOST // theta[0].size))
        for begin in range(0, len(factors), batch):
            column = (-1, *[1] * (theta.ndim - 1))
            scale = np.reshape(factors[begin : begin + batch], column)
            t = state["step"] + 1.0 + np.arange(len(scale)).reshape(column)
            rate = values["learning_rate"] * (scale if np.ptp(scale) else scale[0])
            given = {**values, "t": t, "factor": scale, "learning_rate": rate}
            for _ in made.steps(state, theta, gradient, [given[n] for n in made.plan.inputs], len(scale)):
                state["step"] += 1
                yield


class Key(NamedTuple):
    """What an update depends on, beside the values of its hyperparameters."""

    text: str
    known: tuple[str, ...]
    constants: tuple[tuple[str, float], ...]

    def lines(self) -> tuple[Assignment, ...]:
        """Return the specialized program."""
        return _lines(*self)


_clean = cache(cleandoc)


@cache
def _fields(kind: type[FormulaRule]) -> tuple[str, ...]:
    return tuple(name for name in kind.model_fields if name not in ("rule", "dialect"))


def _grow(state: State, theta: Array, made: Kernel) -> None:
    """Give a state what this kernel keeps and another did not."""
    for name in made.plan.states:
        if name not in state:
            state[name] = aligned(theta.shape, 0, theta.dtype)
    for name in made.plan.numbers:
        state.setdefault(name, 0.0)


@lru_cache(maxsize=512)
def _lines(text: str, known: tuple[str, ...], constants: tuple[tuple[str, float], ...]) -> tuple[Assignment, ...]:
    return specialized(decayed(read_program(text, known)), dict(constants))


@lru_cache(maxsize=256)
def _kernel(text: str, known: tuple[str, ...], constants: tuple[tuple[str, float], ...], stacked: bool) -> Kernel:
    return kernel(_lines(text, known, constants), stacked=stacked)
