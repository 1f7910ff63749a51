"""“hello” by hand: every number of a small RNN, forward and backward, each gradient checked by differences.

a_t = Wxh x_t + Whh h_(t-1) + bh     h_t = tanh(a_t)     y_t = Why h_t + by
p_t = softmax(y_t)                   L = sum_t -ln p_t[next]

dh_t = Why^T (p_t - target_t)  [from the output]  +  Whh^T delta_(t+1)  [from the next step]
delta_t = (1 - h_t^2) dh_t        dWhh = sum_t delta_t h_(t-1)^T        dWxh = sum_t delta_t x_t^T
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array, Tensor, primitive, read
from engine.frame import ArraySpec, Value
from engine.message import _
from engine.nn.dropout import Rng
from engine.nn.layout import Entry, Layout, Values
from engine.nn.training import Trainer
from engine.optimizers.sgd import SGD

ALPHABET = "helo"
INPUT, TARGET = "hell", "ello"
HIDDEN = 3
RATE = 0.1
STEP = 1e-6
"""Of the numeric gradient's differences."""

SHAPES: Mapping[str, tuple[int, ...]] = {
    "Wxh": (HIDDEN, len(ALPHABET)),
    "Whh": (HIDDEN, HIDDEN),
    "bh": (HIDDEN,),
    "Why": (len(ALPHABET), HIDDEN),
    "by": (len(ALPHABET),),
}
_T, _H, _V = "character", "unit", "letter"
_AXES: Mapping[str, tuple[str, ...]] = {
    "Wxh": (_H, _V),
    "Whh": (_H, "from"),
    "bh": (_H,),
    "Why": (_V, _H),
    "by": (_V,),
}
ARRAYS: Mapping[str, ArraySpec] = {
    **{name: ArraySpec(axes, _("The weights")) for name, axes in _AXES.items()},
    "x": ArraySpec((_T, _V), _("One-hot inputs")),
    "a": ArraySpec((_T, _H), _("Pre-activation a, before tanh")),
    "h": ArraySpec((_T, _H), _("Hidden state, h₀ = 0 first")),
    "y": ArraySpec((_T, _V), _("Scores")),
    "p": ArraySpec((_T, _V), _("Probabilities")),
    "losses": ArraySpec((_T,), _("Loss of each character"), _("nats")),
    "targets": ArraySpec((_T,), _("The characters that come next")),
    "dy": ArraySpec((_T, _V), _("Gradient by the scores")),
    "dh_output": ArraySpec((_T, _H), _("Gradient by the state, from the output")),
    "dh_future": ArraySpec((_T, _H), _("Gradient by the state, from the next step")),
    "dh": ArraySpec((_T, _H), _("Gradient by the state")),
    "delta": ArraySpec((_T, _H), _("Gradient by the pre-activation, δ")),
    **{
        f"d{name}_t": ArraySpec((_T, *axes), _("What each step adds to the gradient"))
        for name, axes in _AXES.items()
    },
    **{f"d{name}": ArraySpec(axes, _("Gradient by the weights")) for name, axes in _AXES.items()},
    **{f"numeric_d{name}": ArraySpec(axes, _("Gradient by central differences")) for name, axes in _AXES.items()},
    "curve": ArraySpec(("trained",), _("Loss of the four characters after so many steps of descent"), _("nats")),
    "characters": ArraySpec((), _("The alphabet: a character's number is its place here")),
}
"""What `numbers` gives."""

LECTURE_STATES = np.array([[0.3, -0.1, 0.9], [0.9999, 0.3, 0.1], [0.1, -0.5, -0.3], [-0.3, 0.9, 0.7]])
LECTURE_SCORES = np.array(
    [[1.0, 2.2, -3.0, 4.1], [0.5, 0.3, -1.0, 1.2], [0.1, 0.5, 1.9, -1.1], [0.2, -1.5, -0.1, 2.2]]
)
"""The lecture's hidden states and scores after h, e, l and l, to one decimal; its 1.0, which tanh does not reach,
is 0.9999 here. Source: Karpathy 2015, The Unreasonable Effectiveness of Recurrent Neural Networks; CS231n, lecture
10.
"""

LAYOUT = Layout([Entry(name, shape, "weight" if len(shape) > 1 else "bias") for name, shape in SHAPES.items()])


def weights(seed: int) -> dict[str, Array]:
    """Return small weights: uniform in ±1/√H, the readout 0, so that the first guess is even and L = 4 ln 4."""
    rng = np.random.default_rng([seed, 11])
    drawn = {name: rng.uniform(-1, 1, shape) / np.sqrt(HIDDEN) for name, shape in SHAPES.items()}
    return {**drawn, "Why": np.zeros(SHAPES["Why"]), "by": np.zeros(SHAPES["by"]), "bh": np.zeros(HIDDEN)}


def lecture_weights() -> dict[str, Array]:
    """Return weights that give the lecture's hidden states and scores exactly; the lecture itself names none.

    The columns of Wxh and the smallest Whh follow from atanh h_t = Wxh x_t + Whh h_(t-1), where the two l's share
    a column; Why and by solve four equations for each letter.
    """
    h, enters = LECTURE_STATES, np.arctanh(LECTURE_STATES)
    apart = h[2] - h[1]  # the states before the two l's
    Whh = np.outer(enters[3] - enters[2], apart) / (apart @ apart)
    Wxh = np.zeros(SHAPES["Wxh"])
    for t, letter in enumerate(INPUT[:3]):
        Wxh[:, ALPHABET.index(letter)] = enters[t] - (Whh @ h[t - 1] if t else 0)
    readout = np.linalg.solve(np.column_stack([h, np.ones(len(h))]), LECTURE_SCORES).T
    return {"Wxh": Wxh, "Whh": Whh, "bh": np.zeros(HIDDEN), "Why": readout[:, :HIDDEN], "by": readout[:, HIDDEN]}


def forward(W: Mapping[str, Array]) -> dict[str, Array]:
    """Return x, a, h (with h_0 = 0 first), y, p and the losses of the four steps."""
    x = np.eye(len(ALPHABET))[[ALPHABET.index(c) for c in INPUT]]
    targets = [ALPHABET.index(c) for c in TARGET]
    h, a = np.zeros((len(x) + 1, HIDDEN)), np.zeros((len(x), HIDDEN))
    for t, x_t in enumerate(x):
        a[t] = W["Wxh"] @ x_t + W["Whh"] @ h[t] + W["bh"]
        h[t + 1] = np.tanh(a[t])
    y = h[1:] @ W["Why"].T + W["by"]
    e = np.exp(y - y.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    losses = -np.log(p[np.arange(len(x)), targets])
    return {"x": x, "a": a, "h": h, "y": y, "p": p, "losses": losses, "targets": np.array(targets, np.int32)}


def backward(W: Mapping[str, Array], seen: Mapping[str, Array]) -> dict[str, Array]:
    """Return the gradients: of each step's scores and state, and what each step adds to each weight's.

    ``dWhh_t`` (T, 3, 3) and its like are the steps' parts, ``dWhh`` their sum.
    """
    x, h, T = seen["x"], seen["h"], len(seen["x"])
    dy = seen["p"].copy()
    dy[np.arange(T), seen["targets"]] -= 1
    output, future, delta = np.zeros((T, HIDDEN)), np.zeros((T, HIDDEN)), np.zeros((T, HIDDEN))
    for t in reversed(range(T)):
        output[t] = W["Why"].T @ dy[t]
        if t + 1 < T:
            future[t] = W["Whh"].T @ delta[t + 1]
        delta[t] = (1 - h[t + 1] ** 2) * (output[t] + future[t])
    parts = {
        "dWxh_t": delta[:, :, None] * x[:, None, :],
        "dWhh_t": delta[:, :, None] * h[:-1, None, :],
        "dbh_t": delta,
        "dWhy_t": dy[:, :, None] * h[1:, None, :],
        "dby_t": dy,
    }
    sums = {name.removesuffix("_t"): part.sum(axis=0) for name, part in parts.items()}
    return {
        "dy": dy,
        "dh_output": output,
        "dh_future": future,
        "dh": output + future,
        "delta": delta,
        **parts,
        **sums,
    }


def numeric(W: Mapping[str, Array]) -> dict[str, Array]:
    """Return the gradient of every weight by central differences."""
    found = {}
    for name, weight in W.items():
        gradient = np.zeros_like(weight)
        for index in np.ndindex(weight.shape):
            sides = []
            for sign in (STEP, -STEP):
                moved = weight.copy()
                moved[index] += sign
                sides.append(forward({**W, name: moved})["losses"].sum())
            gradient[index] = (sides[0] - sides[1]) / (2 * STEP)
        found[f"numeric_d{name}"] = gradient
    return found


def _loss(parameters: Values, _rng: Rng = None) -> Tensor:
    """Return the summed loss with the gradients worked out by hand, as one operation of the tape."""
    W = {name: read(parameters[name]) for name in SHAPES}
    seen = forward(W)
    found = backward(W, seen)
    leaves = tuple(parameters[name] for name in SHAPES)
    return primitive(seen["losses"].sum(), leaves, lambda g: [g * found[f"d{name}"] for name in SHAPES], "hello")


def numbers(trained: int = 0, seed: int = 0, lecture: bool = False) -> dict[str, Value]:
    """Return every number after so many steps of plain descent with the learning rate 0.1.

    Args:
        trained: steps. seed: draws the first weights.
        lecture: whether to begin with the lecture's own numbers, not with small random weights.

    Returns:
        the weights by name; x, a, h, y, p, losses; dy, dh_output, dh_future, dh, delta; the parts of the
        gradients by step (``dWhh_t``), their sums (``dWhh``) and the numeric ones (``numeric_dWhh``); ``curve``,
        the loss by step.
    """
    parameters = LAYOUT.parameters(LAYOUT.start())
    W = parameters.views
    for name, weight in (lecture_weights() if lecture else weights(seed)).items():
        W[name][...] = weight
    trainer = Trainer(parameters, SGD(learning_rate=RATE))
    curve = [trainer.step(_loss).loss for _ in range(trained)]
    seen = forward(W)
    return {
        **W,
        **seen,
        **backward(W, seen),
        **numeric(W),
        "curve": np.array([*curve, seen["losses"].sum()]),
        "characters": ALPHABET,
    }
