"""Claims on batch normalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.depth.claims.measure import Preset, looked_at, run, sweep
from engine.message import _, say
from engine.nn.losses import LOSSES

_NORMED: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 3,
    "steps": 40,
    "batch_norm": True,
    "compare": [{"batch_norm": False}],
}


def _mean_zero_variance_one(seeds: Sequence[int]) -> Verdict:
    """D12: every unit's argument has mean 0, variance 1; gamma = std and beta = mean give z back."""
    off_mean, off_variance, undone, learned = 0.0, 0.0, 0.0, []
    for seed in seeds:
        start = run(_NORMED, seed, steps=0)
        net, inputs = start.net(), start.simulation.data.inputs
        for layer in net.forward(inputs).layers:
            off_mean = max(off_mean, float(np.abs(layer.normalized.value.mean(axis=0)).max()))
            off_variance = max(off_variance, float(np.abs(layer.normalized.value.var(axis=0) - 1).max()))
        z = net.forward(inputs).layers[0].pre.value
        net.views["gamma1"][...], net.views["beta1"][...] = np.sqrt(z.var(axis=0) + 1e-5), z.mean(axis=0)
        undone = max(undone, float(np.abs(net.forward(inputs).layers[0].normalized.value - z).max()))
        learned.append(float(np.abs(run(_NORMED, seed).net().views["gamma2"] - 1).mean()))
    return Verdict(
        "yes" if off_mean < 1e-9 and off_variance < 1e-3 and undone < 1e-9 and min(learned) > 1e-3 else "no",
        say(
            "The largest mean was {mean:.0e}. With γ the standard deviation and β the mean, the layer gave "
            "back its input to within {undone:.0e}. In {steps} steps of training γ moved by {learned:.3f}.",
            mean=off_mean,
            undone=undone,
            steps=_NORMED["steps"],
            learned=float(np.mean(learned)),
        ),
        say(
            "Over a batch every unit has variance 1; the largest difference is {variance:.0e}.",
            variance=off_variance,
        ),
        (
            *looked_at(len(seeds), _NORMED, _("with batch normalization")),
            *equal(_NORMED["steps"] * len(seeds), _("with batch normalization")),
        ),
    )


_STARTS: Preset = {"width": 32, "samples": 200, "depth": 5, "steps": 40, "init": "normal", "init_std": 0.01}


def _less_dependent_on_the_start(seeds: Sequence[int]) -> Verdict:
    """D13: the losses reached from three scales of weights lie closer together with it."""
    plain: list[Array] = []
    normed: list[Array] = []
    for seed in seeds:
        for found, on in ((plain, False), (normed, True)):
            nets = [{"init": "normal", "init_std": std, "batch_norm": on} for std in (0.01, 0.1, 1.0)]
            found.append(sweep({**_STARTS, **nets[0], "compare": nets[1:]}, seed).final(10))
    loose, tight = np.array(plain), np.array(normed)
    worst = float(loose.max(axis=1).mean()), float(tight.max(axis=1).mean())
    gap = float(np.ptp(tight, axis=1).mean())
    weaker = bool((tight.max(axis=1) < loose.max(axis=1)).all())
    return Verdict(
        ("yes" if gap < 0.2 else "half") if weaker else "no",
        say(
            "The three starts are weights of standard deviation 0.01, 0.1 and 1. The start still matters: "
            "with batch normalization the three losses are up to {gap:.2f} apart.",
            gap=gap,
        ),
        say(
            "Loss from the worst of three starts: {normed:.2f} with batch normalization, {plain:.2f} without.",
            normed=worst[1],
            plain=worst[0],
        ),
        equal(3 * _STARTS["steps"] * len(seeds), _("with batch normalization"), _("without batch normalization")),
    )


_FAST: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 5,
    "steps": 40,
    "activation": "relu",
    "init": "he_normal",
    "batch_norm": True,
    "optimizer": {"rule": "sgd", "learning_rate": 3.0},
    "compare": [{"activation": "relu", "init": "he_normal"}],
}
_RATES = (0.3, 3.0)


def _higher_learning_rates(seeds: Sequence[int]) -> Verdict:
    """D14: the highest rate of a list with which the loss still falls below 1.5 is higher with it."""
    plain: list[float] = []
    normed: list[float] = []
    for seed in seeds:
        for found, on in ((plain, False), (normed, True)):
            losses = sweep({**_FAST, "batch_norm": on, "compare": []}, seed, _RATES).final(10)
            found.append(max([rate for rate, loss in zip(_RATES, losses, strict=True) if loss < 1.5], default=0.0))
    higher = sum(n > p for n, p in zip(normed, plain, strict=True))
    return Verdict(
        "yes" if higher >= 0.8 * len(seeds) and all(n >= p for n, p in zip(normed, plain, strict=True)) else "no",
        say(
            "The rates tried were {low:g} and {high:g}. A net trains when its loss falls below 1.5 in "
            "{steps} steps (median of {count} seeds).",
            low=_RATES[0],
            high=_RATES[1],
            steps=_FAST["steps"],
            count=len(seeds),
        ),
        say(
            "The highest rate that trains: {normed:.2g} with batch normalization, {plain:.2g} without.",
            normed=float(np.median(normed)),
            plain=float(np.median(plain)),
        ),
        equal(
            len(_RATES) * _FAST["steps"] * len(seeds),
            _("with batch normalization"),
            _("without batch normalization"),
        ),
    )


_SMALL_BATCHES: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 3,
    "steps": 120,
    "batch_size": 16,
    "activation": "relu",
    "init": "he_normal",
    "batch_norm": True,
    "compare": [{"activation": "relu", "init": "he_normal"}],
}


def _regularizes_a_little(seeds: Sequence[int]) -> Verdict:
    """D15: validation loss less training loss, both in test mode over all rows, so that only fitting differs."""
    gaps = []
    for seed in seeds:
        course = run(_SMALL_BATCHES, seed)
        data = course.simulation.data
        sides = (data.inputs, data.targets), (data.validation_inputs, data.validation_targets)
        losses = [
            [
                float(LOSSES["cross_entropy"].function(course.net(i).forward(x, "test").outputs, t).value)
                for x, t in sides
            ]
            for i in range(2)
        ]
        gaps.append([validation - training for training, validation in losses])
    normed, plain = np.array(gaps).T
    return Verdict(
        "yes" if (normed < plain).mean() >= 0.6 and normed.mean() < plain.mean() else "no",
        say(
            "Both losses are measured in test mode over all rows. With batches of {batch} the gap was "
            "smaller with batch normalization in {fewer} of {count} runs.",
            fewer=int((normed < plain).sum()),
            count=len(seeds),
            batch=_SMALL_BATCHES["batch_size"],
        ),
        say(
            "Validation loss minus training loss: {normed:.2f} with batch normalization, {plain:.2f} without.",
            normed=float(normed.mean()),
            plain=float(plain.mean()),
        ),
        equal(
            _SMALL_BATCHES["steps"] * len(seeds), _("with batch normalization"), _("without batch normalization")
        ),
    )


def _running_statistics(seeds: Sequence[int]) -> Verdict:
    """D16: in test mode a row's output does not depend on the other rows; in training mode it does."""
    alone, together, losses = 0.0, [], []
    for seed in seeds:
        course = run(_NORMED, seed)
        net, rows = course.net(), course.simulation.data.inputs
        many, few = net.forward(rows, "test").outputs.value[:4], net.forward(rows[:4], "test").outputs.value
        alone = max(alone, float(np.abs(many - few).max()))
        batch, part = net.forward(rows).outputs.value[:4], net.forward(rows[:4]).outputs.value
        together.append(float(np.abs(batch - part).max()))
        data = course.simulation.data
        singles = [net.forward(row[None], "test").outputs.value for row in data.validation_inputs]
        targets = data.validation_targets
        losses.append(float(LOSSES["cross_entropy"].function(np.concatenate(singles), targets).value))
    return Verdict(
        "yes" if alone < 1e-9 and min(together) > 1e-2 else "no",
        say(
            "The same {few} rows were given alone and among {rows}, for {count} seeds. In test mode batch "
            "normalization uses running statistics, so the other rows do not matter: taken one by one, the "
            "validation rows have the same loss as together, {loss:.3f}.",
            loss=float(np.mean(losses)),
            few=4,
            rows=_NORMED["samples"],
            count=len(seeds),
        ),
        say(
            "With batch statistics the outputs of the same rows differ by {together:.2g}, at test time by 0.",
            together=float(np.mean(together)),
        ),
        equal(_NORMED["steps"] * len(seeds), _("training mode"), _("test mode")),
    )


_SHIFT: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 3,
    "steps": 60,
    "activation": "relu",
    "init": "he_normal",
    "batch_norm": True,
    "compare": [{"activation": "relu", "init": "he_normal"}],
}


def _inputs_shift(seeds: Sequence[int]) -> Verdict:
    """D27: how far the mean of what enters layer 3's activation moves in training, in its standard deviations."""
    moves: list[list[float]] = []
    for seed in seeds:
        before, after = run(_SHIFT, seed, steps=0), run(_SHIFT, seed)
        inputs = before.simulation.data.inputs
        moves.append([])
        for i in range(2):
            first, last = (course.net(i).forward(inputs).layers[2].normalized.value for course in (before, after))
            moves[-1].append(float((np.abs(last.mean(axis=0) - first.mean(axis=0)) / first.std(axis=0)).mean()))
    normed, plain = np.array(moves).T
    return Verdict(
        "half" if (normed < 0.5 * plain).all() and plain.min() > 0.2 else "no",
        say(
            "Measured over {steps} steps. The shift is there, and batch normalization makes it {times:.0f} "
            "times smaller; γ and β still move the input a little. Whether this is why batch normalization "
            "helps is another question, which this check does not answer.",
            steps=_SHIFT["steps"],
            times=float((plain / normed).mean()),
        ),
        say(
            "The mean of layer 3's input moves by {normed:.2f} standard deviations with batch "
            "normalization, {plain:.2f} without.",
            plain=float(plain.mean()),
            normed=float(normed.mean()),
        ),
        equal(_SHIFT["steps"] * len(seeds), _("with batch normalization"), _("without batch normalization")),
    )


_SIGNALS, _TRAINING, _WHERE = _("Signals"), _("Training"), _("Batch normalization")
NORMALIZATION: tuple[Claim, ...] = (
    Claim(
        "D12",
        _("Batch normalization gives each dimension mean 0 and variance 1; γ and β can learn to undo it."),
        _NORMED,
        _mean_zero_variance_one,
        where=_WHERE,
        by_construction=True,
        look=Look(_SIGNALS, panels=("Size of the activations",)),
        prediction=Prediction(
            _("Which γ and β make the layer give back its input?"),
            (_("γ = 1, β = 0"), _("γ the standard deviation, β the mean"), _("none: the information is lost")),
            1,
        ),
        try_this=_("Switch batch normalization on for the second net too: the two lines meet."),
    ),
    Claim(
        "D13",
        _("Batch normalization weakens the dependence on initialization."),
        {
            **_STARTS,
            "batch_norm": True,
            "compare": [{"init": "normal", "init_std": std, "batch_norm": True} for std in (0.1, 1.0)],
        },
        _less_dependent_on_the_start,
        where=_WHERE,
        look=Look(_TRAINING, panels=("Loss",)),
        prediction=Prediction(
            _(
                "Three starts have weights of standard deviation 0.01, 0.1 and 1. Do they end at the same loss "
                "with batch normalization?"
            ),
            (_("yes"), _("no, but nearer than without")),
            1,
        ),
        try_this=_("Switch batch normalization off for all three."),
    ),
    Claim(
        "D14",
        _("Batch normalization allows higher learning rates."),
        _FAST,
        _higher_learning_rates,
        where=_WHERE,
        look=Look(_TRAINING, panels=("Loss",)),
        prediction=Prediction(
            _("Which net still trains at a learning rate of 3?"),
            (_("the one with batch normalization"), _("the one without"), _("both")),
            0,
        ),
        try_this=_("Move the learning rate and watch which curve blows up first."),
    ),
    Claim(
        "D15",
        _("Batch normalization regularizes a little."),
        _SMALL_BATCHES,
        _regularizes_a_little,
        where=_WHERE,
        look=Look(_TRAINING, panels=("Loss", "Loss on validation rows")),
        prediction=Prediction(
            _("Which net has the smaller gap between validation and training loss?"),
            (_("the one with batch normalization"), _("the one without")),
            0,
        ),
        try_this=_("Take batches of 200, all rows, and compare the gap again."),
    ),
    Claim(
        "D16",
        _("At test time batch normalization uses running statistics."),
        _NORMED,
        _running_statistics,
        where=_("Batch normalization (the check is ours)"),
        ours=True,
        by_construction=True,
        look=Look(_TRAINING, panels=("Loss on validation rows",)),
        prediction=Prediction(
            _("At test time, does a row's output depend on the other rows?"), (_("yes"), _("no")), 1
        ),
        try_this=_(
            "Set the batch size to 4: the running statistics become noisier, and with them the validation loss."
        ),
    ),
    Claim(
        "D27",
        _(
            "Internal covariate shift: a layer's input distribution moves as the layers before it learn; batch "
            "normalization stops that."
        ),
        _SHIFT,
        _inputs_shift,
        where=_WHERE,
        look=Look(_TRAINING, panels=("Size of the activations", "Loss")),
        prediction=Prediction(
            _("Does batch normalization hold the distribution in place?"),
            (_("yes, exactly"), _("mostly"), _("no")),
            1,
        ),
        try_this=_("Raise the learning rate and compare the two nets again."),
    ),
)
