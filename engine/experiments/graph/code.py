"""The same expression as programs for PyTorch and NumPy: to be read, and to be run.

PyTorch differentiates by itself. The NumPy program goes back line by line, as the tape did.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.autodiff.graph import LOCAL_RULES, Node
from engine.autodiff.tape import Array
from engine.experiments.graph.spelling import NUMPY, TORCH
from engine.experiments.graph.walked import Walked
from engine.formula.language import MATRICES
from engine.formula.reader import read_formula
from engine.formula.tree import Apply, Name, Number, replaced
from engine.formula.tree import Node as Tree

_TAKEN = frozenset({"np", "math", "torch", "fit", "softmax", "gradients"})
_HELPERS = {
    "softmax(": '''def softmax(scores, axis=-1):
    """Return probabilities along an axis, without overflow."""
    e = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)''',
    "erf(": '''def erf(x):
    """Return the error function of each entry: NumPy has none."""
    return np.vectorize(math.erf, otypes=[float])(x)''',
    "fit(": '''def fit(gradient, shape):
    """Sum a gradient over the axes along which an operand of this shape was broadcast."""
    gradient = np.sum(gradient, axis=tuple(range(np.ndim(gradient) - len(shape))))
    ones = tuple(i for i, size in enumerate(shape) if size == 1 and gradient.shape[i] > 1)
    return np.sum(gradient, axis=ones, keepdims=True)''',
}


def numpy_program(seen: Walked) -> str:
    """Return a NumPy program: forward an operation a line, then backward the other way."""
    script = _Script(seen)
    back = list(_backward(script))
    forward = [f"{one.target} = {NUMPY.write(one.tree)}" for one in script.statements]
    body = "\n".join([*forward, *back])
    helpers = [text for call, text in _HELPERS.items() if call in body]
    parts = [
        '"""Forward and backward by hand, exported from Descent Lab. Needs NumPy only."""',
        "import math\n\nimport numpy as np" if "erf(" in body or "math." in body else "import numpy as np",
        *(f"\n{text}\n" for text in helpers),
        "\n".join(f"{var} = np.array({value.tolist()!r})" for var, value in script.given()),
        "# forward\n" + "\n".join(forward),
        "# backward: d_x is the derivative of the result (of the sum of its entries) by x\n" + "\n".join(back),
        f"{script.outcome}gradients = {script.gradients('d_{}')}\nprint(result, gradients)\n",
    ]
    return "\n\n".join(parts)


def torch_program(seen: Walked) -> str:
    """Return a PyTorch program, whose autograd does the way back."""
    script = _Script(seen)
    given = "torch.tensor({}, dtype=torch.float64, requires_grad=True)"
    parts = [
        '"""The same expression, exported from Descent Lab. Needs torch only."""',
        "import torch",
        "\n".join(f"{var} = {given.format(value.tolist())}" for var, value in script.given()),
        "\n".join(f"{one.target} = {TORCH.write(one.tree)}" for one in script.statements),
        f"{script.outcome}result.sum().backward()",
        f"gradients = {script.gradients('{}.grad')}\nprint(result, gradients)\n",
    ]
    return "\n\n".join(parts)


@dataclass(frozen=True)
class _Statement:
    """``target = tree``, of variables and numbers; the node that the tape has for it, None off the graph."""

    target: str
    tree: Apply
    node: Node | None


@dataclass
class _Script:
    """The lines as the recorder read them: a statement for each operation, every variable assigned once."""

    seen: Walked
    statements: list[_Statement] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    """Of the inputs, by their names."""
    nodes: dict[str, Node] = field(default_factory=dict)
    """What the graph has for a variable."""
    result: str = ""

    def __post_init__(self) -> None:
        recording = self.seen.recording
        self._by_tensor = {id(node.tensor): node for node in self.seen.nodes if node.tensor is not None}
        self._by_tree = {id(tree): self._by_tensor.get(key) for key, tree in recording.trees.items()}
        self._taken = set(_TAKEN)
        for name, leaf in recording.inputs.items():
            self.variables[name] = self._fresh(name, self._by_tensor.get(id(leaf)))
        known = dict(self.variables)
        for line in self.seen.expression.lines:
            value = self._operand(line.value, known, line.target)
            known[line.target] = self.result = NUMPY.write(value)

    @property
    def outcome(self) -> str:
        """A line that calls the result so, where it is called otherwise."""
        return "" if self.result == "result" else f"result = {self.result}\n"

    def given(self) -> Iterator[tuple[str, Array]]:
        """Yield the inputs' variables with their values."""
        values = self.seen.inputs
        return ((var, values[name]) for name, var in self.variables.items())

    def gradients(self, form: str) -> str:
        """Return a dict of the inputs' gradients; ``form`` writes that of a variable."""
        named = [(name, var) for name, var in self.variables.items() if var in self.nodes]
        return "{" + ", ".join(f'"{name}": {form.format(var)}' for name, var in named) + "}"

    def _fresh(self, name: str, node: Node | None) -> str:
        """Return a new variable for a name, counted on where it was given before."""
        text, count = (f"{name}_" if keyword.iskeyword(name) else name), 2
        while text in self._taken:
            text, count = f"{name}_{count}", count + 1
        self._taken.add(text)
        if node is not None:
            self.nodes[text] = node
        return text

    def _operand(self, tree: Tree, known: dict[str, str], target: str = "") -> Tree:
        """Return a variable or a number for a part, after the statements that compute it."""
        match tree:
            case Name(name):
                return Name(known[name])
            case Apply("neg", (Number(),)) | Number():
                return tree
            case Apply("where", (Apply(sign, sides), *branches)):
                condition = Apply(sign, tuple(self._operand(side, known) for side in sides))
                plain = Apply("where", (condition, *(self._operand(branch, known) for branch in branches)))
            case Apply(head, parts):
                plain = Apply(head, tuple(self._operand(part, known) for part in parts))
        node = self._by_tree.get(id(tree))
        var = self._fresh(target or f"t{len(self.statements) + 1}", node)
        self.statements.append(_Statement(var, plain, node))
        return Name(var)


def _backward(script: _Script) -> Iterator[str]:
    """Yield the way back, a line for each operand that something flows to."""
    begun = {script.result}
    yield f"d_{script.result} = np.ones_like({script.result})"
    for one in reversed(script.statements):
        if one.node is None or one.node.gradient is None:
            continue
        parts = one.tree.parts[1:] if one.tree.head == "where" else one.tree.parts
        for place, operand in enumerate(parts[: len(one.node.operands)]):
            var = operand.id if isinstance(operand, Name) else ""
            if var not in script.nodes:
                continue
            share = _share(script, one, place)
            if _spreads(one.node, script.nodes[var]):
                share = f"fit({share}, {var}.shape)"
            yield f"d_{var} = " + (f"d_{var} + {share}" if var in begun else share)
            begun.add(var)


def _spreads(node: Node, operand: Node) -> bool:
    """Return whether an operand was broadcast."""
    local = node.name not in ("matmul", "total", "mean", "largest", "smallest", "transpose")
    return local and node.value.shape != operand.value.shape


def _share(script: _Script, one: _Statement, place: int) -> str:
    """Return what goes back to an operand, before it is summed over what was broadcast."""
    assert one.node is not None
    g, y, name = f"d_{one.target}", one.target, one.node.name
    texts = [NUMPY.write(part) for part in one.tree.parts]
    a, b = texts[0], texts[-1]
    if name == "matmul":
        left, right = (script.seen.nodes[operand].value.ndim for operand in one.node.operands)
        return _PRODUCTS[left, right][place].format(g=g, a=a, b=b)
    if name == "where":
        return f"np.where({texts[0]}, {g}, 0)" if place == 0 else f"np.where({texts[0]}, 0, {g})"
    axis = texts[1] if len(texts) > 1 else ""
    if name in _ALONG:
        form = _ALONG[name]
        if name.endswith("softmax"):
            return form.format(g=g, a=a, y=y, axis=axis or "-1")
        spread = "np.expand_dims({}, {})".format
        g, y = (spread(g, axis), spread(y, axis)) if axis else (g, y)
        return form.format(g=g, a=a, y=y, axis=axis or "None")
    letters = {"g": g, "a": a, "b": b, "y": y}
    rule = read_formula(LOCAL_RULES[name][place], MATRICES, ("a", "b", "g", "y"))
    return NUMPY.write(replaced(rule, lambda letter: _plain(one, letter, letters)))


def _plain(one: _Statement, letter: str, letters: dict[str, str]) -> Tree:
    """Return what a letter of a rule stands for: a number stays one, so that its sign gets brackets."""
    part = {"a": one.tree.parts[0], "b": one.tree.parts[-1]}.get(letter)
    return part if part is not None and not isinstance(part, Name) else Name(letters[letter])


_PRODUCTS = {
    (2, 2): ("{g} @ {b}.T", "{a}.T @ {g}"),
    (2, 1): ("np.outer({g}, {b})", "{a}.T @ {g}"),
    (1, 2): ("{b} @ {g}", "np.outer({a}, {g})"),
    (1, 1): ("{g} * {b}", "{g} * {a}"),
}
"""What goes back through a product, by the axes of both sides."""
_ALONG = {
    "total": "{g} * np.ones_like({a})",
    "mean": "{g} * np.ones_like({a}) * np.size({y}) / np.size({a})",
    "largest": "{g} * ({a} == {y}) / np.sum({a} == {y}, axis={axis}, keepdims=True)",
    "smallest": "{g} * ({a} == {y}) / np.sum({a} == {y}, axis={axis}, keepdims=True)",
    "softmax": "{y} * ({g} - np.sum({g} * {y}, axis={axis}, keepdims=True))",
    "log_softmax": "{g} - np.exp({y}) * np.sum({g}, axis={axis}, keepdims=True)",
}
"""What goes back through what works along an axis."""
