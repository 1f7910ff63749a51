"""The runs of this process and what they hold: equal ones are shared, and memory has a budget."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from app.track import Track
from engine.experiment import Experiment
from engine.message import _, say
from engine.params import Params, refused
from engine.replay import Change

IDLE_SECONDS = 10.0
"""A run that nobody wanted anything of for so long may be dropped, and replayed when it is wanted."""
Key = bytes


def keys_of(experiment: Experiment, params: Params, changes: Sequence[Change]) -> list[Key]:
    """Return the keys of the runs with no change, the first one, the first two, ...; equal for equal runs."""
    said = hashlib.blake2b(f"{experiment.name}\n{params.model_dump_json()}".encode(errors="surrogatepass"))
    keys = [said.digest()]
    for change in changes:
        said.update(json.dumps([change.step, change.values], sort_keys=True).encode())
        keys.append(said.digest())
    return keys


class Weights:
    """Runs, what each was weighed with last, and the sum: orders are many, and so are runs."""

    def __init__(self) -> None:
        self.total = 0
        self._of: dict[Track, int] = {}

    def note(self, track: Track) -> None:
        """Take what a run weighs now."""
        self.strike(track)
        self._of[track] = track.nbytes
        self.total += track.nbytes

    def strike(self, track: Track) -> None:
        """Leave a run out from now on."""
        self.total -= self._of.pop(track, 0)


class Ledger:
    """Every run of this process, the one wanted last at the end.

    Args:
        budget: bytes that all runs may hold. Beyond it snapshots are thinned, then runs that nobody reads go,
            then idle ones are dropped, to be replayed when they are wanted.
        spare: bytes that runs may hold which nobody reads any more, in case somebody opens them again.
    """

    def __init__(self, budget: int, spare: int) -> None:
        self.budget, self.spare = budget, spare
        self._tracks: OrderedDict[Track, Key | None] = OrderedDict()
        self._shared: dict[Key, Track] = {}
        self._weights, self._unread = Weights(), Weights()

    @property
    def held(self) -> int:
        """Bytes that all runs held when they were last wanted."""
        return self._weights.total

    def find(self, key: Key) -> Track | None:
        """Return the run with that key, if one who begins can read it from its start."""
        track = self._shared.get(key)
        return track if track is not None and track.readable else None

    def admit(self, need: float) -> None:
        """Make room for a run.

        Raises:
            InvalidParams: when the runs in use leave too little.
        """
        self.settle(need)
        busy = sum(track.nbytes for track in self._tracks if not self._is_idle(track))
        if busy + need > self.budget:
            raise refused(
                say(
                    _(
                        "This run needs about {need:.0f} MB, and the server has {left:.0f} MB left beside what "
                        "others compute. Make it smaller, or try again in a few minutes."
                    ),
                    need=need / 1e6,
                    left=max(0.0, self.budget - busy) / 1e6,
                )
            )

    def hold(self, track: Track, key: Key | None = None) -> None:
        """Count a reader of a run; under its key others find it."""
        track.readers += 1
        self._unread.strike(track)
        if key is not None:
            self._shared[key] = track
        self._tracks.setdefault(track, key)
        self.touch(track)

    def touch(self, track: Track) -> None:
        """Somebody wanted, or got, something of a run."""
        track.used = time.monotonic()
        self._tracks.move_to_end(track)
        self._weights.note(track)
        self.settle()

    def release(self, track: Track) -> None:
        """A reader left; what is recorded of a shared run stays for a while."""
        track.readers -= 1
        if not track.readers:
            track.rest()
            if self.find(self._tracks[track] or b"") is track:
                self._weights.note(track)
                self._unread.note(track)
            else:
                self._drop(track)
        self.settle()

    def settle(self, need: float = 0) -> None:
        """Let go of what is over the budget, what was wanted longest ago first."""

        def over() -> bool:
            return self.held + need > self.budget

        if not over() and self._unread.total <= self.spare:
            return
        for track in [track for track in self._tracks if not track.readers]:
            if over() or self._unread.total > self.spare:
                self._drop(track)
        idle = [track for track in self._tracks if self._is_idle(track)]
        lighter = 1
        while over() and lighter:
            lighter = sum(self._lighten(track, Track.thin) for track in idle)
        for track in idle:
            if over():
                self._lighten(track, Track.forget)

    def _is_idle(self, track: Track) -> bool:
        return not track.lock.locked() and time.monotonic() - track.used > IDLE_SECONDS

    def _lighten(self, track: Track, act: Callable[[Track], object]) -> int:
        """Return by how much it made the run lighter."""
        before = track.nbytes
        act(track)
        self._weights.note(track)
        return before - track.nbytes

    def _drop(self, track: Track) -> None:
        key = self._tracks.pop(track)
        self._weights.strike(track)
        self._unread.strike(track)
        if key is not None and self._shared.get(key) is track:
            del self._shared[key]
