"""Rules in an exported training: each class once, and the lines that take a rule up or go over to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.optimizers.bfgs import BFGS
from engine.optimizers.curvature_code import curvature_code
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.lbfgs import LBFGS
from engine.optimizers.newton import Newton
from engine.optimizers.rule import Rule, same_memory
from engine.optimizers.schedules import Schedule

Library = Literal["torch", "numpy"]
CLIP = {
    "torch": '''
def clip(parameters, mode, threshold):
    """Shorten a long gradient; mode is norm, value or none."""
    if mode == "norm":
        torch.nn.utils.clip_grad_norm_(parameters, threshold)
    elif mode == "value":
        torch.nn.utils.clip_grad_value_(parameters, threshold)
''',
    "numpy": '''
def clip(g, mode, threshold):
    """Return a long gradient shortened; mode is norm, value or none."""
    if mode == "norm":
        return g * min(threshold / (np.sqrt(g @ g) + 1e-6), 1.0)
    return np.clip(g, -threshold, threshold) if mode == "value" else g
''',
}
"""Source of the function that clips."""
_DEFAULTS = re.compile(r"(?<=def __init__\(self, ).*(?=\):)")
_RESERVED = ("Asked", "Masks", "Maxout", "Net", "PlainDropout", "Rows", "Trial")
"""What scripts call something else, and a visitor might call a rule."""
_FACTORS = {
    "constant": "1.0",
    "step": "{gamma!r} ** (step // {every!r})",
    "exponential": "{gamma!r} ** step",
    "inverse_time": "1.0 / (1.0 + {decay!r} * step)",
    "cosine": "{floor!r} + (1.0 - {floor!r}) * (1.0 + math.cos(math.pi * min(step / total, 1.0))) / 2.0",
    "warmup": "{start!r} + (1.0 - {start!r}) * min(step, {over!r}) / {over!r}",
}


class Variables(NamedTuple):
    """What a script calls a rule that learns, what it moves (for PyTorch), and its learning rate."""

    optimizer: str = "optimizer"
    parameters: str = "net.parameters()"
    rate: str = "rate"


_ALONE = Variables()


class _Known(NamedTuple):
    """A rule as the script has it: its class, the values of its hyperparameters, whether it counts its steps."""

    name: str
    values: str
    counts: bool = False


class Rules:
    """The rules of a script: each class once, however often its hyperparameters change.

    Args:
        library: that the script needs. forgets: whether a rule with another text or name begins anew; otherwise it
            goes on with the memory of the one before.
    """

    def __init__(self, library: Library = "torch", *, forgets: bool = True) -> None:
        self.source = ""
        self.asks_factor = False
        """Whether a class reads the schedule's factor apart from its learning rate."""
        self._library, self._forgets = library, forgets
        self._names: dict[str, str] = {}
        """What a class is called, by its text without the hyperparameters' values."""
        self._begun: dict[str, int] = {}

    def lines(self, before: Rule | None, rule: Rule, step: int = 0, names: Variables = _ALONE) -> Sequence[str]:
        """Return the lines that go over to a rule at a step.

        Args:
            before: the rule so far; None at the start. rule: the one from now on. step: after how many updates.
            names: what the script calls it.
        """
        known = self._known(rule)
        if before is not None and before == rule:
            return []
        moved = f"{names.parameters}, " if self._library == "torch" else ""
        fresh = f"{names.optimizer} = {known.name}({moved}{known.values})"
        rate = f"{names.rate} = {rule.learning_rate!r}" if self._library == "torch" else ""
        if before is None or (self._forgets and not same_memory(before, rule)):
            self._begun[names.optimizer] = step
            return [fresh, *filter(None, [rate])]
        if self._known(before).name == known.name:
            lines = self._changed(before, rule, known, names)
        else:
            lines = [f"memory = {names.optimizer}.state", fresh, f"{names.optimizer}.state = memory"]
            if known.counts:
                lines.append(self._counted(step - self._begun[names.optimizer]))
        return [*lines, *filter(None, [rate])]

    def _changed(self, before: Rule, rule: Rule, known: _Known, names: Variables) -> list[str]:
        if self._library == "numpy":
            values = "".join(f"{part.split('=')[1]}, " for part in known.values.split(", ") if part)
            return [f"{names.optimizer}.hyperparameters = ({values.rstrip()})"]
        lines = [f"{names.optimizer}.param_groups[0].update({known.values})"]
        if isinstance(rule, LBFGS) and isinstance(before, LBFGS) and rule.history_size != before.history_size:
            lines.append(f"shortened({names.optimizer}, {rule.history_size})")
        return lines

    def _counted(self, steps: int) -> str:
        if self._library == "numpy":
            return f'memory["t"] = {steps}'
        return f'for kept in memory.values(): kept["t"] = {steps}'

    def _known(self, rule: Rule) -> _Known:
        """Return what a rule is in the script; write its class where it is new."""
        if isinstance(rule, FormulaRule):
            code = rule.code(self._library)
            name = re.findall(r"^class (\w+)", code, re.M)[0]
            body = code[code.index(f"class {name}") :].rstrip()
            values = next(iter(_DEFAULTS.findall(body))).removeprefix("params, ")
            self.asks_factor |= 'group.get("factor"' in body
            return _Known(self._called(name, f"\n{body}\n"), values, 'state["t"]' in body)
        *shared, own = curvature_code(rule.rule, self._library)
        for part in shared:
            self._add(part)
        name = re.findall(r"^(?:class|def) (\w+)", own, re.M)[0]
        return _Known(self._called(name, own), ", ".join(f"{key}={value!r}" for key, value in self._values(rule)))

    def _values(self, rule: Rule) -> list[tuple[str, object]]:
        rate = "lr" if self._library == "torch" else "learning_rate"
        found: list[tuple[str, object]] = [(rate, rule.learning_rate)]
        if isinstance(rule, Newton):
            return found
        assert isinstance(rule, BFGS | LBFGS)
        if isinstance(rule, LBFGS):
            found.append(("history_size", rule.history_size))
            if self._library == "torch":
                return [*found, ("line_search_fn", None if rule.line_search == "none" else rule.line_search)]
        return [*found, ("search", rule.line_search != "none")]

    def _called(self, name: str, body: str) -> str:
        key = _DEFAULTS.sub("", body)
        if key not in self._names:
            taken = (*self._names.values(), *_RESERVED)
            own = next(
                one for one in (name, *(f"{name}{n}" for n in range(2, len(taken) + 3))) if one not in taken
            )
            self._names[key] = own
            self._add(re.sub(rf"\bclass {name}\b", f"class {own}", body, count=1))
        return self._names[key]

    def _add(self, part: str) -> None:
        if part not in self.source:
            self.source += ("\n" if self.source else "") + part


def factor_code(schedule: Schedule) -> str:
    """Return a schedule's factor as a Python expression of ``step`` and ``total``."""
    fields = schedule.model_dump()
    if fields["schedule"] != "one_cycle":
        return _FACTORS[fields["schedule"]].format(**fields)
    peak = f"({fields['rise']!r} * total - 1.0)"
    turn = "{start!r} + ({end!r} - {start!r}) / 2.0 * (1.0 + math.cos(math.pi * {progress}))"
    rise = f"1.0 + ({1 / 25!r} - 1.0) / 2.0 * (1.0 + math.cos(math.pi * step / {peak}))"
    fall = turn.format(start=1 / 25 / 1e4, end=1.0, progress=f"min((step - {peak}) / (total - 1.0 - {peak}), 1.0)")
    short = f"total - 1.0 <= {peak} or {peak} < 0.0 == step"
    return f"(({rise}) if step <= {peak} and {peak} > 0.0 else 1.0 if {short} else ({fall}))"
