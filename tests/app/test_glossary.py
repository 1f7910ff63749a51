"""One Korean word for one term: the glossary in ``app/locale/glossary.json`` holds in the whole catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.i18n import LOCALE_FOLDER, translator

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


def test_no_string_of_the_page_stays_english() -> None:
    """What has letters must have Hangul, but for names, formulas, code and units that Korean writes alike."""
    for english, korean in translator("ko").messages.items():
        if english == korean:
            assert len(english.split()) <= 3 or not re.search(r"[a-z]{4,} [a-z]{3,} [a-z]{3,}", english), english
