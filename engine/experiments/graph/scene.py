"""What stands still while values change: the nodes and edges, the order of the walk, the rules in symbols."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from typing import Any

import numpy as np

from engine.autodiff.graph import FORMS, LOCAL_RULES, Node
from engine.autodiff.tape import Array
from engine.experiments.graph.exercises import EXERCISES
from engine.experiments.graph.params import GraphParams
from engine.experiments.graph.walked import Walked
from engine.experiments.graph.words import SYMBOLS, TITLES
from engine.formula.language import MATRICES
from engine.formula.notation import latex, latex_to_mathml, symbol
from engine.formula.reader import read_formula
from engine.formula.tree import ONE, Apply, Name, names
from engine.formula.tree import Node as Tree
from engine.frame import Frame, Told, Value

_LETTERS = ("a", "b", "g", "n", "y")
_SLOT = re.compile(r"<mi>([abgny])</mi>")
_NICE = (5.0, 10.0, 20.0, 50.0, 100.0)


def scene_key(params: GraphParams) -> str:
    """Return a short text that is equal for equal scenes: of the lines, the shapes, the sliders' bounds."""
    seen = params.walked
    bounds = [(name, _bound(leaf.value), leaf.value.shape) for name, leaf in seen.recording.inputs.items()]
    return hashlib.blake2b(f"{params.expression} {bounds}".encode(), digest_size=9).hexdigest()


def scene(params: GraphParams) -> Frame:
    """Return the scene's texts."""
    texts: dict[str, Value] = {
        "graph": Told(graph(params.walked)),
        "mathml": json.dumps(lines(params.walked)),
        "exercises": Told([exercise.told() for exercise in EXERCISES]),
    }
    return Frame(0, texts)


def lines(seen: Walked) -> list[str]:
    """Return the typed lines as MathML."""
    written = [(f"{symbol(line.target)} = ", latex(line.value)) for line in seen.expression.lines]
    if not seen.expression.named:
        written[-1] = ("", written[-1][1])
    return [latex_to_mathml(head + line) for head, line in written]


def graph(seen: Walked) -> dict[str, Any]:
    """Return the drawing's plain facts; numbers are in the frames."""
    return {
        "nodes": [_node(seen, node) for node in seen.nodes],
        "edges": [{"from": operand, "to": node.index} for node in seen.nodes for operand in node.operands],
        "entries": seen.values.size,
        "edge_entries": seen.shares.size,
        "output": seen.output.index,
        "leaves": _leaves(seen),
        "walk": [{"turn": turn.turn, "node": turn.node} for turn in seen.turns],
        "groups": [],
        "rules": {name: rule(name) for name in sorted({node.name for node in seen.nodes} & FORMS.keys())},
    }


def _node(seen: Walked, node: Node) -> dict[str, Any]:
    needed = keeps(node)
    return {
        "id": node.index,
        "name": node.name,
        "label": node.label,
        "symbol": SYMBOLS.get(node.name, node.name),
        "title": TITLES[node.name],
        "operands": node.operands,
        "shape": node.value.shape,
        "at": seen.at[node.index],
        "size": node.value.size,
        "tracked": node.tensor is not None,
        "edges": seen.edges[node.index],
        "rule": node.name if node.name in FORMS else None,
        "span": seen.span(node),
        "keeps": needed,
        "bytes": sum(_kept(seen, node, name).nbytes for name in needed),
    }


def _kept(seen: Walked, node: Node, name: str) -> Array:
    return node.value if name == "y" else seen.nodes[node.operands["ab".index(name)]].value


def keeps(node: Node) -> list[str]:
    """Return what a node's rules read besides the gradient: its operands a, b, its result y."""
    read = {name for text in node.rules for name in names(_tree(text))}
    return [name for name in ("a", "b", "y") if name in read]


def _leaves(seen: Walked) -> list[dict[str, Any]]:
    return [
        {
            "name": node.label,
            "node": node.index,
            "shape": node.value.shape,
            "low": -_bound(node.value),
            "high": _bound(node.value),
            "step": 0.01,
        }
        for node in seen.leaves
    ]


def _bound(value: Array) -> float:
    """Return the end of a slider that the value fits on."""
    largest = float(np.abs(value).max())
    return next((bound for bound in _NICE if largest <= bound), float(2 * 10 ** np.ceil(np.log10(largest))))


@lru_cache(maxsize=128)
def _tree(text: str) -> Tree:
    return read_formula(text, MATRICES, _LETTERS)


@lru_cache(maxsize=64)
def rule(name: str) -> dict[str, Any]:
    """Return a primitive's form, and for each operand the local derivative and the share, as MathML with slots."""
    from_one = ("matmul", "softmax", "log_softmax", "transpose")
    return {
        "forward": slots(f"y = {latex(_tree(FORMS[name]))}"),
        "shares": [
            {
                "local": None if name in from_one else slots(latex(_over_g(_tree(text)))),
                "share": slots(latex(_tree(text))),
            }
            for text in LOCAL_RULES[name]
        ],
    }


def slots(line: str) -> str:
    """Return MathML in which each of a, b, g, n, y can be filled with a number."""
    return _SLOT.sub(r'<mrow data-slot="\1"><mi>\1</mi></mrow>', latex_to_mathml(line))


def _over_g(tree: Tree) -> Tree:
    """Return a share divided by the gradient that arrives: every rule has g once, as a factor."""
    match tree:
        case Name("g"):
            return ONE
        case Apply("*", (left, right)):
            first, second = _over_g(left), _over_g(right)
            if first is ONE:
                return second
            return first if second is ONE else Apply("*", (first, second))
        case Apply("where", (condition, *parts)):
            return Apply("where", (condition, *map(_over_g, parts)))
        case Apply(head, (first, *rest)) if head in ("/", "neg"):
            return Apply(head, (_over_g(first), *rest))
    return tree
