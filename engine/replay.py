"""A run as a replay: parameters and changes are all there is to know, every state can be computed again."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from engine.frame import Frame
from engine.memory import copies_kept, held_bytes
from engine.params import Params as AnyParams
from engine.pieces import Pieces, whole

if TYPE_CHECKING:
    from engine.experiment import Experiment
    from engine.simulation import Simulation


P = TypeVar("P", bound=AnyParams)


@dataclass(frozen=True)
class Stretch(Generic[P]):
    """The parameters in force from a step on."""

    step: int
    params: P


def stretched(past: Sequence[Stretch[P]], step: int, params: P) -> tuple[Stretch[P], ...]:
    """Return what was in force so far, with other parameters from ``step`` on, the last one's or later.

    Args:
        past: so far, in order. step: from which on. params: in force from there.
    """
    return (*(one for one in past if one.step < step), Stretch(step, params))


@dataclass(frozen=True)
class Change:
    """A live change: after ``step`` steps were done, these fields took these values."""

    step: int
    values: Mapping[str, Any]


class Run:
    """An event-sourced run: (params, changes) *is* the run; everything else is a cache of its replay.

    Rewind, fork and resume are the same act: `go_to` a step. Snapshots on the way make that quick.
    """

    def __init__(self, experiment: Experiment, params: AnyParams, changes: Sequence[Change] = ()) -> None:
        self.experiment = experiment
        self.params = params
        self.changes: list[Change] = []
        self._in_force = [params]
        """The parameters before the first change, after it, after the second, ..."""
        for change in sorted(changes, key=lambda change: change.step):
            self.foresee(change)
        self._restored: Simulation | None = None
        self._snapshots: list[Simulation] = []
        self._simulation: Simulation | None = None
        self._untouched = True

    def foresee(self, change: Change) -> None:
        """Record a change to come, at the step of the last one or later.

        Raises:
            InvalidParams: the run is then as it was.
        """
        self._in_force.append(self.experiment.altered(self._in_force[-1], change.values))
        self.changes.append(change)

    @property
    def simulation(self) -> Simulation:
        """The present state; begun when it is first looked at."""
        return whole(self.begun())

    @simulation.setter
    def simulation(self, simulation: Simulation) -> None:
        """Stand at another state."""
        self._simulation = simulation

    def begun(self) -> Pieces[Simulation]:
        """Return the present state, begun in pieces where there is none."""
        if self._simulation is None:
            self._simulation = yield from self._begin()
        return self._simulation

    def _begin(self) -> Pieces[Simulation]:
        if self._restored is not None:
            return copy.deepcopy(self._restored)
        seed = getattr(self.params, "seed", 0)
        return (yield from self.experiment.begin_in_pieces(self.params, np.random.default_rng(seed)))

    @property
    def done(self) -> bool:
        """True when the last step was done."""
        return self.simulation.step >= self.simulation.total

    def first(self) -> Frame:
        """Go back to the start and return its frame."""
        return whole(self.first_in_pieces())

    def first_in_pieces(self) -> Pieces[Frame]:
        """Do what `first` does in pieces; let go of before the end, the run is begun anew when it is wanted."""
        if not self._untouched:
            self._leave()
        simulation = yield from self.begun()
        self._untouched = False
        return (yield from self._undivided(simulation.first_in_pieces()))

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` steps; stop at the next moment, and where a change takes effect."""
        return whole(self.advance_in_pieces(steps))

    def advance_in_pieces(self, steps: int) -> Pieces[Frame]:
        """Do what `advance` does in pieces; let go of before the end, what is wanted again is replayed."""
        simulation = yield from self.begun()
        self._untouched = False
        now, moment = simulation.step, simulation.next_moment
        if any(change.step == now for change in self.changes):
            simulation.change(self.params_at(now))
        stops = [change.step for change in self.changes] + ([] if moment is None else [moment])
        most = max(1, min([steps, *(stop - now for stop in stops if stop > now)]))
        frame = yield from self._undivided(simulation.advance_in_pieces(most))
        final = simulation.step >= simulation.total
        return replace(frame, final=final) if final != frame.final else frame

    def _undivided(self, pieces: Pieces[Frame]) -> Pieces[Frame]:
        """Do what leads from one step to another; a state in between is none of this run's, so it is left."""
        try:
            return (yield from pieces)
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        """Let go of the present state; where one is wanted, the run is begun anew."""
        self._simulation, self._untouched = None, True

    def params_at(self, step: int) -> AnyParams:
        """Return the parameters in force for the update that follows ``step``."""
        return self._in_force[bisect.bisect_right(self.changes, step, key=lambda change: change.step)]

    def set(self, values: Mapping[str, Any], step: int) -> None:
        """Change live fields from ``step`` on: what was recorded later is forgotten, and the run goes there.

        Raises:
            InvalidParams: the run is then as it was.
        """
        altered = self.experiment.altered(self.params_at(step), values)
        self.go_to(step)
        now = self.simulation.step
        if now < step:  # the run ended before
            altered = self.experiment.altered(self.params_at(now), values)
        same = {name: value for c in self.changes if c.step == now for name, value in c.values.items()}
        self.changes = [c for c in self.changes if c.step < now]
        self._in_force = [*self._in_force[: len(self.changes) + 1], altered]
        self.changes.append(Change(now, {**same, **values}))
        self._snapshots = [s for s in self._snapshots if s.step <= step]

    def snapshot(self) -> None:
        """Remember the present state, so that `go_to` need not replay from the start."""
        self.keep(copy.deepcopy(self.simulation))

    def keep(self, state: Simulation) -> None:
        """Remember a state of this run; it belongs to the run from now on."""
        self._snapshots = sorted([*self._snapshots, state], key=lambda one: one.step)
        last = self._snapshots[-2:]
        if len(self._snapshots) > copies_kept(held_bytes(last) - held_bytes(last[0])):  # what one copy adds
            self._snapshots = self._snapshots[::2]

    def thin(self) -> None:
        """Forget every other snapshot, the latest first."""
        self._snapshots = self._snapshots[: len(self._snapshots) - 1 : 2]

    def forget(self) -> None:
        """Let go of every state; what is wanted again is replayed."""
        self._snapshots = []
        self._leave()

    @property
    def nbytes(self) -> int:
        """How much memory the present state and the snapshots take; what they share counts once."""
        return held_bytes(self._simulation, self._snapshots, self._restored)

    def branch(self, step: int, take: bool = False) -> Run:
        """Return another run of the same, standing at the nearest state at hand not later than ``step``.

        Args:
            take: the new run may take over the present state, which this one then replays when it is wanted.
        """
        other = copy.copy(self)
        other.changes, other._in_force = [*self.changes], [*self._in_force]
        other._snapshots = [s for s in self._snapshots if s.step <= step]
        other._simulation, other._untouched = None, True
        latest = max((s.step for s in other._snapshots), default=-1)
        present = self._simulation
        if present is not None and latest < present.step <= step and not self._untouched:
            other._simulation, other._untouched = present if take else copy.deepcopy(present), False
            if take:
                self._leave()
        else:
            other.go_back(step)
        return other

    def stands_at(self, step: int) -> bool:
        """True when the present state is that of ``step``; nothing is begun to find out."""
        return self._simulation is not None and self._simulation.step == step

    def go_back(self, step: int) -> None:
        """Stand at the nearest state at hand not later than ``step``; the rest of the way is `advance`."""
        present = self._simulation
        now = present.step if present is not None and present.step <= step else -1
        later = [s for s in self._snapshots if now < s.step <= step]
        if later:
            self.simulation = copy.deepcopy(max(later, key=lambda s: s.step))
            self._untouched = False
        elif now < 0:
            self._leave()

    def ask(self, name: str, params: Any, at: int | None = None) -> Frame:
        """Answer a question about the present state, or about the latest at hand not later than ``at``.

        Args:
            name: of the question. params: plain values for its model. at: a step; None for the present state.
        Raises:
            InvalidParams: as `Experiment.ask`.
        """
        if at is not None and self.experiment.question(name).exact:
            there = self.branch(at)
            there.go_to(at)
            state = there.simulation
        else:
            state = self.simulation if at is None else self.nearest(at)
        *_, last = (frame for frame in self.answers(state, name, params) if frame is not None)
        return last

    def answers(self, state: Simulation, name: str, params: Any) -> Generator[Frame | None, None, None]:
        """Yield the answers to a question about a state of this run, which learns of the changes to come.

        The other arguments are those of `Experiment.answers`.
        """
        later = [change.step for change in self.changes if change.step >= state.step]
        state.to_come = tuple((step, self.params_at(step)) for step in later)
        return self.experiment.answers(state, name, params)

    def nearest(self, step: int) -> Simulation:
        """Return the latest state at hand not later than ``step``; it is only to be looked at."""
        earlier = [s for s in (*self._snapshots, self.simulation) if s.step <= step]
        return max(earlier, key=lambda s: s.step) if earlier else whole(self._begin())

    def go_to(self, step: int) -> None:
        """Stand at ``step`` (or the end), by replay from the nearest state at hand."""
        self.go_back(step)
        while self.simulation.step < step and not self.done:
            self.advance(step - self.simulation.step)

    def restore(self, data: bytes) -> Frame:
        """Go on from a checkpoint, which becomes the start of this run; changes to come stay. Return its frame.

        Raises:
            InvalidParams: the run is then as it was.
        """
        return whole(self.restore_in_pieces(data))

    def restore_in_pieces(self, data: bytes) -> Pieces[Frame]:
        """Do what `restore` does in pieces."""
        simulation = yield from self._begin()
        simulation.restore(data)
        self._restored, self._snapshots = simulation, []
        later = [change for change in self.changes if change.step >= simulation.step]
        self.changes = []
        del self._in_force[1:]
        for change in later:
            self.foresee(change)
        self._leave()
        return (yield from self.first_in_pieces())
