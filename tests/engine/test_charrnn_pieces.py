"""The char-RNN computed in pieces: each is one thing, and together they are the run."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np
import pytest

from engine.experiments.charrnn import CharRNN
from engine.experiments.charrnn.params import CharRNNParams
from engine.frame import Frame
from engine.nn.recurrent import Window
from engine.nn.recurrent import initialize as initialization
from engine.nn.recurrent.walker import Walker
from engine.nn.training import Trainer
from engine.params import check
from engine.pieces import Pieces
from engine.replay import Run

T = TypeVar("T")

SMALL = {
    "corpus": "hangul",
    "hidden_size": 12,
    "batch_size": 4,
    "sequence_length": 10,
    "steps": 30,
    "seed": 3,
    "optimizer": {"rule": "adam", "learning_rate": 0.02},
}
SERIES = ("losses", "smoothed_losses", "validation_losses", "gradient_norms", "clipped_norms")


def begin(**params: Any) -> Run:
    run = Run(CharRNN(), check(CharRNNParams, {**SMALL, **params}))
    run.first()
    return run


class Counted:
    """Runs pieces to the end and counts them."""

    def __init__(self) -> None:
        self.pieces = 0

    def __call__(self, pieces: Pieces[T]) -> T:
        while True:
            self.pieces += 1
            try:
                next(pieces)
            except StopIteration as finished:
                return finished.value


def same(one: Frame, other: Frame) -> None:
    for name, value in one.items():
        np.testing.assert_equal(other[name], value)


def test_a_run_in_pieces_is_the_run_at_once() -> None:
    params = check(CharRNNParams, {**SMALL, "compare": ["gru"], "init": "orthogonal", "steps": 100})
    at_once, parted = Run(CharRNN(), params), Run(CharRNN(), params)
    counted = Counted()
    same(counted(parted.first_in_pieces()), at_once.first())
    same(counted(parted.advance_in_pieces(100)), at_once.advance(100))


def test_no_piece_does_more_than_one_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One matrix drawn, one window read, one character written, one net's update: each is a piece of its own."""
    done: list[str] = []

    def noted(of: Any, name: str) -> None:
        what, wanted = f"{of.__name__}.{name}", getattr(of, name)
        monkeypatch.setattr(of, name, lambda *given, **named: (done.append(what), wanted(*given, **named))[1])

    for of, name in (
        (initialization, "orthogonal"),
        (Window, "forward"),
        (Walker, "step"),
        (Trainer, "step"),
        (Trainer, "look"),
        (np.linalg, "norm"),
        (np.linalg, "eigvals"),
    ):
        noted(of, name)
    run = Run(CharRNN(), check(CharRNNParams, {**SMALL, "compare": ["gru"], "init": "orthogonal", "steps": 100}))
    seen: set[str] = set()
    for pieces in (run.first_in_pieces(), run.advance_in_pieces(100)):
        for _ in pieces:
            trains = {"Trainer.step", "Trainer.look"} & set(done)
            assert len(done) <= (2 if trains else 1), done  # an update reads its window
            seen |= set(done)
            done.clear()
    assert len(seen) == 7


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
