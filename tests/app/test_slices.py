"""Computing in slices: the pace that keeps them short, and frames that do not depend on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import slices
from app.slices import Pace, join
from app.track import Track
from engine.frame import Frame
from engine.pieces import Pieces, whole
from engine.replay import Change, Run
from tests.app.toy import Toy, ToyParams, ToySimulation


def run_toy(steps: int = 60, changes: tuple[Change, ...] = ()) -> Run:
    return Run(Toy(), ToyParams(steps=steps, noise=0.5), changes)


class Clock:
    """A clock that a simulation of known cost moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.parametrize("step_seconds", [2e-6, 1e-4, 3e-3, 0.2])
def test_slices_settle_at_the_aimed_length(monkeypatch: pytest.MonkeyPatch, step_seconds: float) -> None:
    clock = Clock()
    monkeypatch.setattr(slices, "time", clock)
    run = run_toy(1_000_000)

    def costly(steps: int) -> Frame:
        clock.now += steps * step_seconds
        return Frame(run.simulation.step + steps, {})

    monkeypatch.setattr(run.simulation, "advance", costly)
    monkeypatch.setattr(run, "snapshot", lambda: None)
    pace = Pace(0.040)
    lengths = []
    for _ in range(12):
        before = clock.now
        whole(pace.slice(run, 10**6))
        lengths.append(clock.now - before)
    # No slice is longer than aimed at, except where one step is longer; the first is a single step.
    assert lengths[0] == pytest.approx(step_seconds)
    assert max(lengths) <= max(0.040, step_seconds) * 1.0001
    assert lengths[-1] == pytest.approx(max(0.040, step_seconds), rel=0.1)


def test_slice_obeys_limit_and_budget() -> None:
    run = run_toy(1000)
    pace = Pace(0.040)
    pace.steps = 400
    assert whole(pace.slice(run, 7)).step == 7
    pace.steps = 400
    assert whole(pace.slice(run, 10**6, 0.010)).step == 107


@settings(max_examples=30)
@given(st.lists(st.integers(1, 25), min_size=1, max_size=8))
def test_frames_do_not_depend_on_the_slices(parts: list[int]) -> None:
    changes = (Change(10, {"rate": 0.9}), Change(30, {"rate": 0.01}))

    track = Track(run_toy(changes=changes), 0.04)
    frames = [whole(track.begin())]
    for part in parts:
        frames += [] if frames[-1].step == 60 else [whole(track.compute(frames[-1].step, frames[-1].step + part))]
    while frames[-1].step < 60:
        frames.append(whole(track.compute(frames[-1].step, 60, superseded=lambda: True)))

    at_once = run_toy(changes=changes)
    expected = [at_once.first()]
    while not at_once.done:
        expected.append(at_once.advance(1000))
    together, reference = join(frames, Toy.arrays), join(expected, Toy.arrays)
    assert together["values"].tobytes() == reference["values"].tobytes()
    assert (together.step, together.final, together["word"]) == (60, True, "at 60")


def test_join_takes_the_latest_snapshot_even_from_an_earlier_frame() -> None:
    frames = [Frame(1, {"last": np.ones(2), "values": np.ones((2, 1))}), Frame(2, {"values": np.zeros((2, 1))})]
    joined = join(frames, Toy.arrays)
    np.testing.assert_array_equal(joined["last"], np.ones(2))
    np.testing.assert_array_equal(joined["values"], [[1, 0], [1, 0]])


def test_long_runs_are_remembered_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SNAPSHOT_AFTER", 0.0)
    run = run_toy(1000)
    pace = Pace(0.04)
    while not run.done:
        whole(pace.slice(run, 100))
    before = run.simulation
    run.go_back(999)
    assert 0 < run.simulation.step <= 999
    assert before is not run.simulation


def test_who_leaves_in_the_middle_of_a_slice_leaves_a_run_that_others_go_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was begun between two steps is let go of, and replayed for the next who asks."""
    track, reference = Track(run_toy(), 0.04), run_toy()
    whole(track.begin())
    reference.first()
    first = whole(track.compute(0, 5, deadline=float("inf")))

    def torn(simulation: ToySimulation, steps: int) -> Pieces[Frame]:
        frame = simulation.advance(steps)
        yield
        return frame

    monkeypatch.setattr(ToySimulation, "advance_in_pieces", torn)
    work = track.compute(first.step, 60, deadline=float("inf"))
    next(work)
    work.close()
    assert track.end == first.step
    frames = [first]
    while frames[-1].step < 60:
        frames.append(whole(track.compute(frames[-1].step, 60, deadline=float("inf"))))
    expected = [reference.advance(60)]
    assert join(frames, Toy.arrays)["values"].tobytes() == join(expected, Toy.arrays)["values"].tobytes()
