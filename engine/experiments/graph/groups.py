"""Parts of a graph that are known by a name of their own: they fold into one gate and unfold again.

A group has one result; what is inside is used nowhere else. Groups lie inside each other or apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.autodiff.graph import Node
from engine.message import Message, say

_ACTIVATIONS = frozenset({"tanh", "sigmoid", "relu", "softplus"})

TITLES: Mapping[str, Message] = {
    "sigmoid": say("sigmoid"),
    "softmax": say("softmax"),
    "affine": say("affine"),
    "layer": say("layer"),
    "cell": say("cell"),
    "lstm": say("LSTM cell"),
    "cross_entropy": say("softmax with cross-entropy"),
    "squared_error": say("squared error"),
}
"""What each kind is called."""

FORMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sigmoid": ("sigmoid(a)", ("g*(1 - y)*y",)),
    "softmax": ("softmax(a)", ("y*(g - sum(g*y))",)),
    "affine": ("a @ b + c", ("g @ transpose(b)", "transpose(a) @ g", "g")),
    "cross_entropy": ("-sum(b*log(softmax(a)))", ("g*(softmax(a)*sum(b) - b)", "-g*log(softmax(a))")),
    "squared_error": ("sum((a - b)**2)", ("g*2*(a - b)", "-g*2*(a - b)")),
}
"""What a kind makes of its inputs a, b, c, and each one's share of the gradient g: as one gate."""


@dataclass(frozen=True)
class Group:
    """Nodes that fold into one.

    Args:
        kind: of `TITLES`. nodes: those inside, the result last. inputs: what comes in from outside, in the order
            of the kind's form where it has one. rule: whether `FORMS` tells its rule.
    """

    kind: str
    nodes: tuple[int, ...]
    inputs: tuple[int, ...]
    rule: bool = False

    @property
    def output(self) -> int:
        """The node of its result."""
        return self.nodes[-1]


def find(nodes: Sequence[Node]) -> list[Group]:
    """Return the groups of a graph; one that holds another comes after it."""
    finder = _Finder(nodes)
    for look in (finder.sigmoids, finder.softmaxes, finder.affines, finder.layers, finder.losses, finder.lstms):
        for group in list(look()):
            finder.take(group)
    return finder.groups


class _Finder:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.groups: list[Group] = []
        self.uses: list[list[int]] = [[] for _node in nodes]
        for node in nodes:
            for operand in node.operands:
                self.uses[operand].append(node.index)

    def take(self, group: Group) -> None:
        """Add a group, if it holds each other wholly or not at all and nothing inside is used outside."""
        mine = set(group.nodes)
        for other in self.groups:
            shared = mine & set(other.nodes)
            if shared and shared != set(other.nodes):
                return
        if all(set(self.uses[index]) <= mine for index in group.nodes[:-1]):
            self.groups.append(group)

    # what to look for

    def sigmoids(self) -> Iterator[Group]:
        """1/(1 + exp(-z))"""
        for node in self._named("divide"):
            one, below = self._operands(node)
            if not (_is(one, 1) and below.name == "add"):
                continue
            for first, second in (self._operands(below), self._operands(below)[::-1]):
                minus = self._operands(second)[0] if second.name == "exp" else None
                if _is(first, 1) and minus is not None and minus.name == "negative":
                    inside = (minus.index, second.index, below.index, node.index)
                    yield Group("sigmoid", inside, minus.operands, rule=True)

    def softmaxes(self) -> Iterator[Group]:
        """exp(z)/sum(exp(z))"""
        for node in self._named("divide"):
            above, below = self._operands(node)
            whole = below.name == "total" and below.value.ndim == 0
            if above.name == "exp" and whole and below.operands == (above.index,) and node.value.ndim == 1:
                yield Group("softmax", (above.index, below.index, node.index), above.operands, rule=True)

    def affines(self) -> Iterator[Group]:
        """Sums of products with a weight, and of biases: W x + b, w0*x0 + w1*x1 + b, W x + U h + b."""
        for node in reversed(self._named("add")):
            if any(self.nodes[user].name == "add" for user in self.uses[node.index]):
                continue  # part of a longer sum
            sums, terms = self._sum(node)
            products = [term for term in terms if self._is_product(term)]
            if not products or not all(term in products or term.name == "leaf" for term in terms):
                continue
            inside = sorted({one.index for one in (*sums, *products)})
            plain = len(terms) == 2 and products[0].name == "matmul" and len(products) == 1
            inputs = self._inputs(inside)
            if plain:
                bias = next(term.index for term in terms if term not in products)
                inputs = (*products[0].operands, bias)
                plain = self.nodes[bias].value.shape == node.value.shape and node.value.ndim > 0
            yield Group("affine", tuple(inside), inputs, rule=plain)

    def layers(self) -> Iterator[Group]:
        """An activation of an affine map; with two products in it, a recurrent cell."""
        maps = {group.output: group for group in self.groups if group.kind == "affine"}
        bends = {group.output: group for group in self.groups if group.kind == "sigmoid"}
        for node in self.nodes:
            if node.name in _ACTIVATIONS:
                into, own = node.operands[0], [node.index]
            elif node.index in bends:
                into, own = bends[node.index].inputs[0], [*bends[node.index].nodes]
            else:
                continue
            inner = maps.get(into)
            if inner is None and self.nodes[into].name == "matmul" and self._is_product(self.nodes[into]):
                inner = Group("affine", (into,), self.nodes[into].operands)
            if inner is None:
                continue
            inside = (*inner.nodes, *own)
            products = sum(self.nodes[index].name == "matmul" for index in inner.nodes)
            yield Group("cell" if products > 1 else "layer", inside, self._inputs(inside))

    def losses(self) -> Iterator[Group]:
        """-sum(t*log(softmax(z))), and sum((a - b)**2), also of one number."""
        for node in self._named("negative"):
            yield from self._cross_entropy(node)
        for node in self._named("power"):
            base, exponent = self._operands(node)
            if base.name != "subtract" or not _is(exponent, 2):
                continue
            inside: tuple[int, ...] = (base.index, node.index)
            end = node
            users = self.uses[node.index]
            if len(users) == 1 and self.nodes[users[0]].name == "total" and self.nodes[users[0]].value.ndim == 0:
                end = self.nodes[users[0]]
                inside = (*inside, end.index)
            same = self.nodes[base.operands[0]].value.shape == self.nodes[base.operands[1]].value.shape
            yield Group("squared_error", inside, base.operands, rule=same and end.value.ndim == 0)

    def _cross_entropy(self, node: Node) -> Iterator[Group]:
        total = self._operands(node)[0]
        product = self._operands(total)[0] if total.name == "total" and total.value.ndim == 0 else None
        if product is None or product.name != "multiply":
            return
        for target, logarithm in (self._operands(product), self._operands(product)[::-1]):
            inside: tuple[int, ...] = (logarithm.index, product.index, total.index, node.index)
            if logarithm.name == "log_softmax":
                scores = logarithm.operands[0]
            elif logarithm.name == "log" and self._operands(logarithm)[0].name == "softmax":
                soft = self._operands(logarithm)[0]
                inside, scores = (soft.index, *inside), soft.operands[0]
            else:
                continue
            plain = self.nodes[scores].value.shape == target.value.shape and target.value.ndim == 1
            yield Group("cross_entropy", inside, (scores, target.index), rule=plain)

    def lstms(self) -> Iterator[Group]:
        """o*tanh(f*c0 + i*g), the gates with it."""
        gates = {group.output: group for group in self.groups if group.kind in ("cell", "layer")}
        for node in self._named("multiply"):
            for gate, bent in (self._operands(node), self._operands(node)[::-1]):
                state = self._operands(bent)[0] if bent.name == "tanh" else None
                if gate.index not in gates or state is None or state.name != "add":
                    continue
                products = [term for term in self._operands(state) if term.name == "multiply"]
                factors = [index for product in products for index in product.operands]
                inner = {gate.index, *(index for index in factors if index in gates)}
                if len(products) == 2 and len(inner) == 4:
                    within = {index for output in inner for index in gates[output].nodes}
                    inside = sorted({*within, *(product.index for product in products), state.index, bent.index})
                    self._are_gates(within)
                    yield Group("lstm", (*inside, node.index), self._inputs((*inside, node.index)))

    def _are_gates(self, within: set[int]) -> None:
        """Call the layers inside an LSTM cell so: they are no cells of their own."""
        for place, group in enumerate(self.groups):
            if group.kind == "cell" and set(group.nodes) <= within:
                self.groups[place] = replace(group, kind="layer")

    # how to look

    def _named(self, name: str) -> list[Node]:
        return [node for node in self.nodes if node.name == name]

    def _operands(self, node: Node) -> list[Node]:
        return [self.nodes[index] for index in node.operands]

    def _sum(self, node: Node) -> tuple[list[Node], list[Node]]:
        """Return the additions below a node, itself first, and what they add."""
        sums, terms = [node], []
        for operand in self._operands(node):
            if operand.name == "add" and len(self.uses[operand.index]) == 1:
                inner, further = self._sum(operand)
                sums += inner
                terms += further
            else:
                terms.append(operand)
        return sums, terms

    def _is_product(self, node: Node) -> bool:
        """Return whether a node multiplies something by a weight: a variable; a number is used here alone."""
        if node.name not in ("matmul", "multiply") or len(self.uses[node.index]) != 1:
            return False
        leaves = [operand for operand in self._operands(node) if operand.name == "leaf"]
        return any(node.name == "matmul" or len(self.uses[leaf.index]) == 1 for leaf in leaves)

    def _inputs(self, inside: Sequence[int]) -> tuple[int, ...]:
        """Return what comes into some nodes from outside, constants apart, in the order of its use."""
        coming = (operand for index in inside for operand in self.nodes[index].operands)
        outside = (index for index in coming if index not in inside and self.nodes[index].name != "constant")
        return tuple(dict.fromkeys(outside))


def _is(node: Node, value: float) -> bool:
    return node.name == "constant" and node.value.ndim == 0 and float(node.value) == value
