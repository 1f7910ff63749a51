"""A net's whole training as a PyTorch script: points, first weights, batches, masks, rule and penalty."""

from __future__ import annotations

import re
from string import Template

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.choice import NetChoice
from engine.experiments.playground.dataset import Points, points_of
from engine.experiments.playground.export_parts import Parts, packed, parts_of, plain_step, search_step
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture
from engine.experiments.playground.task import Task, task_of
from engine.experiments.playground.team import learners_of
from engine.message import say
from engine.nn.dense import DenseNet
from engine.nn.torch_script import dense
from engine.optimizers.formula_rule import FormulaRule
from engine.optimizers.lbfgs import LBFGS
from engine.optimizers.schedules import Schedule
from engine.params import refused

_HEAD = '''"""A net of Descent Lab's playground, trained in PyTorch from the same start with the same batches.

    net, losses = train()            # the loss of each batch, from before its update
    net, losses = train(steps=200)

Settings are those in force when it was exported, from the first step on. Needs torch and NumPy, which draws the
batches and the dropout masks as the laboratory does.
"""

import base64
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

'''
_TRAIN = Template('''

class Masks(nn.Module):
    """Inverted dropout whose masks come from NumPy."""

    def __init__(self, rate, rng):
        super().__init__()
        self.keep, self.rng = 1.0 - rate, rng

    def forward(self, h):
        if not self.training:
            return h
        return h * torch.from_numpy((self.rng.random(tuple(h.shape)) < self.keep) / self.keep)


class Rows:
    """Batches without end: no row twice in an epoch; what is left of one and fills no batch is dropped."""

    def __init__(self, count, rng):
        self.count, self.rng, self.order = count, rng, np.empty(0, np.intp)

    def take(self, size):
        size = min(size, self.count)
        if len(self.order) < size:
            self.order = self.rng.permutation(self.count)
        rows, self.order = self.order[:size], self.order[size:]
        return rows


def numbers(text, *shape):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float64).reshape(shape).clone()


def factor(step):
    """What the schedule multiplies the learning rate by."""
    total = $total
    return $factor


def shrink(net, rate):
    """L1's proximal step, then max-norm, on every matrix."""
    with torch.no_grad():
        for name, w in net.named_parameters():
            if name.startswith("linear") and name.endswith("weight"):
                w.copy_(torch.sign(w) * torch.clamp(w.abs() - rate * $l1, min=0))
                if $max_norm:
                    w.mul_(torch.clamp($max_norm / w.norm(dim=1, keepdim=True).clamp(min=1e-12), max=1))


$extras
def build():
    """The net with its first weights."""
    net = Net().double()
    flat, tensors, at = numbers(START, -1), net.state_dict(), 0
    with torch.no_grad():
        for name, transposed in PLACES:
            tensor = tensors[name]
            part = flat[at : at + tensor.numel()]
            tensor.copy_(part.reshape(tensor.shape[::-1]).T if transposed else part.reshape(tensor.shape))
            at += tensor.numel()
    return net


def train(steps=$total):
    torch.set_default_dtype(torch.float64)
    _weights, shuffles, masks, moves = np.random.default_rng($seed).spawn(4)
    net, rows = build().train(), Rows($count, shuffles)
    if hasattr(net, "drop"):
        net.drop = Masks($dropout, masks)
    matrices = [p for name, p in net.named_parameters() if name.startswith("linear") and name.endswith("weight")]
    optimizer = $rule(net.parameters())
    rate, losses = optimizer.param_groups[0]["lr"], []
    x, y = numbers(INPUTS, $rows, $columns), numbers(TARGETS, $rows$target)$long
$setup    for step in range(steps):
$edit        batch = torch.from_numpy($take)
        inputs, targets = $fed, y[batch]
        optimizer.param_groups[0]["lr"] = rate * factor(step)
$step$shrink$freeze$last    return net.eval(), losses


PLACES = [
$places
]
START = """
$start
"""
INPUTS = """
$inputs
"""
TARGETS = """
$targets
"""

if __name__ == "__main__":
    net, losses = train()
    print(f"{len(losses)} steps, loss of the last batch {losses[-1]:.6f}")
''')
_FACTORS = {
    "constant": "1.0",
    "step": "{gamma!r} ** (step // {every!r})",
    "exponential": "{gamma!r} ** step",
    "inverse_time": "1.0 / (1.0 + {decay!r} * step)",
    "cosine": "{floor!r} + (1.0 - {floor!r}) * (1.0 + math.cos(math.pi * min(step / total, 1.0))) / 2.0",
    "warmup": "{start!r} + (1.0 - {start!r}) * min(step, {over!r}) / {over!r}",
}


def training_script(params: PlaygroundParams, place: int) -> str:
    """Return a script that trains one net of the comparison as the run does, its live changes left out.

    Raises:
        InvalidParams: for a rule that is no formula.
    """
    choice, rule = params.nets[place], params.optimizer
    searching = isinstance(rule, LBFGS) and rule.line_search != "none"
    if not isinstance(rule, FormulaRule | LBFGS) or (searching and choice.dropout):
        raise refused(
            say(
                "“{rule}” is not exported as a program: PyTorch has no such search under dropout's masks. "
                "Switch its line search or dropout off, or choose a rule of first order.",
                rule=rule.called,
            )
        )
    points = points_of(params)
    task = task_of(points.classes)
    learner = learners_of(params, points, np.random.default_rng(params.seed))[place]
    net = architecture(params, choice)
    start = np.append(learner.theta, learner.running)
    if isinstance(rule, FormulaRule):
        code = rule.code("torch")
        name = next(iter(re.findall(r"class (\w+)\(torch", code)))
        body = "\n" + code[code.index(f"class {name}") :].rstrip() + "\n"
    else:
        body, name = _lbfgs(rule), "searcher"
    parts = parts_of(params, place, points, net, len(learner.frozen))
    return (
        _HEAD
        + body
        + dense.module(net)
        + _trained(params, choice, net, points, task, rule_name=name, start=start, parts=parts)
    )


def _lbfgs(rule: LBFGS) -> str:
    search = "None" if rule.line_search == "none" else repr(rule.line_search)
    return f"""

def searcher(parameters):
    return torch.optim.LBFGS(
        parameters, {rule.learning_rate!r}, max_iter=1, max_eval=26, history_size={rule.history_size},
        line_search_fn={search},
    )
"""


def _trained(
    params: PlaygroundParams,
    choice: NetChoice,
    net: DenseNet,
    points: Points,
    task: Task,
    *,
    rule_name: str,
    start: Array,
    parts: Parts,
) -> str:
    several = task.kind == "several"
    step = search_step if isinstance(params.optimizer, LBFGS) else plain_step
    return _TRAIN.substitute(
        total=params.steps,
        factor=factor_code(params.schedule),
        l1=repr(choice.l1),
        max_norm=repr(choice.max_norm),
        dropout=repr(choice.dropout),
        seed=params.seed,
        count=points.ends[0],
        rule=rule_name,
        rows=len(points.inputs),
        columns=points.inputs.shape[1],
        target="" if task.classifies else ", 1",
        long=".long()" if several else "",
        step=step(params, choice, task),
        **parts._asdict(),
        shrink='        shrink(net, optimizer.param_groups[0]["lr"])\n' if choice.l1 or choice.max_norm else "",
        places="\n".join(f'    ("{place}", {transposed}),' for place, transposed in dense.places(net)),
        start=packed(start),
        inputs=packed(points.inputs),
        targets=packed(points.targets.astype(np.float64)),
    )


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
