"""The gradient through time: how much of it is left, so many characters back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.autodiff.softmax import probabilities
from engine.autodiff.tape import Array
from engine.message import Message, say
from engine.nn.recurrent import LSTM, RecurrentNet, Weights, Window
from engine.nn.recurrent.initialize import singular_and_spectral
from engine.pieces import Pieces

DIRECT = {"lstm": "f", "gru": "z"}
"""The gate that alone multiplies the state on its direct way from step to step."""
CANDIDATE = {"rnn": "h", "lstm": "g", "gru": "n"}
"""The gate whose Wh carries h into the new content; its singular value is the one to watch."""


@dataclass(frozen=True)
class Flow:
    """How a loss at a window's last step depends on the last layer's state before, by lag k = 0 ... T - 1.

    All are norms over the units, averaged over the columns, (T,). ``state`` is c for the LSTM, else h.

    Args:
        hidden: |dL/dh_(T-k)|. state: |dL/d state_(T-k)|.
        direct: the part of ``state`` that came by the direct way alone, multiplied by the forget gates (LSTM)
            or by z (GRU) and nothing else; nan for the vanilla RNN. around: the rest, through h and the gates.
        bound: |dL/dh_T| s^k with s the largest singular value of Wh, which the vanilla RNN cannot exceed.
        singular, spectral: of the candidate's Wh: largest singular value, spectral radius.
    """

    hidden: Array
    state: Array
    direct: Array
    around: Array
    bound: Array
    singular: float
    spectral: float


def spectrum(net: RecurrentNet, views: Mapping[str, Array]) -> Pieces[tuple[float, float]]:
    """Return the largest singular value and the spectral radius of the candidate's Wh in the last layer.

    With a thousand units that takes about a second.

    Args:
        net: the model. views: its parameters by name.
    """
    place = net.gates.index(CANDIDATE[net.cell])
    blocks = views[f"Wh{net.layers - 1}"].reshape(-1, net.hidden, net.hidden)
    return (yield from singular_and_spectral(blocks[place]))


def measure_flow(window: Window, views: Mapping[str, Array], x: Array, targets: Array) -> Pieces[Flow]:
    """Return the flow in a window whose loss counts the last step only; to be done `quiet`.

    Args:
        window: whose buffers are used. views: the parameters by name. x: (T, B) characters.
        targets: (B,), the next ones.
    """
    singular, spectral = yield from spectrum(window.net, views)
    yield
    T, B = x.shape
    yield from window.forward_in_pieces(views, x)
    top = window.cells[-1]
    scores = views["Wy"] @ top.H[T] + views["by"][:, None]
    p = probabilities(scores, 0)
    p[targets, np.arange(B)] -= 1
    upstream = np.zeros((T, top.hidden, B), window.dtype)
    upstream[-1] = views["Wy"].T @ p
    layer = len(window.cells) - 1
    unused = Weights(*(np.empty_like(views[f"{name}{layer}"]) for name in Weights._fields))
    cell = window.net.cell
    kept = top.gate(DIRECT[cell]).copy() if cell in DIRECT else None
    top.backward(upstream, unused, wants_input=False)
    hidden = _norms(top.DH[1 : T + 1])
    states = top.DC[1 : T + 1] if isinstance(top, LSTM) else top.DH[1 : T + 1]
    if kept is not None:
        ways = _direct(kept, states[-1])
        direct, around = _norms(ways), _norms(states - ways)
    else:
        direct = around = np.full(T, np.nan)
    bound = hidden[0] * singular ** np.arange(T) if cell == "rnn" else np.full(T, np.nan)
    return Flow(hidden, _norms(states), direct, around, bound, singular, spectral)


def curves_of(net: int, model: RecurrentNet) -> list[dict[str, Any]]:
    """Return which arrays of a net are drawn, with its name: the gradient, its bound, its ways."""
    cell = model.cell
    name = f"{cell.upper()} {model.hidden}"
    drawn = [("hidden", say("{net}: dL/dh", net=name), "solid", 2.4, False)]
    if cell == "rnn":
        drawn.append(("bound", say("{net}: bound, σ₁ to the power of the lag", net=name), "dash", 1.7, False))
    if cell == "lstm":
        drawn.append(("state", say("{net}: dL/dc", net=name), "longdash", 2.1, False))
    if cell in DIRECT:
        drawn.append(("direct", say("{net}: direct way", net=name), "dot", 2.0, True))
        drawn.append(("around", say("{net}: way around", net=name), "dashdot", 1.3, True))
    return [
        {"array": array, "net": net, "name": words, "dash": dash, "width": width, "way": way}
        for array, words, dash, width, way in drawn
    ]


def remark_on(cells: Sequence[str], flows: Sequence[Flow]) -> Message:
    """Return what the curves of these nets mean."""
    if "rnn" not in cells:
        return say(
            "On the direct way the LSTM's dL/dc is multiplied by forget gates only; dL/dh also goes through "
            "the matrix and the activation."
        )
    if flows[cells.index("rnn")].singular < 1:
        return say(
            "σ₁ is below 1: the gradient of the vanilla RNN shrinks at every step, at least as fast as the "
            "dashed bound."
        )
    return say(
        "σ₁ is above 1: the bound allows the gradient to grow. Whether it does also depends on the "
        "slope of the activation, which is at most 1."
    )


def _norms(gradients: Array) -> Array:
    """Return the mean norm over the units by lag, latest first: (T, H, B) -> (T,)."""
    norms: Array = np.sqrt(np.square(gradients.astype(np.float64)).sum(axis=1)).mean(axis=1)
    return norms[::-1].copy()


def _direct(gates: Array, last: Array) -> Array:
    """Return the last step's gradient multiplied by the gates of the later steps, (T, H, B)."""
    ways = np.empty_like(gates)
    ways[-1] = last
    for t in range(len(gates) - 2, -1, -1):
        np.multiply(ways[t + 1], gates[t + 1], out=ways[t])
    return ways
