"""Parts of an exported training that only some runs have: moved points, frozen layers, a bag, edits, a search."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.dataset import Points
from engine.experiments.playground.features import FEATURES
from engine.experiments.playground.params import Edit
from engine.experiments.playground.past import Past
from engine.experiments.playground.task import Task
from engine.nn.dense import DenseNet
from engine.nn.torch_script import dense

_TURNED = '''
def moved(raw, rng, noise, shift, turn):
    """A batch as augmentation moves it: turned, shifted, shaken."""
    found = raw + noise * rng.standard_normal(raw.shape)
    angle = np.deg2rad(turn) * rng.uniform(-1, 1)
    shift = shift * rng.uniform(-1, 1, raw.shape[1])
    if turn and raw.shape[1] > 1:
        middle = raw[:, :2].mean(axis=0)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        found[:, :2] = (found[:, :2] - middle) @ turn + middle
    return found + shift

'''
_TURNED_IMAGES = '''
def moved(raw, rng, noise, shift, turn):
    """A batch of images of 8 x 8 pixels, turned and shifted as wholes (bilinear, empty beyond the edge)."""
    noise = noise * rng.standard_normal(raw.shape)
    angle = np.deg2rad(turn) * rng.uniform(-1, 1)
    right, down = shift * rng.uniform(-1, 1, 2)
    place = (np.arange(8) + 0.5) / 4 - 1
    y, x = (grid.ravel() for grid in np.meshgrid(place, place, indexing="ij"))
    x, y = x - right, y - down
    column = (np.cos(angle) * x - np.sin(angle) * y + 1) * 4 - 0.5
    row = (np.sin(angle) * x + np.cos(angle) * y + 1) * 4 - 0.5
    matrix = np.zeros((64, 64))
    for to in range(64):
        left, top = int(np.floor(column[to])), int(np.floor(row[to]))
        for i in (top, top + 1):
            for j in (left, left + 1):
                if 0 <= i < 8 and 0 <= j < 8:
                    matrix[8 * i + j, to] += (1 - abs(row[to] - i)) * (1 - abs(column[to] - j))
    return raw @ matrix + noise

'''
_FEED = '''
def feed(raw):
    """What the net is fed of points as they came."""
    ready = torch.from_numpy((raw - ORIGIN) * SCALE)
{features}    return {fed}

'''
_EDIT = '''
EDITS = {edits}


def edit(net, step):
    """Set the weights and biases that were set by hand after so many steps."""
    with torch.no_grad():
        for name, place, value in EDITS.get(step, ()):
            net.get_parameter(name)[place] = value

'''


NEWLINE = "\n"
Edits = dict[int, list[tuple[str, tuple[int, ...], float]]]
"""Parameter, place in it and value, by the step after which it is set."""


class Parts(NamedTuple):
    """Pieces of source for the places of the template of the same names."""

    extras: str
    setup: str
    edit: str
    keep: str
    take: str
    fed: str
    freeze: str
    last: str


def parts_of(past: Past, place: int, points: Points, net: DenseNet, frozen: int) -> Parts:
    """Return what this run has of them, for one net of the comparison; ``frozen`` entries of theta stay."""
    params = past.stretches[0].params
    extras, setup, take, fed = "", "", "rows.take(batch_size)", "x[batch]"
    if params.bagging and params.ensemble > 1 and place == 0:
        draw = f"np.random.default_rng([{params.seed}, 5, 0]).integers(0, {points.ends[0]}, {points.ends[0]})"
        setup += f"    bag = {draw}\n"
        take = f"bag[{take}]"
    if any(not one.params.nets[place].augmentation.idle for one in past.stretches):
        extras += _TURNED_IMAGES if points.images else _TURNED
        extras += f"\nORIGIN = np.array({points.prepare.origin.tolist()})\n"
        extras += f"SCALE = np.array({points.prepare.matrix.tolist()})\n\n"
        extras += _FEED.format(**_features(points))
        setup += f"    raw = numbers(RAW, {len(points.raw)}, {points.raw.shape[1]}).numpy()\n"
        fed = "feed(moved(raw[batch.numpy()], moves, *augmentation)) if any(augmentation) else x[batch]"
        extras += f'\nRAW = """\n{packed(points.raw)}\n"""\n\n'
    keep, freeze = "", ""
    if frozen:
        names = [name for name, _transposed in dense.places(net)]
        kept = [name for name, stop in zip(names, np.cumsum(_sizes(net)), strict=False) if stop <= frozen]
        setup += f"    frozen = [net.get_parameter(name) for name in {kept!r}]\n"
        keep = "        stays = [parameter.detach().clone() for parameter in frozen]\n"
        freeze = (
            "        with torch.no_grad():\n            for parameter, kept in zip(frozen, stays):\n"
            "                parameter.copy_(kept)\n"
        )
    edits = _edits(past.edits, place, net)
    extras += _EDIT.format(edits=edits) if edits else ""
    return Parts(
        extras,
        setup,
        "        edit(net, step)\n" if edits else "",
        keep,
        take,
        fed,
        freeze,
        "    edit(net, steps)\n" if edits else "",
    )


def plain_step(task: Task, clips: bool) -> str:
    """Return the lines of an update by a rule that asks for one gradient; the gradient is clipped or not."""
    return f"""        outputs = net(inputs)
        loss = {task.torch}
        losses.append(loss.item())
        optimizer.zero_grad()
        (loss + l2 / 2 * sum((w**2).sum() for w in matrices)).backward()
{"        clip(net.parameters(), *clipping)" + NEWLINE if clips else ""}        optimizer.step()
"""


def search_step(task: Task, clips: bool, decays: bool) -> str:
    """Return the lines of an update by a rule that may ask for the loss elsewhere: nothing is remembered there."""
    decayed = """            for p in net.parameters():
                p.grad += decay * p.detach()
            objective = objective.detach() + decay / 2 * sum((p.detach() ** 2).sum() for p in net.parameters())
"""
    return f"""        elsewhere = False

        def closure():
            nonlocal elsewhere
            for layer in net.modules():
                if isinstance(layer, nn.BatchNorm1d):
                    layer.momentum = 0.0 if elsewhere else 0.1
            outputs = net(inputs)
            loss = {task.torch}
            objective = loss + l2 / 2 * sum((w**2).sum() for w in matrices)
            optimizer.zero_grad()
            objective.backward()
            if not elsewhere:
                losses.append(loss.item())
{"                clip(net.parameters(), *clipping)" + NEWLINE if clips else ""}            elsewhere = True
{decayed if decays else ""}            return objective

        optimizer.step(closure)
"""


def _sizes(net: DenseNet) -> list[int]:
    return [entry.size for entry in net.layout.entries.values()]


def _features(points: Points) -> dict[str, str]:
    if not points.features:
        return {"features": "", "fed": "ready"}
    columns = ", ".join(FEATURES[name].torch for name in points.features)
    return {"features": "    x1, x2 = ready[:, 0], ready[:, 1]\n", "fed": f"torch.stack([{columns}], dim=1)"}


def _edits(edits: Sequence[Edit], place: int, net: DenseNet) -> Edits:
    """Return what was set by hand, by the step after which it was: parameter, place in it, value."""
    found: Edits = {}
    for edit in edits:
        if edit.net != place or edit.layer > net.depth + 1:
            continue
        rows, units = net.layout.entries[f"W{edit.layer}"].shape
        if edit.unit >= units or (edit.source or 0) >= rows:
            continue
        name = f"linear{edit.layer}." + ("bias" if edit.source is None else "weight")
        at = (edit.unit,) if edit.source is None else (edit.unit, edit.source)
        found.setdefault(edit.step, []).append((name, at, edit.value))
    return found


def packed(numbers: Array) -> str:
    """Return numbers as base64 of float64, little end first, in lines."""
    text = base64.b64encode(np.ascontiguousarray(numbers, "<f8").tobytes()).decode("ascii")
    return "\n".join(text[i : i + 110] for i in range(0, len(text), 110))
