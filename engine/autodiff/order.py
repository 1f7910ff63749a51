"""In which order a graph is walked: each computed tensor after those that it was computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.autodiff.tape import Tensor

SEVERAL: Any = object()
"""What stands for the parent of a tensor that has several computed ones."""


def ordered(loss: Tensor) -> list[Tensor]:
    """Return every computed tensor that ``loss`` depends on, itself last, each after its parents; no leaves."""
    chain, before = [loss], loss._before
    while before is not None and before is not SEVERAL:
        chain.append(before)
        before = before._before
    if before is None:  # one operation after the other, as in a plain net
        return chain[::-1]
    order: dict[Tensor, None] = {}
    seen: set[Tensor] = set()
    stack: list[Tensor] = [loss]
    while stack:
        node = stack[-1]
        if node not in seen:  # first visit: its parents go before it, the first of them first
            seen.add(node)
            stack += [p for p in node.parents[::-1] if getattr(p, "pullback", None)]
        if stack[-1] is node:
            order[stack.pop()] = None  # a place once taken is kept
    return list(order)
