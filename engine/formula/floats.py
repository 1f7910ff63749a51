"""Trees as Python code on floats, and SymPy's expressions as trees.

The code is put together from our own trees: numbers by their `repr`, names that the caller chooses. Nothing that
a visitor typed is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from math import isfinite
from typing import Any

import sympy

from engine.formula.tree import ONE, Apply, Name, Node, Number, apply

WORDS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "**": "power",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "==": "equal",
    "!=": "not_equal",
}
"""What an operation is called in generated code, after ``f_``."""
_INFIX = {"+", "-", "*", "<", "<=", ">", ">=", "==", "!="}
_FROM_SYMPY = {
    "magnitude": "abs",
    "direction": "sign",
    "larger": "max",
    "smaller": "min",
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan")},
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log")},
    **{name: name for name in ("sigmoid", "softplus", "relu", "step")},
}


class Writer:
    """Writes trees as Python expressions.

    Args:
        spell: gives a name of the tree its name in the code.
        careful: divide by a function that gives infinity and NaN instead of an exception.
    """

    def __init__(self, spell: Callable[[str], str], *, careful: bool = False) -> None:
        self._spell = spell
        self._careful = careful
        self._fresh = count()

    def write(self, node: Node) -> str:
        """Return the expression; functions are called by ``f_`` and their name."""
        match node:
            case Number(value):
                return repr(value) if isfinite(value) else f'float("{value}")'
            case Name(name):
                return self._spell(name)
            case Apply("neg", (a,)):
                return f"(-{self.write(a)})"
            case Apply("where", (condition, a, b)):
                return f"({self.write(a)} if {self.write(condition)} else {self.write(b)})"
            case Apply("**", (a, b)):
                return self._power(a, b)
            case Apply("/", (a, b)) if not self._careful:
                return f"({self.write(a)} / {self.write(b)})"
            case Apply("/", (a, b)):
                return f"f_divide({self.write(a)}, {self.write(b)})"
            case Apply(head, (a, b)) if head in _INFIX:
                return f"({self.write(a)} {head} {self.write(b)})"
            case Apply(head, parts):
                return f"f_{head}({', '.join(map(self.write, parts))})"
        raise TypeError(type(node).__name__)

    def _power(self, base: Node, exponent: Node) -> str:
        if exponent == Number(0.5):
            return f"f_sqrt({self.write(base)})"
        if exponent == Number(-1.0):
            return self.write(apply("/", ONE, base))
        if exponent in (Number(2.0), Number(3.0), Number(4.0)):
            assert isinstance(exponent, Number)
            first = again = self.write(base)
            if isinstance(base, Apply):
                again = f"p{next(self._fresh)}"
                first = f"({again} := {first})"
            if exponent.value == 4:
                square = f"p{next(self._fresh)}"
                return f"(({square} := {first} * {again}) * {square})"
            return f"({first} * {again}{f' * {again}' if exponent.value == 3 else ''})"
        return f"f_power({self.write(base)}, {self.write(exponent)})"


def made(source: Sequence[str], name: str, functions: Mapping[str, Callable[..., Any]]) -> Any:
    """Return the function ``name`` that the lines of ``source`` define; it calls ``functions`` as ``f_name``.

    Args:
        source: lines of Python that this package wrote, nothing typed among them. name: of the function.
        functions: what it may call.
    """
    space: dict[str, Any] = {f"f_{WORDS.get(key, key)}": value for key, value in functions.items()}
    exec(compile("\n".join(source), f"<{name}>", "exec"), space)
    return space[name]


def from_sympy(expression: Any) -> Node:
    """Return a SymPy expression as a tree.

    Raises:
        NotImplementedError: for what no tree holds.
    """
    if expression.is_Symbol:
        return Name(expression.name)
    if expression.is_number:
        try:
            value = complex(expression)
        except TypeError as error:  # a number whose value SymPy cannot work out
            raise NotImplementedError("not a plain number") from error
        if value.imag:
            raise NotImplementedError("not real")
        return Number(value.real)
    if expression.is_Add:
        return _sum(expression.as_ordered_terms())
    if expression.is_Mul:
        return _product(expression)
    if expression.is_Pow:
        base, exponent = expression.as_base_exp()
        if exponent.is_number and exponent.is_negative:
            return apply("/", ONE, from_sympy(sympy.Pow(base, -exponent)))
        return apply("**", from_sympy(base), from_sympy(exponent))
    head = _FROM_SYMPY.get(expression.func.__name__)
    if head is None:
        raise NotImplementedError(expression.func.__name__)
    return Apply(head, tuple(map(from_sympy, expression.args)))


def _sum(terms: list[Any]) -> Node:
    result: Node | None = None
    for term in terms:
        negative = term.could_extract_minus_sign()
        part = from_sympy(-term if negative else term)
        if result is None:
            result = apply("neg", part) if negative else part
        else:
            result = apply("-" if negative else "+", result, part)
    assert result is not None
    return result


def _product(expression: Any) -> Node:
    above: list[Node] = []
    below: list[Node] = []
    coefficient, rest = expression.as_coeff_Mul()
    if coefficient == -1:
        return apply("neg", from_sympy(rest))
    if coefficient != 1:
        above.append(from_sympy(coefficient))
    for factor in sympy.Mul.make_args(rest):
        inverse = factor.is_Pow and factor.exp.is_number and factor.exp.is_negative
        (below if inverse else above).append(from_sympy(1 / factor if inverse else factor))
    return _quotient(above, below)


def _quotient(above: list[Node], below: list[Node]) -> Node:
    top, bottom = _times(above), _times(below)
    return top if not below else apply("/", top, bottom)


def _times(factors: list[Node]) -> Node:
    result: Node | None = None
    for factor in factors:
        result = factor if result is None else apply("*", result, factor)
    return ONE if result is None else result
