"""A net's whole training as a PyTorch script: points, weights, batches, masks, rule, penalty, live changes."""

from __future__ import annotations

from dataclasses import replace
from string import Template
from textwrap import indent

import numpy as np

from engine.experiments.playground.dataset import points_of
from engine.experiments.playground.export_parts import packed, parts_of, plain_step, search_step
from engine.experiments.playground.export_told import told
from engine.experiments.playground.past import Past
from engine.experiments.playground.sizes import architecture
from engine.experiments.playground.task import task_of
from engine.experiments.playground.team import learners_of
from engine.nn.torch_script import dense
from engine.optimizers.script import CLIP
from engine.pieces import Pieces

_HEAD = '''"""A net of Descent Lab's playground, trained in PyTorch from the same start with the same batches.

    net, losses = train()            # the loss of each batch, from before its update
    net, losses = train(steps=200)

What was changed while it ran, until it was exported, changes at its step. Needs torch and NumPy, which draws the
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
        self.rate, self.rng = rate, rng

    def forward(self, h):
        if not self.training or not self.rate:
            return h
        keep = 1.0 - self.rate
        return h * torch.from_numpy((self.rng.random(tuple(h.shape)) < keep) / keep)


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


$clip
def shrink(net, rate, l1, max_norm):
    """L1's proximal step, then max-norm, on every matrix."""
    with torch.no_grad():
        for name, w in net.named_parameters():
            if name.startswith("linear") and name.endswith("weight"):
                w.copy_(torch.sign(w) * torch.clamp(w.abs() - rate * l1, min=0))
                if max_norm:
                    w.mul_(torch.clamp(max_norm / w.norm(dim=1, keepdim=True).clamp(min=1e-12), max=1))


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
        net.drop = Masks(0.0, masks)
    matrices = [p for name, p in net.named_parameters() if name.startswith("linear") and name.endswith("weight")]
    x, y = numbers(INPUTS, $rows, $columns), numbers(TARGETS, $rows$target)$long
    losses = []
$setup$begin    for step in range(steps):
$changes$edit$keep        batch = torch.from_numpy($take)
        inputs, targets = $fed, y[batch]
        optimizer.param_groups[0]["lr"] = rate * factor(step)
$factor$step$shrink$freeze$last    return net.eval(), losses


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
_FACTOR = '        optimizer.param_groups[0]["factor"] = factor(step)\n'
_SHRUNK = '        shrink(net, optimizer.param_groups[0]["lr"], l1, max_norm)\n'


def training_script(past: Past, place: int) -> Pieces[str]:
    """Return a script that trains one net of the comparison as a run with this past does.

    Raises:
        InvalidParams: for a rule that is no formula.
    """
    settings, params = told(past, place), past.stretches[0].params
    points = points_of(params)
    task = task_of(points.classes)
    learner = (yield from learners_of(params, points, np.random.default_rng(params.seed)))[place]
    choices = [one.params.nets[place] for one in past.stretches]
    net = replace(architecture(params, choices[0]), dropout=max(choice.dropout for choice in choices))
    step = plain_step(task, settings.clips)
    if settings.searching:
        searched = search_step(task, settings.clips, settings.decays)
        inside, plain = indent(searched, "    "), indent(step, "    ")
        switch = f"        if isinstance(optimizer, torch.optim.LBFGS):\n{inside}        else:\n{plain}"
        step = switch if settings.plain else searched
    code = _TRAIN.substitute(
        total=params.steps,
        clip=f"{CLIP['torch']}\n" if settings.clips else "",
        factor=_FACTOR if settings.asks_factor else "",
        seed=params.seed,
        count=points.ends[0],
        begin=settings.begin,
        changes=settings.changes,
        rows=len(points.inputs),
        columns=points.inputs.shape[1],
        target="" if task.classifies else ", 1",
        long=".long()" if task.kind == "several" else "",
        step=step,
        **parts_of(past, place, points, net, learner.frozen)._asdict(),
        shrink=_SHRUNK if settings.shrinks else "",
        places="\n".join(f'    ("{where}", {transposed}),' for where, transposed in dense.places(net)),
        start=packed(np.append(learner.theta, learner.running)),
        inputs=packed(points.inputs),
        targets=packed(points.targets.astype(np.float64)),
    )
    return _HEAD + settings.rules + dense.module(net) + code
