"""Programs and their numbers as mathematics is printed: assignments with arrows, Greek letters, fractions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from engine.formula.functions import FUNCTIONS
from engine.formula.program import Assignment, states
from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number

_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu"}
    | {"xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"}
)
_SYMBOLS = {
    "learning_rate": r"\alpha",
    "momentum": r"\mu",
    "weight_decay": r"\lambda",
    "dampening": r"\tau",
    "momentum_decay": r"\psi",
    "initial_accumulator": "s_0",
    "eps": r"\epsilon",
    "lam": r"\lambda",
    "factor": r"\eta_t",
}
_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)

Spell = Callable[[str], str]


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
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
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
    """Return the LaTeX of a tree; ``spell`` prints its names."""
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
            case Apply(head, parts):
                return FUNCTIONS[head].latex.format(*(self.write(part)[0] for part in parts)), _ATOM
        raise TypeError(type(node).__name__)

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
        figures = right[0].isdigit() or (right.startswith((r"\frac", ".", r"\left(")) and left[-1].isdigit())
        return rf"{left} \cdot {right}" if figures or right[0].isdigit() else rf"{left}\, {right}"

    def _power(self, base: Node, exponent: Node) -> tuple[str, int]:
        if exponent == Number(0.5):
            return rf"\sqrt{{{self.write(base)[0]}}}", _ATOM
        text, binding = self.write(base)
        if binding < _ATOM or isinstance(base, Apply) or "^" in text:
            text = rf"\left({text}\right)"
        return f"{text}^{{{self.write(exponent)[0]}}}", _POWER

    def _cases(self, condition: Node, a: Node, b: Node) -> str:
        assert isinstance(condition, Apply)
        other = Apply(_OPPOSITE[condition.head], condition.parts)
        rows = [f"{self.write(value)[0]} & {self.write(test)[0]}" for value, test in ((a, condition), (b, other))]
        return rf"\begin{{cases}} {rows[0]} \\ {rows[1]} \end{{cases}}"
