"""Arithmetic on Python floats: quick, and careful, which gives NaN or infinity where Python would raise."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.formula.functions import FUNCTIONS, NUMPY

ELEMENTWISE: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "neg": np.negative,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "where": np.where,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.absolute,
    "min": np.minimum,
    "max": np.maximum,
    "sign": np.sign,
    "step": NUMPY["step"],
    "sigmoid": NUMPY["sigmoid"],
    "softplus": NUMPY["softplus"],
    "relu": NUMPY["relu"],
}
"""Every operation of a tree in NumPy."""


def _larger(a: float, b: float) -> float:
    return a if a >= b or math.isnan(a) else b


def _smaller(a: float, b: float) -> float:
    return a if a <= b or math.isnan(a) else b


def _sign(u: float) -> float:
    return 1.0 if u > 0 else -1.0 if u < 0 else u * 0.0


def _step(u: float) -> float:
    return 1.0 if u > 0 else 0.0


QUICK: dict[str, Callable[..., Any]] = {
    **{name: callee.number for name, callee in FUNCTIONS.items() if name in ELEMENTWISE},
    "/": operator.truediv,
    "**": math.pow,
    "abs": abs,
    "max": _larger,
    "min": _smaller,
    "sign": _sign,
    "step": _step,
    "where": lambda c, a, b: a if c else b,
}
"""What generated code calls on Python floats; it raises ArithmeticError or ValueError off a function's domain."""


def _careful(quick: Callable[..., Any], exact: Any) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        arrays = any(isinstance(value, np.ndarray) for value in values)
        try:
            if not arrays:
                return quick(*values)
        except (ArithmeticError, ValueError):
            pass
        with np.errstate(all="ignore"):
            result = exact(*values)
        return result if arrays else float(result)

    return call


CAREFUL: dict[str, Callable[..., Any]] = {
    name: _careful(quick, ELEMENTWISE[name]) for name, quick in QUICK.items()
}
"""The same numbers, but NaN and infinity instead of exceptions, and arrays where runs are stacked."""
