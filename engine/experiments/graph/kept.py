"""What the way back needs of the way forward: the arrays that a node's rules read."""

from __future__ import annotations

from functools import lru_cache

from engine.autodiff.graph import Node
from engine.autodiff.tape import Array
from engine.experiments.graph.walked import NOWHERE, Walked
from engine.formula.language import MATRICES
from engine.formula.reader import read_formula
from engine.formula.tree import Node as Tree
from engine.formula.tree import names

LETTERS = ("a", "b", "c", "g", "n", "y")


@lru_cache(maxsize=128)
def tree_of(text: str) -> Tree:
    """Return a rule of `engine.autodiff.graph` as a tree."""
    return read_formula(text, MATRICES, LETTERS)


def kept_of(seen: Walked, node: Node) -> dict[str, Array]:
    """Return what a node's rules read besides the gradient: operands as ``a`` and ``b``, its result as ``y``."""
    used = [text for text, edge in zip(node.rules, seen.edges[node.index], strict=False) if edge != NOWHERE]
    read = {name for text in used for name in names(tree_of(text))}
    operands = [seen.nodes[index].value for index in node.operands]
    arrays = {**dict(zip("ab", operands, strict=False)), "y": node.value}
    return {name: array for name, array in arrays.items() if name in read}


def kept_bytes(seen: Walked) -> int:
    """Return how many bytes the whole way back needs; what several nodes keep counts once."""
    arrays = {id(array): array for node in seen.nodes for array in kept_of(seen, node).values()}
    return sum(array.nbytes for array in arrays.values())
