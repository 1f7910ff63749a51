"""Laws of the answers that a char-RNN gives about itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.experiments.charrnn import CharRNN, hello, units
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.questions import asked
from engine.experiments.charrnn.questions.writing import find_loop
from engine.params import InvalidParams, check
from engine.replay import Run
from tests.extras import compares_with, library

SMALL = {
    "corpus": "reference",
    "hidden_size": 16,
    "batch_size": 8,
    "sequence_length": 12,
    "steps": 200,
    "seed": 1,
    "optimizer": {"rule": "adam", "learning_rate": 0.01},
}


def trained(steps: int = 40, **params: Any) -> Any:
    run = Run(CharRNN(), check(CharRNNParams, {**SMALL, **params}))
    run.first()
    run.go_to(steps)
    return run.simulation


def ask(simulation: Any, name: str, params: dict[str, Any]) -> Any:
    """Ask as a page would."""
    return CharRNN().ask(simulation, name, params)


@pytest.fixture(scope="module")
def lstm() -> Any:
    return trained(layers=2, compare=["rnn", "gru"])


def test_thinking_shows_every_unit_at_every_character(lstm: Any) -> None:
    text = "The assert statement"
    for quantity, low, high in (("h", -1, 1), ("c", -np.inf, np.inf), ("f", 0, 1), ("g", -1, 1)):
        answer = ask(lstm, "think", {"text": text, "layer": 1, "quantity": quantity})
        assert answer["activations"].shape == (len(text), 16)
        assert (answer["activations"] >= low).all()
        assert (answer["activations"] <= high).all()
        assert answer["text"] == text


def test_thought_activations_are_those_of_reading_character_by_character(lstm: Any) -> None:
    from engine.nn.recurrent.walker import Walker

    text = "for x in"
    learner = lstm.learners[0]
    walker = Walker(learner.net, learner.views)
    walker.step(lstm.text.prime)
    answer = ask(lstm, "think", {"text": text, "layer": 0, "quantity": "c"})
    for row, character in zip(answer["activations"], lstm.text.alphabet.encode(text)[0], strict=True):
        walker.step(int(character))
        np.testing.assert_allclose(row, walker.states[0][1][:, 0], atol=1e-6)


def test_surprise_and_score_are_the_same_and_add_up(lstm: Any) -> None:
    think = ask(lstm, "think", {"text": "statement"})
    score = ask(lstm, "score", {"text": "statement"})
    np.testing.assert_allclose(think["surprise"], score["surprise"], rtol=1e-5)
    assert score["total"] == pytest.approx(score["surprise"].sum())
    assert score["perplexity"] == pytest.approx(np.exp(score["surprise"].mean()))
    assert (np.diff(score["chances"], axis=1) <= 0).all()


def test_the_next_character_is_a_distribution_sharpened_by_temperature(lstm: Any) -> None:
    entropies = []
    for temperature in (2.0, 1.0, 0.5, 0.0):
        answer = ask(lstm, "next", {"prime": "The ", "temperature": temperature})
        assert answer["probabilities"].sum() == pytest.approx(1)
        assert (np.diff(answer["probabilities"][answer["order"]]) <= 0).all()
        entropies.append(float(answer["entropy"]))
    assert entropies == sorted(entropies, reverse=True)
    assert entropies[-1] == 0


def test_a_sample_is_the_same_again_and_a_fork_keeps_what_came_before(lstm: Any) -> None:
    question = {"prime": "The ", "length": 30, "seed": 5}
    one, two = (ask(lstm, "sample", question) for _ in range(2))
    assert one["text"] == two["text"]
    assert len(one["text"]) == 30
    other = lstm.text.alphabet.characters[int(one["candidates"][10, 1])]
    fork = ask(lstm, "sample", {**question, "prime": "The " + one["text"][:10] + other, "length": 5})
    assert len(fork["text"]) == 5


def test_loops_are_found() -> None:
    assert find_loop([5, 6, 1, 2, 3, 1, 2, 3, 1, 2, 3]) == (2, 3)
    assert find_loop([7] * 9) == (0, 1)
    assert find_loop([1, 2, 3, 4, 5]) == (-1, 0)


def test_argmax_of_a_small_net_ends_in_a_loop() -> None:
    simulation = trained(steps=60)
    answer = ask(simulation, "sample", {"prime": "The ", "length": 2000, "temperature": 0})
    start, period = answer["loop"]
    assert start >= 0
    assert period >= 1


def test_features_of_a_text_are_what_a_reader_sees() -> None:
    text = 'ab (c "d" [e])\n  f'
    found = units.features(text)
    assert found["quotes"].tolist() == [0] * 6 + [1, 1] + [0] * (len(text) - 8)
    assert found["brackets"][[2, 3, 10, 12, 13]].tolist() == [0, 1, 2, 1, 0]
    assert found["line"][:3].tolist() == [1, 2, 3]
    assert found["indentation"][-1] == 2
    assert found["word"][:4].tolist() == [1, 2, 0, 0]


def test_the_unit_finder_finds_a_planted_unit() -> None:
    rng = np.random.default_rng(0)
    text = ('She said "yes" and (no) again.\n' * 40) + "end"
    activations = rng.normal(size=(len(text), 2, 6))
    activations[:, 1, 4] += 8 * units.features(text)["quotes"]
    found = units.rank(text, {"h": activations}, most=3)
    assert (found["layer"][0, 0], found["unit"][0, 0]) == (1, 4)
    assert found["correlation"][0, 0] > 0.9
    assert np.abs(found["correlation"][0, 1]) < 0.3
    assert np.isnan(found["correlation"][3]).all()  # no line is indented


def test_the_unit_finder_answers_for_every_cell(lstm: Any) -> None:
    for net in range(3):
        answer = ask(lstm, "units", {"net": net, "most": 4})
        assert answer["correlation"].shape == (5, 4)
        assert np.nanmax(np.abs(answer["correlation"])) <= 1


def test_holding_a_unit_changes_loss_and_text_and_holding_none_does_not(lstm: Any) -> None:
    answer = ask(lstm, "ablate", {"hold": [[0, 3, 4.0], [1, 2, -4.0]], "length": 40})
    assert answer["held_loss"] != answer["free_loss"]
    assert answer["held_sample"] != answer["free_sample"]
    free = ask(lstm, "sample", {"length": 40, "temperature": 0.5})
    assert free["text"] == answer["free_sample"]


def test_flow_of_the_vanilla_rnn_stays_below_its_bound() -> None:
    simulation = trained(cell="rnn", steps=30)
    for radius in (0.5, 0.9, 1.5):
        answer = ask(simulation, "flow", {"window": 40, "spectral_radius": radius})
        assert answer["spectrum"][0, 1] == pytest.approx(radius, rel=1e-4)
        assert (answer["hidden"][0] <= answer["bound"][0] * (1 + 1e-5)).all()


def test_flow_through_large_nets_goes_back_as_far_as_a_second_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = trained(cell="rnn", steps=1)
    monkeypatch.setattr(asked, "WORK", 0.0)
    assert ask(simulation, "flow", {"window": 100})["hidden"].shape == (1, 100)
    with pytest.raises(InvalidParams, match="at most 100 characters"):
        ask(simulation, "flow", {"window": 101})


def test_flow_is_the_numeric_derivative_of_the_last_loss() -> None:
    simulation = trained(cell="rnn", steps=20, batch_size=1)
    learner, text = simulation.learners[0], simulation.text
    window, lag = 12, 5
    answer = ask(simulation, "flow", {"window": window})
    views = {name: view.astype(np.float64) for name, view in learner.views.items()}
    total = []
    columns = min(8, len(text.train) // (window + 1))
    ids = text.train[: columns * (window + 1)].reshape(columns, -1)
    for row in ids.astype(int):

        def loss(push: Any, row: Any = row) -> float:
            h = np.zeros(16)
            for t, character in enumerate(row[:-1]):
                h = np.tanh(views["Wx0"][:, character] + views["bx0"] + views["bh0"] + views["Wh0"] @ h)
                if t == window - 1 - lag:
                    h = h + push
            y = views["Wy"] @ h + views["by"]
            return float(np.log(np.exp(y - y.max()).sum()) - (y - y.max())[row[-1]])

        eye = np.eye(16) * 1e-5
        total.append(np.linalg.norm([(loss(e) - loss(-e)) / 2e-5 for e in eye]))
    assert answer["hidden"][0, lag] == pytest.approx(np.mean(total), rel=1e-3)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_direct_way_and_way_around_add_up_at_lag_zero_and_one(cell: str) -> None:
    answer = ask(trained(cell=cell, steps=10), "flow", {"window": 20})
    assert answer["around"][0, 0] == 0
    assert answer["direct"][0, 0] == pytest.approx(answer["state"][0, 0])
    assert np.isnan(answer["bound"]).all()
    assert (answer["direct"][0] + answer["around"][0] >= answer["state"][0] * (1 - 1e-6)).all()
    assert (np.diff(answer["direct"][0]) <= 0).all()  # a forget gate only ever takes away


def test_hello_starts_at_four_ln_four_and_every_gradient_is_the_numeric_one() -> None:
    for trained_steps in (0, 50):
        found = hello.numbers(trained_steps)
        for name in hello.SHAPES:
            np.testing.assert_allclose(found[f"d{name}"], found[f"numeric_d{name}"], atol=1e-8)
            np.testing.assert_allclose(found[f"d{name}_t"].sum(axis=0), found[f"d{name}"], atol=1e-14)
        np.testing.assert_array_equal(found["dh_future"][-1], 0)
    assert found["curve"][0] == pytest.approx(4 * np.log(4), rel=1e-12)
    assert found["curve"][-1] < found["curve"][0]


def test_hello_by_hand_is_what_the_engine_computes() -> None:
    from engine.autodiff.tape import backward
    from engine.nn.recurrent import RecurrentNet, Window

    found = hello.numbers(30)
    architecture = RecurrentNet("rnn", 4, 4, 3)
    theta = architecture.layout.zeros()
    names = {"Wx0": "Wxh", "Wh0": "Whh", "bx0": "bh", "Wy": "Why", "by": "by"}
    for name, view in architecture.layout.views(theta).items():
        if name in names:
            view[...] = found[names[name]]
    parameters = architecture.layout.parameters(theta)
    ids = np.array([hello.ALPHABET.index(c) for c in "hello"])[:, None]
    loss = Window(architecture, 1, 4, np.float64).loss(parameters, ids[:-1], ids[1:])
    backward(loss)
    assert 4 * float(loss.value) == pytest.approx(found["losses"].sum())
    for name, other in names.items():
        np.testing.assert_allclose(4 * parameters[name].gradient, found[f"d{other}"], atol=1e-14)


@compares_with("torch")
@pytest.mark.parametrize(
    "options",
    [
        {"cell": "lstm", "layers": 2},
        {"cell": "gru"},
        {"cell": "gru", "reset": "before", "layers": 2},
        {"cell": "rnn"},
        {"cell": "rnn", "activation": "relu"},
        {"cell": "rnn", "activation": "linear"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_exported_program_gives_the_same_scores_in_torch(options: dict[str, Any], tmp_path: Path) -> None:
    torch = library("torch")
    simulation = trained(steps=5, **options)
    answer = ask(simulation, "pytorch", {})
    program: dict[str, Any] = {"__name__": "exported"}
    exec(compile(answer["code"], "charrnn.py", "exec"), program)
    assert program["CHARACTERS"] == simulation.text.alphabet.characters
    text = "The assert"
    ids = simulation.text.alphabet.encode(text)[0]
    scores, _state = program["build"]()(torch.tensor(ids)[:, None])
    learner = simulation.learners[0]
    from engine.nn.recurrent.walker import Walker

    ours = Walker(learner.net, learner.views).read(ids)
    np.testing.assert_allclose(scores[:, 0].detach().numpy(), ours, atol=1e-4)


def test_exported_program_runs_by_itself(tmp_path: Path) -> None:
    library("torch")
    file = tmp_path / "program.py"
    file.write_text(ask(trained(steps=2), "pytorch", {})["code"], encoding="utf-8")
    done = subprocess.run([sys.executable, str(file), "0", "The "], capture_output=True, check=True)
    assert done.stdout.decode().startswith("The ")


def test_the_timeline_keeps_the_first_and_the_last_sample(lstm: Any) -> None:
    simulation = trained(steps=200)
    answer = ask(simulation, "timeline", {})
    assert answer["steps"].tolist() == [0, 100, 200]
    assert len(answer["samples"].content) == 3


@pytest.mark.parametrize(
    ("name", "question", "words"),
    [
        ("telepathy", {}, "there are think, next"),
        ("think", {"text": ""}, "too short"),
        ("think", {"text": "한글"}, "knows none of these characters"),
        ("think", {"text": "a", "layer": 3}, "no layer 3"),
        ("think", {"text": "a", "quantity": "r"}, "has no r"),
        ("score", {"text": "a", "net": 3}, "no net 3"),
        ("ablate", {"hold": [[0, 99, 1.0]]}, "no unit 99"),
        ("sample", {"length": 10**9}, "at most 2000"),
        ("sample", {"extra": 1}, "no parameter here"),
    ],
)
def test_a_bad_question_is_refused_with_a_sentence(
    lstm: Any, name: str, question: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidParams, match=words):
        ask(lstm, name, question)


def test_unknown_characters_of_a_text_are_named(lstm: Any) -> None:
    assert ask(lstm, "score", {"text": "an 한"})["unknown"] == "한"


@pytest.fixture(scope="module")
def giant() -> Run:
    """The largest net."""
    given = check(CharRNNParams, {"hidden_size": 512, "layers": 4, "batch_size": 1, "sequence_length": 5})
    return Run(CharRNN(), given)


@pytest.mark.parametrize(
    ("name", "params"),
    [("units", {"text": "to be " * 3000}), ("score", {"text": "to be " * 800}), ("sample", {"length": 2000})],
)
def test_an_answer_that_would_take_many_seconds_is_refused(giant: Run, name: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParams, match=r"at most 3\d\d characters"):
        CharRNN().ask(giant.simulation, name, params)
