"""A program of assignments, such as an update rule: read line by line, checked, kept as trees.

    m = beta1*m + (1 - beta1)*g
    theta = theta - learning_rate*m

What is read before it is assigned is state and starts at 0. Nothing that was typed is ever evaluated as code.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.formula.build import MAX_NUMBER
from engine.formula.functions import CONSTANTS, FUNCTIONS
from engine.formula.scan import RULE_FUNCTIONS, SAME, parse
from engine.formula.tree import Apply, Name, Node, Number, apply, names
from engine.message import say
from engine.params import Refusal

MAX_TEXT = 1000
MAX_LINES = 20
MAX_NODES = 300
MAX_DEPTH = 60
MAX_NAME = 24
GIVEN = ("theta", "g", "t", "learning_rate", "factor", "weight_decay")
"""What a rule finds: parameters, gradient, step (from 1), learning rate times the schedule's factor, ..."""
_FIXED = ("t", "learning_rate", "factor", "weight_decay")
_LINE = re.compile(r"\s*(?P<target>[^\W\d]\w*)\s*=(?!=)")
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\w)(?P<call>\s*\()?")
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line: ``target = value``."""

    target: str
    value: Node


@dataclass(frozen=True)
class Program:
    """A checked program.

    Args:
        text: as typed. lines: its assignments. free: names that are neither given nor assigned, in their order.
    """

    text: str
    lines: tuple[Assignment, ...]
    free: tuple[str, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """What lives from step to step: the names that are read before they are assigned."""
        return states(self.lines)


def states(lines: Sequence[Assignment]) -> tuple[str, ...]:
    """Return the names that are read before they are assigned, and assigned later; ``theta`` and ``g`` apart."""
    targets = {line.target for line in lines}
    assigned: set[str] = set(GIVEN)
    found: dict[str, None] = {}
    for line in lines:
        found |= dict.fromkeys(n for n in names(line.value) if n in targets and n not in assigned)
        assigned.add(line.target)
    return tuple(found)


@lru_cache(maxsize=256)
def read_program(text: str, known: tuple[str, ...] | None = None) -> Program:
    """Read an update rule.

    Args:
        text: its assignments, a line each (or parted by semicolons); ``#`` begins a remark.
        known: the hyperparameters that exist; None lets every further name be one, unless it looks misspelt.
    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> read_program("theta = theta - learning_rate*k*g").free
    ('k',)
    """
    return _Reader(text, known).read()


def assignments(text: str) -> list[tuple[int, str]]:
    """Return a program's lines with where they begin; ``;`` parts lines, remarks and blank lines are left out.

    >>> assignments("a = 1; b = 2  # two")
    [(0, 'a = 1'), (6, ' b = 2  ')]
    """
    found, at = [], 0
    for line in re.split(r"(?<=\n)", text):
        plain, inner = line.split("#", 1)[0].rstrip("\r\n"), at
        for piece in plain.split(";"):
            if piece.strip():
                found.append((inner, piece))
            inner += len(piece) + 1
        at += len(line)
    return found


class _Reader:
    def __init__(self, text: str, known: tuple[str, ...] | None) -> None:
        self.text = text
        self.known = known
        self.nodes = 0

    def read(self) -> Program:
        text = self.text
        if len(text) > MAX_TEXT:
            sentence = say(
                "The rule has {length} characters; at most {limit} are allowed. Shorten it.",
                length=len(text),
                limit=MAX_TEXT,
            )
            raise Refusal(sentence, MAX_TEXT)
        pieces = assignments(text)
        if not pieces:
            raise Refusal(say("The rule is empty; write one, for example theta = theta - learning_rate*g."), 0)
        if len(pieces) > MAX_LINES:
            raise Refusal(
                say("A rule has at most {limit} lines; shorten it.", limit=MAX_LINES), pieces[MAX_LINES][0]
            )
        heads = [self._head(at, piece) for at, piece in pieces]
        targets = tuple(dict.fromkeys(target for target, _at in heads))
        free: dict[str, None] = {}
        lines = []
        for (target, begin), (at, piece) in zip(heads, pieces, strict=True):
            words = self._free(text[begin : at + len(piece)], begin, targets)
            free |= words
            lines.append(
                self._line(target, begin, at + len(piece), tuple(dict.fromkeys((*GIVEN, *targets, *words))))
            )
        if "theta" not in targets:
            sentence = say(
                "Nothing moves: the rule needs a line for theta, such as theta = theta - learning_rate*g."
            )
            raise Refusal(sentence, len(text.rstrip()))
        return Program(text, tuple(lines), tuple(free))

    def _head(self, at: int, piece: str) -> tuple[str, int]:
        """Return the name that a line assigns, and where its right side begins."""
        match = _LINE.match(piece)
        if not match:
            begin = at + len(piece) - len(piece.lstrip())
            sentence = say("Each line gives a name a value: theta = theta - learning_rate*g.")
            raise Refusal(sentence, begin)
        target, begin = match["target"], at + match.start("target")
        self._check_name(target, begin)
        if target in _FIXED or target in CONSTANTS or target in RULE_FUNCTIONS or target in (self.known or ()):
            sentence = say("“{name}” is given and cannot be assigned; choose another name.", name=target)
            raise Refusal(sentence, begin)
        return target, at + match.end()

    @staticmethod
    def _check_name(name: str, at: int) -> None:
        if not name.isascii() or "__" in name or name.startswith("_"):
            raise Refusal(say("Names are of Latin letters, digits and single underscores: m_hat, beta1."), at)
        if keyword.iskeyword(name):
            raise Refusal(say("“{name}” is a word of Python; choose another name.", name=name), at)
        if len(name) > MAX_NAME:
            raise Refusal(say("A name has at most {limit} letters; shorten it.", limit=MAX_NAME), at)

    def _free(self, piece: str, at: int, targets: tuple[str, ...]) -> dict[str, None]:
        """Return the hyperparameters of a right side; what is unknown is left to `parse`, which refuses it."""
        found: dict[str, None] = {}
        taken = (*GIVEN, *targets)
        for match in _WORD.finditer(piece):
            name, begin = match.group().rstrip("( \t"), at + match.start()
            if name in taken or name in CONSTANTS or name in RULE_FUNCTIONS or match["call"]:
                continue
            if any(letter in name for letter in "²³"):
                continue
            self._check_name(name, begin)
            if name in (self.known or ()):
                found[name] = None
                continue
            words = [word for word in (*taken, *(self.known or ())) if len(word) > 3]
            near = difflib.get_close_matches(name.lower(), words, 1, 0.8)
            if near and not (name[:-1] == near[0][:-1] and name[-1].isdigit()):  # beta2 beside beta1 is no slip
                raise Refusal(say("“{name}” is unknown; did you mean “{near}”?", name=name, near=near[0]), begin)
            if self.known is not None:
                sentence = say("“{name}” has no value; give it one among the hyperparameters.", name=name)
                raise Refusal(sentence, begin)
            found[name] = None
        return found

    def _line(self, target: str, begin: int, end: int, variables: tuple[str, ...]) -> Assignment:
        piece = self.text[begin:end].rstrip("\r\n")
        if not piece.strip():
            raise Refusal(say("Something is missing after “{sign}”.", sign="="), begin)
        try:
            tree, skipped = parse(piece, variables, rule=True)
        except Refusal as refusal:
            raise Refusal(refusal.message, begin + (refusal.position or 0)) from None
        return Assignment(target, self._node(tree, begin + skipped, piece[skipped:].translate(SAME).encode(), 0))

    def _node(self, node: ast.expr, begin: int, source: bytes, depth: int) -> Node:
        """Turn a syntax node into ours; ``begin`` is where ``source``, in which its columns count, begins."""
        at = begin + len(source[: node.col_offset].decode(errors="ignore"))
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Refusal(say("The rule is too long or nested too deeply; write it in a simpler way."), at)

        def inner(part: ast.expr) -> Node:
            return self._node(part, begin, source, depth + 1)

        match node:
            case ast.Constant(value=bool() | complex() | str() | bytes() | None):
                pass
            case ast.Constant(value=int() | float() as value):
                if not abs(value) <= MAX_NUMBER:
                    raise Refusal(say("This number is too large; use smaller ones."), at)
                return Number(float(value))
            case ast.Name(id=name) if name in CONSTANTS:
                return Number(CONSTANTS[name][0])
            case ast.Name(id=name):
                return Name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return apply("neg", inner(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return inner(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return apply(_OPERATORS[type(op)], inner(left), inner(right))
            case ast.Call(func=ast.Name(id="where"), args=[condition, a, b], keywords=[]):
                return apply("where", self._condition(condition, inner), inner(a), inner(b))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in RULE_FUNCTIONS:
                count = RULE_FUNCTIONS[name]
                if len(arguments) != count:
                    sentence = say(
                        "“{name}” takes {count} value(s) in its brackets, not {given}.",
                        name=name,
                        count=count,
                        given=len(arguments),
                    )
                    raise Refusal(sentence, at)
                return Apply(name, tuple(map(inner, arguments)))
            case ast.Compare():
                raise Refusal(say("A comparison belongs at the first place of where(…, …, …)."), at)
        raise Refusal(say("This has no place in a rule; use numbers, names, + - * / ** and functions."), at)

    @staticmethod
    def _condition(node: ast.expr, inner: object) -> Node:
        assert callable(inner)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
            return apply(_OPERATORS[type(node.ops[0])], inner(node.left), inner(node.comparators[0]))
        return apply("!=", inner(node), Number(0.0))


assert set(FUNCTIONS) < set(RULE_FUNCTIONS)
