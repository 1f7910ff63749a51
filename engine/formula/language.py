"""What may be typed where: a surface is one expression; a rule and a program on matrices are lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.formula.functions import FUNCTIONS


@dataclass(frozen=True)
class Language:
    """What a kind of text may say, and how much of it.

    Args:
        functions: what may be called, and how many values each takes.
        example: what a visitor who typed nothing is shown.
        given: names that a line finds without having assigned them. fixed: those that no line may assign.
        compares: whether ``where`` and comparisons exist. matrices: whether ``@`` does.
        last: the name of a last line that gives none; "" where every line must.
        length: characters; lines, nodes and depth (of the trees) likewise are the most that is allowed.
    """

    functions: Mapping[str, tuple[int, ...]]
    example: str
    given: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    compares: bool = True
    matrices: bool = False
    last: str = ""
    length: int = 1000
    lines: int = 20
    nodes: int = 300
    depth: int = 60


_PLAIN = {name: (callee.arity,) for name, callee in FUNCTIONS.items()}
_RULE = {**_PLAIN, "sign": (1,), "where": (3,)}

SURFACE = Language(_PLAIN, "x**2 + y**2", compares=False, length=500, lines=1, nodes=250, depth=100)
"""A function of coordinates, differentiated and compiled."""

RULE = Language(
    _RULE,
    "theta = theta - learning_rate*g",
    given=("theta", "g", "t", "learning_rate", "factor", "weight_decay"),
    fixed=("t", "learning_rate", "factor", "weight_decay"),
)
"""An update rule. It finds parameters, gradient, step (from 1), learning rate times the schedule's factor, ..."""

MATRICES = Language(
    {
        **_RULE,
        **dict.fromkeys(("min", "max"), (1, 2)),
        **dict.fromkeys(("maximum", "minimum"), (2,)),
        **dict.fromkeys(("sum", "mean", "softmax", "log_softmax"), (1, 2)),
        "transpose": (1,),
        "erf": (1,),
    },
    "y = tanh(w*x + b)",
    matrices=True,
    last="result",
    length=2500,
    lines=50,
    nodes=800,
)
"""A program on numbers, vectors and matrices, recorded on the tape."""
