"""Claims on activations: slopes, signs, saturation, death, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.depth.claims.measure import Preset, at, per_layer, run
from engine.message import _, say
from engine.nn.activations import ACTIVATIONS

_LOOK: Preset = {"width": 100, "samples": 200, "depth": 10, "compare": [], "steps": 0}
_SIGMOID: Preset = {**_LOOK, "activation": "sigmoid", "compare": [{"activation": "relu"}]}


def _sigmoid_gradients_vanish(seeds: Sequence[int]) -> Verdict:
    """D7: sigmoid' <= 1/4; ReLU' is 0 or 1, and with Xavier's weights gradients still halve in square a layer."""
    z = np.linspace(-30, 30, 60001)
    sigmoid = ACTIVATIONS["sigmoid"]
    steepest = float(sigmoid.derivative(z, sigmoid.function(z)).max())
    one, other = [], []
    for seed in seeds:
        first = run(_SIGMOID, seed).first
        one.append(per_layer(at(first, "gradient_std")[::-1]))
        other.append(per_layer(at(first, "gradient_std", 1)[::-1]))
    a, b = float(np.mean(one)), float(np.mean(other))
    return Verdict(
        "yes" if abs(steepest - 0.25) < 1e-6 and max(one) < 0.25 and min(other) > 0.25 and b < 0.85 else "no",
        say(
            "The sigmoid's slope is at most {steepest:.2f}, and a layer left {sigmoid:.2f} of the gradient's "
            "size. ReLU left {relu:.2f}: better, but over 50 layers that is {deep:.0e} all the same.",
            steepest=steepest,
            sigmoid=a,
            relu=b,
            deep=b**50,
        ),
    )


_SIGNS: Preset = {**_LOOK, "activation": "sigmoid", "depth": 2, "compare": [{"activation": "tanh"}]}


def _sigmoid_gradients_share_a_sign(seeds: Sequence[int]) -> Verdict:
    """D8: of one row, a neuron's weight gradients all have one sign; of a batch only most of them do."""
    shares: dict[str, list[float]] = {"one": [], "batch": [], "tanh": []}
    for seed in seeds:
        course = run(_SIGNS, seed)
        data = course.simulation.data
        for i, name in ((0, "batch"), (1, "tanh")):
            net = course.net(i)
            for count in (1, 64):
                net.look(data.inputs[:count], data.targets[:count], "cross_entropy")
                signs = np.sign(net.net.layout.views(net.parameters.gradient)["W2"])
                share = float((np.abs(signs.sum(axis=0)) == len(signs)).mean())
                if i == 0 or count == 1:
                    shares["one" if i == 0 and count == 1 else name].append(share)
    one, batch, tanh = (float(np.mean(shares[name])) for name in ("one", "batch", "tanh"))
    single = min(shares["one"]) == 1.0 and max(shares["tanh"]) < 0.05
    return Verdict(
        "yes" if single and batch > 0.99 else "half" if single else "no",
        say(
            "For a single row, {one:.0%} of the sigmoid layer's neurons had weight gradients of one sign, and "
            "{tanh:.0%} behind tanh. Over a batch of 64 rows the signs mix: {batch:.0%} were left.",
            one=one,
            tanh=tanh,
            batch=batch,
        ),
    )


_BOTH: Preset = {
    **_LOOK,
    "init": "normal",
    "init_std": 1.0,
    "depth": 5,
    "compare": [{"activation": "sigmoid", "init": "normal", "init_std": 1.0}],
}


def _both_saturate(seeds: Sequence[int]) -> Verdict:
    """D9: under large weights most of tanh's and sigmoid's units are on a flat end."""
    tanh, sigmoid = [], []
    for seed in seeds:
        first = run(_BOTH, seed).first
        tanh.append(float(at(first, "saturated").mean()))
        sigmoid.append(float(at(first, "saturated", 1).mean()))
    return Verdict(
        "yes" if min(tanh) > 0.5 and min(sigmoid) > 0.4 else "no",
        say(
            "With weights of standard deviation 1, {tanh:.0%} of tanh's and {sigmoid:.0%} of the sigmoid's "
            "activations were saturated.",
            tanh=float(np.mean(tanh)),
            sigmoid=float(np.mean(sigmoid)),
        ),
    )


_DYING: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 4,
    "steps": 30,
    "activation": "relu",
    "init": "he_normal",
    "optimizer": {"rule": "sgd", "learning_rate": 2.0},
    "compare": [{"activation": "leaky_relu", "init": "he_normal"}, {"activation": "elu", "init": "he_normal"}],
}


def _relu_units_die(seeds: Sequence[int]) -> Verdict:
    """D10: in a narrow deep net at the start, and under a high learning rate in training."""
    narrow, trained, gentle, others = [], [], [], 0.0
    for seed in seeds:
        thin = run({**_DYING, "steps": 0}, seed, width=4, depth=20).first
        narrow.append(float(at(thin, "dead").max()))
        calm = run({**_DYING, "compare": []}, seed, optimizer={"rule": "sgd", "learning_rate": 0.05}).last
        gentle.append(float(at(calm, "dead").max()))
        fast = run({**_DYING, "compare": []}, seed).last
        dead = at(fast, "dead")
        if np.isfinite(dead).all():
            trained.append(float(dead.max()))
        leaky = run(
            {**_DYING, "activation": "leaky_relu", "compare": _DYING["compare"][1:]},
            seed,
            optimizer={"rule": "sgd", "learning_rate": 0.5},
        ).last
        for i in (0, 1):
            others = max([others, *at(leaky, "dead", i)[np.isfinite(at(leaky, "dead", i))]])
    died = np.mean(narrow) > 0.4 and trained and np.mean(trained) > np.mean(gentle) + 0.1
    return Verdict(
        "yes" if died and others == 0 else "no",
        say(
            "Twenty layers of 4 ReLU units began with a layer of which {narrow:.0%} was dead. A learning rate of "
            "2 killed {trained:.0%} of the worst layer, one of 0.05 {gentle:.0%}. Of the leaky ReLU and ELU units "
            "{others:.0%} died.",
            narrow=float(np.mean(narrow)),
            trained=float(np.mean(trained or [0])),
            gentle=float(np.mean(gentle)),
            others=others,
        ),
    )


def _exp_costs_time(seeds: Sequence[int]) -> Verdict:
    """D11: timed here and now, the one check that needs a clock; the best of several is taken."""
    times: dict[str, float] = dict.fromkeys(("relu", "tanh", "sigmoid", "elu"), np.inf)
    product = np.inf
    for seed in seeds:
        rng = np.random.default_rng(seed)
        z, w = rng.standard_normal((200, 500)), rng.standard_normal((500, 500))
        for _round in range(6):
            for name, best in times.items():
                began = time.perf_counter()
                ACTIVATIONS[name].function(z)
                times[name] = min(best, time.perf_counter() - began)
            began = time.perf_counter()
            z @ w
            product = min(product, time.perf_counter() - began)
    slowest = max(times["sigmoid"], times["tanh"], times["elu"])
    slower = min(times["sigmoid"], times["tanh"], times["elu"]) > 1.2 * times["relu"]
    return Verdict(
        ("yes" if slowest > 0.5 * product else "half") if slower else "no",
        say(
            "On 200 rows of 500 units the sigmoid took {sigmoid:.1f}, tanh {tanh:.1f} and ELU {elu:.1f} times as "
            "long as ReLU. It hardly matters: the layer's matrix product took {product:.0f} times as long.",
            sigmoid=times["sigmoid"] / times["relu"],
            tanh=times["tanh"] / times["relu"],
            elu=times["elu"] / times["relu"],
            product=product / times["relu"],
        ),
    )


ACTIVE: tuple[Claim, ...] = (
    Claim(
        "D7",
        _(
            "A sigmoid's derivative is at most 1/4, so gradients vanish with depth. ReLU's is 0 or 1: it "
            "eases this but does not end it."
        ),
        _SIGMOID,
        _sigmoid_gradients_vanish,
    ),
    Claim(
        "D8",
        _("A sigmoid's outputs are not zero-centred, so a neuron's weight gradients share one sign; tanh's are."),
        _SIGNS,
        _sigmoid_gradients_share_a_sign,
    ),
    Claim("D9", _("Sigmoid and tanh both saturate."), _BOTH, _both_saturate),
    Claim(
        "D10",
        _("ReLU units die from bad initialization or too high a learning rate; leaky ReLU and ELU units do not."),
        _DYING,
        _relu_units_die,
    ),
    Claim(
        "D11",
        _("The exponential costs time: sigmoid, tanh and ELU are slower than ReLU."),
        {**_LOOK, "compare": [{"activation": name} for name in ("relu", "sigmoid", "elu")]},
        _exp_costs_time,
    ),
)
