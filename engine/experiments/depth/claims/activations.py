"""Claims on activations: slopes, signs, saturation, death, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.depth import cost
from engine.experiments.depth.claims.measure import Course, Preset, at, looked_at, per_layer, run
from engine.message import _, say
from engine.nn.activations import ACTIVATIONS
from engine.pieces import quiet, whole

SIGNALS, TRAINING = _("Signals"), _("Training")
LOOK: Preset = {"width": 100, "samples": 200, "depth": 10, "compare": [], "steps": 0}
_SIGMOID: Preset = {
    **LOOK,
    "activation": "sigmoid",
    "compare": [{"activation": "relu"}, {"activation": "relu", "init": "he_normal"}],
}


def _sigmoid_gradients_vanish(seeds: Sequence[int]) -> Verdict:
    """D7: sigmoid' <= 1/4; ReLU' is 0 or 1: with Xavier's weights gradients still shrink, not with He's."""
    z = np.linspace(-30, 30, 60001)
    sigmoid = ACTIVATIONS["sigmoid"]
    steepest = float(sigmoid.derivative(z, sigmoid.function(z)).max())
    left = []
    for seed in seeds:
        first = run(_SIGMOID, seed).first
        left.append([per_layer(at(first, "gradient_std", i)[::-1]) for i in range(3)])
    a, b, c = (float(x) for x in np.exp(np.log(left).mean(axis=0)))
    vanishes = abs(steepest - 0.25) < 1e-6 and max(one[0] for one in left) < 0.25
    eases = min(one[1] for one in left) > 0.5
    ends = abs(c - 1) < 0.1
    return Verdict(
        ("half" if ends else "yes") if vanishes and eases else "no",
        say(
            "The sigmoid's slope is at most {steepest:.2f}. With Xavier's weights a ReLU layer leaves "
            "{relu:.2f} of the gradient, 1/√2, because half of the slopes are 0. With He's weights it "
            "leaves {he:.3f}. So ReLU with He's weights does end the vanishing, at the start of training.",
            steepest=steepest,
            relu=b,
            he=c,
        ),
        say(
            "A layer leaves {sigmoid:.2f} of the gradient with the sigmoid, {he:.2f} with ReLU and He's weights.",
            sigmoid=a,
            he=c,
        ),
        looked_at(len(seeds), _SIGMOID, _("Sigmoid"), _("ReLU, Xavier"), _("ReLU, He")),
    )


_SIGNS: Preset = {**LOOK, "activation": "sigmoid", "depth": 2, "compare": [{"activation": "tanh"}]}


def _sigmoid_gradients_share_a_sign(seeds: Sequence[int]) -> Verdict:
    """D8: of one row, a neuron's weight gradients all have one sign; of a batch only most of them do."""
    shares: dict[str, list[float]] = {"one": [], "batch": [], "tanh": []}
    for seed in seeds:
        course = run(_SIGNS, seed)
        data = course.simulation.data
        for i, name in ((0, "batch"), (1, "tanh")):
            net = course.net(i)
            for count in (1, 64):
                whole(quiet(net.look(data.inputs[:count], data.targets[:count], "cross_entropy")))
                signs = np.sign(net.net.layout.views(net.parameters.gradient)["W2"])
                share = float((np.abs(signs.sum(axis=0)) == len(signs)).mean())
                if i == 0 or count == 1:
                    shares["one" if i == 0 and count == 1 else name].append(share)
    one, batch, tanh = (float(np.mean(shares[name])) for name in ("one", "batch", "tanh"))
    single = min(shares["one"]) == 1.0 and max(shares["tanh"]) < 0.05
    return Verdict(
        "yes" if single and batch > 0.99 else "half" if single else "no",
        say(
            "With tanh {tanh:.0%} of the neurons had weight gradients of one sign. Averaged over a batch of "
            "64 rows the signs mix with the sigmoid too: {batch:.0%} of the neurons were left.",
            tanh=tanh,
            batch=batch,
        ),
        say(
            "For a single row {one:.0%} of the neurons behind a sigmoid layer have weight gradients of one sign.",
            one=one,
        ),
        looked_at(len(seeds), _SIGNS, _("Sigmoid"), _("Tanh")),
    )


_BOTH: Preset = {
    **LOOK,
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
            "Both nets have weights of standard deviation {std:.0f}. The smallest share among {count} draws "
            "was {low:.0%}, for tanh.",
            std=1.0,
            count=len(tanh),
            low=min(tanh),
        ),
        say(
            "{tanh:.0%} of tanh's and {sigmoid:.0%} of the sigmoid's activations are saturated.",
            tanh=float(np.mean(tanh)),
            sigmoid=float(np.mean(sigmoid)),
        ),
        looked_at(len(seeds), _BOTH, _("Tanh"), _("Sigmoid")),
    )


_NAMES = ("relu", "leaky_relu", "elu")
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
    """D10: at equal rates, the share of the worst layer's units whose slope is below .02 on every row."""
    narrow, gentle, fast, lost = [], [], [], 0
    for seed in seeds:
        narrow.append(_flat(run(_DYING, seed, steps=0, width=4, depth=20)))
        gentle.append(_flat(run(_DYING, seed, optimizer={"rule": "sgd", "learning_rate": 0.05})))
        course = run(_DYING, seed)
        fast.append(_flat(course))
        lost += int(not np.isfinite(course.final("loss", 2)))
    thin, calm, hot = (np.array(found) for found in (narrow, gentle, fast))
    relu, leaky = float(np.nanmean(hot[:, 0])), float(np.nanmean(hot[:, 1]))
    died = thin[:, 0].min() > 0.4 and relu > np.nanmean(calm[:, 0]) + 0.2
    alike = leaky > 0.2 or lost > 0
    return Verdict(
        ("half" if alike else "yes") if died else "no",
        say(
            "The learning rate 0.05 kills {gentle:.0%}. At the rate 2, {leaky:.0%} of the leaky ReLU units "
            "end on their flat side too, but there they still pass a hundredth of the gradient, and ELU "
            "nets diverged in {lost} of {n} runs. Twenty layers of 4 ReLU units begin with a layer in which "
            "{narrow:.0%} are dead.",
            gentle=float(np.nanmean(calm[:, 0])),
            leaky=leaky,
            lost=lost,
            n=len(seeds),
            narrow=float(thin[:, 0].mean()),
        ),
        say("With the learning rate 2, {relu:.0%} of the ReLU units in the worst layer die.", relu=relu),
        equal(_DYING["steps"] * 2 * len(seeds), _("ReLU"), _("Leaky ReLU"), _("ELU")),
    )


def _flat(course: Course) -> list[float]:
    """Return for each net the share of its worst layer's units that are flat on every row; NaN if it diverged."""
    found = []
    for member, name in zip(course.simulation.members, _NAMES, strict=True):
        shares = []
        for layer in member.forward(course.simulation.data.inputs).layers:
            z = layer.pre.value
            slope = ACTIVATIONS[name].derivative(z, ACTIVATIONS[name].function(z))
            shares.append((np.abs(slope).max(axis=0) < 0.02).mean() if np.isfinite(z).all() else np.nan)
        found.append(float(np.max(shares)))
    return found


def _exp_costs_time(seeds: Sequence[int]) -> Verdict:
    """D11: timed here and now, the one check that needs a clock; the best of several is taken."""
    tries = [cost.seconds(cost.WIDTHS[-1], np.random.default_rng(seed)) for seed in seeds]
    times = {name: min(one[name] for one in tries) for name in cost.NAMES}
    product = times["product"]
    slowest = max(times["sigmoid"], times["tanh"], times["elu"])
    slower = min(times["sigmoid"], times["tanh"], times["elu"]) > 1.2 * times["relu"]
    return Verdict(
        ("yes" if slowest > 0.5 * product else "half") if slower else "no",
        say(
            "Measured on {rows} rows of {units} units; ELU took {elu:.1f} times as long as ReLU. It matters "
            "little: the layer's matrix product took {product:.0f} times as long as ReLU.",
            rows=cost.ROWS,
            units=cost.WIDTHS[-1],
            elu=times["elu"] / times["relu"],
            product=product / times["relu"],
        ),
        say(
            "The sigmoid takes {sigmoid:.1f} and tanh {tanh:.1f} times as long as ReLU.",
            sigmoid=times["sigmoid"] / times["relu"],
            tanh=times["tanh"] / times["relu"],
        ),
        equal(
            cost.ROUNDS * len(seeds),
            _("ReLU"),
            _("Sigmoid"),
            _("Tanh"),
            _("ELU"),
            _("matrix product"),
            unit=_("timed calls"),
        ),
    )


WHERE = _("Activation functions")
ACTIVE: tuple[Claim, ...] = (
    Claim(
        "D7",
        _(
            "The sigmoid's derivative is at most 1/4, so gradients vanish with depth. ReLU's derivative is "
            "0 or 1: this eases the vanishing but does not end it."
        ),
        _SIGMOID,
        _sigmoid_gradients_vanish,
        where=WHERE,
        look=Look(SIGNALS, panels=("Size of the gradients",)),
        prediction=Prediction(
            _("With He's weights, how much of the gradient does a ReLU layer leave?"),
            (_("about a quarter"), _("about 0.7"), _("nearly all")),
            2,
        ),
        try_this=_("Set the depth to 50 and compare the three lines."),
    ),
    Claim(
        "D8",
        _(
            "The sigmoid's outputs are not zero-centred, so all weight gradients of a neuron have the same "
            "sign. Tanh's outputs are zero-centred."
        ),
        _SIGNS,
        _sigmoid_gradients_share_a_sign,
        where=WHERE,
        look=Look(SIGNALS, panels=("Mean of the activations",)),
        prediction=Prediction(
            _(
                "The gradient is averaged over a batch of 64 rows. Do a neuron's weight gradients still have "
                "the same sign?"
            ),
            (_("yes, for every neuron"), _("only for some")),
            1,
        ),
        try_this=_("Look at the mean of the activations: about 0.5 for the sigmoid, 0 for tanh."),
    ),
    Claim(
        "D9",
        _("Sigmoid and tanh both saturate."),
        _BOTH,
        _both_saturate,
        where=WHERE,
        look=Look(SIGNALS, panels=("Saturated", "Activations, layer by layer")),
        prediction=Prediction(
            _("With large weights, how many of tanh's activations are saturated?"),
            (_("fewer than half"), _("more than half")),
            1,
        ),
        try_this=_("Set the standard deviation to 0.1: almost nothing is saturated."),
    ),
    Claim(
        "D10",
        _("ReLU units die from bad initialization or too high a learning rate; leaky ReLU and ELU units do not."),
        _DYING,
        _relu_units_die,
        where=WHERE,
        look=Look(TRAINING, panels=("Dead units", "Loss")),
        prediction=Prediction(
            _("What happens to the ELU net at a learning rate of 2?"),
            (_("it trains"), _("it mostly diverges"), _("its units die")),
            1,
        ),
        try_this=_("Set the learning rate to 0.05: almost no unit dies."),
    ),
    Claim(
        "D11",
        _("Computing exp costs time: sigmoid, tanh and ELU are slower than ReLU."),
        {**LOOK, "activation": "elu", "compare": [{"activation": "relu"}]},
        _exp_costs_time,
        where=WHERE,
        look=Look(SIGNALS, panels=("What an activation costs",)),
        prediction=Prediction(
            _("What takes longer, a layer's activations or its matrix product?"),
            (_("the activations"), _("the matrix product")),
            1,
        ),
        try_this=_("Measure again, and compare how the times grow with the width."),
    ),
)
