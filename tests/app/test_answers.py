"""Answers that grow: part by part beside the run, and no further once something newer is wanted."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import httpx
import pytest

import engine
from app.answers import Answers
from engine.frame import Frame
from engine.params import check
from engine.pieces import whole
from engine.replay import Run
from tests.app.client import Page, Picture, page, wait_for_nobody
from tests.app.conftest import Together
from tests.app.toy import COUNTED, ToySimulation, heavy
from tests.timing import PATIENCE

LONG = {"to": 100_000, "pause": 0.005}
"""A question that would take eight minutes."""
PIECE = 2
"""So many pieces an answer that is no longer wanted may still do: the one that was begun, and one that was due."""


def ask(opened: Page, id: int, epoch: int = 0, **params: Any) -> None:
    opened.send(type="ask", epoch=epoch, id=id, question="count", params=params)


def counts(messages: list[Any], id: int) -> list[float]:
    """What the answers to a question counted."""
    pictures = [m for m in messages if isinstance(m, Picture) and m.kind == "answer" and m.header["id"] == id]
    return [float(picture.arrays["count"][0]) for picture in pictures]


def test_a_single_answer_may_come_in_pieces_while_the_run_is_held() -> None:
    """Whoever holds the run for it may be interrupted between the pieces, and has the answer at their end."""

    def pieces() -> Generator[Frame | None, None, None]:
        yield None
        yield None
        yield Frame(3, {})

    answers = Answers(pieces())
    assert len(list(answers.begin(wholly=True))) == 2
    found = whole(answers.next(lambda: False))
    assert found is not None
    assert (found.frame.step, found.more) == (3, False)


def test_parts_come_in_order_and_all_but_the_last_say_that_more_follows(toy_page: Page) -> None:
    toy_page.start(epoch=3)
    ask(toy_page, 7, epoch=3, to=4)
    got = []
    while not got or got[-1].header.get("more"):
        got.append(toy_page.receive())
    assert [one.header["id"] for one in got] == [7] * len(got)
    assert counts(got, 7) == [1, 2, 3, 4]
    assert {one.header["epoch"] for one in got} == {3}


def test_a_last_piece_that_brings_nothing_better_leaves_the_answer_before_it_as_the_last() -> None:
    def pieces() -> Generator[Frame | None, None, None]:
        yield Frame(1, {})
        yield Frame(2, {})
        yield None

    answers, got = Answers(pieces()), []
    whole(answers.begin(wholly=False))
    while not got or got[-1].more:
        got.append(whole(answers.next(lambda: False)))
    assert [(one.frame.step, one.more) for one in got] == [(1, True), (2, True), (2, False)]


def test_the_run_goes_on_beside_and_the_answer_is_of_the_step_asked_about(toy_page: Page) -> None:
    toy_page.start(params={"steps": 200})
    ask(toy_page, 1, **LONG)
    first = toy_page.receive()
    frames: list[Picture] = []
    while len(frames) < 3:
        toy_page.send(type="advance", steps=5)
        frames += [one for one in toy_page.until("frame") if one.kind == "frame"]
    assert [frame.step for frame in frames] == [5, 10, 15]
    later = toy_page.until("answer")[-1]
    assert (first.step, later.step) == (0, 0)
    assert later.arrays["count"][1] == first.arrays["count"][1] == -1.0


@pytest.mark.parametrize(
    "newer",
    [
        {"type": "start", "epoch": 1},
        {"type": "set", "epoch": 1, "step": 0, "changes": {"rate": 0.2}},
        {"type": "rewind", "epoch": 1},
        {"type": "drop", "id": 1},
    ],
    ids=lambda message: message["type"],
)
def test_something_newer_ends_it_at_once(toy_page: Page, together: Together, newer: dict[str, Any]) -> None:
    toy_page.start(epoch=0)
    ask(toy_page, 1, **LONG)
    toy_page.until("answer")
    with together(toy_page):
        toy_page.send(**newer)
        mark = len(COUNTED)
    rest = toy_page.until("dropped")
    assert rest[-1]["id"] == 1
    toy_page.send(type="ask", epoch=1 if "epoch" in newer else 0, id=2, question="count")
    answers = [toy_page.until("answer")[-1] for _ in range(5)]
    assert [one.header["id"] for one in answers] == [2] * 5
    assert COUNTED[mark:].count(100_000) <= PIECE


def test_a_start_does_not_wait_for_a_replay_that_it_makes_pointless(
    toy_page: Page, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_page.start(params=heavy(burn=0.0), advance={"steps": 50})
    toy_page.until("frame")
    began, advance = threading.Event(), ToySimulation.advance

    def told(simulation: ToySimulation, steps: int) -> Frame:
        began.set()
        return advance(simulation, steps)

    monkeypatch.setattr(ToySimulation, "advance", told)
    with together(toy_page):
        toy_page.send(type="ask", epoch=0, id=1, question="past", params={}, at=40)
        assert began.wait(PATIENCE)
        toy_page.send(type="start", epoch=1, params=heavy(burn=0.0))
    assert toy_page.receive() == {"type": "dropped", "epoch": 0, "id": 1}
    assert toy_page.until("frame")[-1].header["epoch"] == 1
    toy_page.send(type="advance", steps=9)
    toy_page.until("frame")
    toy_page.send(type="ask", epoch=1, id=2, question="past", params={}, at=4)
    assert toy_page.until("answer")[-1].step == 4


def test_an_older_answer_never_comes_after_a_newer_question(toy_page: Page, together: Together) -> None:
    toy_page.start()
    for id in range(1, 6):
        ask(toy_page, id, **{**LONG, "to": 99_999})
        while id % 2 and toy_page.until("answer")[-1].header["id"] != id:
            pass  # of the one before; after its own the server has heard all that was sent
    with together(toy_page):
        ask(toy_page, 6, to=5)
        mark = len(COUNTED)
    got: list[Any] = []
    while 5.0 not in counts(got, 6) or {"type": "dropped", "epoch": 0, "id": 5} not in got:
        got.append(toy_page.receive())
    ids = [one.header["id"] for one in got if isinstance(one, Picture)]
    assert ids == sorted(ids)
    assert COUNTED[mark:].count(99_999) <= 2 * PIECE  # of the fifth, and of the fourth that had hardly gone


def test_other_visitors_and_other_questions_have_their_turns(url: str) -> None:
    with page(url) as asking, page(url) as busy, page(url) as third:
        asking.start()
        ask(asking, 1, **LONG)
        busy.start(params=heavy())
        busy.send(type="advance", steps=100_000)
        asking.until("answer")
        asking.send(type="ask", epoch=0, id=2, question="state")
        while asking.until("answer")[-1].header["id"] != 2:
            pass
        third.start(advance={"steps": 50})
        assert third.receive().step == 50


def test_refusals_and_bugs_of_a_growing_answer_are_sentences(toy_page: Page) -> None:
    toy_page.start()
    ask(toy_page, 1, to=13)
    refused = toy_page.error()
    assert (refused["id"], refused["problems"][0]["path"]) == (1, "to")
    ask(toy_page, 2, bug_at=3)
    failed = toy_page.until("error")[-1]
    assert failed["id"] == 2
    assert "fault of ours" in failed["problems"][0]["sentence"]
    ask(toy_page, 3, to=1)
    assert toy_page.receive().header["id"] == 3


def test_a_page_that_leaves_ends_its_questions(url: str) -> None:
    with page(url) as opened:
        opened.start()
        ask(opened, 1, **{**LONG, "to": 99_998})
        opened.until("answer")
    wait_for_nobody(url)
    mark = len(COUNTED)
    with page(url) as another:  # who shares the places with whatever still computes
        another.start()
        ask(another, 1, to=20)
        while another.until("answer")[-1].header.get("more"):
            pass
    assert COUNTED[mark:].count(99_998) == 0


def test_engine_and_rest_give_the_last_answer(http: httpx.Client) -> None:
    got = http.post("/api/experiments/toy/ask", json={"question": "count", "params": {"to": 6}, "at": 0})
    assert got.json()["count"] == [6.0, -1.0]
    experiment = engine.experiment("toy")
    run = Run(experiment, check(experiment.Params, {}))
    assert run.ask("count", {"to": 6})["count"][0] == 6.0
    bad = http.post("/api/experiments/toy/ask", json={"question": "count", "params": {"to": 13}})
    assert bad.status_code == 422
