"""Where each claim's preset shows what its check measured: on the tape, in the curves, in the Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Drawn, Reading

_TAPE, _RULE = "The tape", "The local rule"
_ERRORS, _COST, _JACOBIAN = "Differences against h", "What it costs", "The Jacobian"


def _node(drawn: Drawn, label: str) -> dict[str, Any]:
    """Return the facts of a variable's node."""
    found: dict[str, Any] = next(node for node in drawn["structure"].content["nodes"] if node["label"] == label)
    return found


def _entries(drawn: Drawn, role: str, node: Mapping[str, Any]) -> Array:
    """Return a node's part of the values or the gradients."""
    part: Array = np.asarray(drawn[role])[node["at"] : node["at"] + node["size"]]
    return part


def _gradient(label: str) -> Callable[[Drawn], float]:
    """Return what reads the gradient that stands at a variable of one number."""
    return lambda drawn: float(_entries(drawn, "gradients", _node(drawn, label))[0])


def _result(drawn: Drawn) -> float:
    """Return the result."""
    return float(np.asarray(drawn["outputs"])[0])


def _keeps_the_rule(drawn: Drawn) -> bool:
    """Return whether every edge carries its local derivative times what arrives, and the edges add up."""
    nodes = drawn["structure"].content["nodes"]
    shares, locals_ = np.asarray(drawn["shares"]), np.asarray(drawn["locals"])
    sums: dict[int, Array] = {}
    looks = 0
    for node in nodes:
        for operand, begin in zip(node["operands"], node["edges"], strict=True):
            if begin < 0:
                continue
            edge = slice(begin, begin + nodes[operand]["size"])
            sums[operand] = sums.get(operand, 0) + shares[edge]
            arrives = _entries(drawn, "gradients", node)
            if np.isfinite(locals_[edge]).all() and arrives.size in (1, nodes[operand]["size"]):
                looks += 1
                if np.abs(shares[edge] - locals_[edge] * arrives).max() > 1e-12:
                    return False
    added = (np.abs(_entries(drawn, "gradients", nodes[i]) - whole).max() for i, whole in sums.items())
    return looks > 10 and max(added) < 1e-12


def _uses(drawn: Drawn, label: str) -> list[float]:
    """Return what each use of a variable sends back to it, as the walk goes forward."""
    own = _node(drawn, label)["id"]
    return [
        float(np.asarray(drawn["shares"])[begin])
        for node in drawn["structure"].content["nodes"]
        for operand, begin in zip(node["operands"], node["edges"], strict=True)
        if operand == own
    ]


def _through_the_sigmoid(drawn: Drawn) -> float:
    """Return the gradient that leaves the sigmoid's gates."""
    structure = drawn["structure"].content
    group = next(group for group in structure["groups"] if group["kind"] == "sigmoid")
    return float(_entries(drawn, "gradients", structure["nodes"][group["inputs"][0]])[0])


def _diagonal(drawn: Drawn) -> bool:
    """Return whether the matrix has zeros alone beside its diagonal, and something on it."""
    matrix = np.asarray(drawn["matrix"])
    return bool((matrix == np.diag(np.diag(matrix))).all() and np.diag(matrix).any())


def _matrix_memory(drawn: Drawn) -> float:
    """Return the megabytes of the large matrix."""
    return next(float(row["value"]) for row in drawn["numbers"].content if str(row["unit"]) == "MB")


READINGS: Mapping[str, tuple[Reading, ...]] = {
    "B1": (Reading(_TAPE, _keeps_the_rule), Reading(_RULE, _keeps_the_rule)),
    "B2": (
        Reading(_TAPE, _gradient("z"), "z"),
        Reading(_TAPE, _gradient("w"), "w"),
        Reading(_TAPE, _gradient("x"), "whole"),
        Reading(_TAPE, lambda drawn: _uses(drawn, "x")[0], "first"),
        Reading(_TAPE, lambda drawn: _uses(drawn, "x")[1], "second"),
    ),
    "B3": (
        Reading(_TAPE, _through_the_sigmoid, "slope"),
        Reading(_TAPE, _result, "result"),
        *(Reading(_TAPE, _gradient(name), name) for name in ("w0", "w1", "w2", "x0", "x1")),
    ),
    "B4": (Reading(_TAPE, _result, "result"), *(Reading(_TAPE, _gradient(name), name) for name in "xyz")),
    "B5": (
        Reading(_ERRORS, lambda drawn: np.asarray(drawn["y"])[0].min() < 1e-8, asked={"y": {}}),
        Reading(_COST, lambda drawn: np.asarray(drawn["x"])[-1], "many", asked={"y": {}}),
        Reading(
            _COST, lambda drawn: np.asarray(drawn["y"])[-1] > 10 * np.asarray(drawn["more"])[-1], asked={"y": {}}
        ),
    ),
    "B6": (
        Reading(_JACOBIAN, _diagonal, asked={"matrix": {"function": "tanh"}}),
        Reading(_JACOBIAN, _matrix_memory, "matrix", asked={"matrix": {"function": "tanh"}}),
    ),
    "B7": (
        Reading(_TAPE, lambda drawn: drawn["structure"].content["entries"], "numbers"),
        Reading(_TAPE, lambda drawn: drawn["structure"].content["kept_bytes"] / 8, "held"),
    ),
}
"""By claim."""
