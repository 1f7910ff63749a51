"""Claims on the way back through time: truncation, singular values, clipping, the need of a squashing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.autodiff.tape import Array, Tensor, backward
from engine.claim import Claim, Verdict
from engine.experiments.charrnn.claims.measure import Plain, characters, drawn, rate, trained
from engine.experiments.charrnn.flow import measure_flow
from engine.message import _, say
from engine.nn.dropout import Rng
from engine.nn.layout import Values
from engine.nn.recurrent import RecurrentNet, Window
from engine.nn.recurrent.initialize import initialize, orthogonal
from engine.nn.recurrent.net import Squashing
from engine.nn.training import Trainer
from engine.optimizers.adam import Adam

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
            "The gradient is the true one with the carried state held fixed (to {given:.0e}), and differs from "
            "that through both windows by up to {whole:.1%}. An LSTM’s buffers take {a:.1f}, {b:.1f} and "
            "{c:.1f} MB for windows of 25, 50 and 100, whatever the text’s length.",
            given=given,
            whole=whole,
            a=sizes[0],
            b=sizes[1],
            c=sizes[2],
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


def _left(activation: Squashing, seed: int, singular: float) -> float:
    """Return |dL/dh| forty steps back over that at the last step, for a Wh of one singular value."""
    architecture, theta = drawn("rnn", 24, seed, activation=activation)
    views = architecture.layout.views(theta)
    views["Wh0"][...] = singular * orthogonal(24, np.random.default_rng([seed, 33]))
    ids = characters(seed, LAG + 2, 4)
    flow = measure_flow(Window(architecture, 4, LAG + 1, np.float64), views, ids[:-1], ids[-1])
    return float(flow.hidden[LAG] / flow.hidden[0])


def _singular_values_decide(seeds: Sequence[int]) -> Verdict:
    """N8: below 1 the gradient must vanish; above 1 it may explode, and with tanh it may vanish all the same."""
    kinds: tuple[Squashing, ...] = ("linear", "tanh", "relu")
    small = [_left(kind, seed, 0.9) for seed in seeds for kind in kinds]
    large = [_left("linear", seed, 1.1) for seed in seeds]
    squashed = [_left("tanh", seed, 1.1) for seed in seeds]
    bounded = max(small) <= 0.9**LAG * (1 + 1e-9)
    vanished = sum(left < 1 for left in squashed)
    return Verdict(
        "yes" if bounded and min(large) > 10 else "no",
        say(
            "{lag} steps back, with all singular values .9, at most {small:.1e} of the gradient was left, with "
            "tanh, ReLU or neither (the bound is {bound:.1e}); with 1.1 a linear net’s had grown {large:.0f} "
            "times. Above 1 is necessary, not sufficient: with tanh it shrank in {vanished} of {seeds} nets all "
            "the same.",
            lag=LAG,
            small=max(small),
            bound=0.9**LAG,
            large=min(large),
            vanished=vanished,
            seeds=len(seeds),
        ),
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


def _clipping_bounds_the_step(seeds: Sequence[int]) -> Verdict:
    """N9: under SGD no step is longer than the learning rate times the threshold."""
    longest, raw, unclipped, stopped = 0.0, 0.0, 0.0, 0
    for seed in seeds:
        simulation, _first = trained(_EXPLODING, 1, seed=seed)
        for _step in range(20):
            before = simulation.learners[0].theta.copy()
            norms = np.asarray(simulation.advance(1)["gradient_norm"])
            longest = max(longest, float(np.linalg.norm(simulation.learners[0].theta - before)))
            raw = max(raw, float(norms[0]))
        free, frame = trained(_EXPLODING, 40, seed=seed, clip={"mode": "none"})
        norms = np.asarray(frame["gradient_norm"])
        unclipped = max(unclipped, float(norms[np.isfinite(norms)].max(initial=0)))
        stopped += bool(free.status)
    return Verdict(
        "yes" if longest <= 0.2 * 1.001 else "no",
        say(
            "With a threshold of 1 and a learning rate of .2 no step was longer than {longest:.4f}, though "
            "gradients reached {raw:.3g}. Without clipping they reached {unclipped:.3g}, and {stopped} of "
            "{seeds} runs exploded within 40 steps.",
            longest=longest,
            raw=raw,
            unclipped=unclipped,
            stopped=stopped,
            seeds=len(seeds),
        ),
    )


_LINEAR: Plain = {
    "corpus": "brackets",
    "cell": "rnn",
    "activation": "linear",
    "hidden_size": 48,
    "steps": 1000,
    "optimizer": rate(learning_rate=0.003),
}


def _xor_text(seed: int, length: int, columns: int) -> Array:
    """Return bits in threes, the third the exclusive or of the first two, (3 * length, columns)."""
    bits = np.random.default_rng([seed, 34]).integers(0, 2, (length, 3, columns))
    bits[:, 2] = bits[:, 0] ^ bits[:, 1]
    ids: Array = bits.reshape(3 * length, columns)
    return ids


def _loss_on_third_bits(activation: Squashing, seed: int) -> float:
    """Train a small net on the bits; return its loss on the third ones, nats."""
    net = RecurrentNet("rnn", 2, 2, 8, activation=activation)
    theta = initialize(net, "torch", np.random.default_rng([seed, 35]))
    trainer, window = Trainer(net.layout.parameters(theta), Adam(learning_rate=0.02)), Window(net, 64, 6)
    ids = _xor_text(seed, 900, 64)
    for start in range(0, 3 * 890, 3):
        bits = ids[start : start + 3]
        trainer.step(partial(_bits_loss, window, bits))
    _bits_loss(window, ids[3 * 890 : 3 * 890 + 3], net.layout.views(theta))
    return float(window.readout.losses[64:].mean())


def _bits_loss(window: Window, bits: Array, parameters: Values, _rng: Rng = None) -> Tensor:
    return window.loss(parameters, bits[:-1], bits[1:])


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
    losses = np.array([[_loss_on_third_bits("linear", seed), _loss_on_third_bits("tanh", seed)] for seed in seeds])
    return Verdict(
        "yes" if worst < 1e-12 and losses[:, 0].min() > 0.65 and losses[:, 1].max() < 0.2 else "half",
        say(
            "Thirty linear steps respond to a sum of two inputs with the sum of the responses, to {worst:.0e}; "
            "tanh is off by {bent:.2g}. So a linear h cannot predict the exclusive or of the last two bits: its "
            "loss stayed at {linear:.3f} (a coin’s is {coin:.3f}), the tanh net’s fell to {tanh:.3f} at most, "
            "over {seeds} nets.",
            worst=worst,
            bent=min(bent),
            linear=float(losses[:, 0].min()),
            coin=float(np.log(2)),
            tanh=float(losses[:, 1].max()),
            seeds=len(seeds),
        ),
    )


TIME = (
    Claim(
        "N7",
        _(
            "Truncated back-propagation carries the state forward and cuts the gradient at the window; memory "
            "grows with the window, not with the text."
        ),
        _WINDOWS,
        _cut_at_the_window,
    ),
    Claim(
        "N8",
        _("Largest singular value of Whh above 1: gradients can explode; below 1: they vanish."),
        _FLOW,
        _singular_values_decide,
    ),
    Claim("N9", _("Clipping the gradient bounds the step."), _EXPLODING, _clipping_bounds_the_step),
    Claim(
        "N10",
        _("With a linear h the whole recurrence is one linear map: tanh is needed."),
        _LINEAR,
        _linear_is_one_map,
    ),
)
