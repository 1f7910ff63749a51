"""One Korean word for one term: the glossary in ``app/locale/glossary.json`` holds in the whole catalog."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

import engine
from app import describe
from app.i18n import LOCALE_FOLDER, translator
from engine.experiment import Experiment

GLOSSARY: list[dict[str, Any]] = json.loads((LOCALE_FOLDER / "glossary.json").read_text(encoding="utf-8"))


def synonyms(messages: Mapping[str, str], term: Mapping[str, Any]) -> Iterator[str]:
    """Yield what says a term in another word than the glossary's."""
    for english, korean in messages.items():
        said = re.search(term["english"], english, re.IGNORECASE)
        if not said or re.search(term.get("unless", r"(?!)"), english, re.IGNORECASE):
            continue
        for word in term["not"]:
            if word in korean:
                yield f"{word} for {term['korean']}: {korean} ({english})"


@pytest.mark.parametrize("term", GLOSSARY, ids=[term["english"] for term in GLOSSARY])
def test_a_term_is_said_in_one_word(term: dict[str, Any]) -> None:
    assert list(synonyms(translator("ko").messages, term)) == []


@pytest.mark.parametrize("term", GLOSSARY, ids=[term["english"] for term in GLOSSARY])
def test_a_planted_synonym_is_found(term: dict[str, Any]) -> None:
    english = re.sub(r"\\b|\[Cc\]lip|\?", lambda found: "clip" if "lip" in found[0] else "", term["english"])
    assert list(synonyms({f"the {english} of it": f"그 {term['not'][0]}의 것"}, term))


NAMES = re.compile(
    r"PyTorch|NumPy|Python|Keras|optax|torch|cuDNN|pandas|JSON|REST|CSV|PNG|UTF|JavaScript|Descent Lab|PolyNet"
    r"|SGD|Ada\w+|Adam\w*|\wAdam|AMSGrad|RMSProp|L?-?BFGS|Lion|Nesterov|RNN|LSTM|GRU|Xavier|hello|softplus|Mish"
    r"|Maxout|softmax|argmax|leaky ReLU|\w*[EeR]LU|SiLU|tanh|<code>.*?</code>"
)
"""What Korean writes in Latin letters."""
SPOKEN = {"title", "description", "summary", "statement", "question", "where", "try_this", "unit", "hint"}
LABORATORIES = tuple(engine.experiments().values())


def spoken(value: Any, key: str = "") -> Iterator[str]:
    """The words for people in a description, by the keys that they stand under."""
    if isinstance(value, str) and (key in SPOKEN or key.endswith("_title")):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from () if name == "params" else spoken(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from [inner] if key == "answers" else spoken(inner, key)


def stays_english(text: str) -> bool:
    """Whether a text has two Latin words in a row that are no names, or words of that kind and no Hangul.

    >>> [stays_english(text) for text in ("the loss", "heavy ball의 설정", "Adam", "학습률")]
    [True, True, False, False]
    """
    rest = NAMES.sub(" ", re.sub(r"\{.*?\}", " ", text))
    in_a_row = re.search(r"(?<![\w.(=“/])[A-Za-z]{2,}[ -][a-z]{3,}(?![\w(=])", rest)
    return bool(in_a_row or (re.search(r"[A-Za-z]{4,}", rest) and not re.search("[가-힣]", rest)))


@pytest.mark.parametrize("laboratory", LABORATORIES, ids=lambda one: one.name)
def test_nothing_that_a_laboratory_says_stays_english(laboratory: Experiment) -> None:
    said = spoken(describe.experiment_json(laboratory, translator("ko")))
    assert sorted({text for text in said if stays_english(text)}) == []


def test_no_sentence_of_the_catalog_stays_english() -> None:
    for english, korean in translator("ko").messages.items():
        assert not (len(english.split()) > 2 and stays_english(korean)), (english, korean)


@pytest.mark.parametrize("path", ["/", "/claims", "/nowhere", *(f"/{one.name}" for one in LABORATORIES)])
def test_no_text_of_a_page_stays_english(http: httpx.Client, path: str) -> None:
    page = http.get(path, params={"lang": "ko"}).text
    plain = re.sub(r"<(script|style|math|svg|select|code)\b.*?</\1>", " ", page.partition("<body")[2], flags=re.S)
    texts = [text.strip() for text in re.findall(r">([^<]+)", plain)]
    texts += re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', plain)
    toys = [one for one in engine.experiments().values() if one not in LABORATORIES]
    foreign = {text for toy in toys for text in spoken(describe.experiment_json(toy, translator("en")))}
    left = {text for text in map(html.unescape, texts) if stays_english(text)}
    assert sorted(left - foreign) == []
