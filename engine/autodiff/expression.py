"""From typed lines to a tape: scalars, vectors and small matrices, in the language of the formulas.

    h = tanh(Wx @ x + Wh @ h0)
    loss = sum((h - y)**2)

Names that are read before a line gives them a value are inputs. Nothing typed is ever evaluated as code: the text
is read by `engine.formula`, and every step is a call of a primitive.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff import arithmetic, shapes, softmax, tape
from engine.autodiff import operations as op
from engine.autodiff.graph import Node, walk
from engine.autodiff.tape import Array, Tensor
from engine.formula.build import MAX_NUMBER
from engine.formula.functions import CONSTANTS
from engine.formula.program import MAX_DEPTH, MAX_LINES, MAX_NODES, MAX_TEXT, assignments
from engine.formula.scan import MATRIX_FUNCTIONS, SAME, parse
from engine.message import Message, say
from engine.params import Refusal

MAX_SIDE = 64
"""Rows and columns of an input; no result is larger, so a program holds at most 300 results of 32 kB."""

_TARGET = re.compile(r"\s*(?P<target>[A-Za-z](?:_?[A-Za-z0-9])*)\s*=(?!=)")
_WORD = re.compile(r"(?<![\w.])(?P<name>[^\W\d]\w*)(?!\w)(?P<call>\s*\()?")
_ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[..., Tensor]]] = {
    ast.Add: ("+", arithmetic.add),
    ast.Sub: ("-", arithmetic.subtract),
    ast.Mult: ("*", arithmetic.multiply),
    ast.Div: ("/", arithmetic.divide),
    ast.Pow: ("**", arithmetic.power),
    ast.MatMult: ("@", arithmetic.matmul),
}
_COMPARISONS: dict[type[ast.cmpop], np.ufunc] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_ELEMENTWISE: dict[str, Callable[..., Tensor]] = {
    **{name: getattr(op, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{name: getattr(op, name) for name in ("exp", "log", "sqrt", "sigmoid", "softplus", "relu", "sign")},
    "abs": op.absolute,
}
_PAIRS = {"max": op.maximum, "min": op.minimum, "maximum": op.maximum, "minimum": op.minimum}
_REDUCTIONS = {"sum": op.total, "mean": op.mean, "max": op.largest, "min": op.smallest}


@dataclass(frozen=True)
class Recording:
    """An expression with numbers in it, on the tape.

    Args:
        inputs: the leaves by name. values: what each line made, by the name it gave (the last one, where a name
            was given twice), in order. result: of the last line.
    """

    inputs: dict[str, Tensor]
    values: dict[str, Tensor]
    result: Tensor

    def nodes(self) -> list[Node]:
        """Return the graph of the result, its inputs and lines labelled with their names."""
        return walk(self.result, self.inputs | self.values)


@dataclass(frozen=True)
class _Line:
    target: str
    tree: ast.expr
    begin: int
    """Where the text that the tree's columns count in begins."""
    source: bytes
    value_at: int


@dataclass(frozen=True)
class Expression:
    """A checked program on scalars, vectors and matrices: make it with `read_expression`.

    Args:
        text: as typed. inputs: names that need a value, in the order of the text. lines: its assignments.
    """

    text: str
    inputs: tuple[str, ...]
    lines: tuple[_Line, ...]

    def record(self, values: Mapping[str, Any]) -> Recording:
        """Compute the lines on the tape.

        Args:
            values: a number, a vector or a matrix (nested lists do) for each of ``inputs``; at most 64 a side.
        Raises:
            Refusal: when a value is missing or not a table of numbers; when shapes do not fit: which, why, and
                the position of the sign that asks for it.
        >>> recording = read_expression("y = w*x + b").record({"w": 2.0, "x": 3.0, "b": 1.0})
        >>> tape.backward(recording.result)
        >>> float(recording.inputs["w"].gradient)
        3.0
        """
        leaves = {name: Tensor(self._leaf(name, values)) for name in self.inputs}
        known: dict[str, Tensor] = dict(leaves)
        made: dict[str, Tensor] = {}
        recorder = _Recorder(known)
        with np.errstate(all="ignore"):  # infinities are results too
            for line in self.lines:
                known[line.target] = made[line.target] = recorder.line(line)
        return Recording(leaves, made, made[self.lines[-1].target])

    def _leaf(self, name: str, values: Mapping[str, Any]) -> Array:
        at = next(m.start() for m in _WORD.finditer(self.text) if m["name"] == name)
        if name not in values:
            raise Refusal(say("“{name}” has no value; give it one.", name=name), at)
        try:
            array = np.array(values[name], np.float64)
        except (TypeError, ValueError):
            sentence = say("“{name}” must be a number, a vector, or a matrix with rows of one length.", name=name)
            raise Refusal(sentence, at) from None
        if array.ndim > 2 or array.size == 0 or max(array.shape, default=1) > MAX_SIDE:
            sentence = say(
                "“{name}” has the shape {shape}; at most {limit} rows and columns are allowed, and at least one.",
                name=name,
                shape=shown(array.shape),
                limit=MAX_SIDE,
            )
            raise Refusal(sentence, at)
        return array


def shown(shape: tuple[int, ...]) -> str:
    """Return a shape as people write it.

    >>> shown((2, 3)), shown((4,)), shown(())
    ('2×3', '4', '1')
    """
    return "×".join(map(str, shape)) or "1"


def read_expression(text: str) -> Expression:
    """Read lines of assignments; the last may leave out its name and is then called ``result``.

    Numbers, names, ``pi`` and ``e``, ``+ - * / ** @``, brackets, ``where`` with a comparison, and the functions of
    `MATRIX_FUNCTIONS`: ``sum(x)``, ``sum(x, 0)`` along an axis, ``max(x)`` and ``max(x, y)``, ``softmax(x)`` along
    the last axis, ``transpose(W)``.

    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> read_expression("h = tanh(W @ x + b); sum(h)").inputs
    ('W', 'x', 'b')
    """
    if len(text) > MAX_TEXT:
        sentence = say(
            "The program has {length} characters; at most {limit} are allowed. Shorten it.",
            length=len(text),
            limit=MAX_TEXT,
        )
        raise Refusal(sentence, MAX_TEXT)
    pieces = assignments(text)
    if not pieces:
        raise Refusal(say("The program is empty; write one, for example y = tanh(w*x + b)."), 0)
    if len(pieces) > MAX_LINES:
        raise Refusal(
            say("A program has at most {limit} lines; shorten it.", limit=MAX_LINES), pieces[MAX_LINES][0]
        )
    inputs: dict[str, None] = {}
    assigned: set[str] = set()
    lines, count = [], 0
    for number, (at, piece) in enumerate(pieces, start=1):
        target, begin = _target(at, piece, last=number == len(pieces))
        source = text[begin : at + len(piece)]
        if not source.strip():
            raise Refusal(say("Something is missing after “{sign}”.", sign="="), begin)
        words = [
            found["name"]
            for found in _WORD.finditer(source)
            if found["name"].isascii()
            and found["name"] not in MATRIX_FUNCTIONS
            and found["name"] not in CONSTANTS
            and not (found["call"] and found["name"] not in {*inputs, *assigned})  # an unknown function
        ]
        try:
            tree, skipped = parse(source, tuple(dict.fromkeys(words)), matrices=True)
        except Refusal as refusal:
            raise Refusal(refusal.message, begin + (refusal.position or 0)) from None
        lines.append(_Line(target, tree, begin + skipped, source[skipped:].translate(SAME).encode(), begin))
        count = _check(tree, lines[-1], count)
        inputs |= dict.fromkeys(word for word in words if word not in assigned)
        assigned.add(target)
    return Expression(text, tuple(inputs), tuple(lines))


def _target(at: int, piece: str, last: bool) -> tuple[str, int]:
    """Return the name that a line gives, and where its right side begins."""
    match = _TARGET.match(piece)
    if match is None:
        if last and not re.search(r"(?<![=<>!])=(?!=)", piece):
            return "result", at
        blank = len(piece) - len(piece.lstrip())
        raise Refusal(say("Each line gives a name a value: h = tanh(W @ x)."), at + blank)
    name = match["target"]
    if name in MATRIX_FUNCTIONS or name in CONSTANTS:
        sentence = say("“{name}” is given and cannot be assigned; choose another name.", name=name)
        raise Refusal(sentence, at + match.start("target"))
    return name, at + match.end()


def _check(tree: ast.expr, line: _Line, count: int, depth: int = 0) -> int:
    """Refuse what the language has no place for; return how many nodes there are by now."""
    count += 1
    at = position(tree, line)
    if count > MAX_NODES or depth > MAX_DEPTH:
        raise Refusal(say("The program is too long or nested too deeply; write it in a simpler way."), at)
    match tree:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if not abs(value) <= MAX_NUMBER:
                raise Refusal(say("This number is too large; use smaller ones."), at)
            return count
        case ast.Name():
            return count
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            parts = [operand]
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            parts = [left, right]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in MATRIX_FUNCTIONS:
            if len(parts) not in MATRIX_FUNCTIONS[name]:
                sentence = say(
                    "“{name}” takes {count} value(s) in its brackets, not {given}.",
                    name=name,
                    count=MATRIX_FUNCTIONS[name][-1],
                    given=len(parts),
                )
                raise Refusal(sentence, at)
            if name == "where":
                test = parts[0]
                if not (
                    isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _COMPARISONS
                ):
                    raise Refusal(say("where begins with a comparison: where(x > 0, x, 0)."), at)
                parts = [test.left, *test.comparators, *parts[1:]]
        case ast.Compare():
            raise Refusal(say("A comparison belongs at the first place of where(…, …, …)."), at)
        case _:
            raise Refusal(say("This has no place here; use numbers, names, + - * / ** @ and functions."), at)
    for part in parts:
        count = _check(part, line, count, depth + 1)
    return count


def position(tree: ast.expr, line: _Line) -> int:
    """Return where a part begins in the text (the tree counts UTF-8 bytes of its line)."""
    return line.begin + len(line.source[: tree.col_offset].decode(errors="ignore"))


class _Recorder:
    """Calls the primitives of checked lines, and refuses shapes that do not fit."""

    def __init__(self, known: dict[str, Tensor]) -> None:
        self.known = known

    def line(self, line: _Line) -> Tensor:
        """Return the value of a line: a node of its own, even where the line only gives another name."""
        value = tape.as_tensor(self.value(line.tree, line))
        return shapes.reshape(value, value.shape) if isinstance(line.tree, ast.Name) else value

    def value(self, tree: ast.expr, line: _Line) -> Tensor | float:
        match tree:
            case ast.Constant(value=value):
                return float(value)  # type: ignore[arg-type]  # `_check` has seen to it
            case ast.Name(id=name):
                return CONSTANTS[name][0] if name in CONSTANTS and name not in self.known else self.known[name]
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand, line)
            case ast.UnaryOp(operand=operand):
                inner = self.value(operand, line)
                return arithmetic.negative(inner) if isinstance(inner, Tensor) else -inner
            case ast.BinOp(left=left, op=operator, right=right):
                sign, function = _ARITHMETIC[type(operator)]
                return self._pair(sign, function, left, right, line)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments, tree, line)
        raise TypeError(type(tree).__name__)

    def _pair(
        self, sign: str, function: Callable[..., Tensor], left: ast.expr, right: ast.expr, line: _Line
    ) -> Tensor:
        a, b = self.value(left, line), self.value(right, line)
        x, y = np.shape(tape.read(a)), np.shape(tape.read(b))
        between = line.source[left.end_col_offset or 0 : right.col_offset].decode(errors="ignore")
        offset = len(line.source[: left.end_col_offset].decode(errors="ignore")) + max(between.find(sign), 0)
        at = line.begin + offset if sign in between else position(left, line)
        problem = misfit(sign, x, y, self._text(left, line), self._text(right, line))
        if problem is not None:
            raise Refusal(problem, at)
        return function(a, b)

    def _call(self, name: str, arguments: list[ast.expr], tree: ast.expr, line: _Line) -> Tensor:
        at = position(tree, line)
        if name in _PAIRS and len(arguments) == 2:
            return self._pair(name, _PAIRS[name], arguments[0], arguments[1], line)
        if name == "where":
            test = arguments[0]
            assert isinstance(test, ast.Compare)
            sides = [tape.read(self.value(side, line)) for side in (test.left, *test.comparators)]
            a, b = (self.value(part, line) for part in arguments[1:])
            parts = [np.shape(part) for part in (*sides, tape.read(a), tape.read(b))]
            try:
                np.broadcast_shapes(*parts)
            except ValueError:
                listed = ", ".join(map(shown, parts))
                sentence = say("The parts of where have the shapes {shapes}; they must agree.", shapes=listed)
                raise Refusal(sentence, at) from None
            return op.where(_COMPARISONS[type(test.ops[0])](*sides), a, b)
        x = self.value(arguments[0], line)
        value = tape.read(x)
        if name in _ELEMENTWISE:
            return _ELEMENTWISE[name](x)
        if name == "transpose":
            return shapes.transpose(x)
        axis = self._axis(name, arguments[1], np.ndim(value), line) if len(arguments) > 1 else None
        if name in _REDUCTIONS:
            return _REDUCTIONS[name](x, axis)
        if np.ndim(value) == 0:
            raise Refusal(say("“{name}” takes a vector or a matrix, not a single number.", name=name), at)
        along = -1 if axis is None else axis
        if np.shape(value)[along] == 1 and np.size(value) > 1:
            sentence = say(
                "“{name}” along an axis of one entry is always the same; name the other: {name}(…, {axis}).",
                name=name,
                axis=1 if along == 0 else 0,
            )
            raise Refusal(sentence, at)
        return softmax.softmax(x, along) if name == "softmax" else softmax.log_softmax(x, along)

    @staticmethod
    def _axis(name: str, tree: ast.expr, axes: int, line: _Line) -> int:
        value = tree.value if isinstance(tree, ast.Constant) else None
        if isinstance(value, int) and 0 <= value < axes:
            return value
        at = position(tree, line)
        if axes == 0:
            raise Refusal(say("“{name}” takes a vector or a matrix, not a single number.", name=name), at)
        sentence = say(
            "The axis of “{name}” is 0 (down the rows) or 1 (along a row), where there is one.", name=name
        )
        raise Refusal(sentence, at)

    def _text(self, tree: ast.expr, line: _Line) -> str:
        text = line.source[tree.col_offset : tree.end_col_offset].decode(errors="ignore")
        return text if len(text) <= 24 else text[:23] + "…"


def misfit(sign: str, x: tuple[int, ...], y: tuple[int, ...], left: str, right: str) -> Message | None:
    """Return why two operands of these shapes and texts do not fit an operation, None where they do."""
    named = {"left": left, "a": shown(x), "right": right, "b": shown(y)}
    if sign == "@":
        if not x or not y:
            return say(
                "“{left}” is {a} and “{right}” is {b}: @ multiplies vectors and matrices; write * for numbers.",
                **named,
            )
        if x[-1] != y[0 if len(y) == 1 else -2]:
            return say(
                "“{left}” is {a} and “{right}” is {b}: @ needs as many columns on the left as rows on the right.",
                **named,
            )
        return None
    try:
        np.broadcast_shapes(x, y)
    except ValueError:
        return say(
            "“{left}” is {a} and “{right}” is {b}: {sign} works entry by entry and needs equal sizes (or 1).",
            **named,
            sign=sign,
        )
    return None
