"""Claims on the way back through time: truncation, singular values, clipping, the need of a squashing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import backward
from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.data.languages import exclusive_or_entropy
from engine.experiments.charrnn.claims.measure import Plain, begun, characters, drawn, flow, left, rate, trained
from engine.message import _, say
from engine.nn.recurrent import RecurrentNet, Window
from engine.nn.recurrent.net import Squashing

_LEARNING, _TIME, _BACK = _("Learning"), _("Gradient through time"), _("The gradient on its way back")
_WINDOWS: Plain = {"corpus": "reference", "cell": "rnn", "hidden_size": 64, "sequence_length": 25, "steps": 1000}


def _cut_at_the_window(seeds: Sequence[int]) -> Verdict:
    """N7: the gradient takes the carried state as given; buffers grow with the window."""
    given = whole = 0.0
    for seed in seeds:
        architecture, theta = drawn("rnn", 8, seed)
        views, ids = architecture.layout.views(theta), characters(seed, 21)
        net = Window(architecture, 1, 10, np.float64)
        net.forward(views, ids[:10])
        states = net.last_states()
        parameters = architecture.layout.parameters(theta)
        backward(net.loss(parameters, ids[10:20], ids[11:21], states))
        direction = np.random.default_rng(seed).normal(size=len(theta))
        slopes: list[list[float]] = [[], []]
        for sign in (1e-6, -1e-6):
            moved = architecture.layout.views(theta + sign * direction)
            slopes[0].append(float(net.loss(moved, ids[10:20], ids[11:21], states).value))
            net.forward(moved, ids[:10])
            slopes[1].append(float(net.loss(moved, ids[10:20], ids[11:21], net.last_states()).value))
        cut, full = ((a - b) / 2e-6 for a, b in slopes)
        ours = float(parameters.gradient @ direction)
        given, whole = max(given, abs(ours - cut) / abs(cut)), max(whole, abs(ours - full) / abs(full))
    sizes = [_buffers(length) for length in (25, 50, 100)]
    return Verdict(
        "yes" if given < 1e-6 < whole and 1.8 < sizes[1] / sizes[0] < 2.1 else "no",
        say(
            "With the carried state held fixed, the gradient of a window is exact, to within {given:.0e}. "
            "It differs from the gradient through both windows by up to {whole:.1%}. The memory does not "
            "depend on the length of the text.",
            given=given,
            whole=whole,
        ),
        say(
            "Memory of an LSTM: {a:.1f} MB with window 25, {b:.1f} MB with 50, {c:.1f} MB with 100.",
            a=sizes[0],
            b=sizes[1],
            c=sizes[2],
        ),
        equal(
            2 * len(seeds), _("cut at the window"), _("through both windows"), unit=_("evaluations of the loss")
        ),
    )


def _buffers(length: int) -> float:
    net = Window(RecurrentNet("lstm", 60, 60, 128), 32, length)
    arrays = [array for cell in net.cells for array in vars(cell).values() if isinstance(array, np.ndarray)]
    held = {id(array): array.nbytes for array in arrays if array.ndim == 3}
    return sum(held.values()) / 1e6


_FLOW: Plain = {
    "corpus": "reference",
    "cell": "rnn",
    "activation": "linear",
    "hidden_size": 64,
    "init": "orthogonal",
    "spectral_radius": 1.1,
    "steps": 200,
    "optimizer": rate(learning_rate=0.0005),
    "clip": {"mode": "norm"},
}
LAG = 40


def _singular_values_decide(seeds: Sequence[int]) -> Verdict:
    """N8: Wh orthogonal, all its singular values alike; what is left of dL/dh, as the panel shows it."""

    def shares(radius: float, squashing: Squashing) -> list[float]:
        runs = (begun(_FLOW, seed, activation=squashing, spectral_radius=radius) for seed in seeds)
        return [float(left(flow(run)["hidden"], LAG)[0]) for run in runs]

    kinds: tuple[Squashing, ...] = ("linear", "tanh", "relu")
    small = [share for kind in kinds for share in shares(0.9, kind)]
    large, squashed, cut = (shares(1.1, kind) for kind in kinds)
    vanish = max(small) <= 0.9**LAG * 1.001
    explode = min(large) > 10
    return Verdict(
        "yes" if vanish and explode else "half" if vanish or explode else "no",
        say(
            "With 0.9 the gradient shrank in every net, with tanh, with ReLU and linear: at most "
            "{small:.2g} of it was left, and 0.9 to the power {lag} is {bound:.2g}. Above 1 it can explode "
            "but need not: with 1.1 it shrank in {vanished} of {seeds} nets with tanh and in {cut} with ReLU, "
            "because their slopes are at most 1.",
            small=max(small),
            lag=LAG,
            bound=0.9**LAG,
            vanished=sum(share < 1 for share in squashed),
            cut=sum(share < 1 for share in cut),
            seeds=len(seeds),
        ),
        say(
            "Size of the gradient {lag} characters back: {large:.0f} times with 1.1, {small:.3f} times with 0.9.",
            lag=LAG,
            large=min(large),
            small=max(small),
        ),
        equal(len(kinds) * len(seeds), "σ = 0.9", "σ = 1.1", unit=_("nets drawn")),
    )


_EXPLODING: Plain = {
    "corpus": "reference",
    "cell": "rnn",
    "activation": "relu",
    "hidden_size": 32,
    "batch_size": 8,
    "sequence_length": 40,
    "steps": 300,
    "optimizer": {"rule": "sgd", "learning_rate": 0.2},
    "clip": {"mode": "norm", "threshold": 1.0},
    "spectral_radius": 1.3,
}


_CLIPPED = 40
"""Steps with and without clipping."""


def _clipping_bounds_the_step(seeds: Sequence[int]) -> Verdict:
    """N9: under SGD no step is longer than the learning rate times the threshold."""
    longest, raw, unclipped, stopped = 0.0, 0.0, 0.0, 0
    for seed in seeds:
        simulation = begun(_EXPLODING, seed)
        for _step in range(_CLIPPED):
            before = simulation.learners[0].theta.copy()
            norms = np.asarray(simulation.advance(1)["gradient_norm"])
            longest = max(longest, float(np.linalg.norm(simulation.learners[0].theta - before)))
            raw = max(raw, float(norms[0]))
        free, frame = trained(_EXPLODING, _CLIPPED, seed, clip={"mode": "none"})
        norms = np.asarray(frame["gradient_norm"])
        unclipped = max(unclipped, float(norms[np.isfinite(norms)].max(initial=0)))
        stopped += bool(free.status)
    return Verdict(
        "yes" if longest <= 0.2 * 1.001 else "no",
        say(
            "The bound is the learning rate 0.2 times the threshold 1. Gradients reached {raw:.3g}. "
            "Without clipping they reached {unclipped:.3g}, and {stopped} of {seeds} runs exploded within "
            "{steps} steps. The bound holds for SGD; rules that rescale the gradient have other bounds.",
            raw=raw,
            unclipped=unclipped,
            stopped=stopped,
            seeds=len(seeds),
            steps=_CLIPPED,
        ),
        say("The longest step is {longest:.4f}; the bound is 0.2.", longest=longest),
        equal(_CLIPPED * len(seeds), _("Clipped"), _("Not clipped")),
    )


_LINEAR: Plain = {
    "corpus": "exclusive_or",
    "cell": "rnn",
    "activation": "linear",
    "hidden_size": 24,
    "batch_size": 32,
    "sequence_length": 24,
    "steps": 400,
    "optimizer": rate(learning_rate=0.02),
    "clip": {"mode": "norm"},
}


def _linear_is_one_map(seeds: Sequence[int]) -> Verdict:
    """N10: without tanh, h_T is a fixed linear map of the inputs, and cannot join two of them."""
    worst, bent = 0.0, []
    for seed in seeds:
        ids = characters(seed, 31, 3)[:-1]
        x = np.eye(12)[ids].transpose(0, 2, 1)
        mixed = np.ascontiguousarray(np.stack([x[:, :, 0], x[:, :, 1], x[:, :, 0] + x[:, :, 1]], axis=2))
        for activation in ("linear", "tanh"):
            architecture, theta = drawn("rnn", 10, seed, activation=activation)
            views = architecture.layout.views(theta)
            views["bx0"][...] = views["bh0"][...] = 0
            net = Window(architecture, 3, 30, np.float64)
            net.forward(views, mixed)
            h = net.cells[0].H[30]
            gap = float(np.abs(h[:, 2] - h[:, 0] - h[:, 1]).max())
            if activation == "linear":
                worst = max(worst, gap)
            else:
                bent.append(gap)
    kinds: tuple[Squashing, ...] = ("linear", "tanh")
    losses = np.array(
        [
            [
                float(trained(_LINEAR, _LINEAR["steps"], seed, activation=kind)[1]["validation_now"][0])
                for kind in kinds
            ]
            for seed in seeds
        ]
    )
    coin, best = 0.75 * float(np.log(2)), exclusive_or_entropy()
    linear, squashed = (float(loss) for loss in np.median(losses, axis=0))
    needs = worst < 1e-12 and losses[:, 0].min() > 0.98 * coin
    return Verdict(
        "yes" if needs and squashed < 1.1 * best else "half" if needs else "no",
        say(
            "Over thirty linear steps the output for a sum of two inputs is the sum of the outputs, to "
            "within {worst:.0e}; with tanh the two differ by {bent:.2g}. In every line the third character is the "
            "exclusive or of the two before it, which no linear map can compute. With it the loss is {best:.3f}, "
            "guessing it {coin:.3f}; no linear net came below {least:.3f}. Numbers are medians over {seeds} nets "
            "after {steps} updates.",
            worst=worst,
            bent=min(bent),
            best=best,
            coin=coin,
            least=float(losses[:, 0].min()),
            seeds=len(seeds),
            steps=_LINEAR["steps"],
        ),
        say("Held-out loss: linear {linear:.3f}, tanh {tanh:.3f}.", linear=linear, tanh=squashed),
        equal(_LINEAR["steps"] * len(seeds), _("Linear"), "tanh"),
    )


TIME = (
    Claim(
        "N7",
        _(
            "Truncated back-propagation carries the state forward and cuts the gradient at the start of the "
            "window. Its memory grows with the window, not with the text."
        ),
        _WINDOWS,
        _cut_at_the_window,
        where=_("Recurrent nets: truncated back-propagation"),
        look=Look(_TIME, panels=(_BACK,)),
        prediction=Prediction(
            _("The window is made twice as long. What happens to the memory that training needs?"),
            (_("it stays the same"), _("it doubles"), _("it grows fourfold")),
            1,
        ),
        try_this=_("Set the window to 50: the line where training cuts the gradient moves to 50."),
    ),
    Claim(
        "N8",
        _(
            "If the largest singular value of Whh is above 1, gradients can explode; if it is below 1, they "
            "vanish."
        ),
        _FLOW,
        _singular_values_decide,
        where=_("Recurrent nets: the gradient through time"),
        look=Look(_TIME, step=0, panels=(_BACK,)),
        prediction=Prediction(
            _("All singular values are 1.1 and h = tanh(...). What happens to the gradient over 40 steps?"),
            (_("it explodes in every net"), _("it can still shrink")),
            1,
        ),
        try_this=_("Choose tanh as the activation: the gradient shrinks, although σ₁ is 1.1."),
    ),
    Claim(
        "N9",
        _("Clipping the gradient bounds the length of the step."),
        _EXPLODING,
        _clipping_bounds_the_step,
        where=_("Recurrent nets: exploding gradients"),
        by_construction=True,
        look=Look(_LEARNING, panels=(_("Gradient norm"),)),
        prediction=Prediction(
            _(
                "The clipping threshold is 1, the learning rate 0.2, the norm of the gradient 50. How long is "
                "SGD's step?"
            ),
            ("0.2", "1", "10"),
            0,
        ),
        try_this=_("Turn clipping off: the curve before clipping rises by orders of magnitude."),
    ),
    Claim(
        "N10",
        _("If h is linear, the whole recurrence is one linear map. So a nonlinearity such as tanh is needed."),
        _LINEAR,
        _linear_is_one_map,
        where=_("Recurrent nets: the recurrence"),
        look=Look(_LEARNING, panels=(_("Loss"), _("Held-out loss of every net"))),
        prediction=Prediction(
            _("Can a linear recurrence predict the exclusive or of the last two bits?"),
            (_("yes, with enough units"), _("no, no better than guessing")),
            1,
        ),
        try_this=_("Choose tanh as the activation and compare the loss."),
    ),
)
