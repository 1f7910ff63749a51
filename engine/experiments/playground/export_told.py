"""The settings of an exported training: at its start, and where they changed while it ran."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.experiments.playground.past import Past
from engine.message import say
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.lbfgs import LBFGS
from engine.optimizers.rule import Rule, same_memory
from engine.optimizers.schedules import Schedule
from engine.params import refused

_SEARCHER = """
def searcher(parameters, {defaults}):
    return torch.optim.LBFGS(
        parameters, lr, max_iter=1, max_eval=26, history_size=history_size, line_search_fn=line_search_fn
    )


def shortened(optimizer, size):
    \"\"\"L-BFGS keeps the newest pairs when its history's size changes on the way.\"\"\"
    memory = optimizer.state[optimizer.param_groups[0]["params"][0]]
    memory.pop("al", None)
    for name in ("old_dirs", "old_stps", "ro"):
        if name in memory:
            memory[name] = memory[name][-size:]

"""
_DEFAULTS = re.compile(r"(?<=def __init__\(self, params, ).*(?=\):)")
_FACTORS = {
    "constant": "1.0",
    "step": "{gamma!r} ** (step // {every!r})",
    "exponential": "{gamma!r} ** step",
    "inverse_time": "1.0 / (1.0 + {decay!r} * step)",
    "cosine": "{floor!r} + (1.0 - {floor!r}) * (1.0 + math.cos(math.pi * min(step / total, 1.0))) / 2.0",
    "warmup": "{start!r} + (1.0 - {start!r}) * min(step, {over!r}) / {over!r}",
}


@dataclass(frozen=True)
class Told:
    """Pieces of source for the places of the template, and what the steps need.

    Args:
        rules: the classes of all rules. begin: lines that set everything before the first step. changes: lines
            that set what changed, at the head of the loop. clips, shrinks, decays: whether any stretch does.
        plain, searching: whether any stretch has a rule that asks for one gradient, or L-BFGS.
    """

    rules: str
    begin: str
    changes: str
    clips: bool
    shrinks: bool
    decays: bool
    plain: bool
    searching: bool


def told(past: Past, place: int) -> Told:
    """Return the settings of one net as source.

    Raises:
        InvalidParams: for a rule that is no program.
    """
    rules = [one.params.optimizer for one in past.stretches]
    for one in past.stretches:
        _refuse(one.params.optimizer, one.params.nets[place].dropout)
    uses = {
        "clipping": any(one.params.clip.mode != "none" for one in past.stretches),
        "augmentation": any(not one.params.nets[place].augmentation.idle for one in past.stretches),
        "l1": any(one.params.nets[place].l1 or one.params.nets[place].max_norm for one in past.stretches),
        "decay": any(isinstance(rule, LBFGS) and rule.weight_decay for rule in rules),
        "net.drop.rate": any(one.params.nets[place].dropout for one in past.stretches),
    }
    uses["max_norm"] = uses["l1"]
    written = _Rules()
    begin, changes = "", ""
    before: Mapping[str, str] = {}
    for number, one in enumerate(past.stretches):
        settings = {name: value for name, value in _settings(past, number, place).items() if uses.get(name, True)}
        lines = [f"{name} = {value}" for name, value in settings.items() if before.get(name) != value]
        lines += written.lines(rules[number - 1] if number else None, rules[number])
        before = settings
        if not number:
            begin = "".join(f"    {line}\n" for line in lines)
        elif lines:
            inside = "".join(f"            {line}\n" for line in lines)
            changes += f"        if step == {one.step}:\n{inside}"
    return Told(
        written.source,
        begin,
        changes,
        uses["clipping"],
        uses["l1"],
        uses["decay"],
        any(not isinstance(rule, LBFGS) for rule in rules),
        any(isinstance(rule, LBFGS) for rule in rules),
    )


def _refuse(rule: Rule, dropout: float) -> None:
    searching = isinstance(rule, LBFGS) and rule.line_search != "none"
    if not isinstance(rule, FormulaRule | LBFGS) or (searching and dropout):
        raise refused(
            say(
                "“{rule}” is not exported as a program: PyTorch has no such search under dropout's masks. "
                "Switch its line search or dropout off, or choose a rule of first order.",
                rule=rule.called,
            )
        )


def _settings(past: Past, number: int, place: int) -> Mapping[str, str]:
    """Return all settings of a stretch by the name that the script gives them, as source."""
    params = past.stretches[number].params
    choice, clip, moves = params.nets[place], params.clip, params.nets[place].augmentation
    return {
        "batch_size": repr(choice.batch_size),
        "l1": repr(choice.l1),
        "l2": repr(choice.l2),
        "max_norm": repr(choice.max_norm),
        "net.drop.rate": repr(choice.dropout),
        "clipping": repr((clip.mode, clip.threshold)),
        "augmentation": repr((moves.noise, moves.shift, moves.turn)),
        "decay": repr(getattr(params.optimizer, "weight_decay", 0.0)),
        "factor": f"lambda step, total={params.steps}: {factor_code(params.schedule)}",
    }


class _Rules:
    """The rules of a script: each class once, however often its hyperparameters change."""

    def __init__(self) -> None:
        self.source = ""
        self._names: dict[str, str] = {}
        """What a class is called, by its text without the hyperparameters' values."""

    def lines(self, before: Rule | None, rule: Rule) -> Sequence[str]:
        """Return the lines that go over to a rule."""
        name, values = self._known(rule)
        if before is not None and before == rule:
            return []
        fresh = f"optimizer = {name}(net.parameters(), {values})"
        rate = 'rate = optimizer.param_groups[0]["lr"]'
        if before is None or not same_memory(before, rule):
            return [fresh, rate]
        if self._known(before)[0] != name:
            return ["memory = optimizer.state", fresh, "optimizer.state = memory", rate]
        lines = [f"optimizer.param_groups[0].update({values})", rate]
        if isinstance(rule, LBFGS) and isinstance(before, LBFGS) and rule.history_size != before.history_size:
            lines.append(f"shortened(optimizer, {rule.history_size})")
        return lines

    def _known(self, rule: Rule) -> tuple[str, str]:
        """Return what a rule's class is called and its hyperparameters; write the class where it is new."""
        if isinstance(rule, LBFGS):
            search = None if rule.line_search == "none" else rule.line_search
            values = f"lr={rule.learning_rate!r}, history_size={rule.history_size}, line_search_fn={search!r}"
            return self._called("searcher", _SEARCHER.format(defaults="lr, history_size, line_search_fn"), values)
        assert isinstance(rule, FormulaRule)
        code = rule.code("torch")
        name = re.findall(r"class (\w+)\(torch", code)[0]
        body = code[code.index(f"class {name}") :].rstrip()
        return self._called(name, f"\n{body}\n", next(iter(_DEFAULTS.findall(body))))

    def _called(self, name: str, body: str, values: str) -> tuple[str, str]:
        key = _DEFAULTS.sub("", body)
        if key not in self._names:
            taken = list(self._names.values())
            own = next(
                one for one in (name, *(f"{name}{n}" for n in range(2, len(taken) + 3))) if one not in taken
            )
            self._names[key] = own
            self.source += ("\n" if self.source else "") + body.replace(f"class {name}(", f"class {own}(", 1)
        return self._names[key], values


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
