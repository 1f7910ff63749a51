"""Words: each visible string is extracted, translated, and fits its placeholders."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog

import engine
from app import describe, i18n, jswords
from engine.experiment import Experiment
from engine.message import Message

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = [language for language in i18n.LANGUAGES if language != i18n.SOURCE_LANGUAGE]
# A name is a name in every language.
NAMES = {"PyTorch", "Keras", "optax", "RNN", "LSTM", "GRU", "Xavier", "hello"}
PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}|%\((\w+)\)s")


@cache
def sources() -> Catalog:
    """All strings of this checkout."""
    return i18n.template(ROOT)


def strings(text: Any) -> list[str]:
    """A message's forms."""
    return [str(form) for form in text] if isinstance(text, list | tuple) else [str(text or "")]


def placeholders(text: str) -> set[str]:
    """The names that a sentence fills in."""
    return {braces or percent for braces, percent in PLACEHOLDER.findall(text.replace("{{", "").replace("}}", ""))}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_string_lacks_a_translation(language: str) -> None:
    catalog = i18n.read_catalog(language)
    missing = []
    for entry in sources():
        if not entry.id:
            continue
        known = catalog.get(strings(entry.id)[0])
        if known is None or known.fuzzy or not all(strings(known.string)):
            missing.append(entry.id)
    assert missing == [], f"{len(missing)}: run `python -m app.i18n update` and translate"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_translation_is_stale(language: str) -> None:
    used = {strings(entry.id)[0] for entry in sources() if entry.id}
    stale = [entry.id for entry in i18n.read_catalog(language) if entry.id and strings(entry.id)[0] not in used]
    assert stale == [], "run `python -m app.i18n update`"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_have_the_placeholders_of_their_source(language: str) -> None:
    wrong = []
    for entry in i18n.read_catalog(language):
        wanted = set().union(*(placeholders(form) for form in strings(entry.id)))
        wrong += [entry.id for form in strings(entry.string) if entry.id and form and placeholders(form) != wanted]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_can_be_filled(language: str) -> None:
    # A stray brace would raise only when a visitor meets the sentence. Brace fields are Python's and JavaScript's.
    for entry in i18n.read_catalog(language):
        if entry.id and "python-brace-format" in entry.flags:
            for form in strings(entry.string):
                values = {
                    name: 1.5 if re.search(rf"{{{name}:[^}}]*[feg%,]", form) else 3 for name in placeholders(form)
                }
                Message(form, values).translate(lambda text: text)


class Listener:
    """Notes which words are asked for in place of translating them."""

    language = i18n.SOURCE_LANGUAGE

    def __init__(self) -> None:
        self.heard: set[str] = set()

    def gettext(self, english: str) -> str:
        self.heard.add(english)
        return english


def own_titles(schema: Any) -> set[str]:
    """Titles that pydantic makes up from names: of models, and of fields with a single value."""
    found: set[str] = set()
    if isinstance(schema, dict):
        if "const" in schema or "properties" in schema:
            found.add(schema.get("title", ""))
        found.update(*(own_titles(inner) for inner in schema.values()))
    elif isinstance(schema, list):
        found.update(*(own_titles(inner) for inner in schema))
    return found


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_every_word_of_a_laboratory_is_extracted(name: str) -> None:
    experiment: Experiment = engine.experiment(name)
    listener = Listener()
    described = describe.experiment_json(experiment, listener)  # type: ignore[arg-type]  # it hears, and says nothing
    extracted = {strings(entry.id)[0] for entry in sources() if entry.id}
    words = {word for word in listener.heard if re.search(r"[a-zA-Z]{3}", word)}
    assert words - extracted - NAMES - own_titles(described) == set(), "wrap them in _()"


def texts(value: Any) -> set[str]:
    """Return all strings in plain JSON."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return {text for one in inner for text in texts(one)}


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_every_sentence_among_the_options_of_a_panel_is_translated(name: str) -> None:
    extracted = {strings(entry.id)[0] for entry in sources() if entry.id}
    for panel in engine.experiment(name).panels:
        listener = Listener()
        describe.panel(panel, listener)  # type: ignore[arg-type]  # hears what is to be translated, and is all that is asked
        sentences = {text for text in texts(dict(panel.options)) & extracted if " " in text}
        assert sentences <= listener.heard, f"{panel.title}: its key must be SPOKEN or end in _label"


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        (None, None, "en"),
        (None, "", "en"),
        (None, "ko", "ko"),
        (None, "ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        (None, "en-US,en;q=0.9,ko;q=0.8", "en"),
        (None, "fr, de;q=0.9", "en"),
        (None, "ko;q=0, en", "en"),
        (None, "en;q=0.3, ko;q=0.7", "ko"),
        (None, "ko;q=x", "en"),
        (None, ";;;,,,q=1", "en"),
        ("ko", "en", "ko"),
        ("en", "ko", "en"),
        ("xx", "ko", "ko"),
        ("", "ko", "ko"),
        (None, "*", "en"),
        (None, "k" * 10_000, "en"),
        (None, "../../etc/passwd", "en"),
        (None, "KO", "ko"),
    ],
)
def test_language_is_the_one_asked_for_then_the_browser(
    wanted: str | None, header: str | None, language: str
) -> None:
    assert i18n.choose_language(wanted, header) == language


def checkout(tmp_path: Path) -> Path:
    """A small checkout with a string in each kind of source."""
    for folder in ("engine", "app", "templates", "static/js"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "engine/a.py").write_text(
        'TITLE = _("Race")\nX = say("{n} steps", n=3)\ny = say(_("nested"), m=say("in"))\n'
    )
    (tmp_path / "app/b.py").write_text('"""Not this."""\nprint("nor this")\n')
    (tmp_path / "templates/c.html").write_text("<p>{{ _('Hello') }}{% trans %}a\n   b{% endtrans %}</p>")
    (tmp_path / "static/js/d.js").write_text('import {t} from "./i18n.js"; f(t("Play {n}", { n }), t(`Stop`));')
    return tmp_path


def test_strings_of_every_kind_of_source_are_extracted(tmp_path: Path) -> None:
    catalog = i18n.template(checkout(tmp_path))
    assert {entry.id for entry in catalog if entry.id} == {
        "Race",
        "{n} steps",
        "nested",
        "in",
        "Hello",
        "a b",
        "Play {n}",
        "Stop",
    }


def test_update_keeps_translations_and_drops_what_is_gone(tmp_path: Path) -> None:
    root, folder = checkout(tmp_path), tmp_path / "locale"
    i18n.update(root, "ko", folder)
    path = folder / "ko.po"
    empty, filled = 'msgid "Race"\nmsgstr ""', 'msgid "Race"\nmsgstr "경주"'
    path.write_text(path.read_text("utf-8").replace(empty, filled), "utf-8")
    (root / "templates/c.html").write_text("{{ _('Goodbye') }}")
    i18n.update(root, "ko", folder)
    catalog = i18n.read_catalog("ko", folder)
    assert catalog.get("Race").string == "경주"
    assert catalog.get("Hello") is None
    assert catalog.get("Goodbye").string == ""
    before = path.read_bytes()
    i18n.update(root, "ko", folder)
    assert path.read_bytes() == before


def test_translator_falls_back_to_english_and_keeps_page_words_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, folder = checkout(tmp_path), tmp_path / "locale"
    i18n.update(root, "ko", folder)
    path = folder / "ko.po"
    text = path.read_text("utf-8").replace('msgid "Stop"\nmsgstr ""', 'msgid "Stop"\nmsgstr "멈춤"')
    path.write_text(text.replace('msgid "Race"\nmsgstr ""', 'msgid "Race"\nmsgstr "경주"'), "utf-8")
    monkeypatch.setattr(i18n, "read_catalog", lambda language: _read(folder, language))
    korean = i18n.translator.__wrapped__("ko")
    assert (korean.gettext("Race"), korean.gettext("Hello"), korean.gettext("Stop")) == ("경주", "Hello", "멈춤")
    assert korean.page_messages() == {"Stop": "멈춤"}


def _read(folder: Path, language: str) -> Catalog:
    from babel.messages.pofile import read_po

    with (folder / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_literals_only(path: Path) -> None:
    # What is computed cannot be extracted, so it would be English on every page.
    computed = [call.line for call in jswords.calls(path.read_text("utf-8")) if call.text is None]
    assert computed == [], "t() takes a literal"


def test_a_word_is_found_inside_a_call_a_template_and_after_a_regular_expression() -> None:
    script = r"""
    // t("in a comment") is none
    const a = t("one, {two}", { two: t('t\'wo') });
    const b = `${open ? t("three") : `${t("four" + " and more")}`} t("in a text") is none`;
    const c = text.replace(/["'`]t\(/g, "") / 2 / t("five");
    const d = lab.t("six"), e = t(name), f = art("none");
    export function t(text) { return text; }
    """
    found = [call.text for call in jswords.calls(script)]
    assert found == ["one, {two}", "t'wo", "three", "four and more", "five", "six", None]


def test_no_call_of_a_script_is_overlooked() -> None:
    # Looked for another way: line by line, comments apart.
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        found = Counter(call.line for call in jswords.calls(source))
        for number, line in enumerate(source.splitlines(), start=1):
            if not re.match(r"\s*(//|/?\*)", line):
                said = re.sub(r"\s//\s.*|function t\(", "", line)
                assert found[number] == len(re.findall(r"(?<![\w$])t\(", said)), f"{path.name}:{number}"


def test_a_page_says_the_words_of_its_laboratory_be_it_a_file_or_a_package() -> None:
    words = {"a": "가", "b": "나", "c": "다", "d": "라"}
    paths = {
        "a": ("engine/experiments/walk.py",),
        "b": ("engine/experiments/walk/params.py",),
        "c": ("engine/experiments/walking.py",),
        "d": ("static/js/lab.js",),
    }
    page = i18n.Translator("ko", words, paths)
    assert page.page_messages("walk") == {"a": "가", "b": "나", "d": "라"}
    assert page.page_messages() == {"d": "라"}


def test_a_tab_has_one_name_in_all_languages() -> None:
    for panel in (panel for experiment in engine.experiments().values() for panel in experiment.panels):
        told = [describe.panel(panel, i18n.translator(language)) for language in i18n.LANGUAGES]
        assert {one["view"] for one in told} == {panel.view}
        assert told[0]["view_title"] == panel.view
