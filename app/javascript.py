"""JavaScript taken apart: its tokens, and the script without its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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
    at = 0
    for kind, text in _pieces(source):
        if kind == "template":
            parts = _template(source, at)[1]
            yield Token("template", "`", line) if parts else Token("string", text, line)
            for start, stop in parts:
                yield from tokens(source[start:stop], line + source.count("\n", at, start))
                yield Token("sign", ";", line)
        elif kind != "space":
            yield Token({"other": "sign"}.get(kind, kind), text, line)
        line += text.count("\n")
        at += len(text)


@lru_cache(maxsize=512)  # a module is in several joined files
def without_comments(source: str) -> str:
    """Return a script without its comments and indentation; every statement keeps the number of its line.

    >>> without_comments("f(1); // one\\n  /* two\\n*/ g(`// ${3}`);")
    'f(1); \\n\\n g(`// ${3}`);'
    """
    return "".join(("\n" * text.count("\n") or " ") if kind == "space" else text for kind, text in _pieces(source))


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    """Yield a script in pieces that together are the whole: kind and text, a template literal as one."""
    at, before = 0, ""
    while at < len(source):
        if source[at] == "`":
            kind, text = "template", source[at : _template(source, at)[0]]
        else:
            regex = _REGEX.match(source, at) if before in _BEFORE_REGEX else None
            found = regex or _TOKEN.match(source, at)
            assert found is not None
            kind, text = "regex" if regex else str(found.lastgroup), found[0]
        if kind != "space":
            before = text if kind != "template" else "`"
        yield kind, text
        at += len(text)


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
