"""Claims on batch normalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.depth.claims.measure import Preset, run
from engine.message import _, say

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
            "Over a batch every unit had mean 0 to within {mean:.0e} and variance 1 to within {variance:.0e}. "
            "With γ the deviation and β the mean, the layer gave back its input to within {undone:.0e}; in "
            "{steps} steps of training γ moved by {learned:.3f}.",
            mean=off_mean,
            variance=off_variance,
            undone=undone,
            steps=40,
            learned=float(np.mean(learned)),
        ),
    )


_STARTS: Preset = {"width": 32, "samples": 200, "depth": 5, "steps": 40, "init": "normal", "init_std": 0.01}


def _less_dependent_on_the_start(seeds: Sequence[int]) -> Verdict:
    """D13: the losses reached from three scales of weights lie closer together with it."""
    plain: list[list[float]] = []
    normed: list[list[float]] = []
    for seed in seeds:
        for found, on in ((plain, False), (normed, True)):
            nets = [{"init": "normal", "init_std": std, "batch_norm": on} for std in (0.01, 0.1, 1.0)]
            course = run({**_STARTS, **nets[0], "compare": nets[1:]}, seed)
            found.append([course.final("loss", i, 10) for i in range(3)])
    loose, tight = np.array(plain), np.array(normed)
    worst = float(loose.max(axis=1).mean()), float(tight.max(axis=1).mean())
    gap = float(np.ptp(tight, axis=1).mean())
    weaker = bool((tight.max(axis=1) < loose.max(axis=1)).all())
    return Verdict(
        ("yes" if gap < 0.2 else "half") if weaker else "no",
        say(
            "From weights of 0.01, 0.1 and 1 the worst loss after {steps} steps was {plain:.2f} without and "
            "{normed:.2f} with batch normalization. The start still matters: the three losses with it are "
            "{gap:.2f} apart.",
            steps=40,
            plain=worst[0],
            normed=worst[1],
            gap=gap,
        ),
    )


_FAST: Preset = {
    "width": 32,
    "samples": 200,
    "depth": 5,
    "steps": 40,
    "activation": "relu",
    "init": "he_normal",
    "batch_norm": True,
    "optimizer": {"rule": "sgd", "learning_rate": 1.0},
    "compare": [{"activation": "relu", "init": "he_normal"}],
}
_RATES = (0.3, 3.0)


def _higher_learning_rates(seeds: Sequence[int]) -> Verdict:
    """D14: the highest rate of a list with which the loss still falls below 1.5 is higher with it."""
    plain, normed = [], []
    for seed in seeds:
        losses = []
        for rate in _RATES:
            course = run(_FAST, seed, optimizer={"rule": "sgd", "learning_rate": rate})
            losses.append([course.final("loss", i, 10) for i in range(2)])
        works = np.array(losses) < 1.5
        normed.append(max([rate for rate, ok in zip(_RATES, works[:, 0], strict=True) if ok], default=0.0))
        plain.append(max([rate for rate, ok in zip(_RATES, works[:, 1], strict=True) if ok], default=0.0))
    higher = sum(n > p for n, p in zip(normed, plain, strict=True))
    return Verdict(
        "yes" if higher >= 0.8 * len(seeds) and all(n >= p for n, p in zip(normed, plain, strict=True)) else "no",
        say(
            "Of the rates 0.3 and 3 the highest that trained was {plain:.2g} without and {normed:.2g} "
            "with it (medians of {count} seeds).",
            plain=float(np.median(plain)),
            normed=float(np.median(normed)),
            count=len(seeds),
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
    """D15: the gap between validation and training loss is smaller with it, the batch's noise being the cause."""
    gaps = []
    for seed in seeds:
        course = run(_SMALL_BATCHES, seed)
        gaps.append([course.final("validation_loss", i, 1) - course.final("loss", i) for i in range(2)])
    normed, plain = np.array(gaps).T
    return Verdict(
        "yes" if (normed < plain).mean() >= 0.8 else "no",
        say(
            "With batches of 16 the validation loss ended {normed:.2f} above the training loss with batch "
            "normalization and {plain:.2f} above it without.",
            normed=float(normed.mean()),
            plain=float(plain.mean()),
        ),
    )


def _running_statistics(seeds: Sequence[int]) -> Verdict:
    """D16: in test mode a row's output does not depend on the other rows; in training mode it does."""
    alone, together = 0.0, []
    for seed in seeds:
        course = run(_NORMED, seed)
        net, rows = course.net(), course.simulation.data.inputs
        many, few = net.forward(rows, "test").outputs.value[:4], net.forward(rows[:4], "test").outputs.value
        alone = max(alone, float(np.abs(many - few).max()))
        batch, part = net.forward(rows).outputs.value[:4], net.forward(rows[:4]).outputs.value
        together.append(float(np.abs(batch - part).max()))
    return Verdict(
        "yes" if alone < 1e-9 and min(together) > 1e-2 else "no",
        say(
            "At test time four rows gave the same outputs alone as among 200, to within {alone:.0e}. With the "
            "batch's own statistics they differ by {together:.2g}.",
            alone=alone,
            together=float(np.mean(together)),
        ),
    )


NORMALIZATION: tuple[Claim, ...] = (
    Claim(
        "D12",
        _("Batch normalization gives each dimension mean 0 and variance 1; γ and β can learn to undo it."),
        _NORMED,
        _mean_zero_variance_one,
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
    ),
    Claim("D14", _("Batch normalization allows higher learning rates."), _FAST, _higher_learning_rates),
    Claim("D15", _("Batch normalization regularizes a little."), _SMALL_BATCHES, _regularizes_a_little),
    Claim("D16", _("At test time batch normalization uses running statistics."), _NORMED, _running_statistics),
)
