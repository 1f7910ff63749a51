"""Texts of a frame with sentences in them: translated on the stream, plain on the command line."""

from __future__ import annotations

import json

from app import wire
from app.i18n import Translator
from engine.frame import Frame, Told
from engine.message import say
from tests.app.client import decode

FRAME = Frame(4, {"doctor": Told([{"layer": 3, "sentence": say("Layer {layer} is dead.", layer=3)}])})


def test_sentences_of_a_text_arrive_in_the_readers_language() -> None:
    korean = Translator("ko", {"Layer {layer} is dead.": "층 {layer}이(가) 죽었습니다."}, {})
    picture = decode(wire.encode(FRAME, "frame", 1, korean.say))
    assert json.loads(picture.header["texts"]["doctor"]) == [{"layer": 3, "sentence": "층 3이(가) 죽었습니다."}]


def test_the_command_line_and_rest_say_them_in_the_readers_language_too() -> None:
    korean = Translator("ko", {"Layer {layer} is dead.": "층 {layer}이(가) 죽었습니다."}, {})
    assert json.loads(wire.line(FRAME, korean.say))["doctor"] == [
        {"layer": 3, "sentence": "층 3이(가) 죽었습니다."}
    ]


def test_without_a_translator_they_are_english_json() -> None:
    assert json.loads(wire.line(FRAME)) == {"step": 4, "doctor": [{"layer": 3, "sentence": "Layer 3 is dead."}]}
