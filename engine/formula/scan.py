"""The first look at a typed formula: only known words and signs, in an order that can make sense."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.formula.functions import CONSTANTS
from engine.formula.language import Language
from engine.message import Message, say
from engine.params import Refusal

MAX_BRACKETS = 30
_TOKEN = re.compile(
    r"(?P<number>([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<operator>\*\*|//|[-+*/@])|(?P<comparison>[<>]=?|[=!]=)|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<space>\s+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
SAME = str.maketrans("−–×·⋅÷\n\t\r", "--***/   ")
_POWERS = {"²": say("Write **2 for a square."), "³": say("Write **3 for a cube.")}


class Token(NamedTuple):
    """A word or sign of a formula: its kind, its text, where it begins."""

    kind: str
    text: str
    position: int


def scan(text: str, variables: tuple[str, ...], language: Language) -> None:
    """Check an expression's words and signs from left to right.

    Args:
        text: with its signs as `SAME` has them. language: what it may call and how long it may be.
        variables: the names that it may read.
    Raises:
        Refusal: with the position of the character that caused it.
    """
    if not text:
        raise Refusal(say("Nothing is written here; write for example {example}.", example=language.example), 0)
    _check_order(list(_tokens(text, variables, language)), variables, tuple(language.functions))


def _tokens(text: str, variables: tuple[str, ...], language: Language) -> Iterator[Token]:
    opened: list[int] = []
    functions = tuple(language.functions)
    before = ""
    for match in _TOKEN.finditer(text):
        kind, word, at = str(match.lastgroup), match.group(), match.start()
        if kind == "space":
            continue
        if kind == "name" and before == "number":  # 2x
            raise Refusal(_unsigned(word), at)
        before = kind
        if kind == "name":
            _check_name(word, at, variables, functions, called=text[match.end() :].lstrip().startswith("("))
        elif kind == "other" or word == "//" or (word == "@" and not language.matrices):
            raise Refusal(_strange(word), at)
        elif kind == "comparison" and not language.compares:
            raise Refusal(_strange(word[0]), at)
        elif kind == "open":
            opened.append(at)
            if len(opened) > MAX_BRACKETS:
                raise Refusal(
                    say(
                        "More than {limit} brackets inside each other; write it in a simpler way.",
                        limit=MAX_BRACKETS,
                    ),
                    at,
                )
        elif kind == "close":
            if not opened:
                raise Refusal(say("This bracket closes nothing; remove it or open one before."), at)
            opened.pop()
        elif kind == "comma" and not opened:
            raise Refusal(say("A comma belongs only inside a function's brackets; write 1.5 with a dot."), at)
        yield Token(kind, word, at)
    if opened:
        raise Refusal(say("This bracket is never closed; add “)”."), opened[-1])


def _check_name(
    name: str, at: int, variables: tuple[str, ...], functions: tuple[str, ...], *, called: bool
) -> None:
    if name in functions or name in CONSTANTS or name in variables:
        return
    for offset, letter in enumerate(name):
        if letter in _POWERS:  # Python takes x² for a name
            raise Refusal(_POWERS[letter], at + offset)
    known = [*variables, *CONSTANTS, *functions]
    near = difflib.get_close_matches(name.lower(), known, 1, 0.7)
    if near:
        raise Refusal(say("“{name}” is unknown; did you mean “{near}”?", name=name, near=near[0]), at)
    if all(letter in variables for letter in name):
        raise Refusal(say("“{name}” is unknown; write {product}.", name=name, product="*".join(name)), at)
    if called:
        sentence = say(
            "“{name}” is an unknown function; write {name}*(…) to multiply, or one of {functions}.",
            name=name,
            functions=", ".join(functions),
        )
        raise Refusal(sentence, at)
    raise Refusal(
        say(
            "“{name}” is unknown; the variables are {variables}, and the functions {functions}.",
            name=name,
            variables=", ".join(variables),
            functions=", ".join(functions),
        ),
        at,
    )


def _strange(sign: str) -> Message:
    match sign:
        case "^":
            return say("Write ** for powers: x**2.")
        case ".":
            return say("A dot belongs only inside a number; a formula has no attributes.")
        case "//" | "%":
            return say("“{sign}” is not used here; write / to divide.", sign=sign)
        case "|":
            return say("Write abs(x) for |x|.")
        case "=" | "<" | ">" | "!":
            return say("“{sign}” has no place here; write only the expression: x**2 + y**2.", sign=sign)
        case "[" | "]" | "{" | "}":
            return say("Use round brackets instead of “{sign}”.", sign=sign)
        case "√":
            return say("Write sqrt(x) for a square root.")
    if sign in _POWERS:
        return _POWERS[sign]
    shown = sign if sign.isprintable() else "?"
    return say("“{sign}” has no place in a formula; use numbers, variables, + - * / ** and functions.", sign=shown)


def _unsigned(right: str) -> Message:
    return say("A sign is missing before “{right}”; write * to multiply.", right=right)


def _check_order(tokens: list[Token], variables: tuple[str, ...], functions: tuple[str, ...]) -> None:
    """Refuse two values without a sign between them, a sign without a value, a function without brackets."""
    end = Token("end", "", tokens[-1].position + len(tokens[-1].text))
    before = Token("open", "", 0)
    for token, after in zip(tokens, [*tokens[1:], end], strict=True):
        starts_value = token.kind in {"number", "name", "open"}
        is_function = token.kind == "name" and token.text in functions and token.text not in variables
        after_function = before.kind == "name" and before.text in functions and before.text not in variables
        ends_value = before.kind in {"number", "name", "close"} and not after_function
        if starts_value and ends_value:
            raise Refusal(_unsigned(token.text), token.position)
        if is_function and after.kind != "open":
            raise Refusal(say("“{name}” needs brackets: {name}(x).", name=token.text), token.position)
        signs = token.kind in {"operator", "comparison"}
        if signs and token.text not in "+-" and not ends_value:
            raise Refusal(say("Something is missing before “{sign}”.", sign=token.text), token.position)
        if signs and after.kind in {"end", "close", "comma"}:
            raise Refusal(say("Something is missing after “{sign}”.", sign=token.text), token.position)
        if token.kind == "comma" and not ends_value:
            raise Refusal(say("Something is missing before “{sign}”.", sign=","), token.position)
        if token.kind == "close" and before.kind in {"open", "comma"}:
            raise Refusal(say("Something is missing between the brackets."), token.position)
        before = token
