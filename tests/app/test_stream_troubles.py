"""What goes wrong on a stream, and who may open one: each is told in a sentence, and nobody else notices."""

from __future__ import annotations

import json
import logging

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.messages import read
from engine.params import InvalidParams
from tests.app.client import Page, Picture, page, serving, wait_for_nobody
from tests.app.conftest import Together
from tests.app.toy import heavy

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


def test_third_advance_on_the_way_is_refused(toy_page: Page, together: Together) -> None:
    toy_page.start(params=heavy())
    with together(toy_page):
        for _ in range(3):
            toy_page.send(type="advance", steps=1)
    answers = [toy_page.receive() for _ in range(3)]
    assert [isinstance(answer, Picture) for answer in answers] == [True, True, False]
    assert answers[2]["type"] == "error"
    toy_page.send(type="advance", steps=1)
    assert toy_page.receive().step == 3


def test_newer_start_overtakes_older_work(toy_page: Page, together: Together) -> None:
    toy_page.start(epoch=0, params=heavy())
    with together(toy_page):
        toy_page.send(type="advance", steps=10_000)
        toy_page.send(type="start", epoch=1, params=heavy(), advance={"steps": 10_000})
        toy_page.send(type="start", epoch=2, params={"steps": 7})
    *before, ready = toy_page.until("ready")
    assert (ready["epoch"], ready["total"]) == (2, 7)
    assert all(picture.step <= 1 for picture in before), "in turn each would have computed for ten seconds"


def test_advances_asked_before_a_set_are_dropped(toy_page: Page, together: Together) -> None:
    toy_page.start(epoch=0, params=heavy(), advance={"steps": 20})
    toy_page.receive()
    with together(toy_page):
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
        opened.start(params=heavy())
        opened.send(type="advance", steps=100)
        opened.send(type="advance", steps=100)
        opened.socket.socket.close()
    wait_for_nobody(url)
    with page(url) as another:
        assert another.start()[0]["type"] == "ready"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def silent(opened: Page) -> bool:
    """Tell whether nothing has come."""
    try:
        opened.receive(timeout=0)
    except TimeoutError:
        return True
    return False


def test_heavy_session_leaves_others_their_turn(url: str) -> None:
    for _ in range(3):  # on a machine that stands still the heavy ones' time may be over as well
        with page(url) as first, page(url) as second, page(url) as third:
            for one in (first, second):  # as many as there are places to compute at
                one.start(params=heavy())
                one.send(type="advance", steps=100_000)
            third.start(params={**heavy(), "burn": 0}, advance={"steps": 50})
            assert third.receive().step == 50
            if silent(first) and silent(second):  # in turn, one of them would have ended before
                return
    pytest.fail("the heavy ones came first")


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
        wait_for_nobody(url)
        with page(url) as third:
            assert third.start()[0]["type"] == "ready"


def test_idle_stream_is_closed_with_a_sentence() -> None:
    with serving(idle_minutes=0.005) as url, page(url) as opened:
        told = opened.until("error")[-1]
        assert "long time" in told["problems"][0]["sentence"]
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
