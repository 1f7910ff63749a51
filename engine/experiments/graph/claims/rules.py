"""Claims on the rule itself: local times upstream, what gates do, the sigmoid as one gate, examples by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.graph import groups
from engine.experiments.graph.claims.measure import Preset, differences, farthest, gradients, graph_of
from engine.experiments.graph.walked import Walked
from engine.message import _, say

_TAPE = _("The tape")
_RULE = _("The local rule")
_GRAPH = _("Graph")
_WHERE = _("Back-propagation: computational graphs")

_SUM_TIMES_Z: Preset = {"expression": "(x + y)*z", "values": {"x": -2.0, "y": 5.0, "z": -4.0}}
_NEURON: Preset = {
    "expression": "1/(1 + exp(-(w0*x0 + w1*x1 + w2)))",
    "values": {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0},
}
_GATES: Preset = {"expression": "2*(x*y + max(z, w)) + x", "values": {"x": 3.0, "y": -4.0, "z": 2.0, "w": -1.0}}
_BRANCHES: Preset = {"expression": "a = x*y\nb = sin(x)\na + b*x", "values": {"x": 2.0, "y": 3.0}}
_CELLS: Preset = {
    "expression": "h1 = tanh(Wx @ x1 + Wh @ h0 + b)\nh2 = tanh(Wx @ x2 + Wh @ h1 + b)\nsum((h2 - t)**2)",
    "values": {},
}


def _local_times_upstream(seeds: Sequence[int]) -> Verdict:
    """B1: what each node sends is its local derivative times what arrives; the sums are the true gradients."""
    worst = rule = 0.0
    edges = graphs = 0
    for preset in (_SUM_TIMES_Z, _NEURON, _BRANCHES, _CELLS):
        for seed in seeds:
            seen = graph_of(preset, seed)
            numeric, _evaluations = differences(seen)
            worst = max(worst, farthest(gradients(seen), numeric))
            graphs += 1
            for node in seen.nodes:
                arrives = seen.of(node, seen.gradients)
                for place in range(len(node.operands)):
                    share, slope = seen.share(node, place, seen.shares), seen.share(node, place, seen.local)
                    if share is not None and slope is not None and np.isfinite(slope).all():
                        rule = max(rule, float(np.abs(share - slope * arrives).max()))
                        edges += 1
    return Verdict(
        "yes" if worst < 1e-8 and rule < 1e-12 else "no",
        say(
            "In {graphs} graphs {edges} edges carried back their local derivative times what arrived; the largest "
            "error was {rule:.0e}. The sums at the variables were the numeric gradients.",
            graphs=graphs,
            edges=edges,
            rule=rule,
        ),
        say("Largest difference from the numeric gradient: {worst:.0e}.", worst=worst),
        equal(graphs, _("node by node"), _("numeric gradient"), unit=_("graphs")),
    )


def _gates_do_as_they_are_called(seeds: Sequence[int]) -> Verdict:
    """B2: add sends what arrives to both, max to the larger, multiply sends each the other; branches add up."""
    wrong = looks = 0
    for seed in seeds:
        for preset in (_GATES, _BRANCHES):
            seen = graph_of(preset, seed)
            found = [_keeps_its_rule(seen, index) for index in range(len(seen.nodes))]
            wrong += found.count(False)
            looks += len(found)
    shown = graph_of(_GATES)
    found_by = {name: float(part) for name, part in gradients(shown).items()}
    x = next(node for node in shown.leaves if node.label == "x")
    sent = [
        shown.share(user, place, shown.shares)
        for user in shown.nodes
        for place, operand in enumerate(user.operands)
        if operand == x.index
    ]
    parts = [float(share) for share in sent if share is not None]
    adds = parts == [-8.0, 1.0] and found_by == {"x": -7.0, "y": 6.0, "z": 2.0, "w": 0.0}
    return Verdict(
        "yes" if not wrong and adds else "no",
        say(
            "{looks} nodes with random values kept their rule: add sent on what arrived, max sent it to the "
            "larger one and 0 to the other, multiply sent each the other one times it.",
            looks=looks,
        ),
        say(
            "max sends {z:.0f} to z and {w:.0f} to w; x receives {first:.0f} + {second:.0f} = {whole:.0f}.",
            z=found_by["z"],
            w=found_by["w"],
            first=parts[0],
            second=parts[1],
            whole=found_by["x"],
        ),
        equal(2 * len(seeds), _("the tape"), _("the rules"), unit=_("graphs")),
    )


def _keeps_its_rule(seen: Walked, index: int) -> bool:
    """Return whether a node that adds, multiplies or chooses sends what the claim says."""
    node = seen.nodes[index]
    if node.name not in ("add", "multiply", "maximum"):
        return True
    arrives = float(seen.of(node, seen.gradients))
    a, b = (float(seen.nodes[operand].value) for operand in node.operands)
    due = {
        "add": (arrives, arrives),
        "multiply": (arrives * b, arrives * a),
        "maximum": (arrives * (a > b), arrives * (b > a)),
    }[node.name]
    sent = [seen.share(node, place, seen.shares) for place in range(2)]
    return all(share is None or float(share) == one for share, one in zip(sent, due, strict=True))


def _sigmoid_is_one_gate(seeds: Sequence[int]) -> Verdict:
    """B3: four gates of the sigmoid send together what (1 - s)s says; the notes' neuron has the notes' numbers."""
    seen = graph_of(_NEURON)
    found = {name: float(part) for name, part in gradients(seen).items()}
    result = float(seen.output.value)
    printed = [f"{found[name]:.2f}" for name in ("w0", "w1", "w2", "x0", "x1")]
    worst = 0.0
    for seed in seeds:
        drawn = graph_of(_NEURON, seed)
        group = next(group for group in groups.find(drawn.nodes) if group.kind == "sigmoid")
        s = float(drawn.nodes[group.output].value)
        inner = float(drawn.of(drawn.nodes[group.inputs[0]], drawn.gradients))
        worst = max(worst, abs(inner - (1 - s) * s))
    right = printed == ["-0.20", "-0.39", "0.20", "0.39", "-0.59"] and f"{result:.2f}" == "0.73"
    return Verdict(
        "yes" if right and worst < 1e-15 else "no",
        say(
            "The neuron gives {result:.2f}; by its weights {w0:.2f}, {w1:.2f}, {w2:.2f}, by its inputs {x0:.2f}, "
            "{x1:.2f}. For {seeds} other neurons the four gates together sent (1 − s)s, to within {worst:.0e}.",
            result=result,
            seeds=len(seeds),
            worst=worst,
            **found,
        ),
        say("(1 − 0.73) · 0.73 = {slope:.2f} goes back through the sigmoid.", slope=(1 - result) * result),
        equal(len(seeds), _("four gates"), _("one gate"), unit=_("neurons")),
    )


def _by_hand(seeds: Sequence[int]) -> Verdict:
    """B4: (x + y)z at (-2, 5, -4)."""
    del seeds
    seen = graph_of(_SUM_TIMES_Z)
    found = {name: float(part) for name, part in gradients(seen).items()}
    result = float(seen.output.value)
    right = result == -12.0 and found == {"x": -4.0, "y": -4.0, "z": 3.0}
    return Verdict(
        "yes" if right else "no",
        say(
            "Forward: x + y = {sum:.0f}, times z is {result:.0f}. Backward: multiply sends {x:.0f} to the sum and "
            "{z:.0f} to z, and the sum sends {x:.0f} to both.",
            sum=float(seen.nodes[2].value),
            result=result,
            **found,
        ),
        say("The gradient by x, y, z is {x:.0f}, {y:.0f}, {z:.0f}.", **found),
        equal(1, _("the tape"), _("the notes"), unit=_("graphs")),
    )


RULES = (
    Claim(
        "B1",
        _("Backward, each node multiplies the gradient that arrives by its local gradient, node by node."),
        _CELLS,
        _local_times_upstream,
        where=_WHERE,
        look=Look(_GRAPH, panels=(_TAPE, _RULE)),
        prediction=Prediction(
            _("A node computes y from a, and dL/dy arrives. What does it send back to a?"),
            ("dL/dy + dy/da", "dL/dy · dy/da", "dy/da"),
            1,
        ),
        try_this=_("Step back from the result: read what arrives, the local rule, and what leaves."),
    ),
    Claim(
        "B2",
        _("Add distributes the gradient, max routes it, multiply swaps it; where branches meet, gradients add."),
        _GATES,
        _gates_do_as_they_are_called,
        where=_("Back-propagation: patterns in backward flow"),
        by_construction=True,
        look=Look(_GRAPH, panels=(_TAPE,)),
        prediction=Prediction(
            _("max(z, w) with z = 2 and w = −1: 2 arrives. What do z and w receive?"), ("1, 1", "2, 2", "2, 0"), 2
        ),
        try_this=_("Drag w above 2: the gradient changes over to w."),
    ),
    Claim(
        "B3",
        _("The sigmoid can be taken as one gate, with the local gradient (1 − s)s."),
        _NEURON,
        _sigmoid_is_one_gate,
        where=_("Back-propagation: the sigmoid gate"),
        look=Look(_GRAPH, panels=(_TAPE,)),
        prediction=Prediction(
            _("The neuron's result is s = 0.73. What goes back through its sigmoid?"), ("0.73", "0.27", "0.20"), 2
        ),
        try_this=_(
            "Fold the sigmoid into one gate: the same number leaves it. Then drag a weight until s is near 1."
        ),
    ),
    Claim(
        "B4",
        _("f = (x + y)z at x = −2, y = 5, z = −4 is −12; its gradient is (−4, −4, 3)."),
        _SUM_TIMES_Z,
        _by_hand,
        where=_("Back-propagation: a simple example"),
        look=Look(_GRAPH, panels=(_TAPE,)),
        prediction=Prediction(_("f = (x + y)z at x = −2, y = 5, z = −4. What is df/dz?"), ("−4", "3", "−12"), 1),
        try_this=_("Drag x by 1: the result changes by −4, just as the gradient says."),
    ),
)
