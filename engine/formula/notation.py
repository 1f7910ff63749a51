"""What was typed as mathematics is printed: formulas, assignments with arrows, and both with numbers in them.

Everything stands in the form in which it was typed; nothing is expanded or reordered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from latex2mathml.converter import convert

from engine.formula.functions import CONSTANTS, FUNCTIONS
from engine.formula.program import states
from engine.formula.reader import Assignment
from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number

_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu"}
    | {"xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"}
)
_SYMBOLS = {
    "learning_rate": r"\alpha",
    "momentum": r"\mu",
    "weight_decay": r"\lambda",
    "dampening": r"\zeta",
    "momentum_decay": r"\psi",
    "initial_accumulator": "v_0",
    "eps": r"\epsilon",
    "lam": r"\lambda",
    "factor": r"\eta_t",
}
_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
_WORD_ENDS = re.compile(r"\\mathrm\{\w*\}\S*$")
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)

Spell = Callable[[str], str]


@lru_cache(maxsize=1024)
def latex_to_mathml(latex: str) -> str:
    r"""Return presentation MathML for a LaTeX formula.

    >>> latex_to_mathml("x^2").startswith("<math")
    True
    """
    return str(convert(latex))


def symbol(name: str) -> str:
    r"""Return a name as it is printed.

    >>> symbol("beta1"), symbol("m_hat"), symbol("learning_rate"), symbol("speed")
    ('\\beta_{1}', '\\hat{m}', '\\alpha', '\\mathrm{speed}')
    """
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    stem, _, rest = name.partition("_")
    if rest in _ACCENTS:
        return rf"{_ACCENTS[rest]}{{{symbol(stem)}}}"
    if rest:
        inner = rest if rest.isdigit() else symbol(rest)
        if rest in ("inf", "infinity"):
            inner = r"\infty"
        return f"{symbol(stem)}_{{{inner}}}" if "_" not in symbol(stem) else rf"\mathrm{{{stem}}}_{{{inner}}}"
    match = re.fullmatch(r"([A-Za-z]+)(\d+)", name)
    if match:
        return f"{symbol(match[1])}_{{{match[2]}}}"
    if name in _GREEK:
        return rf"\{name}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def number(value: float, digits: int = 4) -> str:
    r"""Return a number in few digits.

    >>> number(0.1), number(-2.5e-9), number(3.0)
    ('0.1', '-2.5 \\cdot 10^{-9}', '3')
    """
    if not math.isfinite(value):
        return r"\mathrm{NaN}" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    return _figures(f"{value:.{digits}g}")


def _figures(typed: str) -> str:
    mantissa, _, exponent = typed.lower().partition("e")
    if not exponent:
        return mantissa
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if mantissa != "1" else f"10^{{{int(exponent)}}}"


def typeset(lines: Sequence[Assignment]) -> tuple[str, ...]:
    """Return each assignment as a line of LaTeX: an arrow where a value goes on from step to step."""
    kept = {"theta", "g", *states(lines)}
    arrows = [r"\leftarrow" if line.target in kept else "=" for line in lines]
    return tuple(
        f"{symbol(line.target)} {arrow} {latex(line.value)}" for line, arrow in zip(lines, arrows, strict=True)
    )


def latex(node: Node, spell: Spell = symbol, digits: int = 12) -> str:
    """Return the LaTeX of a tree; ``spell`` prints its names.

    Args:
        node: the tree. spell: prints its names. digits: significant ones of numbers that nobody typed.
    """
    return _Notation(spell, digits).write(node)[0]


class _Notation:
    def __init__(self, spell: Spell, digits: int) -> None:
        self._spell = spell
        self._digits = digits

    def write(self, node: Node) -> tuple[str, int]:
        """Return the LaTeX of a node and how strongly it binds."""
        match node:
            case Name(name):
                return self._bound(self._spell(name))
            case Number(typed=typed) if typed in CONSTANTS:
                return CONSTANTS[typed][1], _ATOM
            case Number(typed=typed) if typed:
                return self._bound(_figures(typed))
            case Number(value):
                return self._bound(number(value, self._digits))
            case Apply("neg", (a,)):
                return "-" + self._bracketed(a, _PRODUCT, sign=False), _SIGN
            case Apply("+", (a, b)):
                return f"{self._bracketed(a, _SUM)} + {self._bracketed(b, _SUM, sign=False)}", _SUM
            case Apply("-", (a, b)):
                return f"{self._bracketed(a, _SUM)} - {self._bracketed(b, _PRODUCT, sign=False)}", _SUM
            case Apply("*", (a, b)):
                return self._product(a, b), _PRODUCT
            case Apply("/", (a, b)):
                return rf"\frac{{{self.write(a)[0]}}}{{{self.write(b)[0]}}}", _PRODUCT
            case Apply("**", (a, b)):
                return self._power(a, b)
            case Apply("where", (condition, a, b)):
                return self._cases(condition, a, b), _ATOM
            case Apply("sign", (a,)):
                return rf"\mathrm{{sign}}\left({self.write(a)[0]}\right)", _ATOM
            case Apply(head, (a, b)) if head in COMPARISONS:
                return f"{self.write(a)[0]} {_RELATIONS[head]} {self.write(b)[0]}", _SUM
            case Apply(head, parts) if head in FUNCTIONS and len(parts) == FUNCTIONS[head].arity:
                return FUNCTIONS[head].latex.format(*(self.write(part)[0] for part in parts)), _ATOM
            case Apply(head, parts):
                return self._on_tables(head, parts)
        raise TypeError(type(node).__name__)

    def _on_tables(self, head: str, parts: tuple[Node, ...]) -> tuple[str, int]:
        """Return what only vectors and matrices have."""
        first = parts[0]
        if head == "@":
            return (
                rf"{self._bracketed(first, _PRODUCT)}\, {self._bracketed(parts[1], _SIGN, sign=False)}",
                _PRODUCT,
            )
        if head == "transpose":
            return rf"{self._bracketed(first, _ATOM + isinstance(first, Apply))}^{{\top}}", _POWER
        written = [self.write(part)[0] for part in parts]
        if head in ("maximum", "minimum"):
            return rf"\{head[:3]}\left({written[0]}, {written[1]}\right)", _ATOM
        along = rf"_{{\mathrm{{axis}}\,{written[1]}}}" if len(parts) > 1 else ""
        if head == "sum":
            return rf"\sum{along} {self._bracketed(first, _PRODUCT)}", _PRODUCT
        words = {"log_softmax": r"\log\,\mathrm{softmax}", "max": r"\max", "min": r"\min"}
        word = words.get(head, rf"\mathrm{{{head}}}")
        return rf"{word}{along}\left({written[0]}\right)", _ATOM

    @staticmethod
    def _bound(text: str) -> tuple[str, int]:
        if text.startswith("-"):
            return text, _SIGN
        return text, _PRODUCT if r"\cdot" in text else _POWER if "^" in text else _ATOM

    def _bracketed(self, node: Node, needed: int, *, sign: bool = True) -> str:
        """Return a part, in brackets where it binds less than ``needed`` or would begin with a sign."""
        written, binding = self.write(node)
        if binding < needed or (not sign and written[0] in "-+"):
            return rf"\left({written}\right)"
        return written

    def _product(self, a: Node, b: Node) -> str:
        left, right = self._bracketed(a, _PRODUCT), self._bracketed(b, _PRODUCT, sign=False)
        unclear = left[-1].isdigit() and right.startswith((r"\frac", r"\left(-"))
        if unclear or right[0].isdigit() or right[0] == ".":
            return rf"{left} \cdot {right}"
        wide = _WORD_ENDS.search(left) or right.startswith(r"\mathrm")
        return rf"{left}\, {right}" if wide else f"{left} {right}"

    def _power(self, base: Node, exponent: Node) -> tuple[str, int]:
        power = self.write(exponent)[0]
        callee = FUNCTIONS.get(base.head) if isinstance(base, Apply) else None
        if isinstance(base, Apply) and callee is not None and callee.power:
            return callee.power.format(*(self.write(part)[0] for part in base.parts), p=power), _POWER
        text, binding = self.write(base)
        if binding < _ATOM or isinstance(base, Apply) or "^" in text:
            text = rf"\left({text}\right)"
        return f"{text}^{{{power}}}", _POWER

    def _cases(self, condition: Node, a: Node, b: Node) -> str:
        """Return the cases; those of a where in the last place follow in the same list."""
        assert isinstance(condition, Apply)
        rows = [f"{self.write(a)[0]} & {self.write(condition)[0]}"]
        last = self.write(Apply(_OPPOSITE[condition.head], condition.parts))[0]
        while isinstance(b, Apply) and b.head == "where":
            inner, a, b = b.parts
            rows.append(f"{self.write(a)[0]} & {self.write(inner)[0]}")
            last = ""
        listed = r" \\ ".join([*rows, f"{self.write(b)[0]} & {last}"])
        return rf"\begin{{cases}} {listed} \end{{cases}}"
