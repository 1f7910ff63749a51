"""Words in the visitor's language: the catalogs, the choice of language, and the extraction of strings.

A catalog is read from its ``.po`` file when the server starts (some ten milliseconds). There is no compiled
``.mo`` beside it: a compile step can be forgotten, and then the page quietly speaks English.

``python -m app.i18n update`` brings ``locale/ko.po`` up to date with the sources.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.core import negotiate_locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from app import jswords
from engine import message

SOURCE_LANGUAGE = "en"
LANGUAGES = {"en": "English", "ko": "한국어"}
"""Language code -> its own name, in the order of the switch."""
LOCALE_FOLDER = Path(__file__).parent / "locale"

HEADER = """\
# Words of Descent Lab. `python -m app.i18n update` brings this file up to date with the sources.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


class Translator:
    """Gives English source strings in one language; what has no translation stays English.

    Args:
        language: a key of `LANGUAGES`.
        messages: English -> translation. paths: English -> the files that say it.
    """

    def __init__(self, language: str, messages: dict[str, str], paths: dict[str, tuple[str, ...]]) -> None:
        self.language = language
        self.messages = messages
        self.paths = paths

    def gettext(self, english: str) -> str:
        """Return the translation of an English source string."""
        return self.messages.get(english, english)

    def ngettext(self, english: str, plural: str, count: int) -> str:
        """Return the translation that suits a number."""
        if self.language == SOURCE_LANGUAGE:
            return english if count == 1 else plural
        return self.messages.get(english, english if count == 1 else plural)

    def say(self, sentence: message.Message) -> str:
        """Return a sentence of the engine in this language."""
        return sentence.translate(self.gettext)

    def page_messages(self, laboratory: str = "") -> dict[str, str]:
        """Return what the scripts of a page may have to say: their own words and those of its laboratory.

        A laboratory is one file, ``experiments/<name>.py``, or a package of that name.
        """
        own = re.compile(rf"engine/experiments/{re.escape(laboratory)}(\.py$|/)" if laboratory else r"(?!)")
        return {
            english: self.messages[english]
            for english, paths in self.paths.items()
            if any(path.endswith(".js") or own.match(path) for path in paths)
        }


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language in `LANGUAGES`, its catalog read once."""
    messages: dict[str, str] = {}
    paths: dict[str, tuple[str, ...]] = {}
    if language != SOURCE_LANGUAGE:
        for entry in read_catalog(language):
            english, translation = _singular(entry.id), _singular(entry.string)
            if not english or not translation or entry.fuzzy:
                continue
            messages[english] = translation
            paths[english] = tuple(path for path, _line in entry.locations)
    return Translator(language, messages, paths)


def _singular(text: Any) -> str:
    return str(text[0] if isinstance(text, list | tuple) else text or "")


def read_catalog(language: str, folder: Path = LOCALE_FOLDER) -> Catalog:
    """Read ``<language>.po``; an empty catalog where there is none."""
    path = folder / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def choose_language(wanted: str | None, accept_language: str | None) -> str:
    """Return the language to speak: the one asked for in the URL, else the best of ``Accept-Language``.

    >>> choose_language(None, "fr;q=0.9, ko-KR;q=0.8")
    'ko'
    """
    if wanted in LANGUAGES:
        return wanted
    ranked: list[tuple[float, str]] = []
    for part in (accept_language or "").split(",")[:32]:
        tag, _semicolon, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            ranked.append((-quality, tag.replace("-", "_")))
    tags = [tag for _quality, tag in sorted(ranked, key=lambda pair: pair[0])]
    return (negotiate_locale(tags, list(LANGUAGES)) or SOURCE_LANGUAGE).lower()


# Where strings are written: (folder, pattern, Babel's extraction method, keywords, options); "" is our own.
SOURCES: tuple[tuple[str, str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("engine", "**/*.py", "python", {"_": None, "say": None}, {}),
    ("app", "**/*.py", "python", {"_": None, "say": None}, {}),
    ("templates", "**/*.html", "jinja2", {"_": None, "gettext": None, "ngettext": (1, 2)}, {"trimmed": "true"}),
    ("static/js", "**/*.js", "", {}, {}),
)


def extract(root: Path) -> Iterator[tuple[str, Any]]:
    """Yield (file relative to ``root``, English source string) for every visible string of a checkout."""
    for folder, pattern, method, keywords, options in SOURCES:
        for path in sorted((root / folder).glob(pattern)):
            name = path.relative_to(root).as_posix()
            if not method:
                yield from ((name, call.text) for call in jswords.calls(path.read_text("utf-8")) if call.text)
                continue
            for _line, text, _comments, _context in extract_from_file(
                method, path, keywords=keywords, options=options
            ):
                yield name, text


def template(root: Path) -> Catalog:
    """Return a catalog of all strings of a checkout, without translations."""
    catalog = Catalog()
    for name, text in extract(root):
        catalog.add(text, locations=[(name, 1)])
    return catalog


def update(root: Path, language: str, folder: Path = LOCALE_FOLDER) -> Catalog:
    """Write ``<language>.po``: all strings of the checkout, old translations kept, strings that are gone dropped.

    A changed English string counts as a new one: its translation is written afresh, never guessed.
    """
    old = {_singular(entry.id): entry for entry in read_catalog(language, folder) if entry.id}
    catalog = Catalog(locale=language)
    for entry in template(root):
        if not entry.id:
            continue
        known = old.get(_singular(entry.id))
        known_string: Any = known.string if known else ""
        paths = sorted({path for path, _line in entry.locations})
        catalog.add(entry.id, _like(entry, known_string), locations=[(path, 1) for path in paths])
    folder.mkdir(exist_ok=True)
    with (folder / f"{language}.po").open("wb") as file:
        file.write(HEADER.format(language=language).encode() + b"\n")
        write_po(file, catalog, width=100, omit_header=True, sort_by_file=True, include_lineno=False)
    return catalog


def _like(entry: Message, translation: Any) -> Any:
    if isinstance(entry.id, str):
        return _singular(translation)
    return translation if isinstance(translation, list | tuple) else (str(translation or ""),)


def main(arguments: list[str]) -> int:
    """Run ``python -m app.i18n update`` in a checkout."""
    root = Path(__file__).parent.parent
    if arguments != ["update"] or not (root / "templates").is_dir():
        print("usage, in a checkout: python -m app.i18n update", file=sys.stderr)
        return 2
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        entries = [entry for entry in update(root, language) if entry.id]
        missing = sum(1 for entry in entries if not _singular(entry.string))
        print(f"{language}: {len(entries)} strings, {missing} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
