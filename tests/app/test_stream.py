"""The stream as a page sees it: a real server, a real WebSocket."""

from __future__ import annotations

import numpy as np

import engine
from tests.app.client import Page, Picture, page, serving
from tests.app.toy import heavy


def expected(params: dict[str, object], changes: dict[int, dict[str, object]] | None = None) -> np.ndarray:
    """All values of a run, from the engine alone, step by step."""
    run = engine.run("toy", params)
    values = [next(run)["values"]]
    step = 0
    while True:
        try:
            frame = run.send(engine.Advance(1, (changes or {}).get(step, {})))
        except StopIteration:
            return np.concatenate(values, axis=1)
        step = frame.step
        values.append(frame["values"])


def values_of(pictures: list[Picture]) -> np.ndarray:
    return np.concatenate([picture.arrays["values"] for picture in pictures], axis=1)


def test_start_answers_ready_scene_and_frame_0(toy_page: Page) -> None:
    ready, scene, frame = toy_page.start(epoch=3, params={"steps": 40})
    assert ready == {"type": "ready", "epoch": 3, "step": 0, "total": 40, "scene": "plain"}
    assert (scene.kind, scene.header["texts"]) == ("scene", {"label": "plain"})
    assert (frame.kind, frame.step, frame.header["epoch"]) == ("frame", 0, 3)
    np.testing.assert_array_equal(frame.arrays["values"], [[1.0], [-2.0]])


def test_start_with_advance_is_one_round_trip(toy_page: Page) -> None:
    toy_page.start(params={"steps": 40}, advance={"steps": 30})
    assert toy_page.receive().step == 30


def test_scene_is_sent_only_when_the_page_does_not_hold_it(toy_page: Page) -> None:
    assert len(toy_page.start(epoch=0, scene="plain")) == 2
    assert len(toy_page.start(epoch=1, scene="plain", params={"label": "other"})) == 3
    assert len(toy_page.start(epoch=2, scene="", params={"label": "other"})) == 3


def test_pulled_frames_are_the_run_of_the_engine(toy_page: Page) -> None:
    params = {"steps": 100, "noise": 0.3, "seed": 5}
    frames = [toy_page.start(params=params)[-1], *toy_page.frames_to_end()]
    np.testing.assert_array_equal(values_of(frames), expected(params))
    assert frames[-1].header["final"]
    assert toy_page.receive() == {"type": "end", "epoch": 0, "step": 100}


def test_advance_after_the_end_says_end_again(toy_page: Page) -> None:
    toy_page.start(params={"steps": 3}, advance={"steps": 3})
    assert [toy_page.receive().step, toy_page.receive()["type"]] == [3, "end"]
    toy_page.send(type="advance", steps=1)
    assert toy_page.receive()["type"] == "end"


def test_budget_bounds_how_long_an_advance_computes(toy_page: Page) -> None:
    toy_page.start(params=heavy())
    toy_page.send(type="advance", budget_ms=60)
    assert 1 <= toy_page.receive().step <= 40  # 15 steps, and a slice of 10 that was on its way


def test_no_advance_computes_longer_than_the_server_allows() -> None:
    with serving(budget_ms=80) as url, page(url) as opened:
        opened.start(params=heavy())
        opened.send(type="advance", steps=100_000)
        assert opened.receive().step < 100


def test_start_with_changes_replays_them(toy_page: Page) -> None:
    params = {"steps": 60, "noise": 0.1}
    frame0 = toy_page.start(params=params, changes=[[20, {"rate": 0.5}], [40, {"rate": 0.0}]])[-1]
    frames = [frame0, *toy_page.frames_to_end()]
    np.testing.assert_array_equal(values_of(frames), expected(params, {20: {"rate": 0.5}, 40: {"rate": 0.0}}))


def test_set_goes_to_the_step_and_forgets_the_later(toy_page: Page) -> None:
    params = {"steps": 60, "noise": 0.1}
    first = toy_page.start(epoch=0, params=params, changes=[[40, {"rate": 1.0}]], advance={"steps": 60})[-1]
    before = [first, *toy_page.until("end")[:-1]]
    toy_page.send(type="set", epoch=1, step=25, changes={"rate": 0.5}, advance={"steps": 10})
    ready, frame = toy_page.receive(), toy_page.receive()
    assert (ready["type"], ready["step"], ready["epoch"]) == ("ready", 25, 1)
    assert (frame.step, frame.header["epoch"]) == (35, 1)
    after = values_of([frame, *toy_page.frames_to_end()])
    whole = np.concatenate([values_of(before)[:, :26], after], axis=1)
    np.testing.assert_array_equal(whole, expected(params, {25: {"rate": 0.5}}))


def test_rewind_gives_the_same_frames_again(toy_page: Page) -> None:
    first = [toy_page.start(epoch=0, params={"noise": 0.5})[-1], *toy_page.frames_to_end()]
    toy_page.receive()
    toy_page.send(type="rewind", epoch=1)
    again = [toy_page.until("frame")[-1], *toy_page.frames_to_end()]
    np.testing.assert_array_equal(values_of(first), values_of(again))


def test_ask_is_answered_by_the_simulation(toy_page: Page) -> None:
    toy_page.start(epoch=4)
    toy_page.send(type="ask", epoch=4, id=11, question="state", params={"what": "state"})
    answer = toy_page.receive()
    assert (answer.kind, answer.header["id"], answer.header["epoch"]) == ("answer", 11, 4)
    toy_page.send(type="ask", epoch=4, id=12, question="state", params={"what": "love"})
    assert toy_page.error()["id"] == 12
    toy_page.send(type="ask", epoch=3, id=13, question="state")
    assert toy_page.error()["id"] == 13
    toy_page.send(type="ask", epoch=4, id=14, question="love")
    assert "there are state" in toy_page.error()["problems"][0]["sentence"]


def test_unknown_question_and_checkpoint_where_there_are_none_are_told(url: str) -> None:
    with page(url, "race") as opened:
        opened.start()
        opened.send(type="ask", epoch=0, id=1, question="state")
        assert "no question “state”" in opened.error()["problems"][0]["sentence"]
        opened.send(type="upload", epoch=1)
        opened.socket.send(b"checkpoint")
        assert "no checkpoints" in opened.error()["problems"][0]["sentence"]
        opened.send(type="advance", steps=1)
        assert opened.receive().step == 1


def test_checkpoint_goes_out_and_comes_back(toy_page: Page) -> None:
    toy_page.start(epoch=0, advance={"steps": 30})
    kept = toy_page.receive()
    toy_page.send(type="ask", epoch=0, id=1, question="state")
    checkpoint = toy_page.receive().arrays["file"].tobytes()
    toy_page.start(epoch=1)
    toy_page.send(type="upload", epoch=2)
    toy_page.socket.send(checkpoint)
    ready, frame = toy_page.until("frame")
    assert (ready["step"], frame.step) == (30, 30)
    np.testing.assert_array_equal(frame.arrays["values"][:, 0], kept.arrays["values"][:, -1])
    toy_page.send(type="upload", epoch=3)
    toy_page.socket.send(b"\x93NUMPY rubbish")
    assert toy_page.error()["problems"][0]["path"] == "checkpoint"
    toy_page.send(type="advance", steps=5)
    assert toy_page.receive().step == 35
