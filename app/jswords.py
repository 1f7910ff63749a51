"""The words of the page's scripts: every `t("...")`, also inside another call's arguments or a template literal.

Babel's own extractor overlooks a call inside a call and everything inside `${...}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<other>[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%~^<>") | {"return", "typeof", "case", "in", "of", "=>", ""}
"""After these a slash begins a regular expression; after anything else it divides."""


@dataclass(frozen=True)
class Token:
    """A word, string, number or sign of a script, with the line that it stands on."""

    kind: str
    text: str
    line: int


def tokens(source: str, line: int = 1) -> Iterator[Token]:
    """Yield the tokens of a script without comments; those inside a template literal follow it in place."""
    at, before = 0, ""
    while at < len(source):
        if source[at] == "`":
            end, parts = _template(source, at)
            yield Token("template", "`", line) if parts else Token("string", source[at:end], line)
            for start, stop in parts:
                yield from tokens(source[start:stop], line + source.count("\n", at, start))
                yield Token("sign", ";", line)
            line += source.count("\n", at, end)
            at, before = end, "`"
            continue
        regex = _REGEX.match(source, at) if before in _BEFORE_REGEX else None
        found = regex or _TOKEN.match(source, at)
        assert found is not None
        kind = "regex" if regex else str(found.lastgroup)
        if kind != "space":
            before = found[0]
            yield Token({"other": "sign"}.get(kind, kind), before, line)
        line += found[0].count("\n")
        at = found.end()


def _template(source: str, at: int) -> tuple[int, list[tuple[int, int]]]:
    """Return where the template literal that begins at ``at`` ends, and where its expressions stand."""
    parts: list[tuple[int, int]] = []
    place = at + 1
    while place < len(source) and source[place] != "`":
        if source[place] == "\\":
            place += 2
        elif source.startswith("${", place):
            start = place + 2
            place = _closing(source, start)
            parts.append((start, place))
            place += 1
        else:
            place += 1
    return place + 1, parts


def _closing(source: str, place: int) -> int:
    """Return where the brace closes that was opened before ``place``."""
    depth = 1
    while place < len(source):
        sign = source[place]
        if sign == "`":
            place = _template(source, place)[0]
            continue
        if sign in "\"'":
            found = _TOKEN.match(source, place)
            place = found.end() if found else place + 1
            continue
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return place
        place += 1
    return place


@dataclass(frozen=True)
class Call:
    """A call of `t`: its text where that is a literal (or literals joined by +), None where it is computed."""

    text: str | None
    line: int


def calls(source: str, function: str = "t") -> Iterator[Call]:
    """Yield every call of a function by its plain name in a script."""
    found = list(tokens(source))
    for i, token in enumerate(found[:-1]):
        if token.kind != "name" or token.text != function or found[i + 1].text != "(":
            continue
        if i and found[i - 1].text == "function":
            continue  # its definition; `panel.t(` is the same function, handed on
        yield Call(_literal(found, i + 2), token.line)


def _unquoted(literal: str) -> str:
    if literal[0] == "`":
        literal = '"""' + literal[1:-1].replace("\\`", "`") + '"""'
    return str(ast.literal_eval(literal))


def _literal(found: list[Token], i: int) -> str | None:
    text = ""
    while i < len(found) and found[i].kind == "string":
        text += _unquoted(found[i].text)
        if i + 1 < len(found) and found[i + 1].text in {",", ")"}:
            return text
        if i + 1 >= len(found) or found[i + 1].text != "+":
            return None
        i += 2
    return None
