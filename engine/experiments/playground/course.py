"""How training has gone so far: the losses of every look, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array

RECENT, ENDS = 30, 5
"""Looks that count as the present course, and looks whose median stands for one moment."""
FEWEST = 40
"""Looks before which nothing is said of where training leads."""
FALLING = 0.4
"""A loss falls where at most this share of its recent movement is upward; noise alone has a half."""
JUMPING, APART, LOWER = 0.05, 1.25, 0.8
"""It jumps where it moves by this share from look to look, its largest is this many times its smallest, and it has
not come below this share of what it was before."""
SPENT = 0.1
"""Share of a blind guess's loss: below it there is little left to learn."""
UNFINISHED = 0.25
"""The same: what a run that ends above it has not learned."""
EVEN = 0.4
"""A loss falls evenly where the last quarter of the run brought this share of what the quarter before it did."""
VISIBLE = 0.005
"""Share of a blind guess's loss that a quarter of a run must bring to be told from noise."""
STIRRED = 0.5
"""A net whose weights have moved by less than this share of their length has hardly begun."""


@dataclass(frozen=True)
class Course:
    """The looks at one net since its settings changed last.

    Args:
        train, held: losses at each look (n,), the last one now; ``held`` of validation points, else of test
            points.
        blind: the loss of saying the same of every point, the best such. moved: how far the weights have come from
            where they began, as a share of their length then. step, every, total: of the run.
    """

    train: Array
    held: Array
    blind: float
    moved: float
    step: int
    every: int
    total: int

    @property
    def broken(self) -> bool:
        """Whether the loss is no finite number any more."""
        return len(self.train) > 0 and not np.isfinite(self.train[-1])

    def typical(self, losses: Array, ago: int = 0) -> float:
        """Return the median of a few looks, the last of them ``ago`` looks back."""
        end = len(losses) - ago
        return float(np.median(losses[max(0, end - ENDS) : end]))

    @property
    def rises(self) -> float:
        """The share of the recent movement of log(loss) that is upward."""
        moves = self._moves()
        whole = float(np.abs(moves).sum())
        return float(moves[moves > 0].sum()) / whole if whole else 0.0

    def _moves(self) -> Array:
        return np.diff(np.log(np.maximum(self.train[-RECENT:], 1e-300)))

    @property
    def jumps(self) -> bool:
        """Whether the loss does not settle: the steps are too long for where the net stands."""
        if len(self.train) < RECENT or self.rises <= FALLING:
            return False
        recent = self.train[-RECENT:]
        now = float(np.median(recent))
        if now <= SPENT * self.blind:
            return False
        before = self.train[-2 * RECENT : -RECENT]
        wild = (
            float(np.median(np.abs(self._moves()))) > JUMPING
            and recent.max() > APART * recent.min()
            and len(before) > 0
            and now > LOWER * float(np.median(before))
        )
        return bool(wild or now > 1.02 * self.blind or now > 2 * self.train.min())

    def late(self, share: float) -> bool:
        """Whether so much of the run is over, and was looked at often enough, that its end can be told."""
        return len(self.train) >= FEWEST and self.step >= share * self.total

    @property
    def pace(self) -> float:
        """By how much an update lowers the training loss, over a quarter of the run; 0 where it stands still.

        It falls where it falls evenly, by no less than `EVEN` of what the quarter before it brought, or where it
        falls at all and the weights have hardly moved.
        """
        back = min(max(ENDS, round(self.total / self.every / 4)), (len(self.train) - ENDS) // 2)
        now, then, before = (self.typical(self.train, ago) for ago in (0, back, 2 * back))
        earlier, lately = before - then, then - now
        even = 0 < EVEN * earlier <= lately and lately > VISIBLE * self.blind
        return lately / (back * self.every) if even or (lately > 0 and self.moved < STIRRED) else 0.0

    @property
    def end(self) -> float:
        """The training loss at the end of the run, at the present pace."""
        return self.typical(self.train) - self.pace * (self.total - self.step)

    @property
    def worsened(self) -> float:
        """The loss on held-out points over its lowest so far."""
        return self.typical(self.held) / max(float(self.held.min()), 1e-300)
