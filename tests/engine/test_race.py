"""The race: its contract, its independence of frame sizes, and what becomes of a racer."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.experiments.race.standing import WINDOW
from engine.optimizers import RULES
from engine.params import InvalidParams
from engine.replay import Run
from engine.surfaces import SURFACES
from tests.engine.races import ALL_RULES, FULL, GENTLE, RACE, joined, params_of, race, statuses


def test_frames_hold_what_the_declaration_says():
    run = Run(RACE, params_of(FULL))
    for frame in (run.first(), run.advance(50), run.advance(50)):
        k = {0: 1, 50: 50, 60: 10}[frame.step]
        sizes = {"racer": 5, "step": k, "coordinate": 2}
        told = {
            name: spec for name, spec in RACE.arrays.items() if not name.startswith("ghost_")
        }  # of a fork alone
        assert set(frame) == set(told)
        for name, spec in told.items():
            assert frame[name].shape == tuple(sizes[axis] for axis in spec.axes)
        assert frame["status"].dtype == np.int8
        assert frame["finish_steps"].dtype == np.int32
        assert frame.final == (frame.step == 60)


@pytest.mark.parametrize("name", SURFACES)
def test_first_frame_is_the_start_on_every_surface(name):
    surface = SURFACES[name]
    frame = next(engine.run("race", {"surface": name, "racers": GENTLE}))
    assert frame.step == 0
    np.testing.assert_array_equal(frame["positions"], [[surface.start]] * 2)
    np.testing.assert_allclose(frame["losses"], surface.formula.value(surface.start))
    assert np.isnan(frame["step_sizes"]).all()


def test_arrays_are_what_they_say_of_the_positions():
    frames = race({"surface": "himmelblau", "racers": GENTLE, "steps": 40})
    positions = joined(frames, "positions")
    surface = SURFACES["himmelblau"]
    values, gradients = surface.formula.value_and_gradient(positions)
    norms = np.linalg.norm(gradients, axis=-1)
    np.testing.assert_allclose(joined(frames, "losses"), values, rtol=1e-12)
    np.testing.assert_allclose(joined(frames, "gradient_norms"), norms, rtol=1e-12)
    apart = np.linalg.norm(positions[:, :, None] - np.array(surface.minima), axis=-1)
    np.testing.assert_allclose(joined(frames, "distances"), apart.min(-1), rtol=1e-12)
    moves = np.linalg.norm(np.diff(positions, axis=1), axis=-1)
    np.testing.assert_allclose(joined(frames, "step_sizes")[:, 1:], moves / norms[:, :-1], rtol=1e-12)
    np.testing.assert_allclose(joined(frames, "step_sizes")[0, 1:], 1e-3, rtol=1e-9)


def test_gradient_descent_on_a_bowl_follows_the_closed_form():
    sgd = {"rule": "sgd", "learning_rate": 0.015}
    frames = race({"surface": "quadratic", "condition": 50, "start": [4, 1], "racers": [sgd], "steps": 80})
    k = np.arange(81)[:, None]
    expected = np.array([4, 1]) * (1 - 0.015 * np.array([1, 50])) ** k
    np.testing.assert_allclose(joined(frames, "positions")[0], expected, rtol=1e-12)


def test_gradient_descent_on_rosenbrock_takes_15068_steps():
    sgd = {"rule": "sgd", "learning_rate": 1e-3}
    frames = race({"surface": "rosenbrock", "racers": [sgd], "steps": 16_000, "tolerance": 1e-6})
    assert frames[-1]["finish_steps"].tolist() == [15_068]


@settings(max_examples=12)
@given(sizes=st.lists(st.integers(1, 23), min_size=1, max_size=5))
def test_frame_sizes_do_not_matter(sizes):
    whole, parts = race(FULL), race(FULL, frames=sizes)
    for name in ("positions", "losses", "gradient_norms", "distances", "step_sizes"):
        assert joined(whole, name).tobytes() == joined(parts, name).tobytes()
    for name in ("status", "finish_steps"):
        np.testing.assert_array_equal(whole[-1][name], parts[-1][name])


def test_same_seed_gives_the_same_bytes_and_another_seed_another_race():
    first, again, other = race(FULL), race(FULL), race({**FULL, "seed": 4})
    assert joined(first, "positions").tobytes() == joined(again, "positions").tobytes()
    assert not np.array_equal(joined(first, "positions"), joined(other, "positions"))


def test_equal_racers_meet_equal_noise():
    frames = race({"racers": [GENTLE[1]] * 3, "noise": 2.0, "steps": 50})
    positions = joined(frames, "positions")
    assert (positions == positions[0]).all()


def test_a_racer_does_not_depend_on_who_else_runs():
    together = joined(race({**FULL, "racers": FULL["racers"]}), "positions")
    for i, racer in enumerate(FULL["racers"]):
        alone = joined(race({**FULL, "racers": [racer]}), "positions")
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-9, atol=1e-12)


def test_noise_has_the_standard_deviation_asked_for():
    frames = race(
        {
            "surface": {"formula": "0*x"},
            "racers": [{"rule": "sgd", "learning_rate": 1.0}],
            "start": [0, 0],
            "noise": 0.25,
            "steps": 4000,
        }
    )
    steps = np.diff(joined(frames, "positions")[0], axis=0)
    np.testing.assert_allclose(steps.std(axis=0), 0.25, rtol=0.05)
    np.testing.assert_allclose(steps.mean(axis=0), 0, atol=0.02)


def test_a_line_search_sees_the_same_noisy_loss_as_the_gradient():
    simulation = RACE.begin(params_of(FULL), np.random.default_rng(0))
    simulation.batch.slope = np.array([0.3, -0.2])
    at, h = np.array([1.0, 2.0]), 1e-6
    _value, gradient = simulation.batch.value_and_gradient(at)
    numeric = [
        (simulation.batch.value_and_gradient(at + step)[0] - simulation.batch.value_and_gradient(at - step)[0])
        / (2 * h)
        for step in h * np.eye(2)
    ]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6)


def test_clipping_bounds_the_step_of_gradient_descent():
    clip = {"mode": "norm", "threshold": 0.5}
    frames = race({"racers": [{"rule": "sgd", "learning_rate": 0.1}], "clip": clip, "steps": 30})
    moves = np.linalg.norm(np.diff(joined(frames, "positions")[0], axis=0), axis=-1)
    assert (moves <= 0.05 + 1e-12).all()
    np.testing.assert_allclose(moves[0], 0.05, rtol=1e-5)


def test_schedule_multiplies_the_learning_rate():
    frames = race(
        {
            "surface": "booth",
            "racers": [{"rule": "sgd", "learning_rate": 0.01}],
            "steps": 20,
            "schedule": {"schedule": "exponential", "gamma": 0.9},
        }
    )
    np.testing.assert_allclose(joined(frames, "step_sizes")[0, 1:], 0.01 * 0.9 ** np.arange(20), rtol=1e-7)


def test_shared_weight_decay_is_added_to_each_racers_own():
    own = {"rule": "sgd", "learning_rate": 0.01, "weight_decay": 0.3}
    shared = race({"racers": [{**own, "weight_decay": 0.1}], "weight_decay": 0.2, "start": [1, 1], "steps": 30})
    alone = race({"racers": [own], "start": [1, 1], "steps": 30})
    np.testing.assert_allclose(joined(shared, "positions"), joined(alone, "positions"), rtol=1e-12)


LIVE = [
    {"noise": 1.5},
    {"schedule": {"schedule": "step", "every": 7}},
    {"clip": {"mode": "value", "threshold": 0.1}},
    {"weight_decay": 0.3},
    {"racers": [{**racer, "learning_rate": 0.01} for racer in FULL["racers"]]},
    {"tolerance": 10.0},
]


@pytest.mark.parametrize("values", LIVE, ids=lambda values: next(iter(values)))
def test_live_change_alters_what_follows_and_nothing_before(values):
    plain = race(FULL)
    run = Run(RACE, params_of(FULL))
    start = run.first()
    run.advance(31)
    run.set(values, 20)
    assert run.simulation.step == 20
    after = run.advance(100)
    replay = Run(RACE, params_of(FULL), run.changes)
    frames = [replay.first(), replay.advance(100), replay.advance(100)]
    assert [frame.step for frame in frames] == [0, 20, 60]
    assert joined([start, *frames[1:2]], "positions").tobytes() == joined(plain, "positions")[:, :21].tobytes()
    for name in ("positions", "losses", "step_sizes"):
        assert frames[2][name].tobytes() == after[name].tobytes()
    if "tolerance" not in values:
        assert not np.array_equal(after["positions"], joined(plain, "positions")[:, 21:])


def test_a_live_change_at_step_0_is_a_run_with_other_parameters():
    run = Run(RACE, params_of(FULL))
    run.first()
    run.set({"weight_decay": 0.3, "noise": 1.0}, 0)
    assert (
        run.advance(60)["positions"].tobytes()
        == race({**FULL, "weight_decay": 0.3, "noise": 1.0})[1]["positions"].tobytes()
    )


def test_finish_line_moved_live_counts_from_then_on():
    run = Run(RACE, params_of({"surface": "booth", "racers": GENTLE[:1], "steps": 40, "tolerance": 1e-9}))
    run.advance(20)
    run.set({"tolerance": 1e3}, 20)
    assert run.advance(20)["finish_steps"].tolist() == [21]


@pytest.mark.parametrize("changes", [{"racers": GENTLE[:1]}, {"racers": GENTLE[::-1]}, {"racers": ALL_RULES[:3]}])
def test_racers_cannot_be_exchanged_in_mid_race(changes):
    run = Run(RACE, params_of({"racers": GENTLE, "steps": 20}))
    run.advance(5)
    with pytest.raises(InvalidParams) as refused:
        run.set(changes, 5)
    assert refused.value.problems[0].path == "racers"
    assert run.advance(5).step == 10


@pytest.mark.parametrize("field", ["surface", "start", "steps", "seed", "condition"])
def test_what_makes_another_race_cannot_change_live(field):
    with pytest.raises(InvalidParams) as refused:
        RACE.altered(params_of({}), {field: 5})
    assert refused.value.problems[0].path == field


@pytest.mark.parametrize("rule", RULES)
def test_a_snapshot_goes_on_as_the_race_itself_does(rule):
    simulation = RACE.begin(params_of({**FULL, "racers": [{"rule": rule}]}), np.random.default_rng(5))
    simulation.advance(17)
    twin = copy.deepcopy(simulation)
    ahead = simulation.advance(43)
    assert twin.advance(43)["positions"].tobytes() == ahead["positions"].tobytes()


def test_going_back_replays_the_same_numbers():
    run = Run(RACE, params_of(FULL))
    straight = race(FULL)
    run.advance(10)
    run.snapshot()
    run.advance(30)
    run.go_to(25)
    assert run.advance(35)["positions"].tobytes() == joined(straight, "positions")[:, 26:].tobytes()


def test_a_diverging_racer_is_out_and_harms_nobody():
    wild = [{"rule": "sgd", "learning_rate": 1.0}, {"rule": "momentum", "learning_rate": 0.01}]
    with np.errstate(all="raise"):
        mixed = race({"surface": "beale", "racers": [wild[0], *GENTLE, wild[1]], "steps": 100}, frames=(7,))
    calm = race({"surface": "beale", "racers": GENTLE, "steps": 100})
    np.testing.assert_allclose(joined(mixed, "positions")[1:3], joined(calm, "positions"), rtol=1e-12)
    for i in (0, 3):
        assert statuses(mixed[-1])[i] == "diverged"
        positions, losses = joined(mixed, "positions")[i], joined(mixed, "losses")[i]
        gone = np.flatnonzero(np.isnan(positions).any(-1))
        assert 1 < gone[0] < 20
        np.testing.assert_array_equal(gone, np.arange(gone[0], 101))
        assert np.isnan(losses[gone]).all()
        assert np.linalg.norm(positions[gone[0] - 1]) > 1e6  # the last that is drawn is far beyond the edge


def test_beyond_the_end_there_are_no_further_steps():
    run = Run(RACE, params_of({"racers": GENTLE, "steps": 5}))
    run.advance(9)
    beyond = run.advance(3)
    assert (beyond.step, beyond.final, beyond["positions"].shape) == (5, True, (2, 0, 2))


def test_where_a_racer_leaves_does_not_depend_on_the_frames():
    data = {"racers": [{"rule": "sgd", "learning_rate": 0.01}, *GENTLE], "steps": 50}
    whole, parts = race(data), race(data, frames=(1,))
    np.testing.assert_array_equal(joined(whole, "positions"), joined(parts, "positions"))
    np.testing.assert_array_equal(whole[-1]["status"], parts[-1]["status"])


def test_a_start_where_the_loss_is_no_number_is_said_so():
    frames = race({"surface": {"formula": "log(x) + y**2"}, "start": [-1, 1], "racers": GENTLE, "steps": 5})
    assert statuses(frames[0]) == statuses(frames[-1]) == ["diverged", "diverged"]


def test_at_a_tip_without_a_gradient_a_racer_stays():
    frames = race({"surface": "ackley", "start": [0, 0], "racers": GENTLE, "steps": 10})
    assert statuses(frames[-1]) == ["finished", "finished"]
    assert (frames[-1]["positions"] == 0).all()


@pytest.mark.parametrize("surface", SURFACES)
def test_every_rule_runs_on_every_surface_without_a_warning(surface):
    for noise in (0.0, 1.0):
        frames = race({"surface": surface, "racers": ALL_RULES[:12], "steps": 12, "noise": noise})
        assert frames[-1]["positions"].shape == (min(12, len(RULES)), 12, 2)
        frames = race({"surface": surface, "racers": ALL_RULES[12:] or GENTLE, "steps": 12, "noise": noise})
        assert frames[-1].final


def test_finish_step_is_the_first_within_the_tolerance():
    frames = race({"surface": "booth", "racers": GENTLE, "steps": 400, "tolerance": 0.01}, frames=(30,))
    losses = joined(frames, "losses")
    for i, step in enumerate(frames[-1]["finish_steps"]):
        within = np.flatnonzero(losses[i] <= 0.01)
        assert step == (within[0] if len(within) else -1)
    assert frames[-1]["finish_steps"].max() > 0
    there = race({"surface": "booth", "start": [1, 3], "racers": GENTLE, "steps": 1})
    assert there[0]["finish_steps"].tolist() == [0, 0]


def stuck(data, steps=600):
    return statuses(race({**data, "steps": steps}, frames=(37,))[-1])


def test_who_is_stuck_is_told_where():
    slow = {"rule": "sgd", "learning_rate": 0.02}
    assert stuck({"surface": "valley", "racers": [slow]}) == ["minimum"]
    ridge = {"surface": "saddle", "start": [1.5, 0], "racers": [slow, {"rule": "newton"}]}
    assert stuck(ridge) == ["saddle", "saddle"]
    assert stuck({"surface": "beale", "racers": [{"rule": "newton"}]}) == ["saddle"]
    assert stuck({"surface": "monkey_saddle", "start": [0, 0], "racers": [slow]}) == ["saddle"]
    assert stuck({"surface": "plateau", "start": [3.5, 2.8], "racers": [slow]}) == ["plateau"]
    shrunk = [{"rule": "adagrad", "learning_rate": 1e-3}]
    assert stuck({"surface": "beale", "start": [1, 1.5], "racers": shrunk}) == ["stopped"]
    assert stuck({"surface": "saddle", "racers": [{"rule": "sgd", "learning_rate": 0.1}]}, 60) == ["escaped"]


def test_nobody_is_called_stuck_before_the_window_has_passed_or_while_moving():
    data = {"surface": "valley", "start": [-1, -0.3637], "racers": [{"rule": "sgd", "learning_rate": 0.02}]}
    assert stuck(data, WINDOW - 1) == ["running"]
    assert stuck(data, WINDOW + 1) == ["minimum"]
    assert stuck({**data, "noise": 3.0}, 100) == ["running"]


def test_near_the_global_minimum_a_racer_is_on_its_way_not_stuck():
    data = {"surface": "booth", "racers": [{"rule": "sgd", "learning_rate": 0.05}], "tolerance": 1e-12}
    assert stuck({**data, "start": [1.001, 3]}, 30) == ["running"]


def test_a_rule_that_reads_the_factor_of_the_schedule_races_without_a_schedule():
    own, flat = {"rule": "own", "hyperparameters": {"k": {"value": 0.01}}}, {"schedule": "constant"}
    factor, plain = (
        joined(race({**FULL, "schedule": flat, "racers": [{**own, "text": text}]}), "positions")
        for text in ("theta = theta - k*factor*g", "theta = theta - k*g")
    )
    np.testing.assert_array_equal(factor, plain)
