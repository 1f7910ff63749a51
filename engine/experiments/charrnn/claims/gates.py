"""Claims on gates and layers: what lets a gradient survive, and what depth costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.claim import Claim, Verdict
from engine.experiments.charrnn.adding import train_adding
from engine.experiments.charrnn.claims.measure import Plain, characters, drawn, rate, trained
from engine.experiments.charrnn.flow import Flow, measure_flow
from engine.message import _, say
from engine.nn.recurrent import LSTM, Window
from engine.nn.recurrent.net import CellName

_SIDE_BY_SIDE: Plain = {
    "corpus": "reference",
    "cell": "lstm",
    "compare": ["rnn", "gru"],
    "hidden_size": 48,
    "steps": 1000,
    "forget_bias": 2.0,
}
LAG = 50
OPEN = 2.0
"""Added to the gate that keeps the state, of the LSTM and of the GRU alike."""


def _flow(cell: CellName, seed: int) -> tuple[Flow, Window]:
    architecture, theta = drawn(cell, 32, seed)
    views = architecture.layout.views(theta)
    if cell != "rnn":
        views["bx0"][32:64] += OPEN  # f of the LSTM, z of the GRU: the second gate of both
    ids = characters(seed, LAG + 2, 4)
    net = Window(architecture, 4, LAG + 1, np.float64)
    flow = measure_flow(net, views, ids[:-1], ids[-1])
    net.forward(views, ids[:-1])  # backward has overwritten the gates
    return flow, net


def _left(flow: Flow) -> float:
    return float(flow.state[LAG] / flow.state[0])


def _cell_path_survives(seeds: Sequence[int]) -> Verdict:
    """N11: gates and candidate in their ranges; what is left of the gradient, LSTM against RNN."""
    gates, candidates, lstm, rnn, direct = [], [], [], [], []
    for seed in seeds:
        flow, net = _flow("lstm", seed)
        cell = net.cells[0]
        assert isinstance(cell, LSTM)
        gates += [extreme for gate in "ifo" for extreme in (cell.gate(gate).min(), cell.gate(gate).max())]
        candidates.append(np.abs(cell.gate("g")).max())
        forgets = np.prod(cell.gate("f")[1:], axis=0) * cell.DC[-1]
        direct.append(abs(float(np.linalg.norm(forgets, axis=0).mean()) / float(flow.direct[LAG]) - 1))
        lstm.append(_left(flow))
        rnn.append(_left(_flow("rnn", seed)[0]))
    ranges = min(gates) > 0 and max(gates) < 1 and max(candidates) < 1
    return Verdict(
        "yes" if ranges and max(direct) < 1e-9 and min(lstm) > 1e3 * max(rnn) else "no",
        say(
            "Gates lay between {low:.2f} and {high:.2f}, candidates within ±{candidate:.2f}. {lag} steps back "
            "at least {lstm:.1e} of the LSTM’s gradient was left on c, at most {rnn:.1e} of the RNN’s on h, "
            "untrained and with a forget bias of {bias:.0f}. The cell’s own path was the product of the forget "
            "gates to {direct:.0e}.",
            low=float(min(gates)),
            high=float(max(gates)),
            candidate=float(max(candidates)),
            lag=LAG,
            lstm=min(lstm),
            rnn=max(rnn),
            bias=OPEN,
            direct=max(direct),
        ),
    )


def _gru_does_it_too(seeds: Sequence[int]) -> Verdict:
    """N12: the same for the GRU, whose only state is h."""
    gru = [_left(_flow("gru", seed)[0]) for seed in seeds]
    rnn = [_left(_flow("rnn", seed)[0]) for seed in seeds]
    states = {"gru": len(_flow("gru", 0)[1].last_states()[0]), "lstm": len(_flow("lstm", 0)[1].last_states()[0])}
    return Verdict(
        "yes" if min(gru) > 1e3 * max(rnn) and states["gru"] == 1 else "no",
        say(
            "The GRU carries {gru_states} state, the LSTM {lstm_states}. {lag} steps back at least {gru:.1e} of "
            "its gradient was left, at most {rnn:.1e} of the RNN’s, untrained and with its z biased by "
            "{bias:.0f}.",
            gru_states=states["gru"],
            lstm_states=states["lstm"],
            lag=LAG,
            gru=min(gru),
            rnn=max(rnn),
            bias=OPEN,
        ),
    )


_DEEP: Plain = {
    "corpus": "arithmetic",
    "cell": "lstm",
    "hidden_size": 24,
    "layers": 2,
    "batch_size": 16,
    "sequence_length": 16,
    "steps": 600,
    "optimizer": rate(learning_rate=0.015),
}


def _depth(seeds: Sequence[int]) -> Verdict:
    """N13: behind after a hundred steps, level or ahead after six hundred."""
    early, late = [], []
    for seed in seeds:
        one, two = (trained(_DEEP, 600, seed=seed, layers=layers)[1] for layers in (1, 2))
        four = trained(_DEEP, 100, seed=seed, layers=4)[1]
        early.append([float(np.asarray(frame["smoothed_loss"])[99]) for frame in (one, two, four)])
        late.append([float(np.asarray(frame["validation_now"])[0]) for frame in (one, two)])
    first, last = np.array(early), np.array(late)
    harder = int((first[:, 0] < first[:, 1]).sum()), int((first[:, 1] < first[:, 2]).sum())
    more = int((last[:, 1] < last[:, 0]).sum())
    slower = harder == (len(seeds), len(seeds))
    gain = float((last[:, 0] - last[:, 1]).mean())
    return Verdict(
        "yes" if slower and more == len(seeds) and gain > 0.02 else "half" if slower else "no",
        say(
            "After 100 steps on sums the loss of 1, 2 and 4 layers was {one:.3f}, {two:.3f} and {four:.3f}: "
            "deeper was slower in {slow} of {seeds} runs. After 600 steps two layers were ahead of one in "
            "{more} of {seeds}, by {gain:.3f} nats on average: what depth gains takes longer to show.",
            one=float(first[:, 0].mean()),
            two=float(first[:, 1].mean()),
            four=float(first[:, 2].mean()),
            slow=min(harder),
            seeds=len(seeds),
            more=more,
            gain=gain,
        ),
    )


LENGTH = 50


def _adding(seeds: Sequence[int]) -> Verdict:
    """N14: mean squared error on new sequences of the adding problem."""
    errors: dict[str, list[float]] = {"rnn": [], "lstm": [], "gru": []}
    steps: dict[CellName, int] = {"rnn": 500, "lstm": 900, "gru": 900}
    for seed in seeds:
        for cell, most in steps.items():
            error, _curve = train_adding(
                cell, LENGTH, most, seed, hidden=16, learning_rate=0.02 if cell != "rnn" else 0.005, enough=0.01
            )
            errors[cell].append(error)
    solved = max(*errors["lstm"], *errors["gru"])
    return Verdict(
        "yes" if solved < 0.02 and min(errors["rnn"]) > 0.13 else "half" if solved < 0.05 else "no",
        say(
            "Two marked numbers among {length} are to be added. The mean squared error on new sequences was "
            "{lstm:.4f} at most for the LSTM, {gru:.4f} for the GRU, and {rnn:.3f} at least for the RNN; always "
            "answering 1 has {blind:.3f}.",
            length=LENGTH,
            lstm=max(errors["lstm"]),
            gru=max(errors["gru"]),
            rnn=min(errors["rnn"]),
            blind=1 / 6,
        ),
    )


GATES = (
    Claim(
        "N11",
        _(
            "LSTM: gates in (0, 1), candidate in (−1, 1); the cell’s path multiplies by forget gates only, so its "
            "gradient survives where the vanilla RNN’s is gone."
        ),
        _SIDE_BY_SIDE,
        _cell_path_survives,
    ),
    Claim("N12", _("The GRU does it without a cell state."), _SIDE_BY_SIDE, _gru_does_it_too),
    Claim("N13", _("Two to four layers learn more and are harder to train."), _DEEP, _depth),
    Claim(
        "N14",
        _("LSTM and GRU solve the adding problem at lengths where the RNN stays at 1/6."),
        {**_SIDE_BY_SIDE, "sequence_length": 100},
        _adding,
    ),
)
