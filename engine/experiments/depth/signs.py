"""What a look at a net shows, and which one illness it adds up to: sizes, flat and dead units, equal ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.depth.member import Member
from engine.nn.activations import ACTIVATIONS
from engine.nn.statistics import LayerStatistics, identical_units

HEALTHY = 3.0
"""Signals and gradients keep their size where they change by at most this factor from one end to the other."""
ILL = 10.0
"""From here on it is an illness: a layer whose gradient is ten times another's takes steps ten times as long, and
no learning rate suits both. Between the two it is mild."""
NORMALIZED = ILL**2
"""The same for the gradients of a normalized net: a step that is too long makes the weights longer, and the next
gradient shorter by as much, while the signals keep their size."""
MOSTLY = 0.5
"""Share of a layer's activations, or units, that counts as most of it."""


@dataclass(frozen=True)
class Change:
    """How a size changes through the hidden layers, as a factor to where it began.

    Args:
        up, down: the largest growth and the largest decay, both >= 1; infinity where nothing is left.
        up_layer, down_layer: the first layer on the way, from 1, that is beyond `HEALTHY`; else where it began.
    """

    up: float
    down: float
    up_layer: int
    down_layer: int


@dataclass(frozen=True)
class Signs:
    """What a look shows.

    Args:
        forward: of the activations' standard deviation, from the first layer on.
        back: of the gradients', from the last layer back.
        flat, flat_layer: the largest share of a layer on the flat ends of an activation that is flat at both.
        dead, dead_layer: the largest share of units that give 0 on every row.
        surprise: the loss over that of a net whose scores are all 0, as a growth at the last layer.
        equal_layer: the first layer whose units have the same weights; 0: none.
        tolerance: the growth of gradients up to which it is no illness.
    """

    forward: Change
    back: Change
    flat: float
    flat_layer: int
    dead: float
    dead_layer: int
    surprise: Change
    equal_layer: int
    tolerance: float = ILL

    @property
    def growth(self) -> Change:
        """The largest growth of all."""
        return max(self.forward, self.back, self.surprise, key=lambda change: change.up)

    @property
    def decay(self) -> Change:
        """The larger decay of the two."""
        return max(self.forward, self.back, key=lambda change: change.down)

    @property
    def illness(self) -> str:
        """The one diagnosis: of two that hold the one that decides what training does.

        Saturation is named only where nothing weighs more: units on a flat stretch do no harm while the gradient
        keeps its size, and where it does not they are the reason for it.
        """
        if self.equal_layer:
            return "symmetric"
        if self.dead == 1.0:  # a whole layer: nothing passes, whatever the sizes
            return "dead"
        if max(self.forward.up, self.surprise.up) > ILL or self.back.up > self.tolerance:
            return "exploding"
        if self.decay.down > ILL:
            return "vanishing"
        if self.dead > MOSTLY:
            return "dead"
        if max(self.growth.up, self.decay.down) > HEALTHY:
            return "growing" if self.growth.up >= self.decay.down else "fading"
        return "saturated" if self.flat > MOSTLY else "healthy"

    @property
    def layer(self) -> int:
        """The layer at fault, from 1; 0 for a net that is well."""
        return {
            "symmetric": self.equal_layer,
            "dead": self.dead_layer,
            "exploding": self.growth.up_layer,
            "growing": self.growth.up_layer,
            "vanishing": self.decay.down_layer,
            "fading": self.decay.down_layer,
            "saturated": self.flat_layer,
            "healthy": 0,
        }[self.illness]


def signs(one: Member, statistics: LayerStatistics, loss: float, silent: float) -> Signs:
    """Return what a look at a net shows.

    Args:
        one, statistics: the net and a look at it. loss: on all rows. silent: that of scores that are all 0.
    """
    flat_at_both = [None not in ACTIVATIONS[name].bounds for name in one.net.activations]
    flat, dead = np.where(flat_at_both, statistics.saturated, 0.0), statistics.dead
    depth = one.net.depth
    learned = Change(1.0, 1.0, depth, depth)  # every margin is kept: no gradient is wanted, and none is lost
    return Signs(
        change(statistics.activation_std),
        learned if loss == 0 else _turned(change(statistics.gradient_std[::-1]), depth),
        float(np.nanmax(flat)),
        int(np.nanargmax(flat)) + 1,
        float(np.nanmax(dead)),
        int(np.nanargmax(dead)) + 1,
        Change(max(loss / silent, 1.0), 1.0, depth, depth),
        identical_units(one.net, one.views),
        ILL if one.choice.normalization == "none" else NORMALIZED,
    )


def change(sizes: Array) -> Change:
    """Return how sizes change from the first on."""
    if not sizes[0] > 0:
        return Change(1.0, np.inf, 1, 1)
    with np.errstate(all="ignore"):
        grown, decayed = sizes / sizes[0], sizes[0] / sizes
    return Change(
        float(grown.max()),
        float(decayed.max()),
        int(np.argmax(grown > HEALTHY)) + 1,
        int(np.argmax(decayed > HEALTHY)) + 1,
    )


def _turned(back: Change, depth: int) -> Change:
    """Return a change with its layers counted from the other end."""
    return Change(back.up, back.down, depth + 1 - back.up_layer, depth + 1 - back.down_layer)
