"""A formula as mathematics is printed, in the form in which it was typed (nothing expanded or reordered)."""

from __future__ import annotations

import ast
from functools import lru_cache

from latex2mathml.converter import convert

from engine.formula.functions import CONSTANTS, FUNCTIONS

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)


@lru_cache(maxsize=1024)
def latex_to_mathml(latex: str) -> str:
    r"""Return presentation MathML for a LaTeX formula.

    >>> latex_to_mathml("x^2").startswith("<math")
    True
    """
    return str(convert(latex))


def latex_of(node: ast.expr, source: str) -> str:
    """Return the LaTeX of a checked formula; ``source`` is the text that its columns count in."""
    return _Typesetter(source.encode()).write(node)[0]


class _Typesetter:
    def __init__(self, source: bytes) -> None:
        self._source = source

    def write(self, node: ast.expr) -> tuple[str, int]:
        """Return the LaTeX of a node and how strongly it binds."""
        match node:
            case ast.Name(id=name):
                return self._name(name), _ATOM
            case ast.Constant():
                return self._number(node)
            case ast.UnaryOp(op=op, operand=operand):
                return ("-" if isinstance(op, ast.USub) else "+") + self._bracketed(operand, _SIGN), _SIGN
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return FUNCTIONS[name].latex.format(*(self.write(a)[0] for a in arguments)), _ATOM
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return f"{self._bracketed(left, _SUM)} + {self._bracketed(right, _SUM, sign=False)}", _SUM
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return f"{self._bracketed(left, _SUM)} - {self._bracketed(right, _PRODUCT, sign=False)}", _SUM
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self._product(left, right), _PRODUCT
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return rf"\frac{{{self.write(left)[0]}}}{{{self.write(right)[0]}}}", _PRODUCT
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(left, right)
        raise TypeError(f"no typeset form for {type(node).__name__}")

    def _bracketed(self, node: ast.expr, needed: int, *, sign: bool = True) -> str:
        """Return a part, in brackets where it binds less than ``needed`` or would begin with a sign."""
        written, binding = self.write(node)
        if binding < needed or (not sign and written[0] in "-+"):
            return rf"\left({written}\right)"
        return written

    def _name(self, name: str) -> str:
        if name in CONSTANTS:
            return CONSTANTS[name][1]
        return name if len(name) == 1 else rf"\mathrm{{{name}}}"

    def _number(self, node: ast.Constant) -> tuple[str, int]:
        typed = self._source[node.col_offset : node.end_col_offset].decode().lower()
        mantissa, _, exponent = typed.partition("e")
        if not exponent:
            return mantissa, _ATOM
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}", _PRODUCT

    def _product(self, left: ast.expr, right: ast.expr) -> str:
        a, b = self._bracketed(left, _PRODUCT), self._bracketed(right, _PRODUCT, sign=False)
        digit_follows = b[0].isdigit() or b.startswith((r"\frac", "."))
        return rf"{a} \cdot {b}" if digit_follows else f"{a} {b}"

    def _power(self, base: ast.expr, exponent: ast.expr) -> tuple[str, int]:
        power = self.write(exponent)[0]
        if isinstance(base, ast.Call) and isinstance(base.func, ast.Name):
            callee = FUNCTIONS[base.func.id]
            if callee.power:
                return callee.power.format(*(self.write(a)[0] for a in base.args), p=power), _POWER
        bracket = isinstance(base, ast.Call) or self.write(base)[1] < _ATOM
        written = self._bracketed(base, _ATOM + 1 if bracket else _ATOM)
        return f"{written}^{{{power}}}", _POWER
