"""A race, or a net's training by the racers, as a program for PyTorch or NumPy that walks the same paths."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any, NamedTuple

from engine.experiments.race.params import RaceParams
from engine.optimizers import Rule
from engine.optimizers.rule import idle
from engine.optimizers.script import CLIP, Library, Rules, Variables, factor_code
from engine.replay import Stretch

# In these templates a line that ends in "## a,!b" is there only where the script has a and no b.
_HEAD = '''"""$title

    paths, losses = race()           # (racers, steps + 1, $n) and (racers, steps + 1); NaN where a racer is out
    paths, losses = race(steps=$few)
    paths, losses = race(until=$fork)    # the old future: without what changed at that step and later    ## fork

Needs $needs; NumPy draws noise and batches as the laboratory does.    ## torch
Needs $needs.    ## numpy
"""

import math
from collections import namedtuple    ## searches

import numpy as np
import torch    ## torch
import torch.nn.functional as F    ## torch,data
'''
_TORCH_ASK = '''
def ask(theta$given):
    """What an optimizer asks for: the loss, and in theta.grad its gradient; only a step's first one is clipped."""
    first = True

    def closure():
        nonlocal first
        value = loss(theta$rows)
        theta.grad = torch.autograd.grad(value, theta)[0]
        if first and not torch.isfinite(theta.grad).all():    ## kinked
            theta.grad.zero_()  # where there is no slope    ## kinked
        value, theta.grad = value + slope @ theta, theta.grad + slope    ## noise
        if first:    ## clips
            clip([theta], *clipping)    ## clips
        value = value + decay / 2 * (theta @ theta)    ## decays
        theta.grad += decay * theta.detach()    ## decays
        first = False
        return value.detach()

    def hessian():    ## curves
        H = torch.autograd.functional.hessian(lambda at: loss(at$rows), theta.detach())    ## curves
        return H + decay * torch.eye(len(H))    ## curves,decays
        return H    ## curves,!decays

    closure.hessian = hessian    ## curves
    return closure
'''
_NUMPY_ASK = '''
class Asked:    ## asks
    """The loss as this step's batch sees it, for rules that ask for it elsewhere."""    ## asks

    def __init__(self, decay$given):    ## asks
        self.decay = decay    ## asks
        self.rows = rows    ## asks,batches
        self.slope = slope    ## asks,noise

    def __call__(self, theta):    ## asks
        value, g = slopes(theta$own)    ## asks
        value, g = value + self.slope @ theta, g + self.slope    ## asks,noise
        return value + self.decay / 2 * (theta @ theta), g + self.decay * theta    ## asks

    def hessian(self, theta):    ## curves
        return hessian(theta$own) + self.decay * np.eye(len(theta))    ## curves

'''
_RACE = '''
@np.errstate(all="ignore")  # a racer that goes out is a result    ## numpy
def race(steps=$total, until=math.inf):    ## fork
def race(steps=$total):    ## !fork
    """Return the paths and the losses; what changed at the step `until` and later is left out."""    ## fork
    """Return the paths and the losses of all racers."""    ## !fork
    torch.set_default_dtype(torch.float64)    ## torch
$setup
    theta = [torch.tensor(START, requires_grad=True) for _racer in NAMES]    ## torch
    theta = [np.array(START, dtype=float) for _racer in NAMES]    ## numpy
    optimizer, rate, decay = [None] * len(NAMES), [0.0] * len(NAMES), [0.0] * len(NAMES)    ## torch
    optimizer, decay = [None] * len(NAMES), [0.0] * len(NAMES)    ## numpy
    paths = np.full((len(NAMES), steps + 1, len(START)), np.nan)
    losses = np.full((len(NAMES), steps + 1), np.nan)
    racing = list(range(len(NAMES)))
$begin
    for step in range(steps + 1):
        for i in [*racing]:
            place, value = theta[i].detach().numpy(), loss(theta[i]).item()    ## torch
            place, value = theta[i], slopes(theta[i])[0]    ## numpy
            near = place @ place < REACH**2
            if near:    ## net
                paths[i, step], losses[i, step] = place, value    ## net
            else:    ## net
                racing.remove(i)    ## net
            paths[i, step], losses[i, step] = place, value    ## !net
            if not np.isfinite(value) or (step and not near):    ## !net
                racing.remove(i)    ## !net
        if step == steps:
            break
$changes        slope = noise * noises.standard_normal(len(START))    ## noise
        slope = torch.from_numpy(slope)    ## noise,torch
        rows = $batch    ## batches
        for i in racing:
            optimizer[i].param_groups[0].update(lr=rate[i] * factor(step), factor=factor(step))    ## torch,factor
            optimizer[i].param_groups[0]["lr"] = rate[i] * factor(step)    ## torch,!factor
            optimizer[i].step(ask(theta[i]$passed))    ## torch
            g = slopes(theta[i]$rows)[1]    ## numpy
            if not np.isfinite(g).all():    ## numpy,kinked
                g[:] = 0.0  # where there is no slope    ## numpy,kinked
            g = g + slope    ## numpy,noise
            g = clip(g, *clipping)    ## numpy,clips
            if i in ASKING:    ## numpy,asks
                asked = Asked(decay[i]$shared)    ## numpy,asks
                optimizer[i].step(theta[i], g + decay[i] * theta[i], factor(step), asked)    ## numpy,asks
            else:    ## numpy,asks
                optimizer[i].step(theta[i], g, factor(step))    ## numpy,asks
            optimizer[i].step(theta[i], g, factor(step))    ## numpy,!asks
    return paths, losses
'''
_MAIN = """
if __name__ == "__main__":
    paths, losses = race()
    for name, lost in zip(NAMES, losses):
        steps = np.flatnonzero(np.isfinite(lost)).max(initial=0)
        print(f"{name}: loss {lost[steps]:.6g} after {steps} steps")
"""
_MARK = re.compile(r"^(.*?) {4}## (\S+)$", re.M)
NAMES = {"torch": "PyTorch", "numpy": "NumPy"}
"""What the libraries are called."""
_NEEDS = {"torch": "torch and NumPy", "numpy": "NumPy only"}


class Told(NamedTuple):
    """A loss as source.

    Args:
        title: the first line of the script. n: of theta. rows: of the data; 0 for none.
        source: constants START and REACH, and `loss(theta, rows)` for PyTorch, `slopes(theta, rows)` and
            `hessian(theta, rows)` for NumPy.
        setup: lines that make the generators ``noises`` and ``batches``. batch: the rows of the next batch.
        flags: ``kinked`` where the gradient may be no number while a racer races on, ``net`` where a racer is out
            only by its distance.
        after: what follows the race. main: what the script does at last.
    """

    title: str
    source: str
    n: int
    rows: int
    setup: Sequence[str]
    batch: str
    flags: frozenset[str]
    after: str = ""
    main: str = ""


def race_script(told: Told, stretches: Sequence[Stretch[RaceParams]], forked: int | None, library: Library) -> str:
    """Return a program that races as a run with this past does.

    Args:
        told: what is descended. stretches: the parameters, from the start on.
        forked: the step from which there is an old future beside the new one, or None. library: that it needs.
    """
    first = stretches[0].params
    racers = [one.params.rules for one in stretches]
    every = [rule for rules in racers for rule in rules]
    written = Rules(library, forgets=False)
    begin, changes = _settings(stretches, racers, told.rows, written)
    uses = {
        library,
        *told.flags,
        *(["data"] if told.rows else []),
        *(["fork"] if forked is not None else []),
        *(["noise"] if any(one.params.noise > 0 for one in stretches) else []),
        *(["batches"] if any(one.params.batch_size < told.rows for one in stretches) else []),
        *(["clips"] if any(one.params.clip.mode != "none" for one in stretches) else []),
        *(["decays"] if any(rule.needs and not idle(rule.weight_decay) for rule in every) else []),
        *(["asks"] if any(rule.needs for rule in every) else []),
        *(["curves"] if any("hessian" in rule.needs for rule in every) else []),
        *(["searches"] if "namedtuple" in written.source else []),
        *(["factor"] if written.asks_factor else []),
    }
    shared = [name for flag, name in (("batches", "rows"), ("noise", "slope")) if flag in uses]
    own = [name for flag, name in (("clips", "clipping"), ("decays", "decay")) if flag in uses]
    values: dict[str, Any] = {
        "title": told.title,
        "n": told.n,
        "few": min(20, first.steps),
        "fork": forked,
        "needs": _NEEDS[library],
        "total": first.steps,
        "setup": _indented(told.setup, 4),
        "begin": _indented(begin, 4),
        "changes": _changed(changes, forked),
        "batch": told.batch,
        "rows": ", rows" if "batches" in uses else "",
        "own": ", self.rows" if "batches" in uses else "",
        "shared": "".join(f", {name}" for name in shared),
    }
    given = [*shared, *own] if library == "torch" else shared
    values["given"] = "".join(f", {name}" for name in given)
    values["passed"] = values["given"].replace("decay", "decay[i]")
    asking = [i for i, rule in enumerate(racers[0]) if rule.needs]
    names = f"NAMES = {[str(rule.called) for rule in racers[0]]!a}\n" + (
        f"ASKING = {asking}\n" if asking and library == "numpy" else ""
    )
    parts = [
        _HEAD,
        "\n" + written.source.replace("$", "$$"),
        CLIP[library] if "clips" in uses else "",
        "\n" + told.source.replace("$", "$$"),
        _TORCH_ASK if library == "torch" else _NUMPY_ASK if "asks" in uses else "",
        "\n" + names.replace("$", "$$"),
        _RACE,
        told.after.replace("$", "$$"),
        _MAIN + told.main.replace("$", "$$"),
    ]
    return _spaced(_filled("\n".join(parts), uses, values))


def _settings(
    stretches: Sequence[Stretch[RaceParams]], racers: Sequence[Sequence[Rule]], rows: int, written: Rules
) -> tuple[list[str], dict[int, list[str]]]:
    """Return the lines that set everything before the first step, and those that set what changed, by step."""
    uses = {
        "noise": any(one.params.noise > 0 for one in stretches),
        "batch_size": any(one.params.batch_size < rows for one in stretches),
        "clipping": any(one.params.clip.mode != "none" for one in stretches),
    }
    found: dict[int, list[str]] = {}
    before: Mapping[str, str] = {}
    for number, (one, rules) in enumerate(zip(stretches, racers, strict=True)):
        settings = {name: value for name, value in _shared(one.params).items() if uses.get(name, True)}
        for i, rule in enumerate(rules):
            settings[f"decay[{i}]"] = repr(rule.weight_decay if rule.needs else 0.0)
        lines = [
            f"{name} = {value}"
            for name, value in settings.items()
            if before.get(name, "0.0" if name.startswith("decay") else "") != value
        ]
        for i, rule in enumerate(rules):
            names = Variables(f"optimizer[{i}]", f"[theta[{i}]]", f"rate[{i}]")
            lines += written.lines(racers[number - 1][i] if number else None, rule, one.step, names)
        found[one.step], before = lines, settings
    return found.pop(0), {step: lines for step, lines in found.items() if lines}


def _shared(params: RaceParams) -> dict[str, str]:
    return {
        "noise": repr(params.noise),
        "batch_size": repr(params.batch_size),
        "clipping": repr((params.clip.mode, params.clip.threshold)),
        "factor": f"lambda step, total={params.steps}: {factor_code(params.schedule)}",
    }


def _changed(changes: Mapping[int, Sequence[str]], forked: int | None) -> str:
    parts = []
    for step, lines in changes.items():
        until = "" if forked is None else " and step < until"
        parts += [f"        if step == {step}{until}:", _indented(lines, 12)]
    return "".join(f"{part}\n" for part in parts)


def _indented(lines: Sequence[str], columns: int) -> str:
    return "\n".join(" " * columns + line for line in lines)


def _filled(text: str, uses: set[str], values: Mapping[str, Any]) -> str:
    """Return a template's text: lines that have a mark stay where all of it holds, ``!a`` where a does not."""

    def line(found: re.Match[str]) -> str:
        holds = all((name.lstrip("!") in uses) != name.startswith("!") for name in found[2].split(","))
        return found[1] if holds else "\0"

    return re.sub(r"\0\n", "", _MARK.sub(line, Template(text).substitute(values)))


def _spaced(text: str) -> str:
    """Return source with two empty lines before what begins at the margin of a module, and none too many."""
    text = re.sub(r"\n{2,}(?=(?:class|def|@|if __name__) ?)", "\n\n\n", text)
    return re.sub(r"\n{4,}", "\n\n\n", text)
