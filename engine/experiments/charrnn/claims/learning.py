"""Claims on what recurrent nets learn: what layers cost, and the adding problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.charrnn.adding import LENGTH, UPDATES, trained_on_adding
from engine.experiments.charrnn.claims.measure import BESIDE_RNN, Plain, rate, trained
from engine.message import _, say
from engine.nn.recurrent.net import CellName
from engine.pieces import whole

_LEARNING, _TIME = _("Learning"), _("Gradient through time")
_BACK = _("The gradient on its way back")
_DEEP: Plain = {
    "corpus": "brackets",
    "cell": "lstm",
    "hidden_size": 11,
    "layers": 4,
    "batch_size": 8,
    "sequence_length": 16,
    "steps": 400,
    "optimizer": rate(learning_rate=0.02),
}
SHAPES = ((1, 26), (2, 16), (4, 11))
"""Layers and units of each, about 3900 weights in all."""


def late(curve: Array) -> float:
    """Return the mean of a run's last three measurements of the held-out loss, a hundred steps apart."""
    return float(curve[-201::100].mean())


LONG = 1200
"""Updates of the first seed's nets of one and of four layers: does the deep one come to be ahead?"""


def _depth(seeds: Sequence[int]) -> Verdict:
    """N13: one, two and four layers of as many weights: who is behind at step 100, and who is lower in the end."""
    losses, early, weights, ends = [], [], [], {}
    usual = int(_DEEP["steps"])
    for seed in seeds:
        curves = {}
        for layers, units in SHAPES:
            steps = LONG if seed == seeds[0] and layers != 2 else usual
            run, frame = trained({**_DEEP, "layers": layers, "hidden_size": units, "steps": steps}, steps, seed)
            curve = np.asarray(frame["validation_losses"])[0]
            curves[layers] = curve[:usual]
            if steps == LONG:
                ends[layers] = late(curve)
            weights.append(run.learners[0].theta.size)
        losses.append([late(curve) for curve in curves.values()])
        early.append([float(curve[99]) for curve in curves.values()])
    one, two, four = (float(loss) for loss in np.mean(losses, axis=0))
    harder = all(row[2] > row[0] for row in early)
    lower = sum(row[1] < row[0] for row in losses)
    return Verdict(
        "yes" if harder and max(two, four) < one else "half" if harder or two < one else "no",
        say(
            "All had about as many weights ({least} to {most}), the same learning rate and the same text, "
            "brackets inside brackets. Two layers were lower than one with {lower} of {seeds} seeds, if not by "
            "much. Four layers were behind one with {behind} of {seeds}. With the first seed one and four layers "
            "went on to step {long}: {shallow:.3f} and {deep:.3f}. Longer runs were not tested.",
            least=min(weights),
            most=max(weights),
            lower=lower,
            seeds=len(seeds),
            behind=sum(row[2] > row[0] for row in losses),
            long=LONG,
            shallow=ends[1],
            deep=ends[4],
        ),
        say(
            "Held-out loss near step {steps}: 1 layer {one:.3f}, 2 layers {two:.3f}, 4 layers {four:.3f}.",
            steps=usual,
            one=one,
            two=two,
            four=four,
        ),
        (
            *equal(usual * len(seeds), _("1 layer"), _("2 layers"), _("4 layers")),
            *equal(LONG - usual, _("1 layer"), _("4 layers"), unit=_("updates of the first seed beyond")),
        ),
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
    errors = np.array([[whole(trained_on_adding(cell, seed))[0] for cell in cells] for seed in seeds])
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
            "Error after {updates} updates: RNN {rnn:.2g}, LSTM {lstm:.2g}, GRU {gru:.2g}.",
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
            _("LSTMs of as many weights, after 400 steps: which has the lowest loss?"),
            (_("the one with one layer"), _("the one with two layers"), _("the one with four layers")),
            1,
        ),
        try_this=_("Take two layers of 16 units: the loss falls sooner and ends lower."),
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
