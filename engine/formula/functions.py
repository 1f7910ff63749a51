"""The functions that a formula may call, each on floats, in SymPy, in NumPy and in LaTeX."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy


class Plain(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """A function that SymPy only differentiates.

    Its own ones rewrite themselves and reason about signs and periods of their arguments, which for some short
    formulas takes many seconds.
    """

    mentions = 1
    """How often, about, the derivative's text names the argument: what bounds a formula's size."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative with respect to the argument."""
        return self.slope(self.args[0])

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return sympy.S.Zero


class sin(Plain):
    """The sine."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return cos(u)


class cos(Plain):
    """The cosine."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return -sin(u)


class tan(Plain):
    """The tangent."""

    mentions = 2

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return 1 + self**2


class arcsin(Plain):
    """The inverse sine."""

    mentions = 2

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return 1 / sympy.sqrt(1 - u**2)


class arccos(Plain):
    """The inverse cosine."""

    mentions = 2

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return -1 / sympy.sqrt(1 - u**2)


class arctan(Plain):
    """The inverse tangent."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return 1 / (1 + u**2)


class sinh(Plain):
    """The hyperbolic sine."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return cosh(u)


class cosh(Plain):
    """The hyperbolic cosine."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return sinh(u)


class tanh(Plain):
    """The hyperbolic tangent."""

    mentions = 2

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return 1 - self**2


class exp(Plain):
    """The exponential function."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return self


class log(Plain):
    """The natural logarithm."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return 1 / u


class magnitude(Plain):
    """|u|, whose derivative is `direction` everywhere (SymPy's own goes by way of complex numbers)."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return direction(u)


class direction(Plain):
    """sign(u). Its derivative counts as 0, also at 0: no Dirac delta."""


class sigmoid(Plain):
    """1 / (1 + exp(-u)), evaluated without overflow."""

    mentions = 2

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return self * (1 - self)


class softplus(Plain):
    """log(1 + exp(u)), evaluated without overflow."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return sigmoid(u)


class step(Plain):
    """1 where u > 0, else 0. Its derivative counts as 0."""


class relu(Plain):
    """max(0, u); the slope at 0 is 0."""

    def slope(self, u: Any) -> Any:
        """Return the derivative at ``u``."""
        return step(u)


class larger(Plain):
    """The larger of two; on a tie the slope is that of the second."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative with respect to one argument."""
        first = step(self.args[0] - self.args[1])
        return first if argindex == 1 else 1 - first


class smaller(Plain):
    """The smaller of two; on a tie the slope is that of the second."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative with respect to one argument."""
        first = step(self.args[1] - self.args[0])
        return first if argindex == 1 else 1 - first


NUMPY: dict[str, Any] = {
    **{made.__name__: getattr(np, made.__name__) for made in (sin, cos, tan, arcsin, arccos, arctan)},
    **{made.__name__: getattr(np, made.__name__) for made in (sinh, cosh, tanh, exp, log)},
    "magnitude": np.abs,
    "direction": np.sign,
    "sigmoid": lambda u: 0.5 + 0.5 * np.tanh(0.5 * u),
    "softplus": lambda u: np.logaddexp(0.0, u),
    "step": lambda u: np.where(u > 0, 1.0, 0.0),
    "relu": lambda u: np.maximum(u, 0.0),
    "larger": np.maximum,
    "smaller": np.minimum,
}
"""What `lambdify` calls for the functions above."""


@dataclass(frozen=True)
class Callee:
    """A function of the table.

    Args:
        symbolic: makes the SymPy node.
        number: the same on floats; raises ValueError or OverflowError off its domain.
        latex: with ``{0}`` (and ``{1}``) for the arguments.
        power: the same, raised to ``{p}``; "" puts brackets.
        arity: how many arguments.
    """

    symbolic: Callable[..., Any]
    number: Callable[..., float]
    latex: str
    power: str = ""
    arity: int = 1


def _named(command: str, symbolic: Any, number: Callable[..., float]) -> Callee:
    bracket = r"\left({0}\right)"
    return Callee(symbolic, number, command + bracket, command + "^{{{p}}}" + bracket)


def _pair(command: str, symbolic: Any, number: Callable[..., float]) -> Callee:
    return Callee(symbolic, number, command + r"\left({0}, {1}\right)", arity=2)


FUNCTIONS: dict[str, Callee] = {
    "sin": _named(r"\sin", sin, math.sin),
    "cos": _named(r"\cos", cos, math.cos),
    "tan": _named(r"\tan", tan, math.tan),
    "asin": _named(r"\arcsin", arcsin, math.asin),
    "acos": _named(r"\arccos", arccos, math.acos),
    "atan": _named(r"\arctan", arctan, math.atan),
    "sinh": _named(r"\sinh", sinh, math.sinh),
    "cosh": _named(r"\cosh", cosh, math.cosh),
    "tanh": _named(r"\tanh", tanh, math.tanh),
    "exp": Callee(exp, math.exp, "e^{{{0}}}"),
    "log": _named(r"\log", log, math.log),
    "sqrt": Callee(sympy.sqrt, math.sqrt, r"\sqrt{{{0}}}"),
    "abs": Callee(magnitude, abs, r"\left|{0}\right|", r"\left|{0}\right|^{{{p}}}"),
    "sigmoid": _named(r"\sigma", sigmoid, lambda u: 0.5 + 0.5 * math.tanh(0.5 * u)),
    "softplus": _named(r"\mathrm{{softplus}}", softplus, lambda u: max(u, 0.0) + math.log1p(math.exp(-abs(u)))),
    "relu": _named(r"\mathrm{{relu}}", relu, lambda u: max(u, 0.0)),
    "min": _pair(r"\min", smaller, min),
    "max": _pair(r"\max", larger, max),
}
"""Every function by the name that a visitor types."""

CONSTANTS: dict[str, tuple[float, str]] = {"pi": (math.pi, r"\pi"), "π": (math.pi, r"\pi"), "e": (math.e, "e")}
"""Every named number: its value and its LaTeX."""
