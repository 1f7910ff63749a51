"""From a tree to a SymPy expression, node by node, with every number kept in bounds."""

from __future__ import annotations

import math
from typing import Any

import sympy

from engine.formula.functions import CONSTANTS, FUNCTIONS
from engine.formula.reader import MAX_NUMBER
from engine.formula.tree import Apply, Name, Node, Number
from engine.message import Message, say
from engine.params import Refusal

MAX_EXPONENT = 20
MAX_DEGREE = 100
MAX_DERIVATIVE = 6000
UNREAL = (sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo)
_EXACT = 2**53
_DIGITS = 17  # as many as name a float64; the generated code prints them all


class Builder:
    """Builds the expression of one formula.

    Constant parts are computed at once as Python floats, so no huge number is ever formed and every constant
    is a finite real number.

    Args:
        symbols: variable name -> SymPy symbol.
    """

    def __init__(self, symbols: dict[str, Any]) -> None:
        self._symbols = symbols

    def build(self, node: Node) -> Any:
        """Return the SymPy expression of a node.

        Raises:
            Refusal: for what is too large, or no finite real number.
        """
        match node:
            case Number(value, typed) if typed in CONSTANTS:
                return sympy.Float(value, _DIGITS)
            case Number(value):
                return self._number(value, node)
            case Name(name):
                return self._symbols[name]
            case Apply("neg", (a,)):
                return -self.build(a)
            case Apply(head, parts) if head in FUNCTIONS:
                return self._call(node, head, parts)
            case Apply(head, (left, right)):
                return self._binary(node, head, self.build(left), self.build(right), right)
        raise TypeError(type(node).__name__)

    def _number(self, value: float, node: Node) -> Any:
        if math.isnan(value):
            raise Refusal(_NOT_REAL, node.span[0])
        if abs(value) > MAX_NUMBER:
            raise Refusal(_TOO_LARGE, node.span[0])
        exact = value.is_integer() and abs(value) <= _EXACT
        return sympy.Integer(int(value)) if exact else sympy.Float(value, _DIGITS)

    def _binary(self, node: Node, sign: str, a: Any, b: Any, right: Node) -> Any:
        constant = a.is_Number and b.is_Number
        match sign:
            case "+":
                return self._number(float(a) + float(b), node) if constant else self._sized(a + b, node)
            case "-":
                return self._number(float(a) - float(b), node) if constant else self._sized(a - b, node)
            case "*":
                return self._number(float(a) * float(b), node) if constant else self._sized(a * b, node)
            case "/":
                if b.is_zero:
                    raise Refusal(say("This divides by zero; change the divisor."), right.span[0])
                if constant:
                    return self._number(float(a) / float(b), node)
                if b.is_Number:  # one rounding, as x/3 has it
                    return self._sized(sympy.Mul(a, sympy.Pow(b, -1)), node)
                return self._sized(a / b, node)
            case "**":
                return self._power(node, a, b, right)
        raise ValueError(sign)

    def _power(self, node: Node, a: Any, b: Any, right: Node) -> Any:
        if b.is_Number and abs(float(b)) > MAX_EXPONENT:
            raise Refusal(
                say("The exponent is too large; at most {limit} is allowed.", limit=MAX_EXPONENT), right.span[0]
            )
        if a.is_Number and b.is_Number:
            try:
                value = float(a) ** float(b)
            except ZeroDivisionError:
                raise Refusal(say("This divides by zero; change the divisor."), node.span[0]) from None
            except OverflowError:
                raise Refusal(_TOO_LARGE, node.span[0]) from None
            if isinstance(value, complex):
                raise Refusal(_NOT_REAL, node.span[0])
            return self._number(value, node)
        if a.is_Number and a <= 0:
            raise Refusal(say("A variable exponent needs a base greater than zero."), node.span[0])
        if b.is_Number and b.is_negative and a.is_zero:
            raise Refusal(say("This divides by zero; change the divisor."), node.span[0])
        return self._sized(a**b, node)

    def _call(self, node: Node, name: str, parts: tuple[Node, ...]) -> Any:
        callee = FUNCTIONS[name]
        values = [self.build(part) for part in parts]
        if not all(value.is_Number for value in values):
            return self._sized(callee.symbolic(*values), node)
        try:
            return self._number(callee.number(*map(float, values)), node)
        except OverflowError:
            raise Refusal(_TOO_LARGE, node.span[0]) from None
        except ValueError:
            raise Refusal(
                say(
                    "{name} of {value} is not a real number; change what stands in the brackets.",
                    name=name,
                    value=f"{float(values[0]):g}",
                ),
                node.span[0],
            ) from None

    def _sized(self, expression: Any, node: Node) -> Any:
        """Refuse what SymPy's own merging made too large or unreal; else return it."""
        if expression.is_Number:
            return self._number(float(expression), node) if expression.is_finite else self._unreal(node)
        if expression.is_Pow and expression.exp.is_Number and abs(expression.exp) > MAX_DEGREE:
            sentence = say("These powers of powers grow too large; at most {limit} in all.", limit=MAX_DEGREE)
            raise Refusal(sentence, node.span[0])
        if expression.has(*UNREAL):
            return self._unreal(node)
        for factor in (expression.as_coeff_Mul()[0], expression.as_coeff_Add()[0]):
            if abs(factor) > MAX_NUMBER:
                raise Refusal(_TOO_LARGE, node.span[0])
        return expression

    def _unreal(self, node: Node) -> Any:
        raise Refusal(_NOT_REAL, node.span[0])


_NOT_REAL: Message = say("This is not a finite real number; change it.")
_TOO_LARGE: Message = say("This number is too large; use smaller ones.")


def derivative_sizes(expression: Any) -> tuple[int, int, int]:
    """Estimate, without differentiating, how many nodes an expression and its first two derivatives have."""
    if not expression.args:
        return 1, int(expression.is_Symbol), 0
    parts = [derivative_sizes(argument) for argument in expression.args]
    size = 1 + sum(part[0] for part in parts)
    again = getattr(expression, "mentions", 1) * size
    moving = [part for part in parts if part[1]]
    first = sum(part[1] for part in moving)
    second = sum(part[2] for part in moving)
    if expression.is_Add:
        return size, first, second
    count = len(moving)
    second += 3 * again + 2 * first if count <= 1 else count**2 * again + 2 * (count - 1) * first
    return size, first + count * again, second
