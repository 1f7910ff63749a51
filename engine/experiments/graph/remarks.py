"""What is worth a word about the numbers of a graph: what is not finite and why, ties, kinks, what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.autodiff.graph import Node
from engine.experiments.graph.walked import Walked
from engine.message import Message, say

Remark = tuple[Node, str, Message]


def remarks(seen: Walked) -> list[dict[str, Any]]:
    """Return {node, kind, sentence, span} for each thing to say, in the order of the nodes.

    Kinds: ``undefined`` and ``infinite`` (a value), ``steep`` (a gradient), ``tie``, ``kink``, ``sum`` (of a
    result that is no single number), ``unused``.
    """
    with np.errstate(all="ignore"):
        found = [*_on_result(seen), *(one for node in seen.nodes for one in _on_node(seen, node))]
    return [
        {"node": node.index, "kind": kind, "sentence": sentence, "span": seen.span(node)}
        for node, kind, sentence in found
    ]


def _on_result(seen: Walked) -> Iterator[Remark]:
    result = seen.output
    if result.value.size > 1:
        sentence = say(
            "The result has {count} entries; the gradient shown is that of their sum.", count=result.value.size
        )
        yield result, "sum", sentence
    unused = seen.recording.inputs.keys() - {node.label for node in seen.leaves}
    for name in sorted(unused):
        yield result, "unused", say("“{name}” has no way to the result: it gets no gradient.", name=name)


def _on_node(seen: Walked, node: Node) -> Iterator[Remark]:
    operands = [seen.nodes[index].value for index in node.operands]
    if not operands:
        return
    if not np.isfinite(node.value).all():
        if _begins(node, operands):
            yield node, "undefined" if np.isnan(node.value).any() else "infinite", _why(node, operands)
        return
    yield from _on_corner(node, operands)
    sent = [seen.share(node, place, seen.shares) for place in range(len(operands))]
    arrives = seen.of(node, seen.gradients)
    if np.isfinite(arrives).all() and any(part is not None and not np.isfinite(part).all() for part in sent):
        yield node, "steep", say("The slope is infinite at this value: so is what goes back from here.")


def _begins(node: Node, operands: list[Any]) -> bool:
    """Return whether what is not finite begins here: an infinity before it may be no fault (0 times it is)."""
    finite = all(np.isfinite(value).all() for value in operands)
    known = not any(np.isnan(value).any() for value in operands)
    return finite or (known and bool(np.isnan(node.value).any()))


def _why(node: Node, operands: list[Any]) -> Message:
    """Return why a value is not finite."""
    match node.name:
        case "divide" if (operands[1] == 0).any():
            if ((operands[0] == 0) & (operands[1] == 0)).any():
                return say("0 is divided by 0 here: that is not defined.")
            return say("A number is divided by 0 here: the result is infinite.")
        case "log" if (operands[0] < 0).any():
            return say("A negative number has no logarithm.")
        case "log":
            return say("The logarithm of 0 is minus infinity.")
        case "sqrt":
            return say("A negative number has no square root.")
        case "multiply":
            return say(
                "0 times infinity is not defined: 0·log(0) too, though its limit is 0. Write log_softmax, or "
                "add a small number inside the logarithm."
            )
        case "power":
            return say("This power is not defined, or too large: a negative base wants a whole exponent.")
        case "exp" | "sinh" | "cosh":
            return say("The result is too large for a float64: above about 1.8·10³⁰⁸.")
        case "asin" | "acos":
            return say("The inverse sine and cosine take numbers from −1 to 1.")
        case "subtract" | "add":
            return say("Infinity minus infinity is not defined.")
    return say("This is not a finite number here, nor is what depends on it.")


def _on_corner(node: Node, operands: list[Any]) -> Iterator[Remark]:
    match node.name:
        case "maximum" | "minimum" if (np.equal(*operands)).any():
            yield node, "tie", say("Both are equal here: each receives half of the gradient, as in PyTorch.")
        case "largest" | "smallest":
            ties = int(np.count_nonzero(operands[0] == node.value))
            if ties > 1:
                yield (
                    node,
                    "tie",
                    say("{count} entries are equal here: they share the gradient, as in PyTorch.", count=ties),
                )
        case "relu" if (operands[0] == 0).any():
            yield node, "kink", say("At 0, ReLU has no derivative; 0 is taken, as in PyTorch.")
        case "absolute" if (operands[0] == 0).any():
            yield node, "kink", say("At 0, the absolute value has no derivative; 0 is taken, as in PyTorch.")
