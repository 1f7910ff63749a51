"""Trees of the expression language as Python for NumPy or PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number

_BINDING = {**dict.fromkeys(COMPARISONS, 0), "+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "neg": 3, "**": 4}
_ATOM = 9
_PAIRS = {"max": "maximum", "min": "minimum"}


@dataclass(frozen=True)
class Spelling:
    """How a library writes what the language has.

    Args:
        library: what stands before the dot. axis: what it calls an axis. number: how it makes a number its own.
        special: functions that are called otherwise there, with ``{0}`` for the operand (``{1}`` for an axis).
    """

    library: str
    axis: str
    number: str
    special: Mapping[str, str]
    wraps: bool
    """Whether its functions take no plain numbers."""

    def write(self, tree: Node) -> str:
        """Return a tree as Python."""
        return self._write(tree)[0]

    def _write(self, tree: Node) -> tuple[str, int]:
        match tree:
            case Name(name):
                return name, _ATOM
            case Number(value):
                return repr(int(value) if value.is_integer() and abs(value) < 1e15 else value), _ATOM
            case Apply("neg", (operand,)):
                return f"-{self._inner(operand, 3)}", 3
            case Apply("**", (base, exponent)):
                return f"{self._own(base, exponent, 5)} ** {self._inner(exponent, 3)}", 4
            case Apply(sign, (left, right)) if sign in _BINDING:
                binds = _BINDING[sign]
                return f"{self._own(left, right, binds)} {sign} {self._inner(right, binds + 1)}", binds
            case Apply("where", (condition, *branches)):
                texts = ", ".join(self._operand(branch) for branch in branches)
                return f"{self.library}.where({self.write(condition)}, {texts})", _ATOM
            case Apply(name, parts):
                return self._call(name, parts), _ATOM
        raise TypeError(type(tree).__name__)

    def _inner(self, tree: Node, needed: int) -> str:
        text, binds = self._write(tree)
        return text if binds >= needed else f"({text})"

    def _own(self, left: Node, right: Node, needed: int) -> str:
        """Return a left operand; between two numbers it is made the library's, which divides by 0 too."""
        if _is_number(left) and _is_number(right):
            return self.number.format(self.write(left))
        return self._inner(left, needed)

    def _operand(self, tree: Node) -> str:
        return self.number.format(self.write(tree)) if self.wraps and _is_number(tree) else self.write(tree)

    def _call(self, name: str, parts: tuple[Node, ...]) -> str:
        pair = name in ("maximum", "minimum") or (name in _PAIRS and len(parts) == 2)
        if pair:
            return f"{self.library}.{_PAIRS.get(name, name)}({', '.join(map(self._operand, parts))})"
        last = (Number(-1.0),) if name.endswith("softmax") else ()
        operand = self._operand(parts[0])
        axis = "".join(f", {self.axis}={self.write(part)}" for part in parts[1:] or last)
        if name in self.special:
            return self.special[name].format(operand, axis)
        return f"{self.library}.{name}({operand}{axis})"


def _is_number(tree: Node) -> bool:
    return isinstance(tree, Number) or (
        isinstance(tree, Apply) and tree.head == "neg" and _is_number(tree.parts[0])
    )


NUMPY = Spelling(
    "np",
    "axis",
    "np.float64({0})",
    {
        "asin": "np.arcsin({0})",
        "acos": "np.arccos({0})",
        "atan": "np.arctan({0})",
        "sigmoid": "1 / (1 + np.exp(-({0})))",
        "softplus": "np.logaddexp(0, {0})",
        "relu": "np.maximum({0}, 0)",
        "erf": "erf({0})",
        "softmax": "softmax({0}{1})",
        "log_softmax": "np.log(softmax({0}{1}))",
    },
    wraps=False,
)
TORCH = Spelling(
    "torch",
    "dim",
    "torch.tensor({0}, dtype=torch.float64)",
    {
        "softplus": "torch.logaddexp({0}, torch.zeros((), dtype=torch.float64))",
        "max": "torch.amax({0}{1})",
        "min": "torch.amin({0}{1})",
        "transpose": "torch.permute({0}, tuple(reversed(range({0}.ndim))))",
    },
    wraps=True,
)
