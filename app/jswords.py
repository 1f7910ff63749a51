"""The words of the page's scripts: every `t("...")`, also inside another call's arguments or a template literal.

Babel's own extractor overlooks a call inside a call and everything inside `${...}`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from app.javascript import Token, tokens


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
