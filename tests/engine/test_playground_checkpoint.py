"""Checkpoints of the playground: bit for bit whatever was done on the way, and refused where they do not fit."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from engine.experiment import experiment
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.frame import Frame
from engine.params import InvalidParams, check
from engine.replay import Change, Run
from tests.engine.playgrounds import SMALL

PAINTED = {"points": [[(i % 5) / 4, (i % 7) / 6, i % 3] for i in range(40)]}
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "beside": {"compare": [{"hidden": [5, 3], "l2": 0.1, "dropout": 0.3}, {"hidden": [4], "batch_size": 7}]},
    "ensemble": {"ensemble": 4, "bagging": True, "dropout": 0.2, "hidden": [4]},
    "painted": {"data": PAINTED, "batch_norm": True},
    "augmented": {"augmentation": {"noise": 0.1, "turn": 20}, "transfer": {"keep": 1, "freeze": True}},
    "digits": {"data": "digits", "augmentation": {"shift": 0.2}},
    "regression": {"data": "regression", "test_share": 0.0},
    "nadam": {"optimizer": {"rule": "nadam"}, "clip": {"mode": "norm", "threshold": 0.1}},
    "lbfgs": {"optimizer": {"rule": "lbfgs", "learning_rate": 0.1, "history_size": 5}},
    "diverged": {"optimizer": {"rule": "sgd", "learning_rate": 100.0}, "data": "regression"},
}
CHANGES: dict[int, dict[str, Any]] = {
    7: {"batch_size": 5, "l2": 0.01, "dropout": 0.25},
    11: {
        "edits": [
            {"step": 11, "layer": 1, "unit": 1, "source": 0, "value": 2.0},
            {"step": 20, "layer": 2, "unit": 0, "value": 1.0},
        ]
    },
    13: {"optimizer": {"rule": "momentum", "learning_rate": 0.05}},
}


def begin(**params: Any) -> Run:
    run = Run(experiment("playground"), check(PlaygroundParams, {**SMALL, **params}))
    run.first()
    return run


def saved(run: Run) -> bytes:
    return np.asarray(run.ask("checkpoint", {})["file"]).tobytes()


def same(one: Any, other: Any) -> None:
    assert one.step == other.step
    for name, value in one.arrays.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other[name], err_msg=name)
        else:
            assert repr(value) == repr(other[name]), name


@pytest.mark.parametrize("changes", [{}, CHANGES], ids=["left alone", "changed on the way"])
@pytest.mark.parametrize("case", CASES)
def test_a_run_goes_on_from_its_checkpoint_bit_for_bit(case: str, changes: dict[int, dict[str, Any]]) -> None:
    run = begin(**CASES[case])
    for step, values in changes.items():
        run.go_to(step)
        run.set(values, step)
    run.advance(17 - run.simulation.step)
    run.go_to(17)
    data = saved(run)
    there = Run(run.experiment, run.params_at(17))
    frame = there.restore(data)
    same(frame, run.simulation.first())
    assert saved(there) == data
    assert there.simulation.past == run.simulation.past  # type: ignore[attr-defined]  # both are the playground's
    same(run.advance(15), there.advance(15))
    rest = {"optimizer": {"rule": "adam", "learning_rate": 0.02}, "batch_size": 8}
    for one in (run, there):
        one.set(rest, 32)
    same(run.advance(8), there.advance(8))


@pytest.mark.parametrize("name", ["momentum", "lbfgs"])
def test_a_rule_that_was_set_but_has_not_trained_yet_is_kept_too(name: str) -> None:
    run = begin(optimizer={"rule": "lbfgs", "learning_rate": 0.1, "history_size": 7}, hidden=[4])
    run.go_to(10)
    run.set(
        {"optimizer": {"rule": name, "learning_rate": 0.01, **({"history_size": 3} if name == "lbfgs" else {})}},
        10,
    )
    there = Run(run.experiment, run.params_at(10))
    there.restore(saved(run))
    same(run.advance(9), there.advance(9))


def test_changes_that_follow_a_checkpoint_are_made_at_their_steps() -> None:
    changes = [Change(20, {"l2": 0.1}), Change(30, {"batch_size": 4})]
    run = Run(experiment("playground"), check(PlaygroundParams, SMALL), changes)
    run.go_to(20)
    there = Run(run.experiment, run.params, changes)
    there.restore(saved(run))
    assert there.changes == changes
    for _stretch in range(2):
        same(run.advance(10), there.advance(10))


def test_the_pictures_of_a_step_are_those_of_a_frame_that_ends_there() -> None:
    run = begin(compare=[{"hidden": [4]}], ensemble=3)
    run.go_to(SMALL["steps"])
    there = begin(compare=[{"hidden": [4]}], ensemble=3)
    there.go_to(16)
    frame = there.advance(1)
    asked = run.ask("pictures", {}, 17)
    assert asked.step == 17
    assert set(asked) == {name for name in frame if "step" not in run.experiment.arrays[name].axes}
    same(asked, Frame(17, {name: frame[name] for name in asked}))


def test_untrained_nets_are_kept_too() -> None:
    run, there = begin(), begin()
    same(there.restore(saved(run)), run.simulation.first())
    same(run.advance(9), there.advance(9))


def test_a_checkpoint_of_other_data_nets_or_seeds_is_refused() -> None:
    run = begin()
    run.advance(5)
    data = saved(run)
    others: list[dict[str, Any]] = [
        {"seed": 1},
        {"hidden": [5]},
        {"data": "moons"},
        {"compare": [{}]},
        {"ensemble": 2},
    ]
    for other in others:
        with pytest.raises(InvalidParams, match="other data or other nets"):
            begin(**other).restore(data)


def test_settings_that_differ_from_the_files_are_in_force_from_its_step_on() -> None:
    run = begin()
    run.advance(5)
    there = begin(l2=0.5)
    there.restore(saved(run))
    simulation = there.simulation
    assert isinstance(simulation, PlaygroundSimulation)
    assert [(one.step, one.params.l2) for one in simulation.past.stretches] == [(0, 0.0), (5, 0.5)]


def opened(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data)) as file:
        return dict(file)


def packed(parts: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **parts)
    return file.getvalue()


def described(parts: dict[str, np.ndarray], **changes: Any) -> bytes:
    meta = {**json.loads(parts["meta"].tobytes()), **changes}
    return packed({**parts, "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8)})


def hostile() -> dict[str, bytes]:
    run = begin(augmentation={"noise": 0.1})
    run.advance(9)
    good = saved(run)
    parts = opened(good)
    past = parts["past"].tobytes()
    meta = json.loads(parts["meta"].tobytes())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("past.npy", b"\0" * 200_000_000)
    words = past.replace(b'"step"', b'"stop"').replace(b'"rule"', b'"ruin"')
    return {
        "nothing": b"",
        "cut off": good[: len(good) // 2],
        "a bomb": file.getvalue(),
        "missing part": packed({name: value for name, value in parts.items() if name != "looks"}),
        "another part": packed({**parts, "evil": np.zeros(3)}),
        "rows that there are not": packed({**parts, "deck0": parts["deck0"] + 10_000}),
        "negative rows": packed({**parts, "batch": parts["batch"] - 10_000}),
        "another type": packed({**parts, "net0.theta": parts["net0.theta"].astype(np.float32)}),
        "a deck that there is not": described(parts, nets=[{**meta["nets"][0], "deck": 3}]),
        "no nets": described(parts, nets=[]),
        "many members": described(parts, members=[meta["decks"][0]["dealer"]] * 5),
        "a late step": described(parts, step=10**6),
        "long looks": described(parts, looks=10**9),
        "a wide batch": described(parts, virtual=[2000, 2000, 2000]),
        "another laboratory": described(parts, format="descentlab charrnn 1"),
        "another past": packed({**parts, "past": np.frombuffer(words, np.uint8)}),
        "no past": packed({**parts, "past": np.frombuffer(b"{" * len(past), np.uint8)}),
    }


HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_was_tampered_with_is_refused_with_a_sentence(name: str) -> None:
    run = begin(augmentation={"noise": 0.1})
    before = saved(run)
    with pytest.raises(InvalidParams) as refusal:
        run.restore(HOSTILE[name])
    assert refusal.value.problems[0].path == "checkpoint"
    assert saved(run) == before
