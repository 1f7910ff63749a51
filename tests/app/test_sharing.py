"""Equal runs are computed once, memory keeps to its budget, what was dropped is replayed to the same bytes."""

from __future__ import annotations

import anyio
import numpy as np
import pytest

import engine
from app import ledger
from app.desk import Desk
from app.settings import Settings
from app.track import Track
from app.turns import Seat
from engine.frame import Frame
from engine.params import InvalidParams
from engine.pieces import whole
from engine.replay import Change, Run
from tests.app.toy import Toy, ToyParams, ToySimulation


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects the steps that any toy simulation computes."""
    steps: list[int] = []
    advance = ToySimulation.advance

    def counted(self: ToySimulation, count: int) -> Frame:
        frame = advance(self, count)
        steps.extend(range(self.step - frame["values"].shape[1] + 1, self.step + 1))
        return frame

    monkeypatch.setattr(ToySimulation, "advance", counted)
    return steps


def read(track: Track, step: int, target: int) -> np.ndarray:
    """Read the values from a step to another, as a stream does."""
    found = []
    while step < target:
        frame = track.recorded(step, target, 1e9) or whole(track.compute(step, target))
        found.append(frame["values"])
        step = frame.step
    return np.concatenate(found, axis=1)


PARAMS = {"steps": 200, "noise": 0.5}


def open_twice(first: list[Change], second: list[Change]) -> tuple[Track, Track]:
    async def main() -> tuple[Track, Track]:
        desk, seat = Desk(Settings()), Seat()
        tracks = []
        for changes in (first, second):
            track = await desk.open_run(seat, Toy(), PARAMS, changes)
            await desk.turns.run(seat, track.begin())
            if not tracks:
                read(track, 0, 200)
            tracks.append(track)
        return tracks[0], tracks[1]

    return anyio.run(main)


def test_equal_runs_are_computed_once(computed: list[int]) -> None:
    one, two = open_twice([], [])
    assert one is two
    np.testing.assert_array_equal(read(one, 0, 200), read(two, 0, 200))
    assert computed == list(range(1, 201))


def test_runs_with_the_same_beginning_share_it(computed: list[int]) -> None:
    one, two = open_twice([], [Change(150, {"rate": 0.7})])
    del computed[:]
    values = read(two, 0, 200)
    whole = Run(Toy(), ToyParams(**PARAMS), [Change(150, {"rate": 0.7})])
    whole.first()
    expected = np.concatenate([whole.advance(150)["values"], whole.advance(50)["values"]], axis=1)
    np.testing.assert_array_equal(values, expected)
    assert one is not two


def test_every_sample_reaches_a_reader_however_late_and_in_large_strides_he_reads() -> None:
    experiment = engine.experiment("charrnn")
    small = {"hidden_size": 4, "batch_size": 1, "sequence_length": 4, "steps": 420}
    track = Track(Run(experiment, experiment.Params.model_validate(small)), 10.0)
    whole(track.begin())
    for way in ("computed", "recorded"):
        told: list[int] = []
        step = 0
        while step < 420:
            frame = track.recorded(step, 420, 1e9) if way == "recorded" else whole(track.compute(step, 420))
            told.append(int(frame["sample_step"]))
            step = frame.step
        assert set(told) - {0} == {100, 200, 300, 400, 420}, way


def test_different_runs_are_not_shared() -> None:
    keys = [
        ledger.keys_of(Toy(), ToyParams(**PARAMS, **more), changes)[-1]
        for more in ({}, {"seed": 1})
        for changes in ([], [Change(5, {"rate": 0.5})], [Change(6, {"rate": 0.5})], [Change(5, {"rate": 0.4})])
    ]
    assert len(set(keys)) == len(keys)


def test_a_forgotten_run_goes_on_with_the_same_numbers() -> None:
    track, kept = (Track(Run(Toy(), ToyParams(**PARAMS)), 0.04) for _ in range(2))
    for one in (track, kept):
        whole(one.begin())
        read(one, 0, 120)
    track.forget()
    np.testing.assert_array_equal(read(track, 120, 200), read(kept, 120, 200))
    np.testing.assert_array_equal(read(track, 0, 200), read(kept, 0, 200))


def test_a_branch_takes_nothing_from_its_origin() -> None:
    track = Track(Run(Toy(), ToyParams(**PARAMS)), 0.04)
    whole(track.begin())
    before = read(track, 0, 100)
    branch = track.branch(60, take=True)
    assert whole(branch.travel(60))
    branch.run.set({"rate": 0.9}, 60)
    changed = read(branch, 60, 100)
    assert not np.array_equal(changed, before[:, 60:])
    np.testing.assert_array_equal(read(track, 0, 100), before)
    assert read(track, 100, 200).shape == (2, 100)


def test_an_earlier_state_is_replayed_beside_the_run_unless_something_newer_came() -> None:
    track = Track(Run(Toy(), ToyParams(**PARAMS)), 0.04)
    whole(track.begin())
    read(track, 0, 200)
    assert whole(track.state_at(150, lambda: True)) is None
    assert whole(track.state_at(150, lambda: False)).step == 150
    assert track.end == 200


def test_memory_beyond_the_budget_is_let_go_idle_runs_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "IDLE_SECONDS", -1.0)
    book = ledger.Ledger(budget=40_000, spare=10_000)
    tracks = []
    for seed in range(12):
        track = Track(Run(Toy(), ToyParams(steps=1000, noise=0.5, seed=seed)), 0.04)
        book.hold(track, str(seed).encode())
        whole(track.begin())
        read(track, 0, 1000)
        book.touch(track)
        tracks.append(track)
        assert book.held <= 40_000 + track.nbytes
    assert book.held <= 40_000
    np.testing.assert_array_equal(read(tracks[0], 400, 500).shape, (2, 100))
    for track in tracks:
        book.release(track)
    assert book.held <= 10_000


def test_the_sum_is_what_the_runs_hold_whatever_befell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A running sum must not drift: each run counts once, as when it was last wanted, and no more once it left."""
    monkeypatch.setattr(ledger, "IDLE_SECONDS", -1.0)
    book, rng = ledger.Ledger(budget=60_000, spare=25_000), np.random.default_rng(5)
    held: list[Track] = []
    left: dict[bytes, Track] = {}
    for turn in range(300):
        act = rng.integers(3)
        if act == 0 or not held:
            key = str(rng.integers(40)).encode()
            track = book.find(key) or Track(Run(Toy(), ToyParams(steps=1000, seed=turn)), 0.04, need=9_000)
            whole(track.begin())
            book.hold(track, key)
            held.append(track)
            left[key] = track
        elif act == 1:
            book.release(held.pop(rng.integers(len(held))))
        else:
            track = held[rng.integers(len(held))]
            read(track, 0, int(rng.integers(1, 1000)))
            book.touch(track)
        spare = {track for key, track in left.items() if track not in held and book.find(key) is track}
        assert book.held == sum(track.nbytes for track in {*held, *spare})
        assert sum(track.nbytes for track in spare) <= 25_000


def test_a_run_for_which_no_memory_is_left_is_refused() -> None:
    book = ledger.Ledger(budget=1_000_000_000, spare=0)
    busy = Track(Run(Toy(), ToyParams()), 0.04, need=700_000_000)
    book.hold(busy)
    with pytest.raises(InvalidParams, match="about 500 MB, and the server has 300 MB left"):
        book.admit(500_000_000)
    book.admit(200_000_000)
    book.release(busy)
    book.admit(900_000_000)


def test_what_is_recorded_once_is_made_once(computed: list[int]) -> None:
    async def main() -> list[list[Frame]]:
        desk = Desk(Settings())
        found: list[list[Frame]] = []

        async def ask() -> None:
            found.append(await desk.record(Toy(), {"steps": 50}, steps=40, stride=10))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(ask)
        assert desk.open == 0
        return found

    found = anyio.run(main)
    assert [frame.step for frame in found[0]] == [0, 10, 20, 30, 40]
    assert found[0] is found[1] is found[2]
    assert len(computed) == 40
