"""The char-RNN computed in pieces: each is one thing, and together they are the run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.experiments.charrnn import CharRNN
from engine.experiments.charrnn.params import CharRNNParams
from engine.experiments.charrnn.questions import asked as questions
from engine.nn.recurrent import initialize as initialization
from engine.nn.recurrent.cell import Cell
from engine.nn.recurrent.readout import Readout
from engine.nn.recurrent.walker import Walker
from engine.params import check
from engine.pieces import Pieces, remembered, whole
from engine.replay import Run
from tests.engine.parted import Counted, same
from tests.engine.small_charrnn import SMALL, begin

TWO = {**SMALL, "compare": ["gru"], "layers": 2, "init": "orthogonal", "steps": 100, "dropout": 0.2}


def test_where_a_run_is_cut_changes_no_number(every_layer_large: Callable[[], None]) -> None:
    params = check(CharRNNParams, TWO)
    at_once, parted = Run(CharRNN(), params), Run(CharRNN(), params)
    first, then = at_once.first(), at_once.advance(100)
    every_layer_large()
    counted = Counted()
    same(counted(parted.first_in_pieces()), first)
    same(counted(parted.advance_in_pieces(100)), then)
    assert counted.pieces > 100 * 2 * 2 * 2  # updates, nets, layers, forth and back


def test_no_piece_does_more_than_one_thing(
    monkeypatch: pytest.MonkeyPatch, every_layer_large: Callable[[], None]
) -> None:
    """A matrix drawn, a layer passed, a character written: each is a piece of its own."""
    done: list[str] = []

    def noted(of: Any, name: str) -> None:
        what, wanted = f"{of.__name__}.{name}", getattr(of, name)

        def note(*given: Any, **named: Any) -> Any:
            before = len(done)
            found = wanted(*given, **named)
            done[before:] = [what]  # what was done for it is not counted again
            return found

        monkeypatch.setattr(of, name, note)

    every_layer_large()
    for of, name in (
        (initialization, "orthogonal"),
        (Walker, "step"),
        (Cell, "forward"),
        (Cell, "backward"),
        (Readout, "forward"),
        (Readout, "backward"),
        (np.linalg, "norm"),
        (np.linalg, "eigvals"),
    ):
        noted(of, name)
    run = Run(CharRNN(), check(CharRNNParams, TWO))
    seen: set[str] = set()
    for pieces in (run.first_in_pieces(), run.advance_in_pieces(100)):
        for _ in pieces:
            assert len(done) <= (2 if "Readout.forward" in done else 1), done  # the loss, and back from it
            seen |= set(done)
            done.clear()
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("think", {"text": "가나다라마바사" * 9, "layer": 1, "quantity": "c"}),
        ("score", {"text": "가나다라마바사" * 9}),
        ("units", {"most": 3}),
        ("sample", {"prime": "가나", "length": 20}),
        ("ablate", {"hold": [[0, 1, 0.5]], "length": 20}),
        ("flow", {"window": 20, "spectral_radius": 0.9}),
    ],
)
def test_an_answer_comes_in_pieces_and_is_the_same(
    question: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, every_layer_large: Callable[[], None]
) -> None:
    run = Run(CharRNN(), check(CharRNNParams, {**TWO, "cell": "lstm"}))
    run.first()
    at_once = run.ask(question, asked)
    every_layer_large()
    monkeypatch.setattr(questions, "PIECE", 1)
    frames = list(run.experiment.answers(run.simulation, question, asked))
    assert frames[:-1].count(None) == len(frames) - 1 > 4
    parted = frames[-1]
    assert parted is not None
    for name, value in at_once.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(parted[name], value, rtol=1e-5, atol=1e-6)


def test_a_run_let_go_of_between_two_steps_begins_anew() -> None:
    params = check(CharRNNParams, {**SMALL, "steps": 100, "compare": ["gru"]})
    whole_run, left = Run(CharRNN(), params), Run(CharRNN(), params)
    for begin_work in (left.first_in_pieces, lambda: left.advance_in_pieces(30)):
        work = begin_work()
        for _ in range(9):
            next(work)
        work.close()
        assert not left.stands_at(0)
    same(left.first(), whole_run.first())
    same(left.advance(20), whole_run.advance(20))
    left.snapshot()
    work = left.advance_in_pieces(30)
    next(work)
    work.close()
    left.go_to(40)
    np.testing.assert_array_equal(left.advance(10)["losses"], whole_run.advance(30)["losses"][:, 20:])


def test_a_copy_shares_no_buffer_with_its_original() -> None:
    one = begin().simulation
    one.advance(3)
    other = copy.deepcopy(one)
    learner, copied = one.learners[0], other.learners[0]
    assert learner.window(one.columns) is learner.window(one.columns)
    assert learner.window(one.columns) is not copied.window(one.columns)
    np.testing.assert_array_equal(other.advance(5)["losses"], one.advance(5)["losses"])


def test_what_was_asked_least_recently_is_forgotten() -> None:
    done: list[tuple[int, int]] = []

    def work(x: int, y: int = 0) -> Pieces[int]:
        done.append((x, y))
        yield
        return x + y

    asked = remembered(work, most=2)
    assert [whole(asked(1)), whole(asked(2)), whole(asked(1)), whole(asked(1, y=5))] == [1, 2, 1, 6]
    assert done == [(1, 0), (2, 0), (1, 5)]
    assert [whole(asked(1)), whole(asked(2))] == [1, 2]
    assert done == [(1, 0), (2, 0), (1, 5), (2, 0)]
