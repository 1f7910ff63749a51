"""Texts of a frame with sentences in them: translated on the stream, plain on the command line."""

from __future__ import annotations

import json

import pytest

from app import describe, wire
from app.i18n import LANGUAGES, Translator, translator
from engine.experiments.race.params import RaceParams
from engine.experiments.race.scene import scene
from engine.frame import Frame, Told
from engine.message import say
from engine.optimizers import RULE_KINDS
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_racer_is_called_what_the_menu_of_rules_calls_it(language: str) -> None:
    words = translator(language)
    rules = [rule for rule in RULE_KINDS if rule != "own"]
    told = describe.schema(RaceParams, words)["$defs"]
    series = scene(RaceParams.model_validate({"racers": [{"rule": rule} for rule in rules]}))["series"]
    assert isinstance(series, Told)
    called = [one["name"] for one in json.loads(series.text(words.say))]
    assert called == [told[RULE_KINDS[rule].__name__]["title"] for rule in rules]
    own = {"rule": "own", "name": "Momentum", "text": "theta = theta - learning_rate*g"}
    mine = scene(RaceParams.model_validate({"racers": [own]}))["series"]
    assert isinstance(mine, Told)
    assert json.loads(mine.text(words.say))[0]["name"] == "Momentum"  # a visitor's own word stays
