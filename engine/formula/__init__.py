"""A formula, typed by a visitor or by us: text in, exact value, gradient and Hessian out.

Python's `ast` reads it, an allow-list checks it, SymPy differentiates it, NumPy computes it. Nothing that was
typed is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from engine.formula.build import MAX_DERIVATIVE, UNREAL, Builder, derivative_sizes
from engine.formula.functions import FUNCTIONS, NUMPY
from engine.formula.language import SURFACE
from engine.formula.notation import latex, latex_to_mathml
from engine.formula.reader import read_formula
from engine.message import say
from engine.params import Refusal
from engine.pieces import Pieces, whole

__all__ = ["FUNCTIONS", "Formula", "compile_formula", "latex_to_mathml"]

Array = NDArray[np.float64]


class Formula:
    """A compiled formula of n variables; make it with `compile_formula`.

    Points have the coordinates on their last axis. Results are new float64 arrays; they may hold inf and NaN
    (where a logarithm ends, say), and no warning is raised.

    Attributes: ``text`` as typed; ``variables``; ``latex`` and ``mathml`` in the typed form; ``expression``
    (SymPy).
    >>> compile_formula("x**2 + 3*y").value_and_gradient([2.0, 1.0])
    (array(7.), array([4., 3.]))
    """

    def __init__(self, text: str, variables: tuple[str, ...], expression: Any, latex: str) -> None:
        self.text = text
        self.variables = variables
        self.expression = expression
        self.latex = latex
        self._symbols = [sympy.Symbol(name) for name in variables]

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Formula:
        return self  # immutable, and compiled functions are shared

    @cached_property
    def mathml(self) -> str:
        """The formula as presentation MathML, ``<math ...>``."""
        return latex_to_mathml(self.latex)

    def value(self, points: ArrayLike) -> Array:
        """Return f at points of shape (..., n); the result has shape (...)."""
        at = np.asarray(points, dtype=np.float64)
        result = np.empty(at.shape[:-1])
        with np.errstate(all="ignore"):
            result[...] = self._value(*np.moveaxis(at, -1, 0))[0]
        return result

    def value_and_gradient(self, points: ArrayLike) -> tuple[Array, Array]:
        """Return f, of shape (...), and its gradient, of shape (..., n), at points of shape (..., n)."""
        at = np.asarray(points, dtype=np.float64)
        value, gradient = np.empty(at.shape[:-1]), np.empty(at.shape)
        with np.errstate(all="ignore"):
            self.evaluate(at, value, gradient)
        return value, gradient

    def evaluate(self, points: Array, value: Array, gradient: Array) -> None:
        """Write f and its gradient into arrays; for loops, which take care of ``np.errstate`` themselves.

        Args:
            points: (..., n). value: (...), written. gradient: (..., n), written.
        """
        results = self._gradient(*[points[..., i] for i in range(points.shape[-1])])
        value[...] = results[0]
        for i in range(points.shape[-1]):
            gradient[..., i] = results[i + 1]

    def gradient(self, points: ArrayLike) -> Array:
        """Return the gradient, of shape (..., n), at points of shape (..., n)."""
        return self.value_and_gradient(points)[1]

    def hessian(self, points: ArrayLike) -> Array:
        """Return the matrix of second derivatives, of shape (..., n, n), at points of shape (..., n)."""
        at = np.asarray(points, dtype=np.float64)
        n = at.shape[-1]
        result = np.empty((*at.shape, n))
        with np.errstate(all="ignore"):
            entries = self._hessian(*np.moveaxis(at, -1, 0))
        for (i, j), entry in zip(combinations_with_replacement(range(n), 2), entries, strict=True):
            result[..., i, j] = entry
            result[..., j, i] = entry
        return result

    @cached_property
    def first_derivatives(self) -> list[Any]:
        """The partial derivatives, one SymPy expression a variable."""
        return [self.expression.diff(s) for s in self._symbols]

    @property
    def second_derivatives(self) -> list[Any]:
        """Those by x and x, x and y, ..., y and y; NaN where none is real."""
        return list(self._second())

    def compile_in_pieces(self, *, hessian: bool = False) -> Pieces[None]:
        """Compile what `value_and_gradient` calls, or also `hessian`, and yield on the way: SymPy takes long."""
        if "_gradient" not in vars(self):
            vars(self)["_gradient"] = yield from self._compiling(self._first())
        if hessian and "_hessian" not in vars(self):
            vars(self)["_hessian"] = yield from self._compiling(self._second())

    @cached_property
    def _value(self) -> Callable[..., Any]:
        return whole(self._compiling([self.expression]))

    @cached_property
    def _gradient(self) -> Callable[..., Any]:
        return whole(self._compiling(self._first()))

    @cached_property
    def _hessian(self) -> Callable[..., Any]:
        return whole(self._compiling(self._second()))

    def _first(self) -> Iterator[Any]:
        """Yield the value and its derivatives."""
        yield self.expression
        yield from self.first_derivatives

    def _second(self) -> Iterator[Any]:
        """Yield `second_derivatives`, one after the other."""
        for i, j in combinations_with_replacement(range(len(self._symbols)), 2):
            yield _real(self.first_derivatives[i].diff(self._symbols[j]))

    def _compiling(self, expressions: Iterable[Any]) -> Pieces[Callable[..., Any]]:
        wanted = []
        for expression in expressions:
            wanted.append(expression)
            yield
        shared = sympy.cse(wanted, list=False)
        yield
        made: Callable[..., Any] = sympy.lambdify(
            self._symbols, wanted, modules=[NUMPY, "numpy"], cse=lambda _wanted: shared
        )
        return made


def _is_real(derivative: Any) -> bool:
    """Tell whether NumPy can follow a derivative (not so that of a negative constant to a variable power)."""
    return not derivative.has(*UNREAL, sympy.Derivative, sympy.Subs)


def _real(derivative: Any) -> Any:
    return derivative if _is_real(derivative) else sympy.nan


@lru_cache(maxsize=256)
def compile_formula(text: str, variables: tuple[str, ...] = ("x", "y")) -> Formula:
    """Compile a formula; quick (some 10 ms), and remembered.

    Numbers, the ``variables``, ``pi`` and ``e``, ``+ - * / **``, brackets and the functions of `FUNCTIONS`.
    Length, depth, size, exponents and numbers are bounded before anything is computed.

    Raises:
        Refusal: with a sentence that says what to do, and the position of the character that caused it.
    >>> compile_formula("sin(x)*y**2 + x**2").hessian([0.0, 1.0])
    array([[2., 2.],
           [2., 0.]])
    """
    tree = read_formula(text, SURFACE, variables)
    expression = Builder({name: sympy.Symbol(name) for name in variables}).build(tree)
    if sum(derivative_sizes(expression)) > MAX_DERIVATIVE:
        raise Refusal(say("The formula is too long to differentiate quickly; write it in a simpler way."), 0)
    formula = Formula(text, variables, expression, latex(tree))
    if not all(map(_is_real, formula.first_derivatives)):
        raise Refusal(say("This formula has no real gradient that a racer could follow; change it."), 0)
    return formula
