"""A rule as a program for other people's libraries: PyTorch and NumPy, to be read and to be run."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from string import Template

from engine.formula.plan import vector_names
from engine.formula.program import states
from engine.formula.reader import Assignment
from engine.formula.tree import COMPARISONS, Apply, Name, Node, Number, names

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
}
_TAKEN = {"self", "torch", "np", "math", "state", "group", "loss", "closure", "params", "before", "start"}

_TORCH_CODE = Template('''"""$title, exported from Descent Lab. Needs torch only."""
$imports

class $name(torch.optim.Optimizer):
    def __init__(self, params, $arguments):
        super().__init__(params, dict($defaults))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
$hyperparameters
            for theta in group["params"]:
                if theta.grad is None:
                    continue
                start, g, state = theta, theta.grad, self.state[theta]
                state["t"] = state.get("t", 0) + 1
$lines
        return loss
''')

_NUMPY_CODE = Template('''"""$title, exported from Descent Lab. Needs NumPy only."""
$imports

class $name:
    def __init__(self, $arguments):
$keep
        self.state = {"t": 0}

    def step(self, theta, g, factor=1.0):
        """Move theta (n,) in place against its gradient g (n,); factor is the schedule's."""
        start, state = theta, self.state
        state["t"] += 1
$lines
''')


def to_torch(title: str, lines: Sequence[Assignment], values: Mapping[str, float]) -> str:
    """Return a PyTorch optimizer.

    Args:
        title: the rule's name for people. lines: its update. values: its hyperparameters, the learning rate first.
    """
    writer = _Code(lines, "torch", _TORCH)
    used = writer.used(values)
    keys = {name: "lr" if name == "learning_rate" else writer.spell(name) for name in used}
    take = [f'{writer.spell(name)} = group["{keys[name]}"]' for name in used]
    body = writer.body()
    return _TORCH_CODE.substitute(
        title=_plain(title),
        name=_class_name(title),
        imports=_imports(body, "import torch"),
        arguments=", ".join(f"{keys[name]}={values[name]!r}" for name in used),
        defaults=", ".join(f"{key}={key}" for key in keys.values()),
        hyperparameters=_indented(take, 12),
        lines=_indented([*body, "start.copy_(theta)"], 16),
    )


def to_numpy(title: str, lines: Sequence[Assignment], values: Mapping[str, float]) -> str:
    """Return the same as a class over NumPy arrays; see `to_torch`."""
    writer = _Code(lines, "np", _NUMPY)
    used = writer.used(values)
    spelled = [writer.spell(name) for name in used]
    body = writer.body()
    take = [f"{name} = self.{name}{' * factor' if name == 'learning_rate' else ''}" for name in spelled]
    return _NUMPY_CODE.substitute(
        title=_plain(title),
        name=_class_name(title),
        imports=_imports(body, "import numpy as np"),
        arguments=", ".join(f"{writer.spell(name)}={values[name]!r}" for name in used),
        keep=_indented([f"self.{name} = {name}" for name in spelled], 8),
        lines=_indented([*take, *body, "start[...] = theta"], 8),
    )


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
    """Writes the lines of a rule for one library."""

    def __init__(self, lines: Sequence[Assignment], library: str, special: Mapping[str, str]) -> None:
        self._lines = lines
        self._library = library
        self._special = special
        self._vectors = vector_names(lines)
        self._states = states(lines)

    def used(self, values: Mapping[str, float]) -> list[str]:
        """Return the hyperparameters that the lines read, the learning rate first."""
        read = {name for line in self._lines for name in names(line.value)}
        return [name for name in sorted(values, key=lambda n: n != "learning_rate") if name in read]

    def spell(self, name: str) -> str:
        return f"{name}_" if name in _TAKEN else name

    def body(self) -> list[str]:
        """Return the statements of a step: states out of the dict, the lines, states back."""
        read = {name for line in self._lines for name in names(line.value)}
        result = ['t = state["t"]'] if "t" in read else []
        if "factor" in read and self._library == "torch":
            result.append("factor = 1.0  # the schedule is in lr")
        for name in self._states:
            empty = f"{self._library}.zeros_like(theta)" if name in self._vectors else "0.0"
            result.append(f'{self.spell(name)} = state.get("{name}", {empty})')
        result += [f"{self.spell(line.target)} = {self.write(line.value)[0]}" for line in self._lines]
        if self._states:
            result.append(f"state.update({', '.join(f'{name}={self.spell(name)}' for name in self._states)})")
        return result

    def write(self, node: Node) -> tuple[str, int]:
        """Return the expression of a node and how strongly it binds."""
        match node:
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
