"""From a checked syntax tree to a SymPy expression, node by node, with every number kept in bounds."""

from __future__ import annotations

import ast
import math
from typing import Any

import sympy

from engine.formula.functions import CONSTANTS, FUNCTIONS
from engine.formula.scan import SAME
from engine.message import Message, say
from engine.params import Refusal

MAX_NODES = 250
MAX_DEPTH = 100
MAX_EXPONENT = 20
MAX_DEGREE = 100
MAX_NUMBER = 1e100
MAX_DERIVATIVE = 6000
UNREAL = (sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo)
_EXACT = 2**53
_DIGITS = 17  # as many as name a float64; the generated code prints them all


class Builder:
    """Builds the expression of one formula.

    Constant parts are computed at once as Python floats, so no huge number is ever formed and every constant
    is a finite real number.

    Args:
        text: what was typed. skipped: blanks before the text that the tree's columns count in.
        symbols: variable name -> SymPy symbol.
    """

    def __init__(self, text: str, skipped: int, symbols: dict[str, Any]) -> None:
        self._bytes = text[skipped:].translate(SAME).encode()
        self._text = text
        self._skipped = skipped
        self._symbols = symbols
        self._nodes = 0

    def build(self, node: ast.expr, depth: int = 0) -> Any:
        """Return the SymPy expression of a node.

        Raises:
            Refusal: for what is not in the allow-list, too large, too deep, or no finite real number.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            sentence = say("The formula is too long or nested too deeply; write it in a simpler way.")
            raise Refusal(sentence, self.at(node))
        match node:
            case ast.Constant(value=bool() | complex() | str() | bytes() | None):
                pass
            case ast.Constant(value=value) if isinstance(value, int | float):
                return self._number(value, node)
            case ast.Name(id=name) if name in self._symbols:
                return self._symbols[name]
            case ast.Name(id=name) if name in CONSTANTS:
                return sympy.Float(CONSTANTS[name][0], _DIGITS)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.build(operand, depth + 1)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.build(operand, depth + 1)
            case ast.BinOp(left=left, op=operator, right=right):
                a, b = self.build(left, depth + 1), self.build(right, depth + 1)
                return self._binary(node, operator, a, b, right)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                return self._call(node, name, arguments, depth)
        sentence = say("This has no place in a formula; use numbers, variables, + - * / ** and functions.")
        raise Refusal(sentence, self.at(node))

    def at(self, node: ast.expr) -> int:
        """Return the position of a node's first character (the tree counts UTF-8 bytes)."""
        return self._skipped + len(self._bytes[: node.col_offset].decode(errors="ignore"))

    def _number(self, value: float, node: ast.expr) -> Any:
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
        if math.isnan(value):
            raise Refusal(_NOT_REAL, self.at(node))
        if abs(value) > MAX_NUMBER:
            raise Refusal(_TOO_LARGE, self.at(node))
        exact = value.is_integer() and abs(value) <= _EXACT
        return sympy.Integer(int(value)) if exact else sympy.Float(value, _DIGITS)

    def _binary(self, node: ast.expr, operator: ast.operator, a: Any, b: Any, right: ast.expr) -> Any:
        constant = a.is_Number and b.is_Number
        match operator:
            case ast.Add():
                return self._number(float(a) + float(b), node) if constant else self._sized(a + b, node)
            case ast.Sub():
                return self._number(float(a) - float(b), node) if constant else self._sized(a - b, node)
            case ast.Mult():
                return self._number(float(a) * float(b), node) if constant else self._sized(a * b, node)
            case ast.Div():
                if b.is_zero:
                    raise Refusal(say("This divides by zero; change the divisor."), self.at(right))
                if constant:
                    return self._number(float(a) / float(b), node)
                if b.is_Number:  # one rounding, as x/3 has it
                    return self._sized(sympy.Mul(a, sympy.Pow(b, -1)), node)
                return self._sized(a / b, node)
            case ast.Pow():
                return self._power(node, a, b, right)
        raise Refusal(say("This sign has no place in a formula; use + - * / and **."), self.at(node))

    def _power(self, node: ast.expr, a: Any, b: Any, right: ast.expr) -> Any:
        if b.is_Number and abs(float(b)) > MAX_EXPONENT:
            raise Refusal(
                say("The exponent is too large; at most {limit} is allowed.", limit=MAX_EXPONENT), self.at(right)
            )
        if a.is_Number and b.is_Number:
            try:
                value = float(a) ** float(b)
            except ZeroDivisionError:
                raise Refusal(say("This divides by zero; change the divisor."), self.at(node)) from None
            except OverflowError:
                raise Refusal(_TOO_LARGE, self.at(node)) from None
            if isinstance(value, complex):
                raise Refusal(_NOT_REAL, self.at(node))
            return self._number(value, node)
        if a.is_Number and a <= 0:
            raise Refusal(say("A variable exponent needs a base greater than zero."), self.at(node))
        if b.is_Number and b.is_negative and a.is_zero:
            raise Refusal(say("This divides by zero; change the divisor."), self.at(node))
        return self._sized(a**b, node)

    def _call(self, node: ast.Call, name: str, arguments: list[ast.expr], depth: int) -> Any:
        callee = FUNCTIONS[name]
        if len(arguments) != callee.arity:
            raise Refusal(
                say(
                    "“{name}” takes {count} value(s) in its brackets, not {given}.",
                    name=name,
                    count=callee.arity,
                    given=len(arguments),
                ),
                self.at(node),
            )
        values = [self.build(argument, depth + 1) for argument in arguments]
        if not all(value.is_Number for value in values):
            return self._sized(callee.symbolic(*values), node)
        try:
            return self._number(callee.number(*map(float, values)), node)
        except OverflowError:
            raise Refusal(_TOO_LARGE, self.at(node)) from None
        except ValueError:
            raise Refusal(
                say(
                    "{name} of {value} is not a real number; change what stands in the brackets.",
                    name=name,
                    value=f"{float(values[0]):g}",
                ),
                self.at(node),
            ) from None

    def _sized(self, expression: Any, node: ast.expr) -> Any:
        """Refuse what SymPy's own merging made too large or unreal; else return it."""
        if expression.is_Number:
            return self._number(float(expression), node) if expression.is_finite else self._unreal(node)
        if expression.is_Pow and expression.exp.is_Number and abs(expression.exp) > MAX_DEGREE:
            sentence = say("These powers of powers grow too large; at most {limit} in all.", limit=MAX_DEGREE)
            raise Refusal(sentence, self.at(node))
        if expression.has(*UNREAL):
            return self._unreal(node)
        for factor in (expression.as_coeff_Mul()[0], expression.as_coeff_Add()[0]):
            if abs(factor) > MAX_NUMBER:
                raise Refusal(_TOO_LARGE, self.at(node))
        return expression

    def _unreal(self, node: ast.expr) -> Any:
        raise Refusal(_NOT_REAL, self.at(node))


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
