"""Claims on what the way back costs: against differences, against Jacobians, and what forward must keep for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.expression import read_expression
from engine.autodiff.tape import backward
from engine.claim import Budget, Claim, Look, Prediction, Verdict, equal
from engine.experiments.graph.claims.measure import Preset, differences, farthest, gradients, graph_of
from engine.experiments.graph.kept import kept_bytes
from engine.experiments.graph.questions.jacobian import FUNCTIONS, LARGE, full
from engine.experiments.graph.questions.numeric import timed
from engine.message import _, say

_NET: Preset = {
    "expression": "h = tanh(W1 @ x + b1)\nz = W2 @ h + b2\n-sum(t*log_softmax(z))",
    "values": {"t": [0.0, 1.0, 0.0]},
}
_RELU: Preset = {"expression": "h = relu(W @ x + b)\nsum(h)", "values": {}}
_MANY = 1000


def _numeric_is_right_and_slow(seeds: Sequence[int]) -> Verdict:
    """B5: differences agree; they need evaluations for every input, backward one pass."""
    worst, evaluations, inputs = 0.0, 0, 0
    for seed in seeds:
        seen = graph_of(_NET, seed)
        numeric, spent = differences(seen)
        worst = max(worst, farthest(gradients(seen), numeric))
        evaluations += spent
        inputs = sum(value.size for value in seen.inputs.values())
    seconds, once = timed(_MANY)
    return Verdict(
        "yes" if worst < 1e-8 and seconds > 10 * once else "no",
        say(
            "For {count} nets of {inputs} inputs the two gradients differed by {worst:.0e} at most. With {many} "
            "inputs the central differences took {ratio:.0f} times as long as one pass forward and backward, "
            "timed on this machine.",
            count=len(seeds),
            inputs=inputs,
            worst=worst,
            many=_MANY,
            ratio=seconds / once,
        ),
        say("With {many} inputs: {evaluations} evaluations, or one pass.", many=_MANY, evaluations=2 * _MANY),
        (
            Budget(_("Differences"), evaluations, _("evaluations of the net")),
            Budget(_("Back-propagation"), len(seeds), _("evaluations of the net")),
        ),
    )


def _elementwise_is_diagonal(seeds: Sequence[int]) -> Verdict:
    """B6: off the diagonal an elementwise function has only zeros; softmax is full; the product needs none."""
    plain = ("relu", "tanh", "sigmoid", "exp")
    beside = 0
    least = np.inf
    worst = 0.0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x, upstream = rng.normal(size=24), rng.normal(size=24)
        for name in plain:
            matrix = full(FUNCTIONS[name], x)
            beside += int(np.count_nonzero(matrix - np.diag(np.diag(matrix))))
            worst = max(worst, float(np.abs(upstream @ matrix - upstream * np.diag(matrix)).max()))
        least = min(least, float(np.abs(full(FUNCTIONS["softmax"], x)).min()))
    return Verdict(
        "yes" if beside == 0 and least > 0 and worst < 1e-14 else "no",
        say(
            "In {count} Jacobians of ReLU, tanh, the sigmoid and exp no entry beside the diagonal was other "
            "than 0, and multiplying entry by entry gave the product with the matrix. That of softmax had no 0 "
            "at all.",
            count=len(plain) * len(seeds),
        ),
        say(
            "4096 × 4096 numbers are {matrix:.0f} MB; the vector that is needed is {vector:.0f} kB.",
            matrix=LARGE**2 * 8 / 1e6,
            vector=LARGE * 8 / 1e3,
        ),
        equal(len(plain) * len(seeds), _("with the matrix"), _("entry by entry"), unit=_("products")),
    )


def _blocks_compose(seeds: Sequence[int]) -> Verdict:
    """B7: two layers, each with its own forward and backward, give the gradients of the whole."""
    first, second = "h = tanh(W1 @ x + b1)", "z = W2 @ h + b2; -sum(t*log_softmax(z))"
    worst = 0.0
    numbers = held = 0
    for seed in seeds:
        seen = graph_of(_NET, seed)
        whole = gradients(seen)
        lower = read_expression(first).record({name: seen.inputs[name] for name in ("W1", "x", "b1")})
        given = {name: seen.inputs[name] for name in ("W2", "b2", "t")}
        upper = read_expression(second).record({**given, "h": lower.result.value})
        backward(upper.result)
        backward(lower.result, upper.inputs["h"].gradient)
        leaves = {**lower.inputs, **{name: upper.inputs[name] for name in given}}
        parts = {name: leaf.gradient for name, leaf in leaves.items() if leaf.gradient is not None}
        worst = max(worst, farthest(whole, parts))
        held, numbers = kept_bytes(seen) // 8, seen.values.size
    return Verdict(
        "yes" if worst < 1e-15 else "no",
        say(
            "The upper layer passed dL/dh down and nothing else; the lower one went on with it. For {count} nets "
            "the gradients were those of the whole; the largest difference was {worst:.0e}.",
            count=len(seeds),
            worst=worst,
        ),
        say(
            "Of {numbers} numbers that forward computed or was given, backward uses {held}.",
            numbers=numbers,
            held=held,
        ),
        equal(len(seeds), _("in one piece"), _("in two blocks"), unit=_("nets drawn")),
    )


_GRAPH = _("Graph")

COST = (
    Claim(
        "B5",
        _("The numeric gradient is easy, approximate and slow; the analytic one is exact and fast."),
        _NET,
        _numeric_is_right_and_slow,
        where=_("Back-propagation: numeric and analytic gradient"),
        look=Look(_("Numeric gradient"), panels=(_("Differences against h"), _("What it costs"))),
        prediction=Prediction(
            _("A function has 1000 inputs. How often do central differences evaluate it?"),
            (_("once"), _("1000 times"), _("2000 times")),
            2,
        ),
        try_this=_("Look at the error against h: it falls with h until rounding takes over."),
        unequal=_("That their costs differ is what the claim says."),
    ),
    Claim(
        "B6",
        _("The Jacobian of an elementwise function is diagonal: a 4096 × 4096 one is never formed."),
        _RELU,
        _elementwise_is_diagonal,
        where=_("Back-propagation: vectorized operations"),
        look=Look(_("Jacobians"), panels=(_("The Jacobian"),)),
        prediction=Prediction(
            _("ReLU of 4096 inputs. What does its Jacobian look like?"),
            (_("full"), _("diagonal, with 0 and 1"), _("all ones")),
            1,
        ),
        try_this=_("Choose softmax: its Jacobian is full."),
    ),
    Claim(
        "B7",
        _("Layers compose like blocks, each with a forward and a backward: forward keeps what backward uses."),
        _NET,
        _blocks_compose,
        where=_("Back-propagation: modules with forward and backward"),
        look=Look(_GRAPH, panels=(_("The tape"),)),
        prediction=Prediction(
            _("What must the upper layer pass down, so that the lower one finds its own gradients?"),
            (_("the gradient by its input"), _("all its weights"), _("the loss")),
            0,
        ),
        try_this=_("Fold a layer: one value goes out of it, one gradient comes back."),
    ),
)
