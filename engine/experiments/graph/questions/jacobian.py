"""Jacobians: diagonal or full, drawn; what a large one would take; and which way is shorter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from engine.asked import Asked
from engine.autodiff import operations as op
from engine.autodiff.arithmetic import matmul
from engine.autodiff.softmax import log_softmax, softmax
from engine.autodiff.tape import Array, Tensor, backward
from engine.experiments.graph.questions.asked import Arrays
from engine.frame import Told, number
from engine.message import Message, _, say

if TYPE_CHECKING:
    from engine.experiments.graph.simulation import GraphSimulation

Function = Literal["relu", "tanh", "sigmoid", "exp", "softmax", "log_softmax", "matrix"]
LARGE = 4096
"""Entries of the layer that the notes speak of."""
BATCH = 100
LAYERS = 3
_BYTES = 8


class Jacobian(Asked):
    """The matrix of all derivatives of a function of a vector."""

    function: Function = Field(
        "relu", title=_("Function"), description=_("Of a vector with random entries; “matrix” is W x.")
    )
    size: int = Field(12, ge=1, le=64, title=_("Size"), description=_("Entries of the vector."))
    seed: int = Field(0, ge=0, lt=2**31, title=_("Seed"), description=_("Of what is drawn for the answer."))

    def answer(self, simulation: GraphSimulation) -> Arrays:
        """Return the Jacobian, one pass backward for each row, and the counts."""
        function, x = self._function()
        y = function(Tensor(x)).value
        rows = full(function, x)
        beside = int(np.count_nonzero(rows - np.diag(np.diag(rows))))
        return {
            "x": x,
            "y": y,
            "jacobian": rows,
            "numbers": Told(_numbers(self.size, beside, self._product())),
            "remark": Told(_remark(beside)),
        }

    def _function(self) -> tuple[Callable[[Any], Tensor], Array]:
        rng = np.random.default_rng([self.seed, self.size])
        x = rng.normal(size=self.size)
        if self.function == "matrix":
            matrix = rng.normal(size=(self.size, self.size)) / np.sqrt(self.size)
            return lambda point: matmul(matrix, point), x
        return FUNCTIONS[self.function], x

    def _product(self) -> int:
        """Return how many bytes one product of a gradient with the Jacobian at the large size takes: measured."""
        function = FUNCTIONS.get(self.function, op.relu)
        x = Tensor(np.linspace(-1, 1, LARGE))
        y = function(x)
        backward(y, np.ones(LARGE))
        assert x.gradient is not None
        return int(x.value.nbytes + y.value.nbytes + x.gradient.nbytes)


FUNCTIONS: Mapping[str, Callable[[Any], Tensor]] = {
    "relu": op.relu,
    "tanh": op.tanh,
    "sigmoid": op.sigmoid,
    "exp": op.exp,
    "softmax": softmax,
    "log_softmax": log_softmax,
}


def full(function: Callable[[Any], Tensor], x: Array) -> Array:
    """Return the Jacobian at x: one pass backward for each entry of the result, ones after the other."""
    y = function(Tensor(x)).value
    rows = np.empty((y.size, x.size))
    for i in range(y.size):
        point, upstream = Tensor(x), np.zeros(y.size)
        upstream[i] = 1
        backward(function(point), upstream)
        assert point.gradient is not None
        rows[i] = point.gradient
    return rows


def _numbers(size: int, beside: int, product: int) -> list[dict[str, Any]]:
    """Return the counts in groups; `share` is how long a bar beside others of its group is."""
    here, large, deep = (
        say("This Jacobian"),
        say("A layer of {size}", size=LARGE),
        say("Three such layers, one loss"),
    )
    whole, held = LARGE**2 * _BYTES, product
    backward, forward = LAYERS * size**2, LAYERS * size**3
    rows: list[tuple[Message, Message, float, Message | str, float | None]] = [
        (here, say("Entries beside the diagonal that are not 0"), beside, "", None),
        (here, say("Passes backward for all of it (one a row)"), size, "", None),
        (here, say("Passes forward for all of it (one a column)"), size, "", None),
        (large, say("Memory of the 4096 × 4096 one"), whole / 1e6, say("MB"), 1.0),
        (large, say("What backward holds instead: x, y and the gradient"), held / 1e3, say("kB"), held / whole),
        (large, say("As one matrix for a batch of 100"), (LARGE * BATCH) ** 2 * _BYTES / 1e12, say("TB"), None),
        (deep, say("Multiplications forward, a pass for each input"), forward, "", 1.0),
        (deep, say("Multiplications backward, a pass for the loss"), backward, "", backward / forward),
    ]
    return [number(group, name, value, unit, share=share) for group, name, value, unit, share in rows]


def _remark(beside: int) -> Message:
    if beside == 0:
        return say(
            "Each output depends on its own input alone: only the diagonal is not 0. Backward multiplies entry by "
            "entry and never forms the matrix."
        )
    return say(
        "Each output depends on every input: the matrix is full. Backward still computes only its product with "
        "the gradient that arrives."
    )
