"""Laws of the char-RNN laboratory: runs, live changes, explosions, bad input."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import engine
from engine.experiments.charrnn import CharRNN, adding
from engine.experiments.charrnn import learner as learning
from engine.experiments.charrnn.diagnosis import diagnose
from engine.experiments.charrnn.learner import Learner
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.text import corpus_text
from engine.nn.recurrent import RecurrentNet
from engine.nn.recurrent.initialize import Init, initialize
from engine.nn.recurrent.walker import mean_loss
from engine.params import InvalidParams, check
from engine.pieces import whole
from engine.replay import Run
from tests.engine.small_charrnn import SMALL, begin

SERIES = ("losses", "smoothed_losses", "validation_losses", "gradient_norms", "clipped_norms")


def test_every_declared_array_is_in_every_frame_with_its_axes() -> None:
    frames = list(engine.run("charrnn", {**SMALL, "compare": ["rnn", "gru"]}))
    of_frames = {name: spec for name, spec in CharRNN.arrays.items() if name not in adding.ARRAYS}  # an answer's
    for frame in frames:
        assert set(frame) == set(of_frames)
        for name, spec in of_frames.items():
            value = frame[name]
            assert not isinstance(value, np.ndarray) or value.ndim == len(spec.axes), name
    assert [frame.step for frame in frames] == [0, 25, 30]
    assert [frame["loss"].shape[0] for frame in frames] == [1, 25, 5]
    assert frames[-1]["losses"].shape == (3, 5)
    assert frames[-1].final


def test_the_scene_names_what_a_loss_is_held_against() -> None:
    params = check(CharRNNParams, SMALL)
    scene = CharRNN().scene(params)
    names = scene["baseline_names"].content
    assert len(names) == len(scene["baselines"]) == 7
    assert scene["baselines"][0, 0] == pytest.approx(np.log(params.reading.vocabulary))
    assert (scene["baselines"][1:, 0] >= scene["baselines"][-1, 0] - 0.02).all()
    for panel in CharRNN.panels:
        for array in panel.arrays.values():
            assert array in CharRNN.arrays or array in scene


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_first_loss_is_ln_v_and_it_falls(cell: str) -> None:
    run = begin(cell=cell, hidden_size=32, steps=120)
    first = run.first()
    V = run.simulation.text.vocabulary
    assert first["loss"][0] == pytest.approx(np.log(V), rel=0.05)
    assert run.advance(120)["loss"][-20:].mean() < 0.6 * np.log(V)


def test_ten_and_fifteen_steps_are_twenty_five() -> None:
    one, two = begin(compare=["gru"], layers=2, dropout=0.3), begin(compare=["gru"], layers=2, dropout=0.3)
    whole, parts = one.advance(25), [two.advance(10), two.advance(15)]
    for name in SERIES:
        joined = np.concatenate([part[name] for part in parts], axis=1)
        np.testing.assert_array_equal(joined, whole[name])
    assert parts[1]["sample"] == whole["sample"]


def test_probing_and_sampling_leave_the_training_as_it_is() -> None:
    one, two = begin(), begin()
    for question in ("sample", "flow", "units", "hello"):
        two.ask(question, {})
    np.testing.assert_array_equal(one.advance(20)["losses"], two.advance(20)["losses"])


def test_a_copy_goes_on_alike_and_does_not_touch_the_original() -> None:
    run = begin(layers=2, dropout=0.2, optimizer={"rule": "momentum", "learning_rate": 0.1})
    run.advance(12)
    duplicate = copy.deepcopy(run.simulation)
    expected = run.simulation.advance(10)["losses"]
    np.testing.assert_array_equal(duplicate.advance(10)["losses"], expected)


def test_rewinding_to_a_live_change_replays_it() -> None:
    run = begin()
    run.advance(10)
    run.set({"optimizer": {"rule": "adam", "learning_rate": 0.05}, "temperature": 0.0}, 10)
    after = run.advance(10)["losses"]
    run.first()
    np.testing.assert_array_equal(run.advance(10)["losses"].shape, (1, 10))
    np.testing.assert_array_equal(run.advance(10)["losses"], after)


def test_another_rule_may_take_over_in_mid_run() -> None:
    run = begin()
    run.advance(10)
    run.set({"optimizer": {"rule": "sgd", "learning_rate": 1.0}}, 10)
    assert np.isfinite(run.advance(20)["losses"]).all()


@pytest.mark.parametrize("change", [{"cell": "rnn"}, {"hidden_size": 5}, {"sequence_length": 20}])
def test_what_shapes_the_net_cannot_change_in_mid_run(change: dict[str, Any]) -> None:
    run = begin()
    with pytest.raises(InvalidParams, match="cannot change during a run"):
        run.set(change, 0)


def test_clipping_bounds_the_norm() -> None:
    frame = begin(clip={"mode": "norm", "threshold": 0.05}).advance(30)
    assert (frame["gradient_norm"] > 0.05).any()
    assert (frame["clipped_norm"] <= 0.05).all()


def test_compared_nets_have_the_same_size_and_see_the_same_characters() -> None:
    params = check(CharRNNParams, {**SMALL, "hidden_size": 64, "compare": ["rnn", "gru", "lstm"]})
    sizes = [architecture.layout.size for architecture in params.architectures]
    assert max(sizes) / min(sizes) < 1.03
    frame = Run(CharRNN(), params).advance(5)
    np.testing.assert_array_equal(frame["losses"][0], frame["losses"][3])


def test_state_is_carried_within_the_text_or_not_at_all() -> None:
    carried, fresh = begin(), begin(carry_state=False)
    carried.advance(3)
    fresh.advance(3)
    assert carried.simulation.learners[0].states is not None
    assert fresh.simulation.learners[0].states is None


def test_sampling_at_temperature_zero_is_the_likeliest_every_time() -> None:
    run = begin(temperature=0.0)
    run.advance(30)
    assert whole(run.simulation.write(50)) == whole(run.simulation.write(50))
    question = {"prime": "고양이는 ", "temperature": 0}
    answer = run.ask("next", question)
    written = run.ask("sample", {**question, "length": 1})["text"]
    assert written == answer["characters"][answer["order"][0]]


EXPLODING = {
    "corpus": "reference",
    "cell": "rnn",
    "activation": "relu",
    "hidden_size": 24,
    "batch_size": 4,
    "sequence_length": 40,
    "steps": 400,
    "optimizer": {"rule": "sgd", "learning_rate": 1.0},
    "clip": {"mode": "none"},
    "spectral_radius": 1.6,
}


def test_an_exploding_run_is_shown_stopped_and_diagnosed() -> None:
    frames = list(engine.run("charrnn", EXPLODING))
    assert frames[-1].final
    assert frames[-1].step < 400
    told = " ".join(map(str, frames[-1]["status"].content))
    assert "exploded" in told or "not a finite number" in told
    assert "clip" in told.lower()
    assert json.loads(frames[-1]["status"].text()) == [str(part) for part in frames[-1]["status"].content]


def test_what_grew_beyond_all_numbers_is_not_said_to_have_stayed() -> None:
    params = check(CharRNNParams, SMALL)
    told = diagnose(2, [(4.0, 0.673), (4.1, np.inf)], params)[0]
    assert "rose from 0.673 to ∞ in 2 steps" in str(told)
    told = diagnose(2, [(4.0, 0.673), (4.1, 12.0)], params)[0]
    assert "rose from 0.673 to 12 in 2 steps" in str(told)


def test_an_exploded_run_goes_on_from_its_last_good_checkpoint() -> None:
    calm = {"rule": "sgd", "learning_rate": 0.01}
    run = begin(steps=400, optimizer=calm, clip={"mode": "none"}, cell="rnn", activation="relu")
    run.advance(60)
    run.set({"optimizer": {"rule": "sgd", "learning_rate": 100.0}}, 60)
    frame = run.advance(340)
    assert run.done
    assert frame["status"].content
    good = run.ask("checkpoint", {"which": "good"})["file"].tobytes()
    gentle = {"mode": "norm", "threshold": 1.0}
    again = begin(steps=400, optimizer=calm, clip=gentle, cell="rnn", activation="relu")
    start = again.restore(good)
    assert start.step == 50
    assert not start["status"].content
    assert np.isfinite(again.advance(100)["losses"]).all()


def test_the_state_before_a_change_is_good_where_none_was_kept_since_a_snapshot() -> None:
    calm = {"rule": "sgd", "learning_rate": 0.01}
    run = begin(steps=400, optimizer=calm, clip={"mode": "none"}, cell="rnn", activation="linear")
    run.advance(60)
    run.snapshot()
    run.advance(5)
    run.set({"optimizer": {"rule": "sgd", "learning_rate": 100.0}}, 62)  # goes back to the snapshot
    assert run.advance(300)["status"].content
    again = begin(steps=400, optimizer=calm, clip={"mode": "none"}, cell="rnn", activation="linear")
    assert again.restore(run.ask("checkpoint", {"which": "good"})["file"].tobytes()).step == 62


@pytest.mark.parametrize(
    ("params", "path", "words"),
    [
        ({"text": ""}, "text", "no text yet"),
        ({"text": "x"}, "text", "only one character"),
        ({"text": "a short text"}, "", "fewer than a window"),
        ({"text": "\x00\x07" * 400}, "text", "control characters"),
        ({"text": "가" * 1_700_000}, "text", "at most 5 MB"),
        ({"sequence_length": 10**6}, "sequence_length", "at most 500"),
        ({"hidden_size": 512, "layers": 4, "batch_size": 256, "sequence_length": 500}, "", "MB"),
        ({"optimizer": {"rule": "newton"}}, "", "first-order rule"),
        ({"corpus": "homer"}, "corpus", "must be one of"),
        ({"dropout": float("nan")}, "dropout", "finite"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(params: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidParams, match=words) as refusal:
        check(CharRNNParams, params)
    assert refusal.value.problems[0].path == path


def test_a_short_text_is_learned_in_the_columns_that_it_has_room_for() -> None:
    text = "안녕하세요! " * 20
    params = check(CharRNNParams, {"text": text, "sequence_length": 20, "hidden_size": 16, "steps": 60})
    assert params.columns == 6
    frame = Run(CharRNN(), params).advance(60)
    assert frame["smoothed_loss"][-1] < frame["smoothed_loss"][0]
    notices = CharRNN().scene(params)["notices"].content
    assert any("6 columns" in str(notice) for notice in notices)


def test_hello_is_learned_by_heart() -> None:
    run = begin(
        corpus="hello",
        cell="rnn",
        hidden_size=8,
        batch_size=1,
        sequence_length=4,
        steps=200,
        optimizer={"rule": "adam", "learning_rate": 0.05},
        temperature=0.0,
    )
    assert run.advance(200)["loss"][-1] < 0.05
    assert run.ask("sample", {"prime": "h", "length": 4, "temperature": 0})["text"] == "ello"


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "rnn", "activation": "relu", "init": "identity"},
        {"cell": "gru", "reset": "before", "layers": 2},
        {"cell": "lstm", "layers": 4, "dropout": 0.5},
        {"cell": "rnn", "activation": "linear", "init": "orthogonal"},
        {"clip": {"mode": "value", "threshold": 0.01}},
        {"init": "zeros"},
        {"optimizer": {"rule": "lion"}},
    ],
)
def test_every_option_trains(options: dict[str, Any]) -> None:
    assert np.isfinite(begin(**options).advance(30)["losses"]).all()


def test_units_that_start_alike_stay_alike() -> None:
    run = begin(init="zeros", steps=20)
    run.advance(20)
    Wh = run.simulation.learners[0].views["Wh0"]
    assert np.ptp(run.simulation.learners[0].views["by"]) > 0
    assert np.abs(Wh).max() == 0.0


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"hidden_size": 512, "layers": 4, "batch_size": 256, "sequence_length": 100}, "MB"),
        ({"hidden_size": 512, "layers": 3, "batch_size": 64, "sequence_length": 60}, "One step"),
        ({"hidden_size": 512, "layers": 4, "init": "xavier", "spectral_radius": 1.1}, "eigenvalues"),
    ],
)
def test_work_of_seconds_is_refused(params: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParams, match=words):
        check(CharRNNParams, params)


@pytest.mark.parametrize("init", ["orthogonal", "identity"])
def test_orthogonal_matrices_are_given_their_spectral_radius_without_an_eigenvalue(init: Init) -> None:
    net = RecurrentNet("gru", 3, 3, 20, 2)
    theta = initialize(net, init, np.random.default_rng(0), spectral_radius=1.3, dtype=np.float64)
    for layer in range(2):
        for block in net.layout.views(theta)[f"Wh{layer}"].reshape(-1, 20, 20):
            assert np.abs(np.linalg.eigvals(block)).max() == pytest.approx(1.3, rel=1e-12)


def test_large_nets_are_measured_on_the_beginning_of_each_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus_text("hangul").held
    assert text is not None
    params = check(CharRNNParams, SMALL)
    learner = whole(Learner.drawn(params.architecture, params, params.columns, 0))
    all_of_it = whole(learner.measure(text))
    monkeypatch.setattr(learning, "MOST_MEASURED", 0.0)
    part = whole(learner.measure(text))
    streams = text.streams[: text.warm + 17]
    assert part == mean_loss(learner.window(streams.shape[1]), learner.views, streams, text.warm)
    assert part != all_of_it
