"""What the pictures show of the nets: their output over the plane, every unit's own, weights and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground import sizes
from engine.experiments.playground.dataset import Points
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.tables import Painted
from engine.experiments.playground.task import Task
from engine.frame import Value, by_net
from engine.nn.dense import DenseNet
from engine.nn.histogram import Bins
from engine.pieces import Pieces, in_turn

BINS = 41
"""Of the histogram of weights: an odd number, so that 0 stands in the middle of one."""
Net = tuple[DenseNet, Array, Array]
"""A net, its theta (n,) and what it remembers (m,)."""
CANVAS = 1.6
"""What is painted on reaches at least so far."""


@dataclass(frozen=True)
class Plane:
    """The part of the plane that is drawn.

    Args:
        x, y: places of the field along the axes. grid: what the nets are fed there, (ny * nx, D), float32.
        coarse: what they are fed on the grid of the units' own fields, (m * m, D), float32.
        votes_x, votes_y, votes: a grid in between, where many nets vote.
    """

    x: Array
    y: Array
    grid: Array
    coarse: Array
    votes_x: Array
    votes_y: Array
    votes: Array

    def __deepcopy__(self, memo: dict[int, Any]) -> Plane:
        return self  # nobody writes into it


def plane_of(params: PlaygroundParams, points: Points) -> Plane | None:
    """Return the square around all points, further columns at their mean; None where they are images."""
    if points.images:
        return None
    raw = (
        points.raw[:, :2] if points.raw.shape[1] > 1 else np.column_stack([points.raw, np.zeros(len(points.raw))])
    )
    low, high = raw.min(axis=0), raw.max(axis=0)
    middle, reach = (low + high) / 2, 0.55 * max((high - low).max(), 1e-6)
    if (np.abs(middle) < 0.2 * reach).all():  # about the origin, where it nearly is
        middle, reach = np.zeros(2), reach + float(np.abs(middle).max())
    if isinstance(params.data, Painted):  # the picture must not move under the brush
        middle, reach = np.zeros(2), max(CANVAS, float(np.abs(raw).max()))
    reach = _round_up(reach)
    x, y = (np.linspace(at - reach, at + reach, sizes.grid_of(params)) for at in middle)
    coarse = [np.linspace(at - reach, at + reach, sizes.UNIT_GRID) for at in middle]
    votes = [np.linspace(at - reach, at + reach, sizes.COARSE) for at in middle]
    return Plane(x, y, _fed(points, x, y), _fed(points, *coarse), votes[0], votes[1], _fed(points, *votes))


def _round_up(reach: float) -> float:
    """Return the next number of two digits, so that the picture stands still when a point or two move."""
    unit = 10.0 ** (np.floor(np.log10(reach)) - 1)
    return float(np.ceil(reach / unit) * unit)


def _fed(points: Points, x: Array, y: Array) -> Array:
    xs, ys = np.meshgrid(x, y)
    columns = points.raw.shape[1]
    raw = np.tile(points.raw[: points.ends[0]].mean(axis=0), (xs.size, 1))
    raw[:, 0] = xs.ravel()
    if columns > 1:
        raw[:, 1] = ys.ravel()
    fed = points.feed(raw).astype(np.float32)
    fed.flags.writeable = False
    return fed


def pictures(plane: Plane | None, nets: Sequence[Net], task: Task) -> Pieces[dict[str, Value]]:
    """Return the arrays of the pictures, each with a leading axis of nets; to be done `quiet`."""
    found: dict[str, Value] = {} if plane is None else {**(yield from fields(plane, nets, task))}
    few = all(sum(net.widths) + net.inputs + net.outputs <= sizes.MOST_DRAWN for net, _theta, _kept in nets)
    if plane and few:
        seen = yield from in_turn(_unit_fields(plane, one, task) for one in nets)
        found["unit_fields"] = by_net(seen).astype(np.float32)
    views = [net.layout.views(theta) for net, theta, _kept in nets]
    matrices = [_matrices(net, view) for (net, _theta, _kept), view in zip(nets, views, strict=True)]
    found["weights"] = by_net([np.concatenate([w.T.ravel() for w in one]) for one in matrices])
    found["biases"] = by_net(
        [
            np.concatenate([view[f"b{l}"] for l in range(1, net.depth + 2)])
            for (net, _theta, _kept), view in zip(nets, views, strict=True)
        ]
    )
    found["unit_norms"] = by_net([np.concatenate([np.linalg.norm(w, axis=0) for w in one]) for one in matrices])
    largest = max(float(np.abs(w[np.isfinite(w)]).max(initial=0)) for one in matrices for w in one)
    bins = Bins(-_round_up(largest or 1.0), _round_up(largest or 1.0), BINS)
    found["weight_histogram"] = by_net([np.stack([bins.shares(w) for w in one]) for one in matrices])
    found["weight_edges"] = bins.edges
    found["zeros"] = by_net([np.array([float((w == 0).sum()) for w in one]) for one in matrices])
    return found


def _matrices(net: DenseNet, views: dict[str, Array]) -> list[Array]:
    return [views[name] for name in net.layout.names("weight")]


def _values(one: Net) -> dict[str, Array]:
    """Return a net's values in float32: a picture needs no more, and takes half the time."""
    net, theta, kept = one
    small = net.layout.views(theta.astype(np.float32))
    return {**small, **net.layout.running.views(kept.astype(np.float32))}


def fields(plane: Plane, nets: Sequence[Net], task: Task) -> Pieces[dict[str, Array]]:
    """Return what every net says over the plane: a chance, a number, or the likeliest class and its lead."""
    shape = len(plane.y), len(plane.x)
    said = yield from in_turn(_said(plane, one, task) for one in nets)
    if task.kind != "several":
        return {"field": np.stack(said).reshape(len(nets), *shape)}
    ordered = [np.sort(chances, axis=-1) for chances in said]
    return {
        "field": np.stack([chances.argmax(axis=-1).reshape(shape) for chances in said]).astype(np.float32),
        "lead": np.stack([(one[:, -1] - one[:, -2]).reshape(shape) for one in ordered]).astype(np.float32),
    }


def _said(plane: Plane, one: Net, task: Task) -> Pieces[Array]:
    signals = yield from one[0].forward_in_pieces(_values(one), plane.grid, "test")
    return task.said(signals.outputs.value)


def _unit_fields(plane: Plane, one: Net, task: Task) -> Pieces[Array]:
    """Return what every unit says over the plane, (units, m, m): inputs, hidden layers, outputs."""
    signals = yield from one[0].forward_in_pieces(_values(one), plane.coarse, "test")
    last = signals.outputs.value
    ends = 2 * task.said(last)[:, None] - 1 if task.kind == "two" else np.tanh(last)
    columns = [plane.coarse, *(layer.post.value for layer in signals.layers), ends]
    return np.concatenate(columns, axis=1).T.reshape(-1, sizes.UNIT_GRID, sizes.UNIT_GRID)
