"""Many nets that vote: members trained from other first weights, or one net with its units dropped in turn."""

from __future__ import annotations

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground.dataset import Points
from engine.experiments.playground.look import Net, Plane
from engine.experiments.playground.task import Task
from engine.frame import Value
from engine.nn.dense import DenseNet
from engine.pieces import Pieces

Crowd = tuple[DenseNet, Array, Array]
"""Nets of one kind: thetas (R, n), and what they remember (R, m)."""
MASKS = 16
"""Nets that dropout makes of one by leaving units out."""
TOGETHER = 500_000
"""Numbers in a layer of as many members as are asked together: they fit into a processor's cache."""
CURVES = 4
"""Of test loss and accuracy: the members' mean, members on average; and of the nets that dropout makes."""


def thinned(one: Net, rng: np.random.Generator, rate: float) -> tuple[Array, Array]:
    """Return thetas (MASKS, n) of a net some of whose units are left out, and what each remembers.

    Leaving out unit i of a layer sets row i of the next matrix to 0; the rows that stay grow by 1/(1 - rate), as
    in training.
    """
    net, theta, kept = one
    thetas = np.tile(theta, (MASKS, 1))
    views = net.layout.views(thetas)
    for l, width in enumerate(net.widths, start=1):
        views[f"W{l + 1}"] *= ((rng.random((MASKS, width)) >= rate) / (1 - rate))[..., None]
    return thetas, np.tile(kept, (MASKS, 1))


def votes(net: DenseNet, thetas: Array, kept: Array, inputs: Array, task: Task) -> Pieces[Array]:
    """Return what every member says of some rows, (R, B), or (R, B, classes); to be done `quiet`."""
    dtype, found = inputs.dtype, []
    together = max(1, TOGETHER // (len(inputs) * max(net.widths, default=1)))
    for first in range(0, len(thetas), together):
        some = slice(first, first + together)
        theta, remembered = thetas[some].astype(dtype), kept[some].astype(dtype)
        values = {**net.layout.views(theta), **net.layout.running.views(remembered)}
        signals = yield from net.forward_in_pieces(values, inputs, "test")
        found.append(task.said(signals.outputs.value))
    return np.concatenate(found)


def scores(said: Array, targets: Array, task: Task) -> tuple[Array, Array]:
    """Return loss and accuracy of what is said, (..., B) or (..., B, classes), each (...)."""
    if task.kind == "number":
        return np.mean((said - targets[:, 0]) ** 2, axis=-1), np.full(said.shape[:-1], np.nan)
    tiny = 1e-300
    if task.kind == "two":
        chance = np.where(targets == 1, said, 1 - said)
        return -np.log(np.maximum(chance, tiny)).mean(axis=-1), ((said > 0.5) == targets).mean(axis=-1)
    chance = np.take_along_axis(said, np.broadcast_to(targets[:, None], (*said.shape[:-1], 1)), axis=-1)[..., 0]
    return -np.log(np.maximum(chance, tiny)).mean(axis=-1), (said.argmax(axis=-1) == targets).mean(axis=-1)


def measured(crowds: list[Crowd | None], points: Points, task: Task) -> Pieces[dict[str, Array]]:
    """Return test loss and accuracy of each crowd's mean and of its members on average, (CURVES,) each.

    Args:
        crowds: of trained members, and of the nets that dropout makes; None where there are none.
        points, task: what they learned, of which the test part is told.
    """
    found = {"vote_loss": np.full(CURVES, np.nan), "vote_accuracy": np.full(CURVES, np.nan)}
    rows = points.parts[2]
    for place, crowd in enumerate(crowds):
        if crowd is None or rows.start == rows.stop:
            continue
        said = yield from votes(*crowd, points.inputs[rows], task)
        targets = points.targets[rows]
        for offset, (loss, accuracy) in enumerate(
            (scores(said.mean(axis=0), targets, task), tuple(map(np.mean, scores(said, targets, task))))
        ):
            found["vote_loss"][2 * place + offset] = loss
            found["vote_accuracy"][2 * place + offset] = accuracy
    return found


def pictures(crowds: list[Crowd | None], plane: Plane, task: Task) -> Pieces[dict[str, Value]]:
    """Return each crowd's mean over the plane, how much its members differ, and what each member says.

    Returns: ``vote_field``, ``vote_spread`` (crowd, m, m), perhaps ``vote_lead``; ``member_fields``
        (crowd, member, m, m), float32. A crowd that there is not is NaN.
    """
    side = len(plane.votes_x)
    shown: dict[str, list[Array]] = {"vote_field": [], "vote_spread": [], "vote_lead": [], "member_fields": []}
    most = max(len(crowd[1]) for crowd in crowds if crowd is not None)
    for crowd in crowds:
        fields = np.full((most, side, side), np.nan, np.float32)
        mean = spread = lead = np.full((side, side), np.nan, np.float32)
        if crowd is not None:
            said = yield from votes(*crowd, plane.votes, task)
            mean, spread = said.mean(axis=0), said.std(axis=0)
            each = said
            if task.kind == "several":
                ordered = np.sort(mean, axis=-1)
                lead = (ordered[:, -1] - ordered[:, -2]).reshape(side, side)
                mean, spread, each = mean.argmax(axis=-1), np.sqrt((spread**2).sum(axis=-1)), said.argmax(axis=-1)
            fields[: len(each)] = each.reshape(-1, side, side)
        for name, value in zip(shown, (mean, spread, lead, fields), strict=True):
            shown[name].append(
                np.asarray(value, np.float32).reshape(fields.shape if value is fields else (side, side))
            )
    if task.kind != "several":
        del shown["vote_lead"]
    return {name: np.stack(values) for name, values in shown.items()}
