"""Parameter models: bounds hold, refusals name the field and the remedy, schemas carry what the page needs."""

import json
from typing import Annotated, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator

from engine.experiment import experiment, registry
from engine.message import Message, say
from engine.params import Effect, InvalidParams, Params, Refusal, check, choice, slider


class Circle(Params):
    """A circle."""

    kind: Literal["circle"] = "circle"
    radius: float = slider(1.0, 0.1, 10.0, "Radius", "How large it is.", scale="log", unit="cm", effect="live")


class Square(Params):
    """A square."""

    kind: Literal["square"] = "square"
    square: float = slider(1.0, 0.0, 5.0, "Side", "How long a side is.", step=0.5)


class Drawing(Params):
    """What the tests validate."""

    count: int = slider(3, 1, 9, "Count", "How many there are.", shown_when={"colour": ["red"]})
    colour: Literal["red", "blue"] = choice("red", "Colour", "Of the line.", labels={"red": "Red"}, effect="live")
    shapes: list[Annotated[Circle | Square, Field(discriminator="kind")]] = Field([Circle()], max_length=3)
    centre: tuple[float, float] = (0.0, 0.0)
    word: str = "even"

    @field_validator("word")
    @classmethod
    def _even(cls, word: str) -> str:
        if len(word) % 2:
            raise Refusal(say("“{word}” has an odd number of letters.", word=word), len(word) - 1)
        return word


def problems(data, model=Drawing):
    with pytest.raises(InvalidParams) as refused:
        check(model, data)
    return refused.value.problems


def test_defaults_are_valid():
    assert check(Drawing, {}) == Drawing()


def test_a_default_out_of_bounds_is_refused():
    class Wrong(Params):
        size: float = slider(11.0, 0.0, 10.0, "Size", "Too large.")

    assert problems({}, Wrong)[0].path == "size"


@given(st.floats())
def test_a_slider_takes_exactly_the_numbers_between_its_bounds(value):
    try:
        accepted = check(Circle, {"radius": value}).radius == value
    except InvalidParams:
        accepted = False
    assert accepted == (0.1 <= value <= 10.0)


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        ({"count": 0}, "count", "at least 1; you gave 0"),
        ({"count": 10}, "count", "at most 9; you gave 10"),
        ({"count": 2.5}, "count", "whole number"),
        ({"count": "many"}, "count", "whole number; you gave 'many'"),
        ({"colour": "green"}, "colour", "red or blue; you gave 'green'"),
        ({"color": "red"}, "color", "check its spelling"),
        ({"centre": [0.0, float("nan")]}, "centre.1", "finite"),
        ({"centre": [0.0, float("inf")]}, "centre.1", "finite"),
        ({"centre": [0.0]}, "centre.1", "missing"),
        ({"centre": "middle"}, "centre", "list"),
        ({"shapes": [{"kind": "circle", "radius": 0}]}, "shapes.0.radius", "at least 0.1"),
        ({"shapes": [Circle(), {"kind": "square", "square": 9}]}, "shapes.1.square", "at most 5"),
        ({"shapes": [{"kind": "square", "side": 1}]}, "shapes.0.side", "check its spelling"),
        ({"shapes": [{"kind": "star"}]}, "shapes.0", "circle, square"),
        ({"shapes": [{"radius": 2}]}, "shapes.0", "must name its kind under “kind”"),
        ({"shapes": [{"kind": "circle"}] * 4}, "shapes", "at most 3"),
        ({"shapes": {}}, "shapes", "must be a list"),
        ({"word": 3}, "word", "must be text"),
        ("nonsense", "", "object with named values"),
        (None, "", "object with named values"),
    ],
)
def test_each_fault_is_named_by_its_path_and_a_sentence(data, path, words):
    (problem,) = problems(data)
    assert problem.path == path
    assert words in str(problem.message)
    assert "{" not in str(problem.message).replace("{}", "")


def test_every_fault_is_told_at_once():
    paths = [problem.path for problem in problems({"count": 0, "colour": 1, "what": 2})]
    assert paths == ["count", "colour", "what"]


def test_a_refusal_brings_its_own_sentence_and_position():
    (problem,) = problems({"word": "odd"})
    assert (problem.path, problem.position) == ("word", 2)
    assert str(problem.message) == "“odd” has an odd number of letters."


def test_long_input_is_cut_short_in_the_sentence():
    (problem,) = problems({"colour": "x" * 10_000})
    assert len(str(problem.message)) < 200


def test_sentences_are_translated_from_their_template():
    (problem,) = problems({"count": 0})
    translated = problem.message.translate(lambda english: "mindestens {ge}" if "at least" in english else english)
    assert translated == "mindestens 1"


def test_messages_inside_messages_are_translated_too():
    message = Message("so {how}", {"how": Message("well", {})})
    assert message.translate({"so {how}": "tant {how}", "well": "mieux"}.__getitem__) == "tant mieux"


def test_instances_never_change():
    with pytest.raises(ValueError, match="frozen"):
        Drawing().count = 5


def test_changed_replaces_whole_fields_and_validates():
    before = check(Drawing, {"shapes": [{"kind": "circle", "radius": 3}, {"kind": "square"}]})
    after = before.changed({"shapes": [{"kind": "circle"}]})
    assert after.shapes == [Circle()]
    assert before.changed({}) == before
    with pytest.raises(InvalidParams):
        before.changed({"count": 0})
    assert len(before.shapes) == 2


def test_schema_carries_bounds_words_and_hints():
    schema = Drawing.model_json_schema()
    count, radius = schema["properties"]["count"], schema["$defs"]["Circle"]["properties"]["radius"]
    assert (count["minimum"], count["maximum"], count["default"], count["title"]) == (1, 9, 3, "Count")
    assert count["shown_when"] == {"colour": ["red"]}
    assert (radius["scale"], radius["unit"], radius["effect"]) == ("log", "cm", "live")
    assert schema["properties"]["colour"]["labels"] == {"red": "Red"}


@pytest.mark.parametrize("name", registry())
def test_defaults_of_every_laboratory_are_valid(name):
    model = registry()[name].Params
    assert check(model, json.loads(model().model_dump_json())) == model()


@pytest.mark.parametrize("name", registry())
def test_every_parameter_of_every_laboratory_has_words_and_an_effect(name):
    schema = registry()[name].Params.model_json_schema()
    definitions = {name: schema, **schema.get("$defs", {})}
    for owner, definition in definitions.items():
        for field, node in definition.get("properties", {}).items():
            if "const" in node:
                continue  # the tag of a union
            assert node.get("title"), f"{owner}.{field}"
            assert len(node.get("description", "")) > 10, f"{owner}.{field}"
            assert node.get("effect") in get_args(Effect), f"{owner}.{field}"
            assert "default" in node or field in definition.get("required", []), f"{owner}.{field}"


def test_a_refusal_may_quote_half_a_character() -> None:
    """JSON may hold a lone surrogate, which has no place in UTF-8: it is refused like any other text."""
    with pytest.raises(InvalidParams) as caught:
        check(experiment("search").Params, {"laboratory": "\ud800"})
    assert "\ud800" in str(caught.value.problems[0].message)
