"""A fork: two futures from one state and one noise, each to the bit the single run that it stands for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.experiments.race.simulation import GHOST
from engine.replay import Change, Run
from tests.engine.races import FULL, RACE, joined, params_of, race

SLOWER = [{**racer, "learning_rate": 0.3 * racer.get("learning_rate", 1.0)} for racer in FULL["racers"]]
TOLD = ["positions", "losses", "excess", "distances", "gradient_norms", "step_sizes"]


def change(step, **values):
    return Change(step, values)


def ghosts(frames, name):
    return np.concatenate([frame[GHOST + name] for frame in frames if GHOST + name in frame], axis=1)


@pytest.mark.parametrize("ground", [{}, {"surface": "linear_regression", "batch_size": 3, "noise": 0.0}])
@settings(max_examples=6)
@given(at=st.integers(1, 59), size=st.integers(1, 60), knob=st.sampled_from(["racers", "noise", "clip"]))
def test_both_futures_are_the_single_runs_to_the_bit(ground, at, size, knob):
    data = {**FULL, **ground}
    value = {"racers": SLOWER, "noise": 2.0, "clip": {"mode": "value", "threshold": 0.1}}[knob]
    forked = race(data, frames=(size,), changes=[change(at, fork=True, **{knob: value})])
    old, new = race(data), race(data, changes=[change(at, **{knob: value})])
    for name in TOLD:
        np.testing.assert_array_equal(joined(forked, name), joined(new, name))
        np.testing.assert_array_equal(ghosts(forked, name), joined(old, name)[:, at + 1 :])
        np.testing.assert_array_equal(joined(forked, name)[:, : at + 1], joined(old, name)[:, : at + 1])
    np.testing.assert_array_equal(forked[-1][f"{GHOST}status"], old[-1]["status"])


def test_without_a_change_nothing_is_forked_and_the_switch_alone_is_none():
    assert not any(GHOST + "losses" in frame for frame in race({**FULL, "fork": True}))
    assert not any(GHOST + "losses" in frame for frame in race(FULL, changes=[change(20, fork=True)]))


def test_a_later_change_alters_the_new_future_only():
    changes = [change(20, noise=1.0), change(40, racers=SLOWER)]
    forked = race({**FULL, "fork": True}, frames=(7,), changes=changes)
    np.testing.assert_array_equal(ghosts(forked, "losses"), joined(race(FULL), "losses")[:, 21:])
    np.testing.assert_array_equal(joined(forked, "losses"), joined(race(FULL, changes=changes), "losses"))


def test_the_switch_turned_off_ends_the_old_future():
    frames = race({**FULL, "fork": True}, frames=(10,), changes=[change(20, noise=1.0), change(40, fork=False)])
    assert ghosts(frames, "losses").shape[1] == 20


def test_a_change_before_the_first_step_is_no_fork():
    assert not any(
        GHOST + "losses" in frame for frame in race({**FULL, "fork": True}, changes=[change(0, noise=1.0)])
    )


def test_rewinding_behind_a_fork_and_going_on_gives_it_again():
    run = Run(RACE, params_of(FULL))
    run.first()
    run.go_to(25)
    run.set({"fork": True, "racers": SLOWER}, 25)
    once = run.advance(100)
    run.go_to(10)
    while run.simulation.step < 25:
        assert GHOST + "losses" not in run.advance(100)
    again = run.advance(100)
    for name in TOLD:
        np.testing.assert_array_equal(once[GHOST + name], again[GHOST + name])
    run.set({"racers": FULL["racers"]}, 40)  # what was changed here last is a change of the new future
    np.testing.assert_array_equal(run.advance(100)[f"{GHOST}losses"], once[f"{GHOST}losses"][:, 15:])
