"""What became of a planted net in training, in one word; the doctor is not asked.

Each net is trained with every one of five learning rates, and so is its twin (`Planted.twin`). A net is judged at
the rate with which its loss ends lowest, but divergence at the rate that suits its twin. The first of these that
is true is the outcome:

    equal      the units of a layer have the same weights at the end, to rounding
    diverged   at the twin's rate a number is not finite, the loss ends a tenth above a blind guess's, or the first
               layer moved by more than ten times the length of its weights
    still      the loss ends within a tenth of a blind guess's, or the first layer moved less than a tenth of the
               twin's
    dead       more than half of a layer's units gave 0 on every row at the start, and do so at the end
    slow       it closes less than half of the gap between blind guess and twin
    learned    it closes half of that gap or more

The length of weights is the net's own or the twin's at the start, the larger one: a net that begins near 0 moves
far in its own measure with any step. A blind guess says how frequent each class is, whatever the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.dataset import dataset
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.sweep import Sweep, sweep
from engine.experiments.depth.trial.planted import Planted
from engine.message import _
from engine.nn.layout import Values
from engine.nn.statistics import identical_units

RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
LAST = 10
"""Steps over whose losses the end is averaged."""
MARGIN = 0.1
"""A tenth: how near a blind guess is no better than it, and how little of the twin's movement is none."""
HALF = 0.5

OUTCOMES: Mapping[str, str] = {
    "diverged": _("diverged"),
    "learned": _("learned"),
    "slow": _("learned slowly"),
    "still": _("stood still"),
    "dead": _("units stayed dead"),
    "equal": _("units stayed equal"),
}
"""What a visitor reads, by outcome, in the order of the columns."""


@dataclass(frozen=True)
class Trained:
    """A sweep in the few numbers that an outcome is read from; arrays are by rate.

    Args:
        finals: loss at the end. moved: length of the first layer's change. length: of its weights at the start.
        best: index of the rate with which the loss ends lowest. equal, dead: see the module, at that rate.
    """

    finals: Array
    moved: Array
    length: float
    best: int
    equal: bool
    dead: bool


def trained(params: DepthParams) -> Trained:
    """Train a net with every rate and read off what became of it."""
    run = sweep(params, RATES)
    finals = run.final(LAST)
    best = int(np.argmin(finals))
    net = run.simulation.members[0].net
    before, ends = run.simulation.members[0].views, run.parameters.views
    after = net.layout.views(run.parameters.theta[best])
    with np.errstate(all="ignore"):
        moved = np.linalg.norm(ends["W1"] - before["W1"], axis=(1, 2))
    return Trained(
        finals,
        np.where(np.isfinite(moved), moved, np.inf),
        float(np.linalg.norm(before["W1"])),
        best,
        identical_units(net, after) > 0,
        _still_dead(run, before, after),
    )


def outcome(one: Planted) -> str:
    """Return which of `OUTCOMES` came true."""
    return judge(trained(one.params), _trained_twin(one.twin.model_dump_json()), blind_loss(one.params))


@lru_cache(maxsize=32)
def _trained_twin(params: str) -> Trained:
    return trained(DepthParams.model_validate_json(params))


def blind_loss(params: DepthParams) -> float:
    """Return the loss of the best answer that does not look at the row: the entropy of the classes."""
    shares = np.bincount(dataset(params).targets) / params.samples
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def _still_dead(run: Sweep, before: Values, after: Values) -> bool:
    """Return whether more than half of some layer's units are 0 on every row before and after."""
    net, rows = run.simulation.members[0].net, run.simulation.data.inputs
    passes = [net.forward(views, rows).layers for views in (before, after)]
    return any(
        float((~(first.post.value.any(axis=0) | last.post.value.any(axis=0))).mean()) > HALF
        for first, last in zip(*passes, strict=True)
    )


def judge(net: Trained, twin: Trained, blind: float) -> str:
    """Return which of `OUTCOMES` is true of a net beside its twin."""
    final, at_twins = net.finals[net.best], twin.best
    length = max(net.length, twin.length)
    if np.isfinite(final) and net.equal:
        return "equal"
    if net.finals[at_twins] > (1 + MARGIN) * blind or net.moved[at_twins] > length / MARGIN:
        return "diverged"
    moved, usual = net.moved[net.best] / length, twin.moved[at_twins] / twin.length
    if final >= (1 - MARGIN) * blind or moved < MARGIN * usual:
        return "still"
    if net.dead:
        return "dead"
    return "learned" if blind - final >= HALF * (blind - twin.finals[at_twins]) else "slow"
