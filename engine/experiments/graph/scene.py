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
from engine.experiments.graph import groups
from engine.experiments.graph.exercises import EXERCISES
from engine.experiments.graph.kept import kept_bytes, kept_of, tree_of
from engine.experiments.graph.params import GraphParams
from engine.experiments.graph.walked import Walked
from engine.experiments.graph.words import SYMBOLS, TITLES
from engine.formula.notation import latex, latex_to_mathml, symbol
from engine.formula.tree import ONE, Apply, Name, walk
from engine.formula.tree import Node as Tree
from engine.frame import Frame, Told, Value

CROWDED = 30
"""Nodes from which on a graph opens with its groups folded."""
_SLOT = re.compile(r"<mi>([abcgny])</mi>")
_KIND = "{} as one gate"
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
        "entries": seen.values.size,
        "output": seen.output.index,
        "kept_bytes": kept_bytes(seen),
        "leaves": _leaves(seen),
        "walk": [{"turn": turn.turn, "node": turn.node} for turn in seen.turns],
        "groups": _groups(seen),
        "rules": _rules(seen),
    }


def _node(seen: Walked, node: Node) -> dict[str, Any]:
    kept = kept_of(seen, node)
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
        "keeps": list(kept),
        "bytes": sum(array.nbytes for array in kept.values()),
    }


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
    for bound in _NICE:
        if largest <= bound:
            return bound
    return float(2 * 10 ** np.ceil(np.log10(largest)))


def _rules(seen: Walked) -> dict[str, Any]:
    """Return the rules of the primitives that are met, by their name, and of the groups that have one."""
    primitives = {node.name for node in seen.nodes} & FORMS.keys()
    kinds = {group.kind for group in groups.find(seen.nodes) if group.rule}
    return {
        **{name: rule(FORMS[name], LOCAL_RULES[name]) for name in sorted(primitives)},
        **{_KIND.format(kind): rule(*groups.FORMS[kind]) for kind in sorted(kinds)},
    }


@lru_cache(maxsize=64)
def rule(form: str, shares: tuple[str, ...]) -> dict[str, Any]:
    """Return a form, and for each operand the local derivative and the share, as MathML with slots."""
    return {
        "forward": slots(f"y = {latex(tree_of(form))}"),
        "shares": [
            {
                "local": None if _mixes(tree_of(text)) else slots(latex(_over_g(tree_of(text)))),
                "share": slots(latex(tree_of(text))),
            }
            for text in shares
        ],
    }


def _mixes(tree: Tree) -> bool:
    """Return whether a share is no product of the gradient's entry with a derivative."""
    heads = {part.head for part in walk(tree) if isinstance(part, Apply)}
    return not heads.isdisjoint({"@", "sum", "transpose", "softmax"})


def _groups(seen: Walked) -> list[dict[str, Any]]:
    found = groups.find(seen.nodes)
    folded = len(seen.nodes) > CROWDED
    told = []
    for place, group in enumerate(found):
        around = (other for other in range(place + 1, len(found)) if set(group.nodes) < set(found[other].nodes))
        told.append(
            {
                "id": place,
                "kind": group.kind,
                "title": groups.TITLES[group.kind],
                "nodes": group.nodes,
                "inputs": group.inputs,
                "output": group.output,
                "parent": next(around, None),
                "rule": _KIND.format(group.kind) if group.rule else None,
                "folded": folded,
            }
        )
    return told


def slots(line: str) -> str:
    """Return MathML in which each of a, b, c, g, n, y can be filled with a number."""
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
