"""A rule or a formula as code for other people's libraries: PyTorch and NumPy, to be read and to be run."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isfinite
from string import Template
from typing import Literal

from engine.formula.plan import vector_names
from engine.formula.program import states
from engine.formula.reader import Assignment
from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number, names

_END = Assignment("theta", Name("theta"))
_OTHER = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_BINDING = {**dict.fromkeys(COMPARISONS, 0), "+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}
_NUMBERS = {
    "abs": "abs({0})",
    "min": "min({0}, {1})",
    "max": "max({0}, {1})",
    "sign": "(({0} > 0) - ({0} < 0))",
    "relu": "max({0}, 0.0)",
    "sigmoid": "(0.5 + 0.5 * math.tanh(0.5 * ({0})))",
    "softplus": "(max({0}, 0.0) + math.log1p(math.exp(-abs({0}))))",
}
_TORCH = {"softplus": "torch.nn.functional.softplus({0})"}
_NUMPY = {
    "sigmoid": "(0.5 + 0.5 * np.tanh(0.5 * ({0})))",
    "softplus": "np.logaddexp(0.0, {0})",
    "relu": "np.maximum({0}, 0.0)",
    "min": "np.minimum({0}, {1})",
    "max": "np.maximum({0}, {1})",
    "step": "np.where({0} > 0, 1.0, 0.0)",
}
_TAKEN = {"self", "torch", "np", "math", "state", "group", "loss", "closure", "params", "p", "name", "zero"}

_TORCH_CODE = Template('''"""$title, exported from Descent Lab. Needs torch only."""
$imports

class $name(torch.optim.Optimizer):
    def __init__(self, params, $arguments):
        super().__init__(params, dict($defaults))

    @torch.no_grad()
    def step(self, closure=None):
        loss = closure and torch.enable_grad()(closure)()
        for group in self.param_groups:
            $taken (group[name] for name in self.defaults)
            for p in (p for p in group["params"] if p.grad is not None):
                theta, g, state = p, p.grad, self.state[p]
$lines
        return loss
''')

_NUMPY_CODE = Template('''"""$title, exported from Descent Lab. Needs NumPy only."""
$imports

class $name:
    def __init__(self, $arguments):
        self.hyperparameters, self.state = ($kept), {}

    def step(self, p, g, factor=1.0):
        """Move p (n,) in place against its gradient g (n,); factor is the schedule's."""
        $taken self.hyperparameters
        theta, state = p, self.state
$lines
''')


def to_torch(title: str, lines: Sequence[Assignment], values: Mapping[str, float]) -> str:
    """Return a PyTorch optimizer.

    Args:
        title: the rule's name for people. lines: its update. values: its hyperparameters, the learning rate first.
    """
    writer = _Code(lines, "torch", _TORCH)
    used = writer.used(values)
    keys = ["lr" if name == "learning_rate" else writer.spell(name) for name in used]
    body = writer.body("p.copy_({})")
    return _TORCH_CODE.substitute(
        title=_plain(title),
        name=_class_name(title),
        imports=_imports(body, "import torch"),
        arguments=", ".join(f"{key}={values[name]!r}" for key, name in zip(keys, used, strict=True)),
        defaults=", ".join(f"{key}={key}" for key in keys),
        taken=_taken(map(writer.spell, used)),
        lines=_indented(body, 16),
    )


def to_numpy(title: str, lines: Sequence[Assignment], values: Mapping[str, float]) -> str:
    """Return the same as a class over NumPy arrays; see `to_torch`.

    Args:
        title: the rule's name for people. lines: its update. values: its hyperparameters, the learning rate first.
    """
    writer = _Code(lines, "np", _NUMPY)
    used = writer.used(values)
    spelled = [writer.spell(name) for name in used]
    rate = ["learning_rate = learning_rate * factor"] if "learning_rate" in used else []
    body = [*rate, *writer.body("p[...] = {}")]
    return _NUMPY_CODE.substitute(
        title=_plain(title),
        name=_class_name(title),
        imports=_imports(body, "import numpy as np"),
        arguments=", ".join(f"{writer.spell(name)}={values[name]!r}" for name in used),
        kept=", ".join(spelled) + ("," if len(spelled) == 1 else ""),
        taken=_taken(spelled),
        lines=_indented(body, 8),
    )


def expression(tree: Node, variables: Collection[str], library: Literal["torch", "numpy"]) -> str:
    """Return a tree as an expression of one library; its names are ``variables``, which hold tensors or arrays."""
    known = ("torch", _TORCH) if library == "torch" else ("np", _NUMPY)
    return _Code((), *known, vectors=variables).write(tree)[0]


def _taken(names: Iterable[str]) -> str:
    """Return the left side that takes a tuple apart."""
    listed = list(names)
    return (", ".join(listed) or "()") + (", =" if len(listed) == 1 else " =")


def _imports(body: Sequence[str], library: str) -> str:
    return ("\nimport math\n" if any("math." in line for line in body) else "") + f"\n{library}\n"


def _indented(lines: Sequence[str], columns: int) -> str:
    return "\n".join(" " * columns + line for line in lines)


def _plain(title: str) -> str:
    """Return a title that can stand in a docstring: a visitor may have typed quotes."""
    return " ".join(re.sub(r"[^\w\s.,:;!?()+-]", "", title).split()) or "A rule"


def _class_name(title: str) -> str:
    name = "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", title))
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"Rule{name}"


class _Code:
    """Writes the lines of a rule, or a formula of some variables, for one library."""

    def __init__(
        self,
        lines: Sequence[Assignment],
        library: str,
        special: Mapping[str, str],
        vectors: Collection[str] | None = None,
    ) -> None:
        self._lines = lines
        self._library = library
        self._special = special
        self._vectors = vector_names(lines) if vectors is None else set(vectors)
        self._states = states(lines)

    def used(self, values: Mapping[str, float]) -> list[str]:
        """Return the hyperparameters that the lines read, the learning rate first."""
        read = {name for line in self._lines for name in names(line.value)}
        return [name for name in sorted(values, key=lambda n: n != "learning_rate") if name in read]

    def spell(self, name: str) -> str:
        return f"{name}_" if name in _TAKEN else name

    def body(self, give: str) -> list[str]:
        """Return the statements of a step: states out of the dict, the lines, states back, the new theta given."""
        read = {name for line in self._lines for name in names(line.value)}
        result = ['t = state["t"] = state.get("t", 0) + 1'] if "t" in read else []
        if "factor" in read and self._library == "torch":
            result.append('factor = group.get("factor", 1.0)  # of the schedule; lr has it too')
        result += self._kept([name for name in self._states if name in self._vectors], "{}.zeros_like(p)")
        result += self._kept([name for name in self._states if name not in self._vectors], "0.0")
        *lines, last = self._lines if self._lines[-1].target == "theta" else (*self._lines, _END)
        result += [f"{self.spell(line.target)} = {self.write(line.value)[0]}" for line in lines]
        if self._states:
            result.append(f"state.update({', '.join(f'{name}={self.spell(name)}' for name in self._states)})")
        return [*result, give.format(self.write(last.value)[0])]

    def _kept(self, kept: list[str], zero: str) -> list[str]:
        """Return the line that takes states out of the dict; at the first step they are ``zero``."""
        zero = zero.format(self._library)
        if len(kept) < 2:
            return [f'{self.spell(name)} = state.get("{name}", {zero})' for name in kept]
        keys = ", ".join(f'"{name}"' for name in kept)
        return [f"{_taken(map(self.spell, kept))} (state.get(name, {zero}) for name in ({keys}))"]

    def write(self, node: Node) -> tuple[str, int]:
        """Return the expression of a node and how strongly it binds."""
        match node:
            case Number(value) if not isfinite(value):
                return f"{'-' if value < 0 else ''}math.{abs(value)!s}", 3
            case Number(value):
                whole = value.is_integer() and abs(value) < 1e15
                text = repr(int(value)) if whole else repr(value)
                return (text, 9) if value >= 0 else (text, 3)
            case Name(name):
                return self.spell(name), 9
            case Apply("where", (condition, a, b)):
                return self._where(condition, a, b)
            case Apply("neg", (a,)):
                return f"-{self._inner(a, 3)}", 3
            case Apply("**", (a, b)):
                return f"{self._inner(a, 5)}**{self._inner(b, 3)}", 4
            case Apply(head, (a, b)) if head in _BINDING:
                binds = _BINDING[head]
                return f"{self._inner(a, binds)} {head} {self._inner(b, binds + 1)}", binds
            case Apply(head, parts):
                return self._call(head, parts), 9
        raise TypeError(type(node).__name__)

    def _inner(self, node: Node, needed: int) -> str:
        text, binds = self.write(node)
        return text if binds >= needed else f"({text})"

    def _is_vector(self, node: Node) -> bool:
        return not self._vectors.isdisjoint(names(node))

    def _where(self, condition: Node, a: Node, b: Node) -> tuple[str, int]:
        texts = [self.write(part)[0] for part in (condition, a, b)]
        if self._is_vector(condition):
            return f"{self._library}.where({', '.join(texts)})", 9
        return f"({texts[1]} if {texts[0]} else {texts[2]})", 9

    def _call(self, head: str, parts: tuple[Node, ...]) -> str:
        texts = [self.write(part)[0] for part in parts]
        if not any(map(self._is_vector, parts)):
            return _NUMBERS.get(head, f"math.{head}({{0}})").format(*texts)
        if head in self._special:
            return self._special[head].format(*texts)
        if self._library == "torch" and head in ("min", "max"):
            a, b = texts
            if all(map(self._is_vector, parts)):
                return f"torch.{head}imum({a}, {b})"
            vector, limit = (a, b) if self._is_vector(parts[0]) else (b, a)
            return f"torch.clamp({vector}, {'min' if head == 'max' else 'max'}={limit})"
        word = _OTHER.get(head, head) if self._library == "np" else head
        return f"{self._library}.{word}({', '.join(texts)})"
