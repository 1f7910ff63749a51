"""What must be true of trained nets: the entropy floor and the adding problem."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.languages import LETTERS, markov_table
from engine.experiments.charrnn import CharRNN, adding, hello
from engine.experiments.charrnn.adding import train_adding
from engine.experiments.charrnn.params import CharRNNParams
from engine.nn.recurrent.net import CellName
from engine.params import check
from engine.pieces import whole
from engine.replay import Change, Run


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_held_out_loss_comes_near_the_entropy_of_the_markov_chain_and_not_below(cell: str) -> None:
    params = check(
        CharRNNParams,
        {
            "corpus": "markov",
            "cell": cell,
            "hidden_size": 64,
            "sequence_length": 20,
            "steps": 1200,
            "optimizer": {"rule": "adam", "learning_rate": 0.01},
        },
    )
    run = Run(CharRNN(), params, [Change(850, {"optimizer": {"rule": "adam", "learning_rate": 0.00125}})])
    while not run.done:
        frame = run.advance(400)
    loss = float(frame["validation_now"][0])
    # The chain's own surprise on the very characters that were measured: no luck of the draw is left in it.
    text = params.reading
    place = np.array([LETTERS.index(character) for character in text.alphabet.characters])
    at = text.held.places
    ids = place[text.ids]
    best = float(-np.log(markov_table()[ids[at - 2], ids[at - 1], ids[at]]).mean())
    assert best == pytest.approx(text.entropy, rel=0.02)
    assert best < loss < 1.03 * text.entropy


@pytest.mark.parametrize(("cell", "low", "high"), [("lstm", 0.0, 0.02), ("gru", 0.0, 0.02), ("rnn", 0.15, 0.19)])
def test_adding_problem_over_a_hundred_steps(cell: CellName, low: float, high: float) -> None:
    error, _curve = whole(train_adding(cell, 100, 1200, seed=0, hidden=24, carry=2.0, enough=0.005))
    assert low <= error < high


def test_last_error_is_the_mean_square_and_its_gradient_the_numeric_one() -> None:
    from engine.autodiff.tape import Tensor, backward
    from engine.experiments.charrnn.adding import last_error

    rng = np.random.default_rng(0)
    h, Wy, by = (Tensor(rng.normal(size=shape)) for shape in ((4, 3, 5), (1, 3), (1,)))
    targets = rng.normal(size=5)
    loss = last_error(h, Wy, by, targets)
    assert float(loss.value) == pytest.approx(np.mean((Wy.value[0] @ h.value[-1] + by.value - targets) ** 2))
    backward(loss)
    for tensor in (h, Wy, by):
        index = tuple(size - 1 for size in tensor.shape)
        values = []
        for sign in (1e-6, -2e-6):
            tensor.value[index] += sign
            values.append(float(last_error(h, Wy, by, targets).value))
        assert tensor.gradient is not None
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(tensor.gradient[index], rel=1e-6)


def test_hello_can_begin_with_the_lectures_own_states_and_scores() -> None:
    found = {name: np.asarray(value) for name, value in hello.numbers(lecture=True).items()}
    drawn = [[0.3, -0.1, 0.9], [1.0, 0.3, 0.1], [0.1, -0.5, -0.3], [-0.3, 0.9, 0.7]]
    np.testing.assert_allclose(np.round(found["h"][1:], 3), drawn)
    scores = [[1.0, 2.2, -3.0, 4.1], [0.5, 0.3, -1.0, 1.2], [0.1, 0.5, 1.9, -1.1], [0.2, -1.5, -0.1, 2.2]]
    np.testing.assert_allclose(found["y"], scores, atol=1e-9)
    np.testing.assert_allclose(found["losses"], [2.079, 2.900, 0.380, 0.231], atol=5e-4)
    assert found["losses"].sum() == pytest.approx(5.590, abs=5e-4)
    assert found["p"].argmax(axis=1).tolist() == [3, 3, 2, 3]  # the lecture's net would write o, o, l, o
    np.testing.assert_allclose(found["dWhh_t"].sum(axis=0), found["numeric_dWhh"], atol=1e-6)


def test_the_adding_curve_ends_with_the_error_on_new_sequences() -> None:
    found, errors = whole(adding.trained_on_adding("rnn", 0))
    curve = whole(adding.curve("rnn", 0))
    assert len(curve) * adding.TOGETHER == len(errors) == adding.UPDATES
    assert curve[-1] == found
    assert curve[0] == pytest.approx(np.mean(errors[: adding.TOGETHER]))
