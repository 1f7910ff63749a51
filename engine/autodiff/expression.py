"""From typed lines to a tape: scalars, vectors and small matrices, in the language of the formulas.

    h = tanh(Wx @ x + Wh @ h0)
    loss = sum((h - y)**2)

Names that are read before a line gives them a value are inputs. Nothing typed is ever evaluated as code: the text
is read by `engine.formula`, and every step is a call of a primitive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff import arithmetic, shapes, softmax, tape
from engine.autodiff import operations as op
from engine.autodiff.graph import Node
from engine.autodiff.graph import walk as graph_of
from engine.autodiff.tape import Array, Tensor
from engine.formula.language import MATRICES
from engine.formula.reader import Assignment, read_lines
from engine.formula.scan import SAME
from engine.formula.tree import Apply, Name, Number, names, walk
from engine.formula.tree import Node as Tree
from engine.message import Message, say
from engine.params import Refusal

MAX_SIDE = 128
"""Rows and columns of an input; no result is larger."""
MAX_ENTRIES = 60_000
"""Numbers that inputs and results may hold together: some milliseconds of work."""

_NAMED = re.compile(r"\w+\s*=(?!=)")
_ARITHMETIC: dict[str, Callable[..., Tensor]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "**": arithmetic.power,
    "@": arithmetic.matmul,
}
_COMPARISONS: dict[str, np.ufunc] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_ELEMENTWISE: dict[str, Callable[..., Tensor]] = {
    **{name: getattr(op, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{name: getattr(op, name) for name in ("exp", "log", "sqrt", "sigmoid", "erf", "softplus", "relu", "sign")},
    "abs": op.absolute,
}
_PAIRS = {"max": op.maximum, "min": op.minimum, "maximum": op.maximum, "minimum": op.minimum}
_REDUCTIONS = {"sum": op.total, "mean": op.mean, "max": op.largest, "min": op.smallest}


@dataclass(frozen=True)
class Recording:
    """An expression with numbers in it, on the tape.

    Args:
        inputs: the leaves by name. values: what each line made, by the name it gave (the last one, where a name
            was given twice), in order. result: of the last line. trees: what in the text asked for each result, by
            the `id` of its tensor.
    """

    inputs: dict[str, Tensor]
    values: dict[str, Tensor]
    result: Tensor
    trees: dict[int, Apply]

    def nodes(self) -> list[Node]:
        """Return the graph of the result, its inputs and lines labelled with their names."""
        return graph_of(self.result, [*self.inputs.items(), *self.values.items()])


@dataclass(frozen=True)
class Expression:
    """A checked program on scalars, vectors and matrices: make it with `read_expression`.

    Args:
        text: as typed. inputs: names that need a value, in the order of the text. lines: its assignments.
    """

    text: str
    inputs: tuple[str, ...]
    lines: tuple[Assignment, ...]

    @property
    def named(self) -> bool:
        """False where the last line gives no name, and ``result`` is ours."""
        return _NAMED.match(self.text, self.lines[-1].at) is not None

    def record(self, values: Mapping[str, Any], dtype: DTypeLike = np.float64) -> Recording:
        """Compute the lines on the tape.

        Args:
            values: a number, a vector or a matrix (nested lists do) for each of ``inputs``; at most 128 a side.
            dtype: of the tape.
        Raises:
            Refusal: when a value is missing or not a table of numbers; when shapes do not fit: which, why, and
                the position of the sign that asks for it.
        >>> recording = read_expression("y = w*x + b").record({"w": 2.0, "x": 3.0, "b": 1.0})
        >>> tape.backward(recording.result)
        >>> float(recording.inputs["w"].gradient)
        3.0
        """
        leaves = {name: Tensor(self._leaf(name, values).astype(dtype, copy=False)) for name in self.inputs}
        known: dict[str, Tensor] = dict(leaves)
        made: dict[str, Tensor] = {}
        recorder = _Recorder(self.text, known)
        with np.errstate(all="ignore"):  # infinities are results too
            for line in self.lines:
                known[line.target] = made[line.target] = recorder.line(line.value)
        return Recording(leaves, made, made[self.lines[-1].target], recorder.trees)

    def _leaf(self, name: str, values: Mapping[str, Any]) -> Array:
        if name not in values:
            raise Refusal(say("“{name}” has no value; give it one.", name=name), self._place(name))
        try:
            array = np.array(values[name], np.float64)
        except (TypeError, ValueError):
            sentence = say("“{name}” must be a number, a vector, or a matrix with rows of one length.", name=name)
            raise Refusal(sentence, self._place(name)) from None
        if array.ndim > 2 or array.size == 0 or max(array.shape, default=1) > MAX_SIDE:
            sentence = say(
                "“{name}” has the shape {shape}; at most {limit} rows and columns are allowed, and at least one.",
                name=name,
                shape=shown(array.shape),
                limit=MAX_SIDE,
            )
            raise Refusal(sentence, self._place(name))
        return array

    def _place(self, name: str) -> int:
        """Return where the text first reads an input."""
        parts = (part for line in self.lines for part in walk(line.value))
        return next(part.span[0] for part in parts if isinstance(part, Name) and part.id == name)


def shown(shape: tuple[int, ...]) -> str:
    """Return a shape as people write it.

    >>> shown((2, 3)), shown((4,)), shown(())
    ('2×3', '4', '1')
    """
    return "×".join(map(str, shape)) or "1"


@lru_cache(maxsize=128)
def read_expression(text: str) -> Expression:
    """Read lines of assignments; the last may leave out its name and is then called ``result``. Remembered.

    Numbers, names, ``pi`` and ``e``, ``+ - * / ** @``, brackets, ``where``, and the functions of
    `engine.formula.language.MATRICES`: ``sum(x)``, ``sum(x, 0)`` along an axis, ``max(x)`` and ``max(x, y)``,
    ``softmax(x)`` along the last axis, ``transpose(W)``.

    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> read_expression("h = tanh(W @ x + b); sum(h)").inputs
    ('W', 'x', 'b')
    """
    lines = read_lines(text, MATRICES)
    inputs: dict[str, None] = {}
    assigned: set[str] = set()
    for line in lines:
        inputs |= dict.fromkeys(name for name in names(line.value) if name not in assigned)
        assigned.add(line.target)
    return Expression(text, tuple(inputs), lines)


class _Recorder:
    """Calls the primitives of checked lines, and refuses shapes that do not fit."""

    def __init__(self, text: str, known: dict[str, Tensor]) -> None:
        self.text = text
        self.known = known
        self.trees: dict[int, Apply] = {}
        self._made: list[Tensor] = []
        """All that `trees` tells of: no `id` may be given away."""
        self._entries = sum(tensor.value.size for tensor in known.values())

    def line(self, tree: Tree) -> Tensor:
        """Return the value of a line: a node of its own, even where the line only gives another name."""
        value = tape.as_tensor(self.value(tree))
        return shapes.reshape(value, value.shape) if isinstance(tree, Name) else value

    def value(self, tree: Tree) -> Tensor | float:
        """Return what a part amounts to: a number as long as nothing of the tape is in it.

        Raises:
            Refusal: when all results together have too many entries.
        """
        value = self._value(tree)
        if isinstance(value, Tensor) and isinstance(tree, Apply) and id(value) not in self.trees:
            self.trees[id(value)] = tree
            self._made.append(value)
            self._entries += value.value.size
            if self._entries > MAX_ENTRIES:
                sentence = say(
                    "From here on there are more than {limit} numbers; take smaller matrices.", limit=MAX_ENTRIES
                )
                raise Refusal(sentence, tree.span[0])
        return value

    def _value(self, tree: Tree) -> Tensor | float:
        match tree:
            case Number(value):
                return value
            case Name(name):
                return self.known[name]
            case Apply("neg", (operand,)):
                inner = self.value(operand)
                return arithmetic.negative(inner) if isinstance(inner, Tensor) else -inner
            case Apply(head, (left, right)) if head in _ARITHMETIC:
                return self._pair(head, _ARITHMETIC[head], left, right)
            case Apply(name, (left, right)) if name in _PAIRS:
                return self._pair(name, _PAIRS[name], left, right)
            case Apply("where", (Apply(sign, sides), a, b)):
                return self._where(tree, sign, sides, a, b)
            case Apply(name, (operand, *axis)):
                return self._call(tree, name, operand, axis)
        raise TypeError(type(tree).__name__)

    def _pair(self, sign: str, function: Callable[..., Tensor], left: Tree, right: Tree) -> Tensor:
        a, b = self.value(left), self.value(right)
        x, y = np.shape(tape.read(a)), np.shape(tape.read(b))
        problem = misfit(sign, x, y, self._text(left), self._text(right))
        if problem is not None:
            between = self.text[left.span[1] : right.span[0]].translate(SAME).find(sign)
            raise Refusal(problem, left.span[0] if between < 0 else left.span[1] + between)
        return function(a, b)

    def _where(self, tree: Tree, sign: str, sides: tuple[Tree, ...], first: Tree, second: Tree) -> Tensor:
        x, y = (tape.read(self.value(side)) for side in sides)
        a, b = self.value(first), self.value(second)
        parts = [np.shape(part) for part in (x, y, tape.read(a), tape.read(b))]
        try:
            np.broadcast_shapes(*parts)
        except ValueError:
            listed = ", ".join(map(shown, parts))
            sentence = say("The parts of where have the shapes {shapes}; they must agree.", shapes=listed)
            raise Refusal(sentence, tree.span[0]) from None
        return op.where(_COMPARISONS[sign](x, y), a, b)

    def _call(self, tree: Tree, name: str, operand: Tree, given: list[Tree]) -> Tensor:
        at = tree.span[0]
        x = self.value(operand)
        value = tape.read(x)
        if name in _ELEMENTWISE:
            return _ELEMENTWISE[name](x)
        if name == "transpose":
            return shapes.transpose(x)
        axis = self._axis(name, given[0], np.ndim(value)) if given else None
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
    def _axis(name: str, tree: Tree, axes: int) -> int:
        if isinstance(tree, Number) and tree.value.is_integer() and 0 <= tree.value < axes:
            return int(tree.value)
        at = tree.span[0]
        if axes == 0:
            raise Refusal(say("“{name}” takes a vector or a matrix, not a single number.", name=name), at)
        sentence = say(
            "The axis of “{name}” is 0 (down the rows) or 1 (along a row), where there is one.", name=name
        )
        raise Refusal(sentence, at)

    def _text(self, tree: Tree) -> str:
        text = self.text[slice(*tree.span)]
        return text if len(text) <= 24 else text[:23] + "…"


def _kind(shape: tuple[int, ...]) -> Message | str:
    """Return what has this shape, as a sentence says it."""
    if not shape:
        return say("a number")
    return say("a vector of {size}", size=shape[0]) if len(shape) == 1 else shown(shape)


def misfit(sign: str, x: tuple[int, ...], y: tuple[int, ...], left: str, right: str) -> Message | None:
    """Return why two operands of these shapes and texts do not fit an operation, None where they do.

    Args:
        sign: of the operation. x, y: shapes of its operands, left and right.
        left, right: how the operands are written.
    """
    named = {"left": left, "a": _kind(x), "right": right, "b": _kind(y)}
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
