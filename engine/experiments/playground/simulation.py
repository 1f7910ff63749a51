"""The nets in training: a batch, an update of every net, and now and then a look at all points."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from engine.autodiff.tape import Array
from engine.experiments.playground import checkpoint, ensemble, images, look
from engine.experiments.playground.course import Course
from engine.experiments.playground.dataset import SPLITS, Points, points_of
from engine.experiments.playground.findings import Seen, findings, yardstick_of
from engine.experiments.playground.params import Edit, PlaygroundParams
from engine.experiments.playground.past import Past
from engine.experiments.playground.sizes import looks_every
from engine.experiments.playground.task import task_of
from engine.experiments.playground.team import Learner, Team, learners_of, members_of, stacked, teams_of
from engine.experiments.playground.vitals import idle_units
from engine.findings import Finding
from engine.frame import Frame, Told, Value
from engine.optimizers.rule import Rule
from engine.params import Params
from engine.pieces import Pieces, quiet, whole
from engine.simulation import Simulation

MEASURED = ("train_loss", "objective", "validation_loss", "test_loss")
ACCURACIES = ("train_accuracy", "validation_accuracy", "test_accuracy")
UPDATED = ("batch_loss", "gradient_norm")
SERIES = (*UPDATED, *MEASURED, "gap", *ACCURACIES, "gradient_noise")


@dataclass(frozen=True)
class Checkup:
    """What a look found of one net; see `Seen` and `Course`."""

    step: int
    moved: float
    right: tuple[float, float]
    dead: Array
    saturated: Array
    best: int


class PlaygroundSimulation(Simulation):
    """A comparison in progress: every net sees the same points, nets of one batch size the same batches.

    All points are looked at every ``every`` steps and at the end; in between the curves go on level. A frame's
    pictures are those of its last step. Numbers that stop being finite are a result: they go on as they are.

    Args:
        params: of the run. points: to learn from. learners: the nets as drawn. members: of the ensemble that the
            first one leads. See `begin`.
    """

    def __init__(
        self, params: PlaygroundParams, points: Points, learners: list[Learner], members: list[Learner]
    ) -> None:
        self.params = params
        self.total = params.steps
        self.points = points
        self.task = task_of(points.classes)
        self.every = looks_every(params.steps)
        self.learners, self.members = learners, members
        self.form(params.optimizer)
        self.past = Past(()).changed(0, params)
        self.plane = look.plane_of(params, self.points)
        self.updated = {name: np.full(len(self.learners), np.nan) for name in UPDATED}
        """What the last update found, (net,) each."""
        self.last: dict[str, Array] = {}
        """What the last look found, (net,) each."""
        self.voted: dict[str, Array] = {}
        """What it found of the crowds (see `ensemble`)."""
        self.best_step = np.zeros(len(self.learners), np.int32)
        self.best_loss = np.full(len(self.learners), np.inf)
        self.batch = np.empty(0, np.int32)
        self.looks: list[Array] = []
        """Training and held-out loss of every net (2, net), at each look since settings changed last."""
        self.checkups: list[list[Checkup]] = []
        """What the last two looks found of each net's units."""
        self.yardstick = yardstick_of(self.points)
        self.starts = [one.theta.copy() for one in self.learners]
        self._edit()

    @classmethod
    def begin(cls, params: PlaygroundParams, rng: np.random.Generator) -> Pieces[Self]:
        """Make the points, draw the nets, and look at all points."""
        points = points_of(params)
        yield
        yardstick_of(points)  # measured here, between two places to interrupt, and remembered
        yield
        learners = yield from learners_of(params, points, rng)
        members = yield from members_of(params, points, learners[0])
        begun = cls(params, points, learners, members)
        yield
        yield from quiet(begun._measure())
        return begun

    def change(self, params: Params) -> None:
        """Train on under other parameters; a rule of another kind begins with a fresh memory."""
        assert isinstance(params, PlaygroundParams)
        for team in self.teams:
            team.apart()
        rule = self.params.optimizer
        for one, choice in zip(self.learners, params.nets, strict=True):
            if (choice.batch_size, choice.augmentation) != (one.choice.batch_size, one.choice.augmentation):
                one.rows = copy.deepcopy(one.rows)  # from here on what it draws is its own
            one.choice = choice
        for one in self.members:
            one.choice, one.rows = self.learners[0].choice, self.learners[0].rows
        self.params, self.past = params, self.past.changed(self.step, params)
        self.form(rule)
        self.looks = []
        self._edit()

    def form(self, rule: Rule) -> None:
        """Put the learners into teams; ``rule`` is that by which they trained so far."""
        self.teams = teams_of([*self.learners, *self.members], self.params, rule)

    def restore(self, data: bytes) -> None:
        """Take over the state of a checkpoint."""
        checkpoint.load(self, data)

    def first(self) -> Frame:
        """Return the nets as initialized, or as a checkpoint brought them."""
        return whole(self.first_in_pieces())

    def first_in_pieces(self) -> Pieces[Frame]:
        series = {name: values[:, None] for name, values in {**self.updated, **self.last, **self.voted}.items()}
        pictures = yield from quiet(self.pictures())
        return Frame(self.step, {**series, **pictures}, self.step >= self.total)

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` updates of every net."""
        return whole(self.advance_in_pieces(steps))

    def advance_in_pieces(self, steps: int) -> Pieces[Frame]:
        return (yield from quiet(self._advance(steps)))

    def _advance(self, steps: int) -> Pieces[Frame]:
        k = max(0, min(steps, self.total - self.step))
        series = {name: np.empty((len(self.learners), k)) for name in SERIES}
        series |= {name: np.empty((ensemble.CURVES, k)) for name in self.voted}
        for j in range(k):
            yield from self._update(series, j)
            self.step += 1
            self._edit()
            if self.step % self.every == 0 or self.step == self.total:
                yield from self._measure()
            for name, values in [*self.last.items(), *self.voted.items()]:
                series[name][:, j] = values
        if k:
            self.updated = {name: series[name][:, -1].copy() for name in UPDATED}
        return Frame(self.step, {**series, **(yield from self.pictures())}, self.step >= self.total)

    def _update(self, series: Mapping[str, Array], j: int) -> Pieces[None]:
        dealt: dict[tuple[int, int], Array] = {}
        for team in self.teams:
            deck = id(team.learners[0].rows), min(team.size, self.points.ends[0])
            if deck not in dealt:
                dealt[deck] = team.take()
            rows = dealt[deck]
            found = yield from team.step(self.points, self.task, rows)
            places, shown = self.places(team), self.shown(team)
            series["batch_loss"][places, j] = np.atleast_1d(found.loss)[shown]
            series["gradient_norm"][places, j] = np.atleast_1d(found.gradient_norm)[shown]
            if team is self.teams[0]:
                self.batch = rows

    def places(self, team: Team) -> list[int]:
        """Return which nets of the comparison a team has."""
        return [place for one in team.learners for place, other in enumerate(self.learners) if one is other]

    def run(self, team: Team, place: int) -> int:
        """Return which run of a team a net of the comparison is."""
        return next(run for run, one in enumerate(team.learners) if one is self.learners[place])

    def shown(self, team: Team) -> list[int]:
        """Return which runs of a team are nets of the comparison, in the order of `places`."""
        return [run for run, one in enumerate(team.learners) if any(one is other for other in self.learners)]

    def _edit(self) -> None:
        """Set the weights and biases that are set by hand at this step."""
        for edit in self.params.edits:
            if edit.step == self.step and edit.net < len(self.learners):
                self._set(edit)

    def _set(self, edit: Edit) -> None:
        team = next(team for team in self.teams if edit.net in self.places(team))
        run = self.run(team, edit.net)
        views = team.net.layout.views(team.theta[run])
        name = f"b{edit.layer}" if edit.source is None else f"W{edit.layer}"
        place = (edit.unit,) if edit.source is None else (edit.source, edit.unit)
        if name in views and all(at < size for at, size in zip(place, views[name].shape, strict=True)):
            views[name][place] = edit.value
            self.past = self.past.edited(edit)
            team.trainer.parameters.changed()

    def _measure(self) -> Pieces[None]:
        """Look at all points: losses and accuracies of every net, and the best validation loss so far."""
        found = {name: np.full(len(self.learners), np.nan) for name in SERIES if name not in UPDATED}
        idle: dict[int, tuple[Array, Array]] = {}
        for team in self.teams:
            places = self.places(team)
            if not places:
                continue
            shown = self.shown(team)
            signals = yield from team.signals(self.points.inputs, shown)
            outputs = stacked(signals.outputs.value)
            dead, saturated = idle_units(team.net, signals, self.points.parts[0])
            idle |= dict(zip(places, zip(dead, saturated, strict=True), strict=True))
            for split, rows in zip(SPLITS, self.points.parts, strict=True):
                if rows.start == rows.stop:
                    continue
                targets = self.points.targets[rows]
                found[f"{split}_loss"][places] = self.task.loss(outputs[:, rows], targets).value
                if self.task.classifies:
                    found[f"{split}_accuracy"][places] = self.task.right(outputs[:, rows], targets).mean(axis=-1)
            found["objective"][places] = found["train_loss"][places] + team.penalties()[shown]
            noise = np.random.default_rng([self.params.seed, 2, self.step])
            found["gradient_noise"][places] = (yield from team.noise(self.points, self.task, noise))[shown]
        found["gap"] = found["test_loss"] - found["train_loss"]
        better = found["validation_loss"] < self.best_loss
        self.best_loss = np.where(better, found["validation_loss"], self.best_loss)
        self.best_step = np.where(better, self.step, self.best_step).astype(np.int32)
        self.last = found
        self.looks.append(np.stack([found["train_loss"], found[f"{self._held}_loss"]]))
        self.checkups = [*self.checkups[-1:], [self._checkup(place, *idle[place]) for place in sorted(idle)]]
        self.voted = yield from ensemble.measured(self._crowds(), self.points, self.task)

    @property
    def _held(self) -> str:
        """What tells whether a net generalizes: validation points, else test points."""
        parts = self.points.parts
        return "validation" if parts[1].stop > parts[1].start else "test"

    def findings(self) -> list[Finding]:
        """Return what is wrong with the data and the nets, by the looks so far."""
        losses = np.stack(self.looks) if self.looks else np.empty((0, 2, len(self.learners)))
        before, now = self.checkups[0], self.checkups[-1]
        with np.errstate(all="ignore"):
            return findings(
                self.params, self.points, self.yardstick, self._seen(before, losses[:-1]), self._seen(now, losses)
            )

    def _seen(self, checkups: Sequence[Checkup], losses: Array) -> list[Seen]:
        """Return what a look found, with the losses up to it (look, 2, net)."""
        return [
            Seen(
                Course(train, held, self.yardstick.blind, one.moved, one.step, self.every, self.total),
                one.right,
                one.dead,
                one.saturated,
                one.best,
            )
            for one, (train, held) in zip(checkups, losses.transpose(2, 1, 0), strict=True)
        ]

    def _checkup(self, place: int, dead: Array, saturated: Array) -> Checkup:
        theta, start = self.net(place)[1], self.starts[place]
        moved = float(np.linalg.norm(theta - start) / (np.linalg.norm(start) or 1.0))
        right = float(self.last["train_accuracy"][place]), float(self.last[f"{self._held}_accuracy"][place])
        return Checkup(self.step, moved, right, dead, saturated, int(self.best_step[place]))

    def net(self, place: int) -> look.Net:
        """Return a net of the comparison as it stands: views, to be looked at only."""
        team = next(team for team in self.teams if place in self.places(team))
        run = self.run(team, place)
        return team.net, team.theta[run], np.atleast_2d(team.trainer.parameters.running)[run]

    def _crowds(self) -> list[ensemble.Crowd | None]:
        """Return the trained members, and the nets that dropout makes of the first."""
        net, theta, kept = self.net(0)
        found: list[ensemble.Crowd | None] = [None, None]
        if self.members:
            rows = [(theta, kept)]
            for team in self.teams:
                running = np.atleast_2d(team.trainer.parameters.running)
                rows += [
                    (team.theta[run], running[run])
                    for run, one in enumerate(team.learners)
                    if any(one is other for other in self.members)
                ]
            found[0] = net, np.stack([one for one, _kept in rows]), np.stack([one for _theta, one in rows])
        if net.dropout and net.depth:
            masks = np.random.default_rng([self.params.seed, 3])
            found[1] = net, *ensemble.thinned((net, theta, kept), masks, net.dropout)
        return found

    def _votes(self) -> Pieces[dict[str, Value]]:
        crowds = self._crowds()
        if self.plane is None or all(crowd is None for crowd in crowds):
            return {}
        return (yield from ensemble.pictures(crowds, self.plane, self.task))

    def _virtual(self) -> Array:
        """Return the points of the first net's last batch as augmentation moved them, (B, 2)."""
        virtual = self.teams[0].virtual
        if virtual is None or virtual.ndim > 2 or virtual.shape[1] < 2 or self.points.images:
            return np.empty((0, 2))
        return virtual[:, :2].copy()

    def pictures(self) -> Pieces[dict[str, Value]]:
        """Return what is shown of the present step alone; to be done `quiet`."""
        nets = [self.net(place) for place in range(len(self.learners))]
        seen: dict[str, Value] = {}
        if self.points.images:
            seen = yield from images.pictures(self.points, nets, self.task)
            seen |= images.of_batch(self.points, self.batch, self.teams[0].virtual)
        return {
            **(yield from look.pictures(self.plane, nets, self.task)),
            **seen,
            **(yield from self._votes()),
            "findings": Told([one.told() for one in self.findings()]),
            "best_step": self.best_step.copy(),
            "virtual": self._virtual(),
            "batch_rows": np.asarray(self.batch, np.int32),
        }
