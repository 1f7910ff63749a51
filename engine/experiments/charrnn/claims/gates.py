"""Claims on gates: what lets a gradient survive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Claim, Look, Prediction, Verdict, equal
from engine.experiments.charrnn.claims.measure import BESIDE_RNN, LAG, Plain, begun, characters, drawn, flow, left
from engine.message import _, say
from engine.nn.recurrent import LSTM, Window

_TIME, _INSIDE = _("Gradient through time"), _("Inside")
_BACK = _("The gradient on its way back")
_LSTM_CHAPTER, _GRU_CHAPTER = _("Recurrent nets: LSTM"), _("Recurrent nets: GRU")
OPEN = 4.0
"""Added to the gate that keeps the state: sigmoid(4) = 0.98."""
LEARNED = 60
"""Steps after which the trained nets are measured."""
_LSTM: Plain = {**BESIDE_RNN, "cell": "lstm", "forget_bias": OPEN}
_GRU: Plain = {**BESIDE_RNN, "cell": "gru", "update_bias": OPEN}


def _kept(preset: Plain, bias: str, seeds: Sequence[int]) -> dict[str, Array]:
    """Return what is left of |dL/d state| LAG steps back, (seeds, 2), the gated cell before the RNN.

    ``open``: untrained, the preset's bias. ``drawn``: untrained, without it. ``learned``: the preset, trained.
    """
    found: dict[str, list[Array]] = {"open": [], "drawn": [], "learned": []}
    for seed in seeds:
        found["drawn"].append(left(flow(begun(preset, seed, **{bias: 0.0}))["state"], LAG))
        simulation = begun(preset, seed)
        found["open"].append(left(flow(simulation)["state"], LAG))
        simulation.advance(LEARNED)
        found["learned"].append(left(flow(simulation)["state"], LAG))
    return {name: np.array(shares) for name, shares in found.items()}


def _holds_while_open(kept: dict[str, Array]) -> tuple[bool, bool]:
    """Return whether an open gate keeps the gradient where the RNN's is gone, and whether the drawn one does."""
    survives = bool(kept["open"][:, 0].min() > max(0.01, 1e3 * kept["open"][:, 1].max()))
    return survives, bool(kept["drawn"][:, 0].min() > 0.01)


def _cell_path_survives(seeds: Sequence[int]) -> Verdict:
    """N11: gates and candidate in their ranges; what is left of the gradient, LSTM against RNN."""
    gates, candidates = [], []
    for seed in seeds:
        architecture, theta = drawn("lstm", 32, seed)
        window = Window(architecture, 4, LAG, np.float64)
        window.forward(architecture.layout.views(4 * theta), characters(seed, LAG, 4))
        cell = window.cells[0]
        gates += [extreme for gate in "ifo" for extreme in (cell.gate(gate).min(), cell.gate(gate).max())]
        candidates.append(np.abs(cell.gate("g")).max())
    kept = _kept(_LSTM, "forget_bias", seeds)
    ranges = min(gates) > 0 and max(gates) < 1 and max(candidates) < 1
    survives, always = _holds_while_open(kept)
    return Verdict(
        ("yes" if always else "half") if ranges and survives else "no",
        say(
            "True while the forget gate stays open. An untrained LSTM with a forget bias of 0 keeps "
            "{drawn:.1g}, about as little as the RNN. After {steps} training steps from an open gate the "
            "LSTM keeps {learned:.1g}, the RNN {other:.1g}. The gates lay between {low:.3f} and {high:.3f}, "
            "the candidate within ±{candidate:.3f}. All numbers are medians over {seeds} nets.",
            drawn=float(np.median(kept["drawn"][:, 0])),
            steps=LEARNED,
            learned=float(np.median(kept["learned"][:, 0])),
            other=float(np.median(kept["learned"][:, 1])),
            low=float(min(gates)),
            high=float(max(gates)),
            candidate=float(max(candidates)),
            seeds=len(seeds),
        ),
        say(
            "Gradient left {lag} characters back, gate open: LSTM {gated:.2f}, RNN {rnn:.1g}.",
            lag=LAG,
            gated=float(np.median(kept["open"][:, 0])),
            rnn=float(np.median(kept["open"][:, 1])),
        ),
        equal(LEARNED * len(seeds), "LSTM", "RNN"),
    )


def _gru_does_it_too(seeds: Sequence[int]) -> Verdict:
    """N12: the same for the GRU, whose only state is h."""
    kept = _kept(_GRU, "update_bias", seeds)
    states = [drawn(cell, 4, 0)[0].kind.states for cell in ("gru", "lstm")]
    survives, always = _holds_while_open(kept)
    return Verdict(
        ("yes" if always else "half") if survives and states[0] == 1 else "no",
        say(
            "True while the update gate z stays near 1. An untrained GRU without a bias on z keeps "
            "{drawn:.1g}, about as little as the RNN. After {steps} training steps from an open gate the "
            "GRU keeps {learned:.1g}, the RNN {other:.1g}. From step to step the GRU carries {gru} state, "
            "the LSTM {lstm}. All numbers are medians over {seeds} nets.",
            drawn=float(np.median(kept["drawn"][:, 0])),
            steps=LEARNED,
            learned=float(np.median(kept["learned"][:, 0])),
            other=float(np.median(kept["learned"][:, 1])),
            gru=states[0],
            lstm=states[1],
            seeds=len(seeds),
        ),
        say(
            "Gradient left {lag} characters back, gate open: GRU {gated:.2f}, RNN {rnn:.1g}.",
            lag=LAG,
            gated=float(np.median(kept["open"][:, 0])),
            rnn=float(np.median(kept["open"][:, 1])),
        ),
        equal(LEARNED * len(seeds), "GRU", "RNN"),
    )


def _three_sigmoids_and_a_tanh(seeds: Sequence[int]) -> Verdict:
    """N15: compare each gate's output with both functions of what enters it, as the cell computes them."""
    worst, apart = 0.0, np.inf
    kinds: set[tuple[str, ...]] = set()
    for seed in seeds:
        architecture, theta = drawn("lstm", 16, seed)
        views = architecture.layout.views(3 * theta)
        ids = characters(seed, 1, 8)
        window = Window(architecture, 8, 1, np.float64)
        window.forward(views, ids)
        enters = views["Wx0"][:, ids[0]] + (views["bx0"] + views["bh0"])[:, None]  # h before the first step is 0
        cell = window.cells[0]
        found = []
        for gate in "ifog":
            z = enters[cell.rows(gate)]
            off = {
                "sigmoid": float(np.abs(cell.gate(gate)[0] - 1 / (1 + np.exp(-z))).max()),
                "tanh": float(np.abs(cell.gate(gate)[0] - np.tanh(z)).max()),
            }
            found.append(min(off, key=lambda name: off[name]))
            worst, apart = max(worst, min(off.values())), min(apart, max(off.values()))
        kinds.add(tuple(found))
    different = max(len(set(kind)) for kind in kinds)
    clear = worst < 1e-12 and apart > 0.1
    return Verdict(
        "no" if clear and different < 4 else "yes",
        say(
            "In {seeds} nets the input, forget and output gates are sigmoids of their pre-activations and "
            "the candidate is a tanh, to within {worst:.0e}. The other function would differ by at least "
            "{apart:.2f}. The four have different weights, but only two functions.",
            worst=worst,
            apart=apart,
            seeds=len(seeds),
        ),
        say("Different functions among the four gates: {different}.", different=different),
        equal(4 * len(seeds), _("compared with the sigmoid"), _("compared with tanh"), unit=_("gates")),
    )


def _no_matrix_on_the_way(seeds: Sequence[int]) -> Verdict:
    """N16: the Jacobian of c_t by c_(t-1), h held, by differences; then the product of the forget gates."""
    H, off, gap, path, around = 16, 0.0, 0.0, 0.0, []
    for seed in seeds:
        rng = np.random.default_rng([seed, 36])
        architecture, theta = drawn("lstm", H, seed)
        views = architecture.layout.views(theta)
        # one column for each unit of c, moved up and down, at the same h and the same character
        h = np.repeat(rng.uniform(-1, 1, (H, 1)), 2 * H, axis=1)
        c = rng.normal(size=(H, 1)) + 1e-5 * np.concatenate([np.eye(H), -np.eye(H)], axis=1)
        one = Window(architecture, 2 * H, 1, np.float64)
        one.forward(views, np.zeros((1, 2 * H), np.intp), [(h, c)])
        cell = one.cells[0]
        assert isinstance(cell, LSTM)
        jacobian = (cell.C[1][:, :H] - cell.C[1][:, H:]) / 2e-5
        off = max(off, float(np.abs(jacobian - np.diag(np.diag(jacobian))).max()))
        gap = max(gap, float(np.abs(np.diag(jacobian) - cell.gate("f")[0, :, 0]).max()))
        simulation = begun(_LSTM, seed)
        curves = flow(simulation)
        around.append(curves["around"][0, LAG] / curves["direct"][0, LAG])
        path = max(path, _product_of_forget_gates(seed))
    return Verdict(
        "yes" if off == 0 and gap < 1e-9 and path < 1e-9 else "no",
        say(
            "With h held fixed, the derivative of c by the c one step before is a diagonal matrix. Its "
            "diagonal is the forget gate (largest difference {gap:.0e}), so over {lag} steps the direct way "
            "is the product of the forget gates (largest difference {path:.0e}). A step back costs H "
            "multiplications instead of H². The way around, through h and the gates, does multiply by "
            "matrices: with the gate open it carries {around:.1f} times as much as the direct way, {lag} "
            "characters back.",
            gap=gap,
            lag=LAG,
            path=path,
            around=float(np.median(around)),
        ),
        say("The Jacobian of c by the c one step before: largest entry off the diagonal {off:g}.", off=off),
        equal(len(seeds), _("by differences"), _("forget gates"), unit=_("nets drawn")),
    )


def _product_of_forget_gates(seed: int) -> float:
    """Return how far, relatively, the cell's own gradient over LAG steps is from the forget gates' product."""
    architecture, theta = drawn("lstm", 16, seed)
    views = architecture.layout.views(theta)
    views["Wh0"][...] = 0  # without the way around, the direct way is all there is
    views["bx0"][architecture.gates.index("f") * 16 :][:16] += OPEN
    ids = characters(seed, LAG, 3)
    window = Window(architecture, 3, LAG, np.float64)
    window.forward(views, ids)
    cell = window.cells[0]
    assert isinstance(cell, LSTM)
    product = np.prod(cell.gate("f"), axis=0)
    start = np.random.default_rng(seed).normal(size=(16, 3))
    ends = []
    for sign in (1, -1):
        window.forward(views, ids, [(np.zeros((16, 3)), sign * start)])
        ends.append(cell.C[LAG].copy())
    moved = (ends[0] - ends[1]) / 2
    return float(np.abs(moved - product * start).max() / np.abs(product * start).max())


GATES = (
    Claim(
        "N11",
        _(
            "In an LSTM the gates are in (0, 1), the candidate in (−1, 1). The path of the cell state is "
            "multiplied by forget gates only, so the gradient survives where that of the vanilla RNN is "
            "gone."
        ),
        _LSTM,
        _cell_path_survives,
        where=_LSTM_CHAPTER,
        look=Look(_TIME, step=0, panels=(_BACK,)),
        prediction=Prediction(
            _("An untrained LSTM has no bias on its forget gate. How much gradient is left 40 characters back?"),
            (_("about half"), _("about a hundredth"), _("less than a millionth")),
            2,
        ),
        try_this=_("Set the forget-gate bias to 0: the LSTM's curve falls almost as fast as the RNN's."),
    ),
    Claim(
        "N12",
        _("The GRU does the same without a cell state."),
        _GRU,
        _gru_does_it_too,
        where=_GRU_CHAPTER,
        look=Look(_TIME, step=0, panels=(_BACK,)),
        prediction=Prediction(
            _("The GRU has no cell state. Its update gate is open. Does the gradient reach 40 characters back?"),
            (_("yes, about half of it"), _("no, it is gone like the RNN's")),
            0,
        ),
        try_this=_("Set the update-gate bias to 0: the GRU's curve falls almost as fast as the RNN's."),
    ),
    Claim(
        "N15",
        _("“The four gates have four different nonlinearities.”"),
        _LSTM,
        _three_sigmoids_and_a_tanh,
        where=_LSTM_CHAPTER,
        by_construction=True,
        look=Look(_INSIDE, panels=(_("Inside the net while it reads"),)),
        prediction=Prediction(
            _("How many different functions do the LSTM's four gates use?"), (_("one"), _("two"), _("four")), 1
        ),
        try_this=_("Look at g and then at i: g has both signs, i stays above 0."),
    ),
    Claim(
        "N16",
        _("On its way back through the LSTM's cell state the gradient is not multiplied by a matrix."),
        _LSTM,
        _no_matrix_on_the_way,
        where=_LSTM_CHAPTER,
        by_construction=True,
        look=Look(_TIME, step=0, panels=(_BACK,)),
        prediction=Prediction(
            _("One step back along the cell state, by what is the gradient multiplied?"),
            (_("by the matrix Whh"), _("by the forget gate, unit by unit"), _("by 1")),
            1,
        ),
        try_this=_("Tick “the direct way and the way around”: the direct way is the product of the forget gates."),
    ),
)
