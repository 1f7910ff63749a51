"""A tape to look at: its nodes in order, what each computed of what, and how the gradient passes through it.

What is drawn is what the tape holds: nothing here computes a value or a gradient anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.order import ordered
from engine.autodiff.tape import Array, Tensor

FORMS: dict[str, str] = {
    "add": "a + b",
    "subtract": "a - b",
    "multiply": "a*b",
    "divide": "a/b",
    "negative": "-a",
    "power": "a**b",
    "matmul": "a @ b",
    **{name: f"{name}(a)" for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: f"{name}(a)" for name in ("sinh", "cosh", "tanh", "sigmoid", "erf", "softplus", "relu")},
    "absolute": "abs(a)",
    "maximum": "max(a, b)",
    "minimum": "min(a, b)",
    "softmax": "softmax(a)",
    "log_softmax": "log_softmax(a)",
    "total": "sum(a)",
    "mean": "mean(a)",
    "largest": "max(a)",
    "smallest": "min(a)",
    "transpose": "transpose(a)",
    "reshape": "a",
}
"""What a primitive makes of its operands a and b, in the language of `engine.autodiff.expression`."""

LOCAL_RULES: dict[str, tuple[str, ...]] = {
    "add": ("g", "g"),
    "subtract": ("g", "-g"),
    "multiply": ("g*b", "g*a"),
    "divide": ("g/b", "-g*y/b"),
    "negative": ("-g",),
    "power": ("g*b*a**(b - 1)", "g*y*log(a)"),
    "matmul": ("g @ transpose(b)", "transpose(a) @ g"),
    "exp": ("g*y",),
    "log": ("g/a",),
    "sqrt": ("g/(2*y)",),
    "sin": ("g*cos(a)",),
    "cos": ("-g*sin(a)",),
    "tan": ("g*(1 + y**2)",),
    "asin": ("g/sqrt(1 - a**2)",),
    "acos": ("-g/sqrt(1 - a**2)",),
    "atan": ("g/(1 + a**2)",),
    "sinh": ("g*cosh(a)",),
    "cosh": ("g*sinh(a)",),
    "tanh": ("g*(1 - y**2)",),
    "sigmoid": ("g*y*(1 - y)",),
    "erf": ("g*2/sqrt(pi)*exp(-a**2)",),
    "softplus": ("g*sigmoid(a)",),
    "relu": ("where(a > 0, g, 0)",),
    "absolute": ("g*sign(a)",),
    "maximum": ("where(a > b, g, where(a == b, g/2, 0))", "where(b > a, g, where(a == b, g/2, 0))"),
    "minimum": ("where(a < b, g, where(a == b, g/2, 0))", "where(b < a, g, where(a == b, g/2, 0))"),
    "softmax": ("y*(g - sum(g*y))",),
    "log_softmax": ("g - exp(y)*sum(g)",),
    "total": ("g",),
    "mean": ("g/n",),
    "largest": ("where(a == y, g/n, 0)",),
    "smallest": ("where(a == y, g/n, 0)",),
    "transpose": ("transpose(g)",),
    "reshape": ("g",),
}
"""Each operand's share of the gradient g, in the language of `engine.autodiff.expression`, of the operands a and b
and the result y, where n entries share; before it is summed over what was broadcast. An operation that is not here
has no short rule."""


@dataclass(frozen=True)
class Node:
    """A node of a graph.

    Args:
        index: its place in the order; operands come before what is made of them. name: of the primitive, or
            ``leaf`` or ``constant``. label: what people call it, "" where nobody named it.
        operands: indices, in the primitive's order. rules: each operand's share of the gradient, see
            `LOCAL_RULES`; empty where there is no short one.
        tensor: of the tape; None for a constant. value: its array.
    """

    index: int
    name: str
    label: str
    operands: tuple[int, ...]
    rules: tuple[str, ...]
    tensor: Tensor | None
    value: Array

    @property
    def gradient(self) -> Array | None:
        """What the last `backward` left here: None before it, and for constants."""
        return None if self.tensor is None else self.tensor.gradient

    def flows(self) -> tuple[Array | None, ...]:
        """Return what this node sends to each operand of the gradient that arrived here; None where nothing.

        Leaves every gradient as it is. Empty before `backward`, for leaves and constants.
        """
        tensor = self.tensor
        if tensor is None or tensor.pullback is None or tensor.gradient is None:
            return ()
        tensor.check()
        kept = [(p, p._buffer) for p in tensor.parents if isinstance(p, Tensor)]
        for parent, _ in kept:
            parent._buffer = min(parent._buffer, 0)  # no rule may write into a parameter's buffer now
        try:
            return tuple(tensor.pullback(tensor.gradient))
        finally:
            for parent, buffer in kept:
                parent._buffer = buffer


def walk(result: Tensor, labels: Iterable[tuple[str, Tensor]] = ()) -> list[Node]:
    """Return every node that a tensor was computed from, itself last, operands before what is made of them.

    Args:
        result: the tensor where the walk ends. labels: what people call some of the tensors; a name may be given
            to several.
    >>> x = Tensor(np.array(3.0))
    >>> [(node.name, node.operands) for node in walk(x * x)]
    [('leaf', ()), ('multiply', (0, 0))]
    """
    called = {id(tensor): label for label, tensor in labels}
    nodes: list[Node] = []
    places: dict[int, int] = {}

    def place(operand: Any) -> int:
        """Return the index of an operand; constants and leaves are added when first met."""
        if id(operand) in places:
            return places[id(operand)]
        if isinstance(operand, Tensor):
            value, name = operand.value, "leaf" if operand.tracked else "constant"
            tensor = operand if operand.tracked else None
        else:
            value, name, tensor = np.asarray(operand), "constant", None
        nodes.append(Node(len(nodes), name, called.get(id(operand), ""), (), (), tensor, value))
        if isinstance(operand, Tensor | np.ndarray):  # equal numbers are not one node
            places[id(operand)] = len(nodes) - 1
        return len(nodes) - 1

    if result.pullback is None:
        place(result)
        return nodes
    for tensor in ordered(result):
        operands = tuple(place(parent) for parent in tensor.parents)
        rules = LOCAL_RULES.get(tensor.name, ())
        places[id(tensor)] = len(nodes)
        label = called.get(id(tensor), "")
        nodes.append(Node(len(nodes), tensor.name, label, operands, rules, tensor, tensor.value))
    return nodes
