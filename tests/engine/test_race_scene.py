"""What the race shows beside the paths: its scene, its presets, the race it opens on; and what it refuses."""

import json

import numpy as np
import pytest

from engine.experiments.race.presets import PRESETS
from engine.experiments.race.standing import STATUSES
from engine.optimizers import RULES
from engine.params import InvalidParams, check
from engine.surfaces import SURFACES, quadratic
from tests.engine.races import FULL, GENTLE, RACE, params_of, race, statuses


def test_scene_is_the_surface_and_its_critical_points():
    scene = RACE.scene(params_of({"surface": "himmelblau"}))
    x, y, z = scene["x"], scene["y"], scene["z"]
    assert z.shape == (len(y), len(x))
    np.testing.assert_allclose(z[5, 70], SURFACES["himmelblau"].formula.value([x[70], y[5]]), rtol=1e-6)
    np.testing.assert_array_equal(scene["minima"], SURFACES["himmelblau"].minima)
    assert scene["minima_values"].shape == (4,)
    assert scene["saddles"].shape == (4, 2)
    at, slope = scene["gradient_field"][:, :2], scene["gradient_field"][:, 2:]
    np.testing.assert_allclose(slope, SURFACES["himmelblau"].formula.gradient(at))
    assert scene["formula"].startswith("<math")
    assert scene["formula_text"] == SURFACES["himmelblau"].text
    assert [one["state"] for one in scene["outcomes"].content] == list(STATUSES)


@pytest.mark.parametrize("formula", ["3", "x", "x*y", "log(x)"])
def test_scene_of_a_surface_without_minima_has_empty_lists(formula):
    scene = RACE.scene(params_of({"surface": {"formula": formula}}))
    assert scene["minima"].shape == (0, 2)
    assert scene["minima_values"].shape == (0,)


def test_scene_names_each_racer_with_its_colour_and_dash():
    racers = [{"rule": "adam"}, {"rule": "sgd"}, {"rule": "adam", "beta1": 0.5}]
    series = json.loads(RACE.scene(params_of({"racers": racers}))["series"].text())
    assert [entry["name"] for entry in series] == ["Adam 1", "SGD", "Adam 2"]
    assert series[0]["color"] == series[2]["color"] == RULES["adam"].color
    assert series[0]["dash"] != series[2]["dash"]


def test_a_nameless_rule_of_ones_own_is_named_in_the_readers_language():
    racers = [{"rule": "own"}, {"rule": "own"}, {"rule": "own", "name": "{mine}"}]
    korean = {"Your own rule": "직접 쓰는 규칙"}
    told = RACE.scene(params_of({"racers": racers}))["series"].text(
        lambda said: said.translate(lambda english: korean.get(english, english))
    )
    assert [entry["name"] for entry in json.loads(told)] == ["직접 쓰는 규칙 1", "직접 쓰는 규칙 2", "{mine}"]


def test_scene_key_tells_other_scenes_apart_and_equal_ones_together():
    def key(**data):
        return RACE.scene_key(params_of(data))

    assert key() == key(steps=20, noise=1, seed=4, start=[1, 1])
    assert key() == key(condition=5)
    tuned = [{**racer, "learning_rate": 0.7} for racer in GENTLE]
    assert key(racers=GENTLE) == key(racers=tuned)
    different = [
        {},
        {"surface": "booth"},
        {"surface": "quadratic"},
        {"surface": "quadratic", "condition": 5},
        {"surface": {"formula": "x**2"}},
        {"surface": {"formula": "x*x"}},
        {"racers": GENTLE},
    ]
    assert len({key(**data) for data in different}) == len(different)


def test_condition_number_shapes_the_bowl():
    assert params_of({"surface": "quadratic", "condition": 7}).landscape == quadratic(7.0)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_races_and_shows_a_difference(preset):
    last = race({**preset.params})[-1]
    ends = last["positions"][:, -1]
    assert len(np.unique(np.round(ends, 2), axis=0)) > 1 or len(set(statuses(last))) > 1


def test_all_rules_race_together_some_of_them_twice():
    racers = [{"rule": rule} for rule in RULES] + [{"rule": "adam", "beta1": 0.5}]
    last = race({"surface": "booth", "racers": racers, "steps": 30})[-1]
    assert last["positions"].shape[0] == len(RULES) + 1
    assert len(json.loads(RACE.scene(params_of({"racers": racers}))["series"].text())) == len(RULES) + 1


def test_no_two_racers_look_alike_even_when_one_runs_twice():
    kinds = ["adam", "adam", "adamw", "amsgrad", "sgd", "newton", "sgd"]
    series = json.loads(RACE.scene(params_of({"racers": [{"rule": kind} for kind in kinds]}))["series"].text())
    assert len({(one["color"], one["dash"]) for one in series}) == len(kinds)
    assert [one["dash"] for one in series if one["rule"] in ("adamw", "amsgrad")] == ["dash", "dot"]


def in_the_picture(positions, domain):
    low, high = np.array(domain).T
    return bool(((positions >= low) & (positions <= high)).all())


def test_the_race_opens_on_six_that_stay_in_the_picture_and_mostly_arrive():
    defaults = params_of({})
    assert len({racer.rule for racer in defaults.racers}) == 6
    frames = race({})
    for frame in frames:
        assert in_the_picture(frame["positions"], defaults.landscape.domain)
    finished = frames[-1]["finish_steps"]
    arrived = finished[finished > 0]
    assert len(arrived) == 5
    assert len(set(arrived)) == 5, "they arrive one after the other"
    assert statuses(frames[-1]).count("saddle") == 1, "one instructively does not"


OPENED = {one.name: one.params for one in PRESETS} | {one.id: one.params for one in RACE.claims}


@pytest.mark.parametrize("name", OPENED)
def test_the_mark_of_the_start_lies_wholly_in_the_picture(name):
    params = params_of(dict(OPENED[name]))
    start = params.landscape.start if params.start is None else params.start
    low, high = np.array(params.landscape.domain).T
    margin = 0.02 * (high - low)
    assert ((start > low + margin) & (start < high - margin)).all()


def test_all_fifteen_run_inside_the_picture():
    preset = next(one for one in PRESETS if one.name == "all_fifteen")
    params = params_of(preset.params)
    assert {racer.rule for racer in params.racers} == set(RULES)
    frames = race(preset.params)
    assert all(in_the_picture(frame["positions"], params.landscape.domain) for frame in frames)


@pytest.mark.parametrize(
    ("data", "path", "position"),
    [
        ({"surface": "on none"}, "surface", None),
        ({"surface": 3}, "surface", None),
        ({"surface": {"formula": "x +"}}, "surface", 2),
        ({"surface": {"formula": "9**9**9"}}, "surface", 3),
        ({"surface": {"formula": "x", "colour": 1}}, "surface", None),
        ({"surface": {"text": "x"}}, "surface", None),
        ({"start": [0, float("nan")]}, "start.1", None),
        ({"start": [0, 1, 2]}, "start", None),
        ({"steps": 0}, "steps", None),
        ({"steps": 10**9}, "steps", None),
        ({"racers": []}, "racers", None),
        ({"racers": [{"rule": "adam"}] * 25}, "racers", None),
        ({"racers": [{"rule": "magic"}]}, "racers.0", None),
        ({"racers": [{"rule": "adam", "beta1": 2}]}, "racers.0.beta1", None),
        ({"racers": [{"rule": "momentum", "learning_rate": -1}]}, "racers.0.learning_rate", None),
        ({"noise": -1}, "noise", None),
        ({"clip": {"mode": "hard"}}, "clip.mode", None),
        ({"schedule": {"schedule": "magic"}}, "schedule", None),
        ({"speed": 3}, "speed", None),
    ],
)
def test_bad_parameters_are_refused_with_path_and_sentence(data, path, position):
    with pytest.raises(InvalidParams) as refused:
        params_of(data)
    (problem,) = refused.value.problems
    assert problem.path == path
    assert problem.position == position
    assert len(str(problem.message)) > 10


def test_an_own_surface_may_have_its_own_domain():
    own = {"formula": "x**2 + y**2", "domain": [[-1, 2], [0, 3]]}
    scene = RACE.scene(params_of({"surface": own}))
    assert (scene["x"][0], scene["x"][-1], scene["y"][0], scene["y"][-1]) == (-1, 2, 0, 3)
    with pytest.raises(InvalidParams):
        params_of({"surface": {**own, "domain": [[2, 1], [0, 3]]}})


def test_parameters_survive_the_journey_through_json():
    params = params_of({**FULL, "surface": {"formula": "x*y"}, "start": [1, 2]})
    assert check(RACE.Params, json.loads(params.model_dump_json())) == params
    assert params.changed({}) == params
