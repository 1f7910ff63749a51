"""What a kernel has to compute: every value named once, numbers apart from vectors, products in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.formula.program import states
from engine.formula.reader import Assignment
from engine.formula.specialize import folded
from engine.formula.tree import ONE, Apply, Name, Node, Number, apply, names, replaced

VECTORS = ("theta", "g")


@dataclass(frozen=True)
class Plan:
    """A program in an order that a machine likes; names are ``name@version``, temporaries ``@number``.

    Args:
        fixed: numbers that stay the same from step to step. moving: numbers of each step. vectors: all else.
        inputs: the numbers from outside: hyperparameters, and ``t`` and the like.
        states: state -> (its name before, its name after), of vectors; numbers: the same of numbers.
        theta: its name after.
        positive: numbers that were taken to be more than 0, to save a pass over the vectors.
    """

    fixed: tuple[Assignment, ...]
    moving: tuple[Assignment, ...]
    vectors: tuple[Assignment, ...]
    inputs: tuple[str, ...]
    states: dict[str, tuple[str, str]]
    numbers: dict[str, tuple[str, str]]
    theta: str
    positive: tuple[str, ...] = ()


def plan(
    lines: Sequence[Assignment],
    changing: Sequence[str] = ("t", "factor", "learning_rate"),
    *,
    assume_positive: bool = False,
) -> Plan:
    """Plan a program.

    Args:
        lines: the program, specialized. changing: the given numbers that another step may change.
        assume_positive: whether a number may be drawn out of a root, sqrt(c v) = sqrt(c) sqrt(v).
    """
    versioned, last = _versions(lines)
    kept = states(lines)
    vectors = vector_names(lines)
    keep = {last[name] for name in ("theta", *kept) if name in last}
    ordered = _Order(vectors, set(changing) | {f"{name}@0" for name in kept}, assume_positive=assume_positive)
    ordered.add(_inlined(versioned, keep))
    return Plan(
        tuple(ordered.fixed),
        tuple(ordered.moving),
        tuple(ordered.vectors),
        tuple(dict.fromkeys(n for line in versioned for n in names(line.value) if "@" not in n)),
        {name: (f"{name}@0", last[name]) for name in kept if name in vectors},
        {name: (f"{name}@0", last[name]) for name in kept if name not in vectors},
        last["theta"],
        tuple(ordered.positive),
    )


def _versions(lines: Sequence[Assignment]) -> tuple[list[Assignment], dict[str, str]]:
    """Give every assigned value a name of its own; returns the lines and the last version of each name."""
    targets = {line.target for line in lines} | set(VECTORS)
    version: dict[str, str] = {name: f"{name}@0" for name in targets}
    found, count = [], Counter[str]()
    for line in lines:
        value = replaced(line.value, lambda n: Name(version.get(n, n)))
        count[line.target] += 1
        version[line.target] = f"{line.target}@{count[line.target]}"
        found.append(Assignment(version[line.target], value))
    return found, version


def vector_names(lines: Sequence[Assignment]) -> set[str]:
    """Return the names that hold a number for each parameter."""
    found, before = set(VECTORS), 0
    while len(found) > before:
        before = len(found)
        found |= {line.target for line in lines if not found.isdisjoint(names(line.value))}
    return found


def _inlined(lines: list[Assignment], keep: set[str]) -> list[Assignment]:
    """Put what is used once where it is used (a version never changes, so it may move)."""
    uses = Counter(name for line in lines for name in names(line.value))
    values: dict[str, Node] = {}
    result = []
    for line in lines:
        value = folded(replaced(line.value, lambda n: values.get(n, Name(n))))
        if line.target not in keep and (uses[line.target] <= 1 or not isinstance(value, Apply)):
            values[line.target] = value
        else:
            result.append(Assignment(line.target, value))
    return result


class _Order:
    """Sorts values: numbers that stay, numbers of a step, vectors."""

    def __init__(self, vectors: set[str], changing: set[str], *, assume_positive: bool) -> None:
        self.fixed: list[Assignment] = []
        self.moving: list[Assignment] = []
        self.vectors: list[Assignment] = []
        self._vector_names = vectors
        self._changing = {name for name in changing if name.split("@")[0] not in vectors}
        self._known: dict[Node, Name] = {}
        self._assume_positive = assume_positive
        self.positive: list[str] = []

    def add(self, lines: list[Assignment]) -> None:
        for line in lines:
            name = line.target.split("@")[0]
            value = self._gathered(line.value)
            if self._is_number(value) and name not in self._vector_names:
                self._number(line.target, value)
            else:
                self.vectors.append(Assignment(line.target, self._lifted(value)))

    def _gathered(self, node: Node) -> Node:
        """Return the tree with the numbers of each product brought together: a (m/b) / v = (a/b) (m/v)."""
        if not isinstance(node, Apply) or self._is_number(node):
            return node
        if node.head == "sqrt" and self._assume_positive:
            vector, number = self._split(self._gathered(node.parts[0]))
            if number != ONE:
                return apply("*", apply("sqrt", vector), self._assumed(apply("sqrt", number)))
        if node.head not in ("*", "/", "neg"):
            return Apply(node.head, tuple(map(self._gathered, node.parts)))
        above: list[Node] = []
        below: list[Node] = []
        sign = _factors(node, above, below)
        numbers: tuple[list[Node], list[Node]] = ([], [])
        vectors: tuple[list[Node], list[Node]] = ([], [])
        for side, factors in enumerate((above, below)):
            for factor in factors:
                vector, number = self._split(
                    factor if self._is_number(factor) else self._scaled(self._gathered(factor))
                )
                if number != ONE:
                    numbers[side].append(number)
                if vector != ONE:
                    vectors[side].append(vector)
        number, vector = _quotient(*numbers), _quotient(*vectors)
        if sign < 0:
            number = folded(apply("neg", number))
        if number == ONE:
            return vector
        if number == Number(-1.0):
            return apply("neg", vector)
        match vector:
            case Apply("/", (Number(1.0), divisor)):
                return apply("/", number, divisor)
        return apply("*", vector, number)

    def _split(self, node: Node) -> tuple[Node, Node]:
        """Return a factor's vector and its number."""
        if self._is_number(node):
            return ONE, node
        match node:
            case Apply("*", (vector, number)) if self._is_number(number):
                return vector, number
        return node, ONE

    def _scaled(self, node: Node) -> Node:
        """Return c v + e as (v + e/c) c: then c joins the numbers of the product around it."""
        match node:
            case Apply("+", (Apply("*", (vector, c)), e)) if self._assume_positive:
                if self._is_number(c) and self._is_number(e) and not self._is_number(vector):
                    c = self._assumed(c)
                    return apply("*", apply("+", vector, apply("/", e, c)), c)
        return node

    def _assumed(self, number: Node) -> Node:
        name = self._named(number)
        if isinstance(name, Name):
            self.positive.append(name.id)
        return name

    def _is_number(self, node: Node) -> bool:
        return all(name.split("@")[0] not in self._vector_names for name in names(node))

    def _number(self, target: str, value: Node) -> None:
        if self._moves(value):
            self._changing.add(target)
            self.moving.append(Assignment(target, self._stays(value)))
        else:
            self.fixed.append(Assignment(target, value))

    def _moves(self, node: Node) -> bool:
        return any(name in self._changing for name in names(node))

    def _named(self, value: Node) -> Node:
        if not isinstance(value, Apply):
            return value
        if value not in self._known:
            target = f"@{len(self._known)}"
            self._known[value] = Name(target)
            self._number(target, value)
        return self._known[value]

    def _stays(self, node: Node) -> Node:
        """Give the parts of a moving number that never change a name."""
        if not isinstance(node, Apply):
            return node
        parts = (self._stays(p) if self._moves(p) else self._named(p) for p in node.parts)
        return Apply(node.head, tuple(parts))

    def _lifted(self, node: Node) -> Node:
        """Give the largest parts that are numbers a name."""
        if not isinstance(node, Apply):
            return node
        if self._is_number(node):
            return self._named(node)
        return Apply(node.head, tuple(map(self._lifted, node.parts)))


def _factors(node: Node, above: list[Node], below: list[Node]) -> int:
    """Collect the factors of a product and of its divisor; returns its sign."""
    match node:
        case Apply("neg", (part,)):
            return -_factors(part, above, below)
        case Apply("*", (a, b)):
            return _factors(a, above, below) * _factors(b, above, below)
        case Apply("/", (a, b)):
            return _factors(a, above, below) * _factors(b, below, above)
    above.append(node)
    return 1


def _quotient(above: list[Node], below: list[Node]) -> Node:
    top, bottom = _product(above), _product(below)
    return (
        top
        if bottom == ONE
        else folded(apply("/", top, bottom))
        if isinstance(top, Number)
        else apply("/", top, bottom)
    )


def _product(factors: list[Node]) -> Node:
    result: Node = ONE
    for factor in factors:
        result = factor if result == ONE else apply("*", result, factor)
    return result
