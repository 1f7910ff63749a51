"""The reader of everything that is typed: a text becomes checked trees, or is refused with a place.

    m = beta1*m + (1 - beta1)*g
    theta = theta - learning_rate*m

Surfaces, update rules and programs on matrices differ in their `Language` only. Nothing typed is ever evaluated as
code.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field

from engine.formula.functions import CONSTANTS
from engine.formula.language import Language
from engine.formula.scan import SAME, scan
from engine.formula.tree import Apply, Name, Node, Number
from engine.message import Message, say
from engine.params import Refusal
from engine.syntax import parse_expression

MAX_NAME = 24
MAX_NUMBER = 1e100

_TARGET = re.compile(r"\s*(?P<target>[^\W\d]\w*)\s*=(?!=)")
_ASSIGNS = re.compile(r"(?<![=<>!])=(?!=)")
_WORD = re.compile(r"(?<![\w.])(?P<name>[^\W\d]\w*)(?!\w)(?P<call>\s*\()?")
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line: ``target = value``; ``at`` is where it begins in the text."""

    target: str
    value: Node
    at: int = field(default=0, compare=False, repr=False)


def read_formula(text: str, language: Language, variables: tuple[str, ...]) -> Node:
    """Read one expression of ``variables``.

    Args:
        text: as typed. language: what may be written. variables: the names that may be read.
    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> from engine.formula.language import SURFACE
    >>> read_formula("x + 1", SURFACE, ("x",))
    Apply(head='+', parts=(Name(id='x'), Number(value=1.0)))
    """
    _check_length(text, language)
    return _Reader(text, language).expression(0, len(text), variables)


def read_lines(text: str, language: Language) -> tuple[Assignment, ...]:
    """Read assignments, a line each or parted by semicolons; ``#`` begins a remark. Any name may be read.

    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> from engine.formula.language import RULE
    >>> [line.target for line in read_lines("a = k*g; theta = theta - a  # two", RULE)]
    ['a', 'theta']
    """
    _check_length(text, language)
    pieces = _pieces(text)
    if not pieces:
        raise Refusal(say("Nothing is written here; write for example {example}.", example=language.example), 0)
    if len(pieces) > language.lines:
        sentence = say("At most {limit} lines are allowed; write fewer.", limit=language.lines)
        raise Refusal(sentence, pieces[language.lines][0])
    reader = _Reader(text, language)
    ends = [at + len(piece) for at, piece in pieces]
    heads = [reader.head(at, piece, last=end == ends[-1]) for (at, piece), end in zip(pieces, ends, strict=True)]
    known = dict.fromkeys((*language.given, *(target for target, _at, _begin in heads)))
    for (_target, _at, begin), end in zip(heads, ends, strict=True):
        known |= dict.fromkeys(reader.words(begin, end, tuple(known)))
    return tuple(
        Assignment(target, reader.expression(begin, end, tuple(known), after="="), at)
        for (target, at, begin), end in zip(heads, ends, strict=True)
    )


def _check_length(text: str, language: Language) -> None:
    if len(text) > language.length:
        sentence = say(
            "This has {length} characters; at most {limit} are allowed. Shorten it.",
            length=len(text),
            limit=language.length,
        )
        raise Refusal(sentence, language.length)


def _pieces(text: str) -> list[tuple[int, str]]:
    """Return the lines with where they begin; remarks and blank lines are left out."""
    found, at = [], 0
    for line in re.split(r"(?<=\n)", text):
        plain, inner = line.split("#", 1)[0].rstrip("\r\n"), at
        for piece in plain.split(";"):
            if piece.strip():
                found.append((inner, piece))
            inner += len(piece) + 1
        at += len(line)
    return found


def _check_name(name: str, at: int) -> None:
    if not name.isascii() or "__" in name or name.startswith("_"):
        raise Refusal(say("Names are of Latin letters, digits and single underscores: m_hat, beta1."), at)
    if keyword.iskeyword(name):
        raise Refusal(say("“{name}” is a word of Python; choose another name.", name=name), at)
    if len(name) > MAX_NAME:
        raise Refusal(say("A name has at most {limit} letters; shorten it.", limit=MAX_NAME), at)


class _Reader:
    """Reads parts of one text, and counts what the trees hold in all."""

    def __init__(self, text: str, language: Language) -> None:
        self._text = text
        self._language = language
        self._nodes = 0

    def head(self, at: int, piece: str, *, last: bool) -> tuple[str, int, int]:
        """Return the name that a line assigns, where it stands, and where its right side begins."""
        match, language = _TARGET.match(piece), self._language
        if match is None:
            blank = len(piece) - len(piece.lstrip())
            if last and language.last and not _ASSIGNS.search(piece):
                return language.last, at + blank, at
            sentence = say("Each line gives a name a value: {example}.", example=language.example)
            raise Refusal(sentence, at + blank)
        target, begin = match["target"], at + match.start("target")
        _check_name(target, begin)
        if target in language.fixed or target in CONSTANTS or target in language.functions:
            sentence = say("“{name}” is given and cannot be assigned; choose another name.", name=target)
            raise Refusal(sentence, begin)
        return target, begin, at + match.end()

    def words(self, begin: int, end: int, known: tuple[str, ...]) -> list[str]:
        """Return the further names that a right side reads; unknown functions are left to `scan`."""
        found = []
        for match in _WORD.finditer(self._text[begin:end]):
            name = match["name"]
            if name in known or name in CONSTANTS or name in self._language.functions or match["call"]:
                continue
            if not any(letter in name for letter in "²³"):
                _check_name(name, begin + match.start())
                found.append(name)
        return found

    def expression(self, begin: int, end: int, variables: tuple[str, ...], after: str = "") -> Node:
        """Return the tree of a part of the text; ``after`` is the sign before it."""
        plain = self._text[begin:end].translate(SAME)
        if after and not plain.strip():
            raise Refusal(say("Something is missing after “{sign}”.", sign=after), begin)
        begin += len(plain) - len(plain.lstrip())
        source = plain.strip()
        try:
            scan(source, variables, self._language)
            tree = _parsed(source)
        except Refusal as refusal:
            raise Refusal(refusal.message, begin + (refusal.position or 0)) from None
        return self._node(tree, begin, source.encode(), 0)

    def _node(self, node: ast.expr, begin: int, source: bytes, depth: int) -> Node:
        """Turn a syntax node into ours; ``begin`` is where ``source``, in which its columns count, begins."""
        first = begin + len(source[: node.col_offset].decode(errors="ignore"))
        span = first, begin + len(source[: node.end_col_offset].decode(errors="ignore"))
        self._nodes += 1
        if self._nodes > self._language.nodes or depth > self._language.depth:
            raise Refusal(say("This is too long or nested too deeply; write it in a simpler way."), first)

        def inner(part: ast.expr) -> Node:
            return self._node(part, begin, source, depth + 1)

        functions = self._language.functions
        match node:
            case ast.Constant(value=bool() | complex() | str() | bytes() | None):
                pass
            case ast.Constant(value=int() | float() as value):
                if not abs(value) <= MAX_NUMBER:
                    raise Refusal(say("This number is too large; use smaller ones."), first)
                return Number(float(value), self._text[slice(*span)], span)
            case ast.Name(id=name) if name in CONSTANTS:
                return Number(CONSTANTS[name][0], name, span)
            case ast.Name(id=name):
                return Name(name, span)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Apply("neg", (inner(operand),), span)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return inner(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
                return Apply(_SIGNS[type(op)], (inner(left), inner(right)), span)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in functions:
                if len(arguments) not in functions[name]:
                    raise Refusal(_miscounted(name, functions[name], len(arguments)), first)
                if name == "where":
                    return Apply(name, (self._condition(arguments[0], inner), *map(inner, arguments[1:])), span)
                return Apply(name, tuple(map(inner, arguments)), span)
            case ast.Compare():
                raise Refusal(say("A comparison belongs at the first place of where(…, …, …)."), first)
        raise Refusal(say("This has no place here; use numbers, names, + - * / ** and functions."), first)

    @staticmethod
    def _condition(node: ast.expr, inner: object) -> Node:
        assert callable(inner)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SIGNS:
            a, b = inner(node.left), inner(node.comparators[0])
            return Apply(_SIGNS[type(node.ops[0])], (a, b), (a.span[0], b.span[1]))
        value = inner(node)
        return Apply("!=", (value, Number(0.0)), value.span)


def _parsed(source: str) -> ast.expr:
    """Let Python's parser find the structure of scanned words and signs; nothing is computed."""
    try:
        return parse_expression(source)
    except SyntaxError as error:
        position = min(max((error.offset or 1) - 1, 0), len(source))
        sentence = say("This cannot be read here; look for a missing part or one too many.")
        raise Refusal(sentence, position) from None
    except (ValueError, RecursionError, MemoryError):
        raise Refusal(say("This is nested too deeply; write it in a simpler way."), 0) from None


def _miscounted(name: str, counts: tuple[int, ...], given: int) -> Message:
    """Return what is wrong with so many values in a function's brackets."""
    match counts:
        case (1,):
            return say("“{name}” takes one value in its brackets, not {given}.", name=name, given=given)
        case (1, 2):
            return say("“{name}” takes one value in its brackets, or two, not {given}.", name=name, given=given)
    return say(
        "“{name}” takes {count} values in its brackets, not {given}.", name=name, count=counts[-1], given=given
    )
