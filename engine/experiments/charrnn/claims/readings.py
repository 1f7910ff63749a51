"""Where each claim's preset shows what its check measured: curves, answers, what is written."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.claim import Drawn, Reading
from engine.experiments.charrnn import hello
from engine.experiments.charrnn.claims.learning import late
from engine.experiments.charrnn.claims.measure import LAG, left
from engine.experiments.charrnn.questions.writing import find_loop

_NUMBERS, _BACK, _NEXT = "“hello” in numbers", "The gradient on its way back", "The next character"
_WRITES, _INSIDE, _NORM = "What it writes", "Inside the net while it reads", "Gradient norm"
_LOSS, _ADDING = "Held-out loss of every net", "The adding problem: error"
_WINDOW = {"flow": {"window": round(1.5 * LAG)}}
"""What the panel asks for: one and a half windows."""


def _array(drawn: Drawn, name: str) -> Array:
    found: Array = np.asarray(drawn[name])
    return found


def _writes(drawn: Drawn) -> str:
    """Return what the net would write after h, e, l, l."""
    return "".join(hello.ALPHABET[guess] for guess in _array(drawn, "p").argmax(axis=1))


def _picks_columns(drawn: Drawn) -> bool:
    """Return whether what the input adds at every step is a column of Wxh."""
    Wxh, h, a = (_array(drawn, name) for name in ("Wxh", "h", "a"))
    added = a - h[:-1] @ _array(drawn, "Whh").T - _array(drawn, "bh").T
    columns = Wxh[:, [hello.ALPHABET.index(letter) for letter in hello.INPUT]].T
    return bool(np.abs(added - columns).max() < 1e-12)


def _sums_up(drawn: Drawn) -> bool:
    """Return whether the steps' parts of dWhh add up to the numeric gradient."""
    return bool(np.abs(_array(drawn, "dWhh_t").sum(axis=0) - _array(drawn, "numeric_dWhh")).max() < 1e-7)


def _one_recurrence(drawn: Drawn) -> bool:
    """Return whether the same weights give every state, from 0 on."""
    h, x = _array(drawn, "h"), _array(drawn, "x")
    bias = _array(drawn, "bh").ravel()
    again = np.tanh(x @ _array(drawn, "Wxh").T + h[:-1] @ _array(drawn, "Whh").T + bias)
    return bool(not h[0].any() and np.abs(again - h[1:]).max() < 1e-12)


def _sigmoids(drawn: Drawn) -> bool:
    """Return whether the probabilities sum to one, and the sigmoids of the same scores do not."""
    sigmoids = 1 / (1 + np.exp(-_array(drawn, "scores")))
    return bool(abs(_array(drawn, "probabilities").sum() - 1) < 1e-9 and abs(sigmoids.sum() - 1) > 0.05)


def _way(drawn: Drawn, net: int, name: str) -> float:
    """Return what is left of a net's gradient `LAG` characters back."""
    return float(left(_array(drawn, name), LAG)[net])


def _forget_gates_alone(drawn: Drawn) -> bool:
    """Return whether the direct way shrinks by nearly open gates at every step, and only the LSTM has one."""
    direct = _array(drawn, "direct")
    ratios = direct[0, 1:] / direct[0, :-1]
    return bool(ratios.min() > 0.9 and ratios.max() <= 1 and np.isnan(direct[1]).all())


READINGS: Mapping[str, tuple[Reading, ...]] = {
    "N1": (
        Reading(_NUMBERS, lambda drawn: _array(drawn, "losses").sum(), "first", asked={"numbers": {"trained": 0}}),
        Reading(_NUMBERS, lambda drawn: _writes(drawn) == hello.TARGET, asked={"numbers": {"trained": 500}}),
        Reading(
            _NUMBERS,
            lambda drawn: _array(drawn, "losses").sum(),
            "lecture",
            asked={"numbers": {"trained": 0, "lecture": True}},
        ),
    ),
    "N2": (Reading(_NUMBERS, _picks_columns, asked={"numbers": {"trained": 10}}),),
    "N3": (Reading(_NEXT, _sigmoids, step=40, asked={"next": {"prime": ""}}),),
    "N4": (Reading(_WRITES, lambda drawn: find_loop([ord(letter) for letter in drawn["sample"]])[1] > 0),),
    "N5": (Reading(_NUMBERS, _sums_up, asked={"numbers": {"trained": 10}}),),
    "N6": (Reading(_NUMBERS, _one_recurrence, asked={"numbers": {"trained": 10}}),),
    "N7": (
        Reading(
            _BACK, lambda drawn: _array(drawn, "hidden").shape[1] > 25, step=0, asked={"flow": {"window": 38}}
        ),
    ),
    "N8": (
        Reading(_BACK, lambda drawn: _way(drawn, 0, "hidden"), "large", asked={"flow": {"window": 75}}),
        Reading(
            _BACK, lambda drawn: abs(_array(drawn, "spectrum")[0, 0] - 1.1) < 1e-4, asked={"flow": {"window": 75}}
        ),
    ),
    "N9": (Reading(_NORM, lambda drawn: _array(drawn, "y2").max() <= 1.001 < _array(drawn, "y").max(), step=40),),
    "N10": (Reading(_LOSS, lambda drawn: _array(drawn, "y")[0, -1], "linear"),),
    "N11": (
        Reading(_BACK, lambda drawn: _way(drawn, 0, "state"), "gated", asked=_WINDOW),
        Reading(_BACK, lambda drawn: _way(drawn, 1, "state"), "rnn", asked=_WINDOW),
    ),
    "N12": (
        Reading(_BACK, lambda drawn: _way(drawn, 0, "state"), "gated", asked=_WINDOW),
        Reading(_BACK, lambda drawn: _way(drawn, 1, "state"), "rnn", asked=_WINDOW),
    ),
    "N13": (Reading(_LOSS, lambda drawn: late(_array(drawn, "y")[0]), "four"),),
    "N14": (
        Reading(_ADDING, lambda drawn: _array(drawn, "y")[0, -1], "lstm", asked={"y": {}}),
        Reading(_ADDING, lambda drawn: _array(drawn, "y")[1, -1], "rnn", asked={"y": {}}),
        Reading(_ADDING, lambda drawn: _array(drawn, "y")[2, -1], "gru", asked={"y": {}}),
    ),
    "N15": (
        Reading(
            _INSIDE,
            lambda drawn: _array(drawn, "activations").min() < 0,
            step=0,
            asked={"reading": {"text": "the text", "quantity": "g"}},
        ),
        *(
            Reading(
                _INSIDE,
                lambda drawn: 0 < _array(drawn, "activations").min() < _array(drawn, "activations").max() < 1,
                step=0,
                asked={"reading": {"text": "the text", "quantity": gate}},
            )
            for gate in "ifo"
        ),
    ),
    "N16": (Reading(_BACK, _forget_gates_alone, asked=_WINDOW),),
}
"""By claim."""
