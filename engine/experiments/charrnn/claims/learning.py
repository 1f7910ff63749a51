"""Claims on what recurrent nets learn: what layers cost, and the adding problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Look, Prediction, Verdict
from engine.experiments.charrnn.adding import LENGTH, UPDATES, trained_on_adding
from engine.experiments.charrnn.claims.measure import BESIDE_RNN, Plain, equal, rate, trained
from engine.message import _, say
from engine.nn.recurrent.net import CellName

_LEARNING, _TIME = _("Learning"), _("Gradient through time")
_BACK = _("The gradient on its way back")
_DEEP: Plain = {
    "corpus": "reference",
    "cell": "lstm",
    "hidden_size": 24,
    "layers": 4,
    "batch_size": 8,
    "sequence_length": 16,
    "steps": 120,
    "optimizer": rate(learning_rate=0.02),
}
LAYERS = (1, 2, 4)


def _depth(seeds: Sequence[int]) -> Verdict:
    """N13: the same updates for one, two and four layers of the same width: deeper is behind in a short run."""
    losses = np.array(
        [
            [
                float(trained(_DEEP, _DEEP["steps"], seed, layers=layers)[1]["validation_now"][0])
                for layers in LAYERS
            ]
            for seed in seeds
        ]
    )
    harder = bool((losses[:, 2] > losses[:, 0] + 0.2).all() and (losses[:, 1] > losses[:, 0]).all())
    more = bool((losses[:, 1:].min(axis=1) < losses[:, 0]).all())
    one, two, four = (float(loss) for loss in losses.mean(axis=0))
    return Verdict(
        "yes" if harder and more else "half" if harder or more else "no",
        say(
            "Harder to train is true here: with the same width and learning rate, two layers were at "
            "{two:.2f} and four at {four:.2f} nats after {steps} steps, behind one layer in all of {seeds} "
            "runs. That more layers learn more in the end does not show in runs of this length.",
            steps=_DEEP["steps"],
            two=two,
            four=four,
            seeds=len(seeds),
        )
        if harder
        else say(
            "After {steps} steps: one layer {one:.2f}, two {two:.2f}, four {four:.2f} nats.",
            steps=_DEEP["steps"],
            one=one,
            two=two,
            four=four,
        ),
        say(
            "Held-out loss after {steps} steps: 1 layer {one:.2f}, 4 layers {four:.2f}.",
            steps=_DEEP["steps"],
            one=one,
            four=four,
        ),
        equal(_DEEP["steps"] * len(seeds), _("1 layer"), _("2 layers"), _("4 layers")),
    )


_ADDING: Plain = {
    **BESIDE_RNN,
    "cell": "lstm",
    "compare": ["rnn", "gru"],
    "hidden_size": 16,
    "batch_size": 16,
    "sequence_length": LENGTH,
    "forget_bias": 3.0,
    "update_bias": 3.0,
}


def _adding(seeds: Sequence[int]) -> Verdict:
    """N14: mean squared error on new sequences of the adding problem, as many updates for each cell."""
    cells: tuple[CellName, ...] = ("rnn", "lstm", "gru")
    errors = np.array([[trained_on_adding(cell, seed)[0] for cell in cells] for seed in seeds])
    rnn, lstm, gru = (float(error) for error in np.median(errors, axis=0))
    solved = int((errors[:, 1:] < 0.05).sum()), 2 * len(seeds)
    stays = bool(errors[:, 0].min() > 0.12)
    return Verdict(
        "yes" if stays and max(lstm, gru) < 0.05 else "half" if stays and min(lstm, gru) < 0.05 else "no",
        say(
            "The task: add two marked numbers among {length}. Always answering 1 has an error of 1/6 = "
            "{blind:.3f}. {solved} of {runs} gated nets came below 0.05; the best RNN reached {least:.3f}. "
            "All had 16 units, the same learning rate and the same sequences. The page shows the "
            "errors, and why: how much of the gradient is left {length} characters back.",
            length=LENGTH,
            blind=1 / 6,
            solved=solved[0],
            runs=solved[1],
            least=float(errors[:, 0].min()),
        ),
        say(
            "Error after {updates} updates: RNN {rnn:.3f}, LSTM {lstm:.3f}, GRU {gru:.3f}.",
            updates=UPDATES,
            rnn=rnn,
            lstm=lstm,
            gru=gru,
        ),
        equal(UPDATES * len(seeds), "RNN", "LSTM", "GRU"),
    )


LEARNING = (
    Claim(
        "N13",
        _("Two to four layers can learn more, but are harder to train."),
        _DEEP,
        _depth,
        where=_("Recurrent nets: several layers"),
        look=Look(_LEARNING, panels=(_("Held-out loss of every net"), _("Loss"))),
        prediction=Prediction(
            _("After 120 steps, which LSTM has the lower loss?"),
            (_("the one with one layer"), _("the one with four layers")),
            0,
        ),
        try_this=_("Set the layers to 1: the loss falls much sooner."),
    ),
    Claim(
        "N14",
        _("LSTM and GRU solve the adding problem at lengths where the RNN stays at 1/6."),
        _ADDING,
        _adding,
        where=_("Recurrent nets (the adding problem is ours)"),
        ours=True,
        look=Look(_TIME, step=0, panels=(_("The adding problem: error"), _BACK)),
        prediction=Prediction(
            _("Two marked numbers among 30 are to be added. What does the RNN learn in 700 updates?"),
            (_("to add them"), _("to answer 1 every time")),
            1,
        ),
        try_this=_("Set the window to 10: over so few steps the RNN's gradient is still there."),
    ),
)
