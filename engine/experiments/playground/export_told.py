"""The settings of an exported training: at its start, and where they changed while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.experiments.playground.past import Past
from engine.message import say
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.lbfgs import LBFGS
from engine.optimizers.rule import Rule
from engine.optimizers.script import Rules, factor_code
from engine.params import refused


@dataclass(frozen=True)
class Told:
    """Pieces of source for the places of the template, and what the steps need.

    Args:
        rules: the classes of all rules. begin: lines that set everything before the first step. changes: lines
            that set what changed, at the head of the loop. clips, shrinks, decays: whether any stretch does.
        plain, searching: whether any stretch has a rule that asks for one gradient, or L-BFGS.
        asks_factor: whether a rule reads the schedule's factor apart from its learning rate.
    """

    rules: str
    begin: str
    changes: str
    clips: bool
    shrinks: bool
    decays: bool
    plain: bool
    searching: bool
    asks_factor: bool


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
    written = Rules()
    begin, changes = "", ""
    before: Mapping[str, str] = {}
    for number, one in enumerate(past.stretches):
        settings = {name: value for name, value in _settings(past, number, place).items() if uses.get(name, True)}
        lines = [f"{name} = {value}" for name, value in settings.items() if before.get(name) != value]
        lines += written.lines(rules[number - 1] if number else None, rules[number], one.step)
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
        written.asks_factor,
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
