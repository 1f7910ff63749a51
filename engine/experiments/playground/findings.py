"""What is wrong with the nets of a comparison, told from their losses, their units and their points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.data.neighbours import left_out_error
from engine.experiments.playground import cures
from engine.experiments.playground.course import RECENT, SPENT, UNFINISHED, Course
from engine.experiments.playground.dataset import Points
from engine.experiments.playground.params import PlaygroundParams
from engine.findings import DATA, Cure, Finding, Tone
from engine.message import Message, _, say

NAMES: Mapping[str, str] = {
    "leakage": _("test points in training"),
    "broken": _("not a number"),
    "too_fast": _("learning rate too high"),
    "dead": _("dead units"),
    "saturated": _("saturated units"),
    "too_slow": _("learning rate too low"),
    "underfitting": _("underfitting"),
    "overfitting": _("overfitting"),
    "healthy": _("nothing found"),
}
"""What a visitor reads, by finding; in the order in which they are listed."""
HALF = 0.5
"""Share of a layer's units that makes dead or saturated ones a finding."""
GAP, CLOSE, ROSE = 0.1, 0.6, 1.3
"""Overfitting: the losses lie this share of a blind guess's loss apart, training's is at most this share of the
held-out one's, and the held-out one is this many times its lowest (or fewer held-out points are told right)."""
SIGMAS = 2.0
"""Standard errors that a difference of shares must have to be told from chance."""
WORSE = 1.25
"""How many times as often as its neighbours a net must be wrong to have learned too little."""
LITTLE = 0.85
"""What share of a blind guess's loss is learned too little, whatever the neighbours say."""


@dataclass(frozen=True)
class Yardstick:
    """What the points of a run allow.

    Args:
        blind: the training loss of saying the same of every point, the best such. near: how wrong the five nearest
            other training points are about one: a share of wrong classes, or the mean squared error.
        leaked: held-out rows that are among the training rows.
    """

    blind: float
    near: float
    leaked: int


@dataclass(frozen=True)
class Seen:
    """What the last look saw of one net.

    Args:
        course: its losses. right: shares of training and of held-out points told right, NaN where numbers are
            predicted. dead, saturated: shares of each hidden layer's units, (L,). best: step of the lowest
            validation loss.
    """

    course: Course
    right: tuple[float, float]
    dead: Array
    saturated: Array
    best: int


@lru_cache(maxsize=8)
def _yardstick(points: _Once) -> Yardstick:
    return _measured(points.points)


class _Once:
    """Points, equal only to themselves."""

    def __init__(self, points: Points) -> None:
        self.points = points

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self.points is other.points

    def __hash__(self) -> int:
        return id(self.points)


def yardstick_of(points: Points) -> Yardstick:
    """Return what the points of a run allow; measured once."""
    return _yardstick(_Once(points))


def _measured(points: Points) -> Yardstick:
    count = points.ends[0]
    targets = points.targets[:count].reshape(-1)
    if points.classes:
        shares = np.bincount(targets, minlength=points.classes) / count
        blind = -float(sum(share * math.log(share) for share in shares if share))
    else:
        blind = float(targets.var())
    rows = np.column_stack([points.raw, points.targets.reshape(-1)])
    known = {row.tobytes() for row in rows[:count]}
    leaked = sum(row.tobytes() in known for row in rows[count:])
    near = left_out_error(points.inputs[:count], targets, points.classes)
    return Yardstick(blind or 1.0, near, leaked)


def findings(
    params: PlaygroundParams, points: Points, yardstick: Yardstick, before: Sequence[Seen], now: Sequence[Seen]
) -> list[Finding]:
    """Return what is wrong with the data, and what was wrong with each net at the last two looks.

    A net that stands at a threshold would else come and go. One without fault has one finding, ``healthy``.
    """
    found = [_leakage(points, yardstick)] if yardstick.leaked else []
    for net, (earlier, one) in enumerate(zip(before, now, strict=True)):
        known = {finding.illness for finding in _Net(params, points, yardstick, net, earlier).findings()}
        lasting = _Net(params, points, yardstick, net, one).findings()
        found += [finding for finding in lasting if finding.illness in known] or [_healthy(net, one)]
    return found


def _leakage(points: Points, yardstick: Yardstick) -> Finding:
    train, _validation, end = points.ends
    share = yardstick.leaked / (end - train)
    return Finding(
        DATA,
        "leakage",
        Message(NAMES["leakage"]),
        "bad" if share > 0.05 else "half",
        say(
            "{leaked} of the {held} held-out rows are among the training rows too: the net has seen the answers.",
            leaked=yardstick.leaked,
            held=end - train,
        ),
        say("{leaked} of {held} held-out rows were learned from.", leaked=yardstick.leaked, held=end - train),
        prediction=say("Held-out losses are lower here than on rows that are really new."),
        cure=Cure(say("Keep each row once"), {"distinct": True}),
    )


def _evidence(one: Seen) -> Message:
    course, (train, held) = one.course, one.right
    if not len(course.train):
        return say("Step {step}.", step=course.step)
    numbers = {"step": course.step, "train": course.train[-1], "held": course.held[-1]}
    if math.isnan(train):
        return say("Step {step}: loss {train:.3g} in training, {held:.3g} on held-out points.", **numbers)
    return say(
        "Step {step}: loss {train:.3g} in training, {held:.3g} on held-out points; "
        "{right:.0%} and {kept:.0%} told right.",
        **numbers,
        right=train,
        kept=held,
    )


def _healthy(net: int, one: Seen) -> Finding:
    sentence = say("So far nothing is wrong with it.")
    return Finding(net, "healthy", Message(NAMES["healthy"]), "good", sentence, _evidence(one))


class _Net:
    """One net under examination."""

    def __init__(
        self, params: PlaygroundParams, points: Points, yardstick: Yardstick, net: int, seen: Seen
    ) -> None:
        self.params, self.points, self.yardstick, self.net, self.seen = params, points, yardstick, net, seen
        self.course = seen.course

    def findings(self) -> list[Finding]:
        """Return all that is wrong; of what leads to one another only the cause."""
        if not len(self.course.train):
            return []
        if self.course.broken:
            return [self._broken()]
        dead = self._dead()
        if self.course.jumps and self._unlearned():
            return [self._too_fast(), *([dead] if dead else [])]
        found = [one for one in (dead, self._saturated()) if one]
        if not found and self.course.late(0.5) and self._unlearned():
            if self.course.pace > 0 and self.course.end > UNFINISHED * self.course.blind:
                return [self._too_slow()]
            if self.course.pace == 0 and self.course.late(0.75):
                return [self._underfitting()]
        over = self._overfitting()
        return [*found, over] if over else found

    def _unlearned(self) -> bool:
        """Return whether the net is wrong about its training points more often than their neighbours are."""
        count, near = self.points.ends[0], self.yardstick.near
        if self.course.typical(self.course.train) > LITTLE * self.course.blind:
            return True
        if self.points.classes:
            noise = SIGMAS * math.sqrt(near * (1 - near) / count) + 1 / count
            return 1 - self.seen.right[0] > WORSE * near + noise
        return self.course.typical(self.course.train) > max(WORSE * near, SPENT * self.course.blind)

    def _made(self, illness: str, tone: Tone, sentence: Message, **more: object) -> Finding:
        name = Message(NAMES[illness])
        return Finding(self.net, illness, name, tone, sentence, _evidence(self.seen), **more)  # type: ignore[arg-type]  # by name

    def _broken(self) -> Finding:
        return self._made(
            "broken",
            "bad",
            say("The loss is no finite number any more: steps that are too long made the weights overflow."),
            equations=[r"\theta \leftarrow \theta - \alpha g,\qquad \|g\| \to \infty"],
            cure=cures.slower(self.params),
        )

    def _too_fast(self) -> Finding:
        return self._made(
            "too_fast",
            "bad",
            say(
                "The training loss does not settle: over the last looks it went from {low:.2g} to {high:.2g} and "
                "back, and {rises:.0%} of its way led upward.",
                low=float(self.course.train[-RECENT:].min()),
                high=float(self.course.train[-RECENT:].max()),
                rises=self.course.rises,
            ),
            prediction=say("Training will go on like this: each step leads over the valley to its other side."),
            equations=[r"\alpha > \frac{2}{\lambda_{\max}(\nabla^2 L)}"],
            cure=cures.slower(self.params),
        )

    def _dead(self) -> Finding | None:
        dead = self.seen.dead
        if not dead.size or dead.max() < HALF:
            return None
        layer = int(dead.argmax()) + 1
        return self._made(
            "dead",
            "bad" if dead.max() == 1 else "half",
            say(
                "{share:.0%} of layer {layer}'s units give 0 on every training point, so no gradient reaches "
                "their weights.",
                share=float(dead.max()),
                layer=layer,
            ),
            prediction=say("Training will leave most of these units at 0: their weights get no gradient."),
            layer=layer,
            cure=cures.leaky(self.params, self.net),
        )

    def _saturated(self) -> Finding | None:
        flat = self.seen.saturated
        if not flat.size or flat.max() < HALF or not self._unlearned():
            return None
        layer = int(flat.argmax()) + 1
        return self._made(
            "saturated",
            "bad",
            say(
                "{share:.0%} of layer {layer}'s units lie on a flat end of φ for nearly all points.",
                share=float(flat.max()),
                layer=layer,
            ),
            prediction=say("Training will be slow: hardly any gradient passes these units."),
            equations=[r"|\varphi'(a)| \le .02\, \max |\varphi'|"],
            layer=layer,
            cure=cures.unsaturated(self.params, self.net),
        )

    def _too_slow(self) -> Finding:
        return self._made(
            "too_slow",
            "bad" if self.course.end > 2 * UNFINISHED * self.course.blind else "half",
            say(
                "The training loss falls evenly but slowly: at this pace it ends at {end:.2g}, where saying the "
                "same of every point gives {blind:.2g}.",
                end=self.course.end,
                blind=self.course.blind,
            ),
            prediction=say("The run will end before the net has learned; longer steps get there."),
            cure=cures.faster(self.params, self.course),
        )

    def _underfitting(self) -> Finding:
        near = self.yardstick.near
        if self.points.classes:
            sentence = say(
                "The net tells {wrong:.0%} of its own training points wrong; a majority of five neighbours tells "
                "{near:.0%} wrong.",
                wrong=1 - self.seen.right[0],
                near=near,
            )
        else:
            sentence = say(
                "The training loss stands at {loss:.2g}; the mean of five neighbours reaches {near:.2g}.",
                loss=self.course.typical(self.course.train),
                near=near,
            )
        return self._made(
            "underfitting",
            "bad",
            sentence,
            prediction=say("Further training will not help: the loss stands still."),
            cure=cures.freer(self.params, self.net),
        )

    def _overfitting(self) -> Finding | None:
        course, (right, kept) = self.course, self.seen.right
        parts = self.points.parts
        held = parts[1] if parts[1].stop > parts[1].start else parts[2]
        count = held.stop - held.start
        if not count or len(course.train) < 20:
            return None
        train, out = course.typical(course.train), course.typical(course.held)
        if out - train < GAP * course.blind or train > CLOSE * out:
            return None
        noise = SIGMAS * math.sqrt(max(kept * (1 - kept), 0) / count) if self.points.classes else 0.0
        fewer = bool(self.points.classes) and right - kept > max(noise, 1.5 / count)
        if not fewer and (self.points.classes or course.worsened < ROSE):
            return None
        return self._made(
            "overfitting",
            "bad" if out > course.blind or right - kept > 0.1 else "half",
            say(
                "The loss is {train:.2g} on training points and {held:.2g} on held-out ones; its lowest there was "
                "{best:.2g}.",
                train=train,
                held=out,
                best=float(course.held.min()),
            ),
            prediction=say("Further training will widen the gap: the net learns its points by heart."),
            cure=cures.calmer(self.params, self.net, self.seen.best),
        )
