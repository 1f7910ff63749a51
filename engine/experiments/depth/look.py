"""One look at all nets: every statistic of every layer, in shared bins, as the arrays of a frame."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.member import Member, accuracy_of
from engine.frame import by_net
from engine.nn.dense import Signals
from engine.nn.histogram import Bins
from engine.nn.statistics import (
    GRADIENT_BINS,
    LayerStatistics,
    jacobian_in_pieces,
    layer_statistics_in_pieces,
    singular_values,
    weight_spectra,
)
from engine.nn.workspace import Workspace
from engine.pieces import Pieces

BINS = 64
QUANTILES = 9
REACH = 4.0
SPECTRUM_AT_FIRST = 22_000_000
"""depth x width³ up to which the first frame carries singular values."""
SPECTRUM_ALWAYS = 2_700_000
"""depth x width³ up to which every look carries them."""
KEPT = 128_000_000
"""Bytes that a thread keeps from one look to the next; more is given back."""
PER_LAYER = (
    "activation_mean",
    "activation_std",
    "gradient_mean",
    "gradient_std",
    "saturated",
    "dead",
    "zero",
    "weight_std",
    "weight_gradient_std",
    "activation_histogram",
    "gradient_histogram",
)
"""Names of `LayerStatistics` that a frame carries for each net."""


class _Thread(threading.local):
    """What a thread keeps: memory for the signals of each net of a look."""

    def __init__(self) -> None:
        self.workspaces: list[Workspace] = []


_THREAD = _Thread()


def look(
    members: Sequence[Member], inputs: Array, targets: Array, loss: str
) -> Pieces[tuple[list[LayerStatistics | None], list[tuple[float, float]], Bins]]:
    """Pass all rows through every net, forward and backward, and measure; to be done `quiet`.

    Batch normalization uses these rows' statistics; nothing is dropped. A stopped net gives None.

    Args:
        members: the nets. inputs, targets: the rows. loss: its name.
    Returns:
        statistics of each net, its loss and accuracy, and the bins of all activation histograms.
    """
    workspaces, _THREAD.workspaces = _THREAD.workspaces, []
    workspaces += [Workspace() for _ in range(len(members) - len(workspaces))]
    passes: list[Signals | None] = []
    scores: list[tuple[float, float]] = []
    for one, workspace in zip(members, workspaces, strict=False):
        if one.stopped >= 0:
            passes.append(None)
            scores.append((math.nan, math.nan))
            continue
        signals, value = yield from one.look(inputs, targets, loss, workspace)
        scores.append((value, accuracy_of(signals.outputs.value, targets)))
        passes.append(signals)
        yield
    bins = shared_bins([signals for signals in passes if signals is not None])
    yield
    measured: list[LayerStatistics | None] = []
    for one, found in zip(members, passes, strict=True):
        made = layer_statistics_in_pieces(one.net, one.parameters, found, bins) if found else None
        measured.append((yield from made) if made else None)
        yield
    if sum(workspace.size for workspace in workspaces) <= KEPT:
        _THREAD.workspaces = workspaces
    return measured, scores, bins


def unit_deviations(members: Sequence[Member], inputs: Array) -> Pieces[Array]:
    """Return the standard deviation of each unit's activation over the rows, (net, layer, unit); `quiet`."""
    found = []
    for one in members:
        layers = (yield from one.net.forward_in_pieces(one.views, inputs)).layers
        found.append(np.stack([layer.output.value.std(axis=0) for layer in layers]))
        yield
    return by_net(found)


def shared_bins(passes: Sequence[Signals]) -> Bins:
    """Return bins that suit most layers of all nets; what lies beyond is counted in the end bins.

    A layer reaches as far as its largest entry, at most 4 times its root mean square; the range is the farthest
    reach, at most 8 times that of the middle layer, so that one exploding net does not flatten all others.
    """
    reaches: list[float] = []
    negative = False
    with np.errstate(all="ignore"):
        for signals in passes:
            for layer in signals.layers:
                h = layer.output.value.reshape(-1)
                low, high = float(h.min()), float(h.max())
                size = math.sqrt(float(np.dot(h, h)) / h.size) if max(-low, high) < 1e15 else math.inf
                reach = min(max(-low, high), REACH * size)
                if math.isfinite(reach) and reach > 0:
                    reaches.append(reach)
                    negative |= low < 0
    if not reaches:
        return Bins(-1.0, 1.0, BINS)
    far = _rounded(min(max(reaches), 8 * float(np.median(reaches))))
    return Bins(-far if negative else 0.0, far, BINS)


def _rounded(value: float) -> float:
    """Return the next round number from ``value`` up, so that the axis seldom moves."""
    decade = 10.0 ** math.floor(math.log10(value))
    leads = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(lead for lead in leads if lead * decade >= value * 0.999) * decade


def arrays(members: Sequence[Member], measured: Sequence[LayerStatistics | None], bins: Bins) -> dict[str, Array]:
    """Return the measurements as a frame's arrays, the nets first; a stopped net's are NaN."""
    known = [None if statistics is None else statistics.arrays() for statistics in measured]
    bars = {"activation_histogram": (BINS,), "gradient_histogram": (len(GRADIENT_BINS.edges) - 1,)}

    def row(one: Member, named: Mapping[str, Array] | None, name: str) -> Array:
        return np.full((one.net.depth, *bars.get(name, ())), np.nan) if named is None else named[name]

    return {
        "activation_edges": bins.edges,
        "gradient_edges": np.log10(GRADIENT_BINS.edges),
        "update_ratio": by_net([one.ratio for one in members]),
        **{
            name: by_net([row(one, named, name) for one, named in zip(members, known, strict=True)])
            for name in PER_LAYER
        },
    }


def spectra(members: Sequence[Member], inputs: Array) -> Pieces[dict[str, Array]]:
    """Return every net's spectra: nine quantiles of each matrix' singular values, and those of the Jacobian.

    A matrix is a piece; to be done `quiet`.

    Returns:
        ``singular_values`` (net, layer, 9), largest first; ``jacobian_singular_values`` (net, width), of the last
        hidden layer by the input at the first row, with batch normalization's statistics held still.
    """
    found: list[tuple[Array, Array]] = []
    for one in members:
        found.append((yield from _spectra(one, inputs)))
        yield
    weights, jacobians = zip(*found, strict=True)
    return {"singular_values": by_net(weights), "jacobian_singular_values": by_net(jacobians)}


def _spectra(one: Member, inputs: Array) -> Pieces[tuple[Array, Array]]:
    if one.stopped >= 0:
        return np.full((one.net.depth, QUANTILES), np.nan), np.full(1, np.nan)
    levels = np.linspace(1, 0, QUANTILES)
    table = []
    for values in weight_spectra(one.net, one.trainer.theta):
        table.append(np.quantile(values, levels))
        yield
    matrix = yield from jacobian_in_pieces(one.net, one.parameters, inputs[0], inputs[:256])
    return np.array(table), singular_values(matrix)


def spectrum_work(members: Sequence[Member]) -> int:
    """Return depth x width³ summed over the nets: what their spectra cost."""
    return sum(one.net.depth * one.net.widths[0] ** 3 for one in members)
