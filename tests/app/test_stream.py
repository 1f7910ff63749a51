"""The stream as a page sees it: a real server, a real WebSocket."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

import engine
from app.messages import read
from engine.params import InvalidParams
from tests.app.client import Page, Picture, page, serving

HEAVY = {"burn": 0.004, "steps": 100_000}


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


@pytest.fixture(scope="module")
def patient_url() -> Iterator[str]:
    """A server that would let a single request compute for ten seconds."""
    with serving(budget_ms=10_000) as address:
        yield address


# -- the ordinary conversation ------------------------------------------------------------------------------


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
    toy_page.start(params=HEAVY)
    began = time.monotonic()
    toy_page.send(type="advance", budget_ms=60)
    frame = toy_page.receive()
    assert 1 <= frame.step <= 40
    assert time.monotonic() - began < 5  # all steps would take 400


def test_no_advance_computes_longer_than_the_server_allows() -> None:
    with serving(budget_ms=80) as url, page(url) as opened:
        opened.start(params=HEAVY)
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


# -- what goes wrong ------------------------------------------------------------------------------------------

NOT_MESSAGES = {
    "no JSON": "hello",
    "half JSON": '{"type":',
    "NaN": '{"type":"advance","budget_ms":NaN}',
    "infinity": '{"type":"advance","budget_ms":-Infinity}',
    "list": "[1, 2]",
    "number": "7",
    "deep": "[" * 100_000,
    "long integer": "9" * 10_000,
    "no type": '{"steps": 3}',
    "unknown type": '{"type":"dance"}',
    "unknown key": '{"type":"advance","speed":3}',
    "negative steps": '{"type":"advance","steps":-1}',
    "text for steps": '{"type":"advance","steps":"many"}',
    "huge budget": '{"type":"advance","budget_ms":1e300}',
    "start without epoch": '{"type":"start","params":{}}',
    "negative epoch": '{"type":"start","epoch":-1}',
    "changes no pairs": '{"type":"start","epoch":50,"changes":[7]}',
    "lone surrogate": '{"type":"\\ud800"}',
    "set without step": '{"type":"set","epoch":50,"changes":{}}',
}


@pytest.mark.parametrize("text", NOT_MESSAGES.values(), ids=NOT_MESSAGES.keys())
def test_malformed_message_is_answered_and_the_session_lives(url: str, text: str) -> None:
    with page(url) as opened:
        opened.start(epoch=1)
        opened.socket.send(text)
        opened.error()
        opened.send(type="advance", steps=2)
        assert opened.receive().step == 2


REFUSED_STARTS = {
    "out of bounds": ({"rate": 11}, "rate"),
    "text for a number": ({"rate": "fast"}, "rate"),
    "unknown key": ({"speed": 1}, "speed"),
}


@pytest.mark.parametrize(("params", "path"), REFUSED_STARTS.values(), ids=REFUSED_STARTS.keys())
def test_refused_start_leaves_the_run_before_it(url: str, params: dict[str, object], path: str) -> None:
    with page(url) as opened:
        opened.start(epoch=0)
        opened.send(type="start", epoch=1, params=params)
        error = opened.error()
        assert (error["epoch"], error["problems"][0]["path"]) == (1, path)
        opened.send(type="advance", steps=2)
        assert opened.receive().step == 2


def test_set_refuses_what_is_not_live(toy_page: Page) -> None:
    toy_page.start(epoch=0, advance={"steps": 10})
    toy_page.receive()
    toy_page.send(type="set", epoch=1, step=5, changes={"noise": 0.5})
    assert toy_page.error()["problems"][0]["path"] == "noise"
    toy_page.send(type="set", epoch=2, step=5, changes={"rate": 99})
    assert toy_page.error()["problems"][0]["path"] == "rate"
    toy_page.send(type="advance", steps=1)
    assert toy_page.receive().step == 11


@pytest.mark.parametrize(
    "message",
    [
        {"type": "advance"},
        {"type": "rewind", "epoch": 5},
        {"type": "set", "epoch": 5, "step": 0, "changes": {}},
        {"type": "ask", "epoch": 5, "id": 0, "question": "state"},
    ],
)
def test_anything_before_start_is_refused(toy_page: Page, message: dict[str, object]) -> None:
    toy_page.send(**message)
    toy_page.error()
    assert toy_page.start(epoch=6)[0]["type"] == "ready"


def test_epoch_must_grow(toy_page: Page) -> None:
    toy_page.start(epoch=5)
    toy_page.send(type="rewind", epoch=5)
    assert toy_page.error()["problems"][0]["path"] == "epoch"


def test_oversized_messages_are_refused_and_the_session_lives() -> None:
    with serving(message_bytes=2000, upload_bytes=3000) as url, page(url) as opened:
        opened.start()
        opened.socket.send(json.dumps({"type": "advance", "pad": "x" * 4000}))
        assert "2,000" in opened.error()["problems"][0]["sentence"]
        opened.send(type="upload", epoch=1)
        opened.socket.send(bytes(4000))
        assert "3,000" in opened.error()["problems"][0]["sentence"]
        opened.send(type="advance", steps=1)
        assert opened.receive().step == 1


def test_binary_message_without_announcement_is_refused(toy_page: Page) -> None:
    toy_page.start()
    toy_page.socket.send(b"\x00\x01\x02")
    toy_page.error()
    toy_page.send(type="advance", steps=1)
    assert toy_page.receive().step == 1


def test_third_advance_on_the_way_is_refused(toy_page: Page) -> None:
    toy_page.start(params=HEAVY)
    for _ in range(3):
        toy_page.send(type="advance", steps=20)
    answers = [toy_page.receive() for _ in range(3)]
    assert [isinstance(answer, Picture) for answer in answers] == [True, True, False]
    assert answers[2]["type"] == "error"
    toy_page.send(type="advance", steps=1)
    assert toy_page.receive().step == 41


def test_newer_start_overtakes_older_work(patient_url: str) -> None:
    with page(patient_url) as opened:
        opened.start(epoch=0, params=HEAVY)
        opened.send(type="advance", steps=10_000)
        opened.send(type="start", epoch=1, params=HEAVY, advance={"steps": 10_000})
        opened.send(type="start", epoch=2, params={"steps": 7})
        began = time.monotonic()
        while True:
            answer = opened.receive()
            if isinstance(answer, dict) and answer["epoch"] == 2:
                break
        assert answer["total"] == 7
        assert time.monotonic() - began < 3  # in turn it would be twenty


def test_advances_asked_before_a_set_are_dropped(toy_page: Page) -> None:
    toy_page.start(epoch=0, params={**HEAVY, "burn": 0.02}, advance={"steps": 20})
    toy_page.receive()
    toy_page.send(type="advance", steps=20)
    toy_page.send(type="advance", steps=20)
    toy_page.send(type="set", epoch=1, step=10, changes={"rate": 0.2}, advance={"steps": 5})
    answers = toy_page.until("ready")
    assert sum(isinstance(answer, Picture) for answer in answers) <= 1
    assert toy_page.receive().step == 15
    for _ in range(2):  # the dropped ones do not count as being on their way
        toy_page.send(type="advance", steps=1)
    assert [toy_page.receive().step, toy_page.receive().step] == [16, 17]


def test_bug_in_a_laboratory_is_a_sentence(toy_page: Page, caplog: pytest.LogCaptureFixture) -> None:
    toy_page.start(epoch=0, params={"break_at": 5})
    toy_page.send(type="advance", steps=50)
    assert "fault of ours" in toy_page.error()["problems"][0]["sentence"]
    assert toy_page.start(epoch=1)[0]["type"] == "ready"
    assert any("a bug in a laboratory" in str(record.exc_info) for record in caplog.records)


def test_page_that_leaves_while_we_compute_makes_no_noise(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with page(url) as opened:
        opened.start(params=HEAVY)
        opened.send(type="advance", steps=100)
        opened.send(type="advance", steps=100)
        opened.socket.socket.close()
    time.sleep(0.3)
    with page(url) as another:
        assert another.start()[0]["type"] == "ready"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_heavy_session_leaves_others_their_turn(patient_url: str) -> None:
    with page(patient_url) as heavy, page(patient_url) as second, page(patient_url) as third:
        for one in (heavy, second):
            one.start(params=HEAVY)
            one.send(type="advance", steps=100_000)
        began = time.monotonic()
        third.start(advance={"steps": 50})
        assert third.receive().step == 50
        assert time.monotonic() - began < 3  # both workers are busy for ten


# -- who may come in ----------------------------------------------------------------------------------------


def test_full_server_turns_away_with_a_sentence() -> None:
    with serving(sessions=1) as url, page(url) as first:
        first.start()
        with page(url) as second:
            assert "taken" in second.error()["problems"][0]["sentence"]
            with pytest.raises(ConnectionClosed):
                second.receive()
        first.send(type="advance", steps=1)
        assert first.receive().step == 1
        first.socket.close()
        time.sleep(0.2)
        with page(url) as third:
            assert third.start()[0]["type"] == "ready"


def test_idle_stream_is_closed_with_a_sentence() -> None:
    with serving(idle_minutes=0.02) as url, page(url) as opened:
        opened.start()
        assert "long time" in opened.error()["problems"][0]["sentence"]
        with pytest.raises(ConnectionClosed):
            opened.receive()


def test_foreign_page_may_not_open_a_stream(url: str) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:1", url + ".evil.example"):
        with pytest.raises(InvalidStatus) as refusal, page(url, origin=origin):
            pass
        assert refusal.value.response.status_code == 403
        assert "may not use this server" in json.loads(refusal.value.response.body)["problems"][0]["sentence"]


def test_own_and_configured_pages_may_open_a_stream(url: str) -> None:
    with page(url, origin=url) as opened:
        opened.start()
    with (
        serving(allowed_origins=["https://lab.example.org"]) as other,
        page(other, origin="https://lab.example.org") as opened,
    ):
        opened.start()


def test_foreign_host_is_refused_on_the_stream(url: str) -> None:
    port = int(url.rpartition(":")[2])
    with pytest.raises(InvalidStatus) as refusal, page("http://evil.example", address=("127.0.0.1", port)):
        pass
    assert refusal.value.response.status_code == 400
    with pytest.raises(InvalidStatus) as refusal, page(url, additional_headers={"Host": "evil.example"}):
        pass  # a second Host header beside the right one
    assert refusal.value.response.status_code == 400


def test_unknown_laboratory_has_no_stream(url: str) -> None:
    with pytest.raises(InvalidStatus) as refusal, page(url, "nope"):
        pass
    assert refusal.value.response.status_code == 404


def test_errors_speak_the_language_of_the_page(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.i18n import translator

    sentence = "“{field}” must be at most {le}; you gave {input}."
    monkeypatch.setitem(translator("ko").messages, sentence, "너무 큽니다: {input}")
    with page(url, "toy?lang=ko") as opened:
        opened.send(type="start", epoch=0, params={"rate": 11})
        assert opened.error()["problems"][0]["sentence"] == "너무 큽니다: 11"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "“the message” must be an object with named values; you gave []."),
        ("{}", "“the message” must name its kind under “type”."),
        ('{"type": "bogus"}', "“the message” must be one of"),
    ],
)
def test_sentences_about_a_message_speak_of_the_message(text: str, sentence: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        read(text)
    assert str(refused.value.problems[0].message).startswith(sentence)
