"""What activation functions cost beside the matrix product of their layer, timed here and now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.frame import ArraySpec, Told, Value
from engine.message import _, say
from engine.nn.activations import ACTIVATIONS

ROWS = 200
WIDTHS = (8, 16, 32, 64, 128, 256, 500)
ROUNDS = 6
"""Times that each is timed; the shortest counts."""
FUNCTIONS = ("relu", "tanh", "sigmoid", "elu")
NAMES: Mapping[str, str] = {
    "relu": _("ReLU"),
    "tanh": _("Tanh"),
    "sigmoid": _("Sigmoid"),
    "elu": _("ELU"),
    "product": _("matrix product"),
}
ARRAYS: Mapping[str, ArraySpec] = {
    "cost_widths": ArraySpec(("index",), _("Units of the layer")),
    "cost_seconds": ArraySpec(("curve", "index"), _("Time of one pass over the rows"), "s"),
    "cost_names": ArraySpec((), _("Functions")),
    "cost_remark": ArraySpec((), _("What the numbers mean")),
}
"""The answer to ``cost``."""


def seconds(width: int, rng: np.random.Generator) -> dict[str, float]:
    """Return the shortest time of each activation function, and of the layer's matrix product, on `ROWS` rows."""
    z: Array = rng.standard_normal((ROWS, width))
    w: Array = rng.standard_normal((width, width))
    work: dict[str, Callable[[], object]] = {
        **{name: lambda name=name: ACTIVATIONS[name].function(z) for name in FUNCTIONS},  # type: ignore[misc]  # mypy infers no lambda with defaults
        "product": lambda: z @ w,
    }
    found = dict.fromkeys(work, np.inf)
    for _round in range(ROUNDS):
        for name, best in found.items():
            began = time.perf_counter()
            work[name]()
            found[name] = min(best, time.perf_counter() - began)
    return found


def answer() -> dict[str, Value]:
    """Return the times over the width of the layer."""
    rng = np.random.default_rng(0)
    rows = [seconds(width, rng) for width in WIDTHS]
    last = rows[-1]
    return {
        "cost_widths": np.array(WIDTHS, np.float64),
        "cost_seconds": np.array([[row[name] for row in rows] for name in NAMES]),
        "cost_names": Told([{"name": say(name)} for name in NAMES.values()]),
        "cost_remark": Told(
            say(
                "With {width} units: the sigmoid takes {sigmoid:.1f} times as long as ReLU, the matrix product "
                "{product:.0f} times. Timed on the server.",
                width=WIDTHS[-1],
                sigmoid=last["sigmoid"] / last["relu"],
                product=last["product"] / last["relu"],
            )
        ),
    }
