"""A leg of a race as one function: surface, gradient, noise, clipping and rule fused, on Python floats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.formula import Formula
from engine.formula.arithmetic import CAREFUL, QUICK
from engine.formula.floats import Writer, made
from engine.formula.plan import Plan, plan
from engine.formula.reader import Assignment
from engine.formula.terrain import Ground, ground
from engine.formula.tree import Node, names
from engine.optimizers import Clip, Rule, State
from engine.optimizers.formula_rule import FormulaRule, Key
from engine.surfaces import Loss

Array = NDArray[np.float64]
_AXES = ("x", "y")


class Weather(NamedTuple):
    """What decides which walk is made, beside surface and rule."""

    noisy: bool
    scheduled: bool
    clip: str


@dataclass(frozen=True)
class Given:
    """What a slice of a race gives every racer.

    Args:
        steps: how many. factors: the schedule's (steps,), or None where all are 1.
        noise: x and y of each step, one after the other, or None.
        clip: applied to each gradient. reach: beyond this distance from the origin a racer is out.
    """

    steps: int
    factors: list[float] | None
    noise: list[float] | None
    clip: Clip
    reach: float


def can_run(formula: Loss, rule: Rule) -> bool:
    """Tell whether the walk can be made: the rule is a text, and the surface's derivatives are trees."""
    if not isinstance(rule, FormulaRule) or type(rule).update is not FormulaRule.update:
        return False
    return isinstance(formula, Formula) and ground(formula) is not None


class Leg:
    """The coming steps of one racer.

    `quick` is tried first; where anything in it is odd (a division by zero, an overflow, a loss that is no
    number), `careful` walks the same steps again. Both do the same arithmetic, so that it makes no difference how
    a run is sliced. `keep` puts what the last of them left into the racer's state.
    """

    def __init__(self, formula: Formula, rule: FormulaRule, state: State, theta: Array, given: Given) -> None:
        self._formula, self._key = formula, rule.key()
        self._weather = Weather(given.noise is not None, given.factors is not None, given.clip.mode)
        self._state = state
        planned = self._plan = _plan(self._key, self._weather.scheduled)
        values = rule.values()
        inputs = [float(values[name]) for name in planned.inputs if name not in ("t", "factor")]
        vectors = [float(v) for name in planned.states for v in state.get(name, (0.0, 0.0))]
        numbers = [float(state.get(name, 0.0)) for name in planned.numbers]
        place = [given.steps, float(state["step"]), *theta.tolist()]
        self._given = [*place, *inputs, *vectors, *numbers, given.factors, given.noise]
        self._given += [given.clip.threshold, given.reach**2]
        self._after: list[float] = []

    def quick(self) -> list[float] | None:
        """Return the coordinates (2 steps), or None where the arithmetic failed."""
        path: list[float]
        try:
            path, self._after = _made(self._formula, self._key, self._weather, False)(*self._given)
        except (ArithmeticError, ValueError, TypeError):
            return None
        return path

    def careful(self) -> tuple[list[float], bool]:
        """Return the coordinates up to where the racer goes out, and whether it does."""
        path, self._after, out = _made(self._formula, self._key, self._weather, True)(*self._given)
        return path, out

    def keep(self) -> None:
        """Leave the racer's state as it is after the steps."""
        taken, *values = self._after
        self._state["step"] = int(taken)
        vectors = self._plan.states
        for i, name in enumerate(vectors):
            self._state[name] = np.array(values[2 * i : 2 * i + 2])
        self._state.update(zip(self._plan.numbers, values[2 * len(vectors) :], strict=True))


@lru_cache(maxsize=512)
def _plan(key: Key, scheduled: bool) -> Plan:
    return plan(key.lines(), ("t", "factor", "learning_rate") if scheduled else ("t",))


@lru_cache(maxsize=512)
def _made(formula: Formula, key: Key, weather: Weather, careful: bool) -> Callable[..., Any]:
    solid = ground(formula)
    assert solid is not None
    return _Writer(solid, _plan(key, weather.scheduled), weather, careful).made()


class _Writer:
    """Writes the function of a walk."""

    def __init__(self, solid: Ground, planned: Plan, weather: Weather, careful: bool) -> None:
        self._ground = solid
        self._weather = weather
        self._careful = careful
        self._plan = planned
        self._names: dict[str, str] = {}
        self._single = self._overwritable()

    def _overwritable(self) -> set[str]:
        """Return the values whose new version may take the old one's place: nothing later reads the old one."""
        lines = [*self._plan.fixed, *self._plan.moving, *self._plan.vectors]
        born = {line.target: i for i, line in enumerate(lines)}
        last_read: dict[str, int] = {}
        for i, line in enumerate(lines):
            last_read |= dict.fromkeys(names(line.value), i)
        pairs = {**self._plan.states, **self._plan.numbers, "theta": ("theta@0", self._plan.theta)}
        return {
            name for name, (old, new) in pairs.items() if new == old or last_read.get(old, -1) <= born.get(new, -1)
        }

    def _spell(self, axis: str) -> Callable[[str], str]:
        pairs = {**self._plan.states, **self._plan.numbers, "theta": ("theta@0", self._plan.theta)}
        merged = {new: old for name, (old, new) in pairs.items() if name in self._single}
        vectors = {line.target for line in self._plan.vectors} | {"theta@0", "g@0"}
        vectors |= {version for pair in self._plan.states.values() for version in pair}

        def spell(name: str) -> str:
            own = merged.get(name, name)
            if name in vectors:
                if own == "theta@0":
                    return axis
                if own == "g@0":
                    return f"g{axis}"
                return f"{self._names.setdefault(own, f'v{len(self._names)}')}{axis}"
            if name in ("t", "factor"):
                return name
            return self._names.setdefault(own, f"n{len(self._names)}")

        return spell

    def made(self) -> Callable[..., Any]:
        """Compile it."""
        planned, weather = self._plan, self._weather
        spell = self._spell("x")
        write = Writer(spell, careful=self._careful).write
        inputs = [spell(name) for name in planned.inputs if name not in ("t", "factor")]
        vectors = [self._spell(axis)(old) for old, _ in planned.states.values() for axis in _AXES]
        numbers = [spell(old) for old, _ in planned.numbers.values()]
        head = ", ".join(
            ["steps", "t", "x", "y", *inputs, *vectors, *numbers, "factors", "noise", "clip", "limit"]
        )
        body = [f"def walk({head}):", "    path = []", "    add = path.extend"]
        if "factor" in planned.inputs and not weather.scheduled:
            body.append("    factor = 1.0")
        body += [f"    {spell(line.target)} = {write(line.value)}" for line in planned.fixed]
        rate = spell("learning_rate") if "learning_rate" in planned.inputs and weather.scheduled else ""
        if rate:
            body.append(f"    whole = {rate}")
        factor = "factor" in planned.inputs or rate
        body.append("    for step in range(steps):")
        body += self._gradient(write)
        if weather.scheduled and factor:
            body.append("        factor = factors[step]")
            body += [f"        {rate} = whole * factor"] if rate else []
        body.append("        t += 1.0")
        body += [f"        {spell(line.target)} = {write(line.value)}" for line in planned.moving]
        for axis in _AXES:
            each = self._spell(axis)
            writer = Writer(each, careful=self._careful)
            body += [f"        {each(line.target)} = {writer.write(line.value)}" for line in planned.vectors]
        body += self._carried()
        body.append("        add((x, y))")
        if self._careful:
            body += self._check(write)
        after = ", ".join(["t", *vectors, *numbers])
        body.append(f"    return path, [{after}]{', False' if self._careful else ''}")
        functions = {**(CAREFUL if self._careful else QUICK), "isfinite": isfinite, "root": sqrt}
        walk: Callable[..., Any] = made(body, "walk", functions)
        return walk

    def _gradient(self, write: Callable[[Node], str]) -> list[str]:
        solid, weather = self._ground, self._weather
        used = {name for slope in solid.slopes for name in names(slope)}
        shared: list[Assignment] = []
        for line in reversed(solid.shared):  # only what the slopes need
            if line.target in used:
                used |= set(names(line.value))
                shared.append(line)
        flat = Writer(str, careful=self._careful).write
        lines = [f"{line.target} = {flat(line.value)}" for line in reversed(shared)]
        lines += [f"g{axis} = {flat(slope)}" for axis, slope in zip(_AXES, solid.slopes, strict=True)]
        if self._careful:
            lines.append("if not (f_isfinite(gx) and f_isfinite(gy)): gx = gy = 0.0")
        if weather.noisy:
            lines += ["gx += noise[2 * step]", "gy += noise[2 * step + 1]"]
        if weather.clip == "norm":
            lines += [
                "share = clip / (f_root(gx * gx + gy * gy) + 1e-6)",
                "if share < 1.0:",
                "    gx *= share",
                "    gy *= share",
            ]
        elif weather.clip == "value":
            lines += [
                f"g{axis} = -clip if g{axis} < -clip else clip if g{axis} > clip else g{axis}" for axis in _AXES
            ]
        return [f"        {line}" for line in lines]

    def _carried(self) -> list[str]:
        """Hand on what could not be written in its old place."""
        vectors = {**self._plan.states, "theta": ("theta@0", self._plan.theta)}
        result = []
        for spell, pairs in (
            (self._spell("x"), vectors),
            (self._spell("y"), vectors),
            (self._spell("x"), self._plan.numbers),
        ):
            moved = [pair for name, pair in pairs.items() if name not in self._single]
            result += [f"        {spell(old)} = {spell(new)}" for old, new in moved]
        return result

    def _check(self, write: Callable[[Node], str]) -> list[str]:
        """Stop where the racer is out: too far, or where the loss is no number."""
        flat = Writer(str, careful=True).write
        lines = [f"{line.target} = {flat(line.value)}" for line in self._ground.shared]
        after = ", ".join(["t", *[self._spell(a)(old) for old, _ in self._plan.states.values() for a in _AXES]])
        numbers = "".join(f", {self._spell('x')(old)}" for old, _ in self._plan.numbers.values())
        lines += [
            f"loss = {flat(self._ground.value)}",
            "if not (x * x + y * y < limit and f_isfinite(loss)):",
            f"    return path, [{after}{numbers}], True",
        ]
        return [f"        {line}" for line in lines]
