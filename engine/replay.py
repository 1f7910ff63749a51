"""A run as a replay: parameters and changes are all there is to know, every state can be computed again."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.frame import Frame
from engine.memory import held_bytes
from engine.params import Params as AnyParams

if TYPE_CHECKING:
    from engine.experiment import Experiment, Simulation


@dataclass(frozen=True)
class Change:
    """A live change: after ``step`` steps were done, these fields took these values."""

    step: int
    values: Mapping[str, Any]


class Run:
    """An event-sourced run: (params, changes) *is* the run; everything else is a cache of its replay.

    Rewind, fork and resume are the same act: `go_to` a step. Snapshots on the way make that quick.
    """

    SNAPSHOTS = 12

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
        if self._simulation is None:
            self._simulation = self._begin()
        return self._simulation

    @simulation.setter
    def simulation(self, simulation: Simulation) -> None:
        """Stand at another state."""
        self._simulation = simulation

    def _begin(self) -> Simulation:
        if self._restored is not None:
            return copy.deepcopy(self._restored)
        seed = getattr(self.params, "seed", 0)
        return self.experiment.begin(self.params, np.random.default_rng(seed))

    @property
    def done(self) -> bool:
        """True when the last step was done."""
        return self.simulation.step >= self.simulation.total

    def prepare(self) -> bool:
        """Go back to the start and do a part of the work for `first`; return whether more is left."""
        if not self._untouched:
            self.simulation, self._untouched = self._begin(), True
        return self.simulation.prepare()

    def first(self) -> Frame:
        """Go back to the start and return its frame."""
        if not self._untouched:
            self.simulation = self._begin()
        self._untouched = False
        return self.simulation.first()

    def advance(self, steps: int) -> Frame:
        """Do at most ``steps`` steps; stop at the next moment, and where a change takes effect."""
        self._untouched = False
        self._apply_changes()
        now, moment = self.simulation.step, self.simulation.next_moment
        stops = [change.step for change in self.changes] + ([] if moment is None else [moment])
        frame = self.simulation.advance(max(1, min([steps, *(stop - now for stop in stops if stop > now)])))
        final = self.done
        return replace(frame, final=final) if final != frame.final else frame

    def _apply_changes(self) -> None:
        if any(change.step == self.simulation.step for change in self.changes):
            self.simulation.change(self.params_at(self.simulation.step))

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
        if len(self._snapshots) > min(self.SNAPSHOTS, state.keep):
            self._snapshots = self._snapshots[::2]

    def thin(self) -> bool:
        """Forget every other snapshot, the latest first; return whether there were any."""
        had = bool(self._snapshots)
        self._snapshots = self._snapshots[: len(self._snapshots) - 1 : 2]
        return had

    def forget(self) -> None:
        """Let go of every state; what is wanted again is replayed."""
        self._snapshots, self._simulation, self._untouched = [], None, True

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
                self._simulation, self._untouched = None, True
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
            self.simulation, self._untouched = self._begin(), True

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
            return self.experiment.ask(there.simulation, name, params)
        return self.experiment.ask(self.simulation if at is None else self.nearest(at), name, params)

    def nearest(self, step: int) -> Simulation:
        """Return the latest state at hand not later than ``step``; it is only to be looked at."""
        earlier = [s for s in (*self._snapshots, self.simulation) if s.step <= step]
        return max(earlier, key=lambda s: s.step) if earlier else self._begin()

    def go_to(self, step: int) -> None:
        """Stand at ``step`` (or the end), by replay from the nearest state at hand."""
        self.go_back(step)
        while self.simulation.step < step and not self.done:
            self.advance(step - self.simulation.step)

    def restore(self, data: bytes) -> Frame:
        """Go on from a checkpoint, which becomes the start of this run; return its frame.

        Raises:
            InvalidParams: the run is then as it was.
        """
        simulation = self._begin()
        simulation.restore(data)
        self._restored, self._snapshots, self.changes = simulation, [], []
        del self._in_force[1:]
        return self.first()
