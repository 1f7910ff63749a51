"""What is worth a word about the numbers of a graph: infinities, ties, a result that is no single number."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.experiments.graph.walked import Walked
from engine.message import Message, say


def remarks(seen: Walked) -> list[dict[str, Any]]:
    """Return {node, kind, sentence, span} for each thing to say, in the order of the nodes."""
    found: list[dict[str, Any]] = []

    def add(node: int, kind: str, sentence: Message) -> None:
        span = seen.span(seen.nodes[node])
        found.append({"node": node, "kind": kind, "sentence": sentence, "span": span})

    result = seen.output
    if result.value.size > 1:
        sentence = say(
            "The result has {count} entries; the gradient shown is that of their sum.", count=result.value.size
        )
        add(result.index, "sum", sentence)
    for node in seen.nodes:
        if not node.operands or np.isfinite(node.value).all():
            continue
        if all(np.isfinite(seen.nodes[operand].value).all() for operand in node.operands):
            add(node.index, "infinite", say("This is not a finite number here, nor is what depends on it."))
    return found
