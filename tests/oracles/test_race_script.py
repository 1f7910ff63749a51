"""The exported race, run in PyTorch and in NumPy, walks the laboratory's paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.experiments.race.params import RaceParams
from engine.experiments.race.small_net import can_train
from engine.optimizers import RULES
from engine.params import InvalidParams, check
from engine.replay import Change, Run
from engine.surfaces import FITS, SURFACES
from tests.engine.races import FULL, RACE
from tests.extras import library

torch = library("torch")
Data = dict[str, Any]
SEARCHES = [{"rule": "bfgs"}, {"rule": "lbfgs", "line_search": "strong_wolfe", "history_size": 4}]
FIELD = [
    {"rule": "sgd", "learning_rate": 1e-3},
    {"rule": "adam", "learning_rate": 0.05, "dialect": "keras"},
    {"rule": "newton", "learning_rate": 0.5},
]
QUASI = [{"rule": "bfgs", "line_search": "none", "learning_rate": 0.05}, {"rule": "lbfgs", "learning_rate": 0.05}]
"""Without a search, on a bowl: elsewhere the last digit grows until paths part (see the test of searches)."""
BOWL: Data = {"surface": "quadratic", "condition": 4.0}
OWN = {
    "rule": "own",
    "name": "Trial",
    "text": "theta = theta - k*factor*where(t > 3, g, -g)",
    "hyperparameters": {"k": {"value": 0.01}},
}
EVERY = [{"rule": name} for name in RULES if "bfgs" not in name]
SMALL: Data = {"surface": "himmelblau", "racers": FIELD, "steps": 40, "seed": 5}
CASES: dict[str, Data] = {
    **{name: {"surface": name} for name in SURFACES if name not in FITS},
    **{
        f"{name} {scaling}": {"surface": name, "scaling": scaling}
        for name in FITS
        for scaling in ("none", "center", "standardize")
    },
    "batches of 7": {"surface": "linear_regression", "batch_size": 7, "noise": 0.3},
    "a sample": {"surface": "logistic_boundary", "batch_size": 1, "racers": FIELD[:2]},
    "every rule": {"racers": [*EVERY, OWN], "weight_decay": 0.02},
    "no search": {**BOWL, "racers": QUASI, "noise": 0.1, "weight_decay": 0.02},
    "searches": {"racers": SEARCHES, "weight_decay": 0.02},
    "searches, clipped": {"racers": SEARCHES, "clip": {"mode": "norm", "threshold": 0.5}},
    "searches on data": {"racers": SEARCHES, "surface": "logistic_regression"},
    "everything": {"racers": [*EVERY, OWN], **{k: FULL[k] for k in ("noise", "weight_decay", "clip", "schedule")}},
    "by value": {"clip": {"mode": "value", "threshold": 0.1}, "schedule": {"schedule": "one_cycle"}},
    "warm-up": {"schedule": {"schedule": "warmup"}, "racers": [*FIELD, OWN]},
    "one that goes out": {"surface": "quadratic", "racers": [{"rule": "sgd", "learning_rate": 1.0}]},
    "no loss from 0 on": {
        "surface": {"formula": "log(x) + sqrt(y)"},
        "start": [0.4, 0.001],
        "racers": [{"rule": "sgd", "learning_rate": 0.01}],
    },
    "kinks": {"surface": {"formula": "abs(x) + max(y, -y/2) + relu(x*y) + asin(tanh(x)) - min(x, 2)*0.1"}},
    "functions": {
        "surface": {"formula": "softplus(x) + sigmoid(y)**2 + cosh(x*y/9) + atan(x) + e**-x + x**2/2**y"}
    },
    "a constant": {"surface": {"formula": "3*pi"}},
}
FASTER = [{**racer, "learning_rate": rate} for racer, rate in zip(FIELD, (2e-3, 0.1, 1.0), strict=True)]
UNCORRECTED = [{"rule": "adam", "learning_rate": 0.05, "bias_correction": False}]
CORRECTED = [{"rule": "adam", "learning_rate": 0.05}]
MEMORY = [{"rule": "lbfgs", "learning_rate": 0.1, "history_size": n} for n in (2, 6, 3)]
LIVE: dict[str, tuple[Data, dict[int, Data]]] = {
    "rates": ({}, {10: {"racers": FASTER}, 30: {"racers": FIELD}}),
    "batches": (
        {"surface": "logistic_regression", "racers": FIELD[:2]},
        {10: {"batch_size": 5}, 20: {"batch_size": 100}, 30: {"batch_size": 9}},
    ),
    "noise, clipping": ({}, {7: {"noise": 0.5, "clip": {"mode": "norm"}}, 20: {"noise": 0.0, "clip": {}}}),
    "schedule, decay": ({}, {5: {"schedule": {"schedule": "exponential"}}, 9: {"weight_decay": 0.1}}),
    "a switch": ({"racers": UNCORRECTED}, {15: {"racers": CORRECTED}, 25: {"racers": UNCORRECTED}}),
    "a text": ({"racers": [OWN]}, {15: {"racers": [{**OWN, "text": "m = m/2 + k*g\ntheta = theta - m"}]}}),
    "history": ({**BOWL, "racers": MEMORY[:1]}, {9: {"racers": MEMORY[1:2]}, 22: {"racers": MEMORY[2:]}}),
    "at the start": ({}, {0: {"noise": 1.0}}),
    "a fork": ({}, {12: {"fork": True, "racers": FASTER}, 25: {"noise": 0.2}}),
    "a fork ended": ({"fork": True}, {12: {"noise": 0.2}, 20: {"fork": False}, 30: {"noise": 0.0}}),
}


def ran(data: Data, changes: dict[int, Data] | None = None) -> Run:
    """Return a race at its end."""
    run = Run(
        RACE, check(RaceParams, {**SMALL, **data}), [Change(step, to) for step, to in (changes or {}).items()]
    )
    while not run.done:
        run.advance(1000)
    return run


def params_of(run: Run) -> RaceParams:
    assert isinstance(run.params, RaceParams)
    return run.params


def paths_of(run: Run, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
    frames = [run.first()]
    while not run.done:
        frames.append(run.advance(1000))
    told = [frame for frame in frames if f"{prefix}losses" in frame]
    return (
        np.concatenate([np.asarray(frame[f"{prefix}positions"]) for frame in told], axis=1),
        np.concatenate([np.asarray(frame[f"{prefix}losses"]) for frame in told], axis=1),
    )


def program(run: Run, name: str, question: str = "script", **more: Any) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "exported"}
    code = str(run.ask(question, {"library": name, **more})["code"])
    exec(compile(code, f"race_{name}.py", "exec"), space)
    return space


def walked(space: dict[str, Any], **how: Any) -> tuple[np.ndarray, np.ndarray]:
    before = torch.get_default_dtype()
    try:
        return space["race"](**how)  # type: ignore[no-any-return]  # made from text
    finally:
        torch.set_default_dtype(before)


def same(run: Run) -> None:
    ours = paths_of(run)
    for name in ("torch", "numpy"):
        for theirs, own in zip(walked(program(run, name)), ours, strict=True):
            np.testing.assert_allclose(theirs, own, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", CASES)
def test_the_exported_race_walks_the_same_paths(name: str) -> None:
    same(ran(CASES[name]))


@pytest.mark.parametrize("name", LIVE)
def test_what_was_changed_on_the_way_is_in_the_script_at_its_step(name: str) -> None:
    same(ran(*LIVE[name]))


def test_the_old_future_of_a_fork_is_in_the_script_too() -> None:
    run = ran(*LIVE["a fork"])
    old = paths_of(run, "ghost_")
    for name in ("torch", "numpy"):
        for theirs, own in zip(walked(program(run, name), until=12), old, strict=True):
            np.testing.assert_allclose(theirs[:, 13:], own, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_a_search_on_mini_batches_parts_from_the_race_as_the_script_parts_from_itself(name: str) -> None:
    """The script with one bit of the start changed is as far from itself as from the laboratory."""
    run = ran({"surface": "linear_regression", "scaling": "center", "batch_size": 7, "racers": SEARCHES})
    ours, _losses = paths_of(run)
    space = program(run, name)
    theirs, _lost = walked(space)
    space["START"] = [np.nextafter(0.0, 1.0) + 2**-52, 0.0]
    nudged, _lost = walked(space)
    apart, itself = (np.maximum.accumulate(np.abs(other - theirs).max((0, 2))) for other in (ours, nudged))
    assert (apart <= 1e4 * itself + 1e-13).all()
    assert apart[8] < 1e-9, "at first they agree"


def test_the_name_of_a_rule_is_a_word_of_the_script_whatever_it_is() -> None:
    name = "\"''); boom() #$x"
    run = ran({"racers": [{**OWN, "name": name}]})
    for kind in ("torch", "numpy"):
        space = program(run, kind)
        assert space["NAMES"] == [name]
        assert "boom" not in space


def test_a_script_runs_by_itself_and_says_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    code = str(ran({}).ask("script", {"library": "numpy"})["code"])
    exec(compile(code, "race.py", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.count("after 40 steps") == len(FIELD)


NETS: dict[str, tuple[Data, Data]] = {
    "all paths": ({}, {"racer": 1}),
    "one path": ({"clip": {"mode": "norm", "threshold": 0.3}}, {"plane": "path", "racer": 3, "data": "xor"}),
    "random": ({"weight_decay": 0.02}, {"plane": "random", "racer": 1, "activation": "relu", "batch_size": 7}),
    "a sample": ({"noise": 0.01, "schedule": {"schedule": "cosine"}}, {"batch_size": 1, "data": "circles"}),
    "searches": ({"racers": SEARCHES, "steps": 20}, {}),
    "one that goes out": (
        {"racers": [*FIELD[:2], {"rule": "sgd", "learning_rate": 100.0}]},
        {"activation": "relu"},
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_the_script_of_the_small_net_trains_it_alike_and_finds_the_same_plane(name: str) -> None:
    data, asked = NETS[name]
    racers = [*FIELD, {"rule": "lbfgs", "learning_rate": 0.3}, {"rule": "rmsprop", "learning_rate": 0.003}]
    run = ran({"racers": racers, **data})
    trains = [i for i, racer in enumerate(params_of(run).rules) if can_train(racer)]
    told = run.ask("net_plane", asked)
    ours = {key: np.asarray(told[f"net_{key}"]) for key in ("true", "paths", "flat", "off", "x", "y", "loss")}
    for kind in ("torch", "numpy"):
        space = program(run, kind, "net_script", **asked)
        paths, losses = walked(space)
        origin, directions = space["plane"](paths)
        on, flat, off = space["shadow"](paths, origin, directions)
        found = {"true": losses, "paths": on, "flat": flat, "off": off}
        for key, theirs in found.items():
            np.testing.assert_allclose(theirs, ours[key][trains], rtol=1e-9, atol=1e-9, err_msg=f"{kind}: {key}")
        ground = space["ground"](origin, directions, ours["x"], ours["y"])
        np.testing.assert_allclose(ground, ours["loss"], rtol=1e-6, err_msg="sent as float32")


def test_the_script_of_a_net_is_refused_as_its_picture_is() -> None:
    with pytest.raises(InvalidParams, match="asks for a Hessian"):
        ran({}).ask("net_script", {"racer": 2})
