"""A net and a few samples as lines of the expression language, with their numbers: to be drawn, and walked.

What is written computes the same loss and the same gradients as the net's own tape, operation by operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.expression import MAX_SIDE
from engine.autodiff.tape import Array
from engine.formula.language import MATRICES
from engine.frame import ArraySpec, Told, Value
from engine.message import Message, _, say
from engine.nn.activations import ACTIVATIONS, LEAK, SELU_ALPHA, SELU_SCALE
from engine.nn.dense import DenseNet
from engine.nn.normalization import EPS
from engine.params import Refusal, refused

MOST_NUMBERS = 12_000
"""Weights and inputs that are written out: they travel as text."""

_ACTIVATIONS: Mapping[str, str] = {
    "linear": "{z}",
    **{name: f"{name}({{z}})" for name in ("sigmoid", "tanh", "relu", "softplus")},
    "leaky_relu": f"where({{z}} > 0, {{z}}, {LEAK}*{{z}})",
    "prelu": "where({z} > 0, {z}, {slope}*{z})",
    "elu": "where({z} > 0, {z}, exp({z}) - 1)",
    "selu": f"{SELU_SCALE}*where({{z}} > 0, {{z}}, {SELU_ALPHA}*(exp({{z}}) - 1))",
    "gelu": f"{{z}}*(1 + erf({math.sqrt(0.5)}*{{z}}))/2",
    "silu": "{z}*sigmoid({z})",
    "mish": "{z}*tanh(softplus({z}))",
    "maxout": "max({za}, {zb})",
}
"""An activation of z in the language of expressions; Maxout's pieces are two matrix products."""
_SPLIT = ("W", "b", "V", "c", "gamma", "beta")
"""Parameters of a layer whose columns belong to its pieces, one after the other."""

_LOSSES: Mapping[str, str] = {
    "cross_entropy": "-sum(t*log_softmax(y))",
    "sigmoid_cross_entropy": "sum(softplus(y) - t*y)",
    "hinge": "sum(relu(y - sum(t*y) + 1)) - 1",
    "squared_error": "mean((y - t)**2)",
}
_LOSSES_OF_ROWS: Mapping[str, str] = {
    "cross_entropy": "-sum(t*log_softmax(y))/{rows}",
    "sigmoid_cross_entropy": "mean(softplus(y) - t*y)",
    "hinge": "sum(relu(transpose(y) - sum(t*y, 1) + 1))/{rows} - 1",
    "squared_error": "mean((y - t)**2)",
}


@dataclass(frozen=True)
class Written:
    """An expression (`engine.autodiff.expression`) and the values of all its inputs."""

    expression: str
    values: Mapping[str, Array]

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"expression": self.expression, "values": {k: _digits(v) for k, v in self.values.items()}}


OPENS: Mapping[str, ArraySpec] = {
    "opens": ArraySpec((), _("Where the net can be walked node by node, and with what"))
}
"""What a laboratory answers that is asked for its net as a graph."""


class TooLarge(Refusal):
    """A net that is too large to be written; a smaller one of its kind would do."""


@dataclass(frozen=True)
class Smaller:
    """Settings of a laboratory that make its net smaller.

    Args:
        params: what is set. title: of the button that does so. write: writes a net of that size, of any weights.
    """

    params: Mapping[str, Any]
    title: Message
    write: Callable[[], Written]


def opened(write: Callable[[], Written], smaller: Iterable[Smaller] = ()) -> dict[str, Value]:
    """Return the text ``opens``: the laboratory that walks graphs, and its parameters.

    Where the net is too large: why, and the first of the smaller settings with which a net can be written.

    Raises:
        InvalidParams: where the net cannot be written, and nothing smaller either.
    """
    try:
        return {"opens": Told({"laboratory": "graph", "params": write().plain()})}
    except TooLarge as refusal:
        for one in smaller:
            if _writes(one):
                return {"opens": Told({"problem": refusal.message, "set": one.params, "title": one.title})}
        raise refused(refusal.message, "net") from None
    except Refusal as refusal:
        raise refused(refusal.message, "net") from None


def _writes(one: Smaller) -> bool:
    try:
        one.write()
    except Refusal:
        return False
    return True


def _digits(value: Array) -> Any:
    """Return nested lists; a float32 is written in as few digits as tell it from its neighbours."""
    if value.dtype == np.float32:
        return np.vectorize(lambda number: float(str(number)), otypes=[float])(value).tolist()
    return value.tolist()


def checked(lines: list[str], values: Mapping[str, Array]) -> Written:
    """Return the lines with their values.

    Raises:
        TooLarge: where they are more than the language takes.
    """
    sides = max(side for value in values.values() for side in (*value.shape, 1))
    numbers = sum(value.size for value in values.values())
    text = "\n".join(lines)
    problem: Message | None = None
    if sides > MAX_SIDE:
        problem = say(
            "This net is too wide to be drawn as a graph: it has {sides} units side by side, at most {most} are "
            "drawn. Make it narrower.",
            sides=sides,
            most=MAX_SIDE,
        )
    elif numbers > MOST_NUMBERS:
        problem = say(
            "This net is too large to be drawn as a graph: it has {numbers:,} numbers, at most {most:,} are "
            "drawn. Make it narrower or shallower.",
            numbers=numbers,
            most=MOST_NUMBERS,
        )
    elif len(text) > MATRICES.length or len(lines) > MATRICES.lines:
        problem = say("This net is too deep to be drawn as a graph; take fewer layers or steps.")
    if problem is not None:
        raise TooLarge(problem)
    return Written(text, values)


def dense(net: DenseNet, views: Mapping[str, Array], inputs: Array, targets: Array, loss: str) -> Written:
    """Write a dense net with its loss.

    Args:
        views: of its parameters. inputs: rows (R, D); one is written as a vector. targets: classes (R,), or what
            the outputs should be (R, n). loss: of `engine.nn.losses.LOSSES`, or ``sigmoid_cross_entropy``.
    Raises:
        Refusal: for a net that is too large, or has parts that the language has no words for.
    """
    rows = len(inputs)
    if rows < fewest_rows(net):
        raise Refusal(say("Batch normalization needs at least two rows: with one, every unit is its own mean."))
    flat = rows == 1
    values: dict[str, Array] = {"x": inputs[0] if flat else inputs}
    lines: list[str] = []
    for l in range(1, net.depth + 1):
        _layer(net, l, flat, lines)
    h = _above(net.depth)
    if net.outputs:
        last = net.depth + 1
        lines.append(f"y = {h} @ W{last} + b{last}")
    else:
        lines.append(f"y = {h}")
    wanted = _wanted(targets, net.outputs or net.widths[-1], loss)
    values["t"] = wanted[0] if flat else wanted
    lines.append(_LOSSES[loss] if flat else _LOSSES_OF_ROWS[loss].format(rows=rows))
    text = " ".join(lines)
    return checked(lines, values | {name: view for name, view in _parts(net, views).items() if name in text})


def fewest_rows(net: DenseNet) -> int:
    """Return how many rows a net must be drawn with: batch normalization's mean needs more than one."""
    return 2 if net.normalization == "batch" else 1


def _parts(net: DenseNet, views: Mapping[str, Array]) -> dict[str, Array]:
    """Return the parameters by the names that they have in the lines: those of a Maxout layer by pieces."""
    parts = {name: views[name] for name in net.layout.entries}
    for l, name in enumerate(net.activations, start=1):
        pieces = _pieces(name)
        for kind in _SPLIT:
            if len(pieces) > 1 and (whole := parts.pop(f"{kind}{l}", None)) is not None:
                split = np.split(whole, len(pieces), axis=-1)
                parts |= {f"{kind}{piece}{l}": part for piece, part in zip(pieces, split, strict=True)}
    return parts


def _pieces(activation: str) -> tuple[str, ...]:
    """Return the letters of an activation's inputs; one without pieces has no letter."""
    count = ACTIVATIONS[activation].pieces
    return ("",) if count == 1 else tuple("abcdefgh"[:count])


def _wanted(targets: Array, outputs: int, loss: str) -> Array:
    if loss in ("squared_error", "sigmoid_cross_entropy"):
        wanted: Array = np.asarray(targets, np.float64).reshape(len(targets), outputs)
        return wanted
    classes: Array = np.eye(outputs)[np.asarray(targets)]
    return classes


def _above(l: int) -> str:
    """Return what hidden layer l's output is called; there is none before the first."""
    return f"h{l}" if l else "x"


def _layer(net: DenseNet, l: int, flat: bool, lines: list[str]) -> None:
    """Add the lines of hidden layer l, for one row, flat, or several."""
    name, h = net.activations[l - 1], _above(l - 1)
    pieces = _pieces(name)
    z = {piece: f"{h} @ W{piece}{l} + b{piece}{l}" for piece in pieces}
    if net.skips(l):
        if pieces != _pieces(net.activations[l - 2]):
            sentence = say(
                "A skip between a layer of Maxout and one of another activation cannot be drawn as a graph; take "
                "one activation for both."
            )
            raise Refusal(sentence)
        branch = _polynet(name, l, z, lines) if net.skip == "polynet" else z
        z = {piece: f"z{piece}{l - 1} + {branch[piece]}" for piece in pieces}
    normal = net.normalization != "none"
    again = _ACTIVATIONS[name].count("{z}") > 1 or normal or (l < net.depth and net.skips(l + 1))
    if again:
        z = _named("z", l, z, lines)
    if normal:
        z = _normalized(_NORMS[net.normalization, flat], l, z, lines)
    lines.append(f"h{l} = " + _activated(name, l, z))


def _activated(name: str, l: int, z: Mapping[str, str]) -> str:
    """Return an activation of its inputs by piece."""
    return _ACTIVATIONS[name].format(slope=f"slope{l}", **{f"z{piece}": text for piece, text in z.items()})


def _named(letter: str, l: int, texts: Mapping[str, str], lines: list[str]) -> dict[str, str]:
    """Add a line for each piece's text, and return their names."""
    lines.extend(f"{letter}{piece}{l} = {text}" for piece, text in texts.items())
    return {piece: f"{letter}{piece}{l}" for piece in texts}


def _polynet(name: str, l: int, z: Mapping[str, str], lines: list[str]) -> dict[str, str]:
    """Return F + V activation(F) + c of a branch F, by piece."""
    f = _named("f", l, z, lines)
    inner = _activated(name, l, f)
    if len(f) > 1:
        inner = _named("m", l, {"": inner}, lines)[""]
    return {piece: f"{text} + {inner} @ V{piece}{l} + c{piece}{l}" for piece, text in f.items()}


@dataclass(frozen=True)
class _Norm:
    """How a normalization is written: a mean, what subtracts it, what divides by a deviation.

    Args:
        mean: of {x}. minus: {x} without {mean}. over: {x} by {deviation}.
        together: whether all pieces of a layer have one mean.
    """

    mean: str
    minus: str = "{x} - {mean}"
    over: str = "{x}/{deviation}"
    together: bool = True


_BATCH = _Norm("mean({x}, 0)", together=False)
_NORMS: Mapping[tuple[str, bool], _Norm] = {
    ("batch", True): _BATCH,
    ("batch", False): _BATCH,
    ("layer", True): _Norm("mean({x})"),
    # a number for each row lies along the last axis of the transpose
    ("layer", False): _Norm(
        "mean({x}, 1)", "transpose(transpose({x}) - {mean})", "transpose(transpose({x})/{deviation})"
    ),
}
"""By what is normalized, and whether there is a single row."""


def _normalized(norm: _Norm, l: int, z: Mapping[str, str], lines: list[str]) -> dict[str, str]:
    """Add what normalizes."""
    means = _means(norm, z)
    d = _named("d", l, {piece: norm.minus.format(x=text, mean=means[piece]) for piece, text in z.items()}, lines)
    variance = _means(norm, {piece: f"{text}**2" for piece, text in d.items()})
    normal = {
        piece: f"{norm.over.format(x=f'gamma{piece}{l}*{text}', deviation=f'sqrt({variance[piece]} + {EPS})')} "
        f"+ beta{piece}{l}"
        for piece, text in d.items()
    }
    return _named("n", l, normal, lines)


def _means(norm: _Norm, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the mean of each piece; or of all together, for each."""
    each = {piece: norm.mean.format(x=text) for piece, text in texts.items()}
    if not norm.together or len(each) == 1:
        return each
    return dict.fromkeys(each, f"({' + '.join(each.values())})/{len(each)}")
