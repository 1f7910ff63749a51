"""A net's whole training as a PyTorch script: points, first weights, batches, masks, rule and penalty."""

from __future__ import annotations

import base64
import re
from string import Template

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.choice import NetChoice
from engine.experiments.playground.dataset import Points, points_of
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture
from engine.experiments.playground.task import Task, task_of
from engine.experiments.playground.team import learners_of
from engine.message import say
from engine.nn.dense import DenseNet
from engine.nn.torch_script import dense
from engine.optimizers.clipping import Clip
from engine.optimizers.formula_rule import FormulaRule
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
    for step in range(steps):
        batch = torch.from_numpy(rows.take($batch))
        outputs, targets = net(x[batch]), y[batch]
        loss = $loss
        losses.append(loss.item())
        optimizer.zero_grad()
        (loss + $l2 / 2 * sum((w**2).sum() for w in matrices)).backward()
$clip        optimizer.param_groups[0]["lr"] = rate * factor(step)
        optimizer.step()
$shrink    return net.eval(), losses


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
    if not isinstance(rule, FormulaRule):
        raise refused(
            say("“{rule}” is not exported as a program; choose a rule of first order.", rule=rule.called)
        )
    if not choice.augmentation.idle or choice.transfer.freeze or params.bagging:
        raise refused(
            say(
                "Augmentation, frozen layers and bagging are not exported yet; switch them off to export the rest."
            )
        )
    points = points_of(params)
    task = task_of(points.classes)
    learner = learners_of(params, points, np.random.default_rng(params.seed))[place]
    net = architecture(params, choice)
    code = rule.code("torch")
    name = next(iter(re.findall(r"class (\w+)\(torch", code)))
    body = code[code.index(f"class {name}") :]
    start = np.append(learner.theta, learner.running)
    return (
        _HEAD
        + "\n"
        + body.rstrip()
        + "\n"
        + dense.module(net)
        + _trained(params, choice, net, points, task, rule_name=name, start=start)
    )


def _trained(
    params: PlaygroundParams,
    choice: NetChoice,
    net: DenseNet,
    points: Points,
    task: Task,
    *,
    rule_name: str,
    start: Array,
) -> str:
    several = task.kind == "several"
    return _TRAIN.substitute(
        total=params.steps,
        factor=factor_code(params.schedule),
        l1=repr(choice.l1),
        l2=repr(choice.l2),
        max_norm=repr(choice.max_norm),
        dropout=repr(choice.dropout),
        seed=params.seed,
        count=points.ends[0],
        rule=rule_name,
        rows=len(points.inputs),
        columns=points.inputs.shape[1],
        target="" if task.classifies else ", 1",
        long=".long()" if several else "",
        batch=choice.batch_size,
        loss=task.torch,
        clip=_clip_code(params.clip),
        shrink='        shrink(net, optimizer.param_groups[0]["lr"])\n' if choice.l1 or choice.max_norm else "",
        places="\n".join(f'    ("{place}", {transposed}),' for place, transposed in dense.places(net)),
        start=_packed(start),
        inputs=_packed(points.inputs),
        targets=_packed(points.targets.astype(np.float64)),
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


def _clip_code(clip: Clip) -> str:
    """Return the lines that clip, or nothing."""
    if clip.mode == "none":
        return ""
    call = "clip_grad_norm_" if clip.mode == "norm" else "clip_grad_value_"
    return f"        nn.utils.{call}(net.parameters(), {clip.threshold!r})\n"


def _packed(numbers: Array) -> str:
    text = base64.b64encode(np.ascontiguousarray(numbers, "<f8").tobytes()).decode("ascii")
    return "\n".join(text[i : i + 110] for i in range(0, len(text), 110))
