"""A tape laid out for looking: every node's value and gradient, and what goes through every edge, as flat arrays.

All numbers are the tape's own: values and gradients as `backward` left them, shares as its rules send them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import DTypeLike

from engine.autodiff.expression import Expression, Recording, read_expression
from engine.autodiff.graph import Node, walk
from engine.autodiff.tape import Array, backward
from engine.experiments.graph.leaves import fill, shape_of
from engine.message import say
from engine.params import Refusal

ENTRYWISE = frozenset(
    {"add", "subtract", "multiply", "divide", "negative", "power", "exp", "log", "sqrt", "sin", "cos", "tan"}
    | {"asin", "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "erf", "softplus", "relu", "absolute"}
    | {"maximum", "minimum", "where", "reshape"}
)
"""Primitives whose result's entries each depend on the operands' entries of the same place alone."""
NOWHERE = -1


@dataclass(frozen=True)
class Turn:
    """A step of the walk: a node computes its value, the result's gradient is set to 1, or a node passes back."""

    turn: Literal["forward", "seed", "backward"]
    node: int


@dataclass(frozen=True, eq=False)
class Walked:
    """A recorded expression after one `backward`.

    Args:
        expression, recording, nodes: as read, as recorded, as the tape holds it. drawn: inputs that nobody set.
        at: where each node's entries begin in ``values`` and ``gradients``, in C order. edges: for each node
            where each operand's share begins in ``shares`` and ``locals`` (`NOWHERE`: nothing goes there).
        values, gradients: of all nodes, one after the other; NaN where no gradient flows.
        shares: what each node sends to each operand, in the operand's entries. local: the derivative of the
            result's entry by the operand's; NaN where that is no single number.
        turns: the steps of the walk.
    """

    expression: Expression
    recording: Recording
    nodes: list[Node]
    drawn: frozenset[str]
    at: list[int]
    edges: list[tuple[int, ...]]
    values: Array
    gradients: Array
    shares: Array
    local: Array
    turns: tuple[Turn, ...]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    @property
    def output(self) -> Node:
        """The node of the result."""
        return self.nodes[-1]

    def span(self, node: Node) -> tuple[int, int] | None:
        """Return where the text asks for a node, the end exclusive; None for leaves and constants."""
        tree = self.recording.trees.get(id(node.tensor))
        return None if tree is None else tree.span

    def total(self, values: Mapping[str, Any], dtype: DTypeLike = np.float64) -> float:
        """Return the result (the sum of its entries) for other values of the inputs."""
        with np.errstate(all="ignore"):
            return float(self.expression.record(values, dtype).result.value.sum())

    @property
    def inputs(self) -> dict[str, Array]:
        """The inputs' values."""
        return {name: leaf.value for name, leaf in self.recording.inputs.items()}

    @property
    def leaves(self) -> list[Node]:
        """The nodes of the inputs that the result depends on."""
        return [node for node in self.nodes if node.name == "leaf"]

    def of(self, node: Node, flat: Array) -> Array:
        """Return a node's part of ``values`` or ``gradients``, in its shape."""
        begin = self.at[node.index]
        return flat[begin : begin + node.value.size].reshape(node.value.shape)

    def share(self, node: Node, operand: int, flat: Array) -> Array | None:
        """Return an edge's part of ``shares`` or ``local``, in the operand's shape; None where nothing goes."""
        begin = self.edges[node.index][operand]
        if begin == NOWHERE:
            return None
        value = self.nodes[node.operands[operand]].value
        return flat[begin : begin + value.size].reshape(value.shape)


def walked(
    text: str, values: Mapping[str, Any], shapes: Mapping[str, Sequence[int]] | None = None, seed: int = 0
) -> Walked:
    """Record lines with values, go back once, and lay out what the tape holds.

    Args:
        text: of `read_expression`. values: of inputs. shapes: of inputs that are drawn with the seed.
    Raises:
        Refusal: where the text, a value or a shape does not fit, or nothing could be differentiated.
    """
    expression = read_expression(text)
    recording, drawn = _recorded(expression, values, shapes or {}, seed)
    if not recording.result.tracked:
        sentence = say("The result depends on no variable, so there is no gradient; use a name, for example x.")
        raise Refusal(sentence, expression.lines[-1].at)
    with np.errstate(all="ignore"):  # infinite gradients are results too
        backward(recording.result)
        return _laid_out(expression, recording, drawn)


def _recorded(
    expression: Expression, values: Mapping[str, Any], shapes: Mapping[str, Sequence[int]], seed: int
) -> tuple[Recording, frozenset[str]]:
    """Return the recorded lines and which inputs were drawn.

    A value may be left from other lines, where its name was a number and not a vector: where it does not fit, a
    new one is drawn for it.
    """
    given, drawn = fill(expression, values, shapes, seed)
    try:
        recording = expression.record(given)
    except Refusal:
        tables = {name for name in values if shapes.get(name, shape_of(expression, name))}
        fitting = {name: value for name, value in values.items() if np.ndim(value) or name not in tables}
        if len(fitting) < len(values):
            with suppress(Refusal):
                return _recorded(expression, fitting, shapes, seed)
        raise
    if drawn and not np.isfinite(recording.result.value).all():  # log, sqrt: positive numbers may do
        given |= {name: np.abs(given[name]) for name in drawn}
        recording = expression.record(given)
    return recording, drawn


def _laid_out(expression: Expression, recording: Recording, drawn: frozenset[str]) -> Walked:
    named = expression.named
    lines = [(name, made) for name, made in recording.values.items() if named or made is not recording.result]
    nodes = walk(recording.result, [*recording.inputs.items(), *lines])
    at = np.cumsum([0, *(node.value.size for node in nodes)]).tolist()
    gradients = np.full(at[-1], np.nan)
    edges: list[tuple[int, ...]] = []
    shares: list[Array] = []
    local: list[Array] = []
    begin = 0
    for node in nodes:
        if node.gradient is not None:
            gradients[at[node.index] : at[node.index + 1]] = np.ravel(node.gradient)
        sent = node.flows() or (None,) * len(node.operands)
        slopes = _slopes(node)
        places = []
        for operand, part, slope in zip(node.operands, sent, slopes, strict=True):
            there = nodes[operand]
            if part is None or there.tensor is None:
                places.append(NOWHERE)
                continue
            places.append(begin)
            begin += there.value.size
            shares.append(np.ravel(part))
            fits = slope is not None and there.value.shape == node.value.shape
            local.append(np.ravel(slope if fits else np.full(there.value.shape, np.nan)))
        edges.append(tuple(places))
    return Walked(
        expression=expression,
        recording=recording,
        nodes=nodes,
        drawn=drawn,
        at=at,
        edges=edges,
        values=np.concatenate([np.ravel(node.value) for node in nodes]),
        gradients=gradients,
        shares=np.concatenate(shares) if shares else np.empty(0),
        local=np.concatenate(local) if local else np.empty(0),
        turns=_turns(nodes),
    )


def _slopes(node: Node) -> Sequence[Any]:
    """Return what the node's rule makes of an upstream gradient of ones: the local derivatives."""
    tensor = node.tensor
    if tensor is None or tensor.pullback is None or node.name not in ENTRYWISE:
        return (None,) * len(node.operands)
    return tuple(tensor.pullback(np.ones_like(tensor.value)))


def _turns(nodes: Sequence[Node]) -> tuple[Turn, ...]:
    computed = [node.index for node in nodes if node.operands]
    forward = [Turn("forward", index) for index in computed]
    back = [Turn("backward", index) for index in reversed(computed) if nodes[index].gradient is not None]
    return (*forward, Turn("seed", nodes[-1].index), *back)
