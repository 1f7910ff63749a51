"""Lines worth opening, with values that one can follow; variables without one are drawn."""

from __future__ import annotations

from typing import Any

from engine.experiment import Preset
from engine.message import _


def _lines(*lines: str, **values: Any) -> dict[str, Any]:
    return {"expression": "\n".join(lines), "values": values}


PRESETS: tuple[Preset, ...] = (
    Preset("sum_times_z", _("A sum times z"), _lines("(x + y)*z", x=-2.0, y=5.0, z=-4.0)),
    Preset(
        "neuron",
        _("A neuron"),
        _lines("1/(1 + exp(-(w0*x0 + w1*x1 + w2)))", w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0),
    ),
    Preset("gates", _("Add, max, multiply"), _lines("2*(x*y + max(z, w))", x=3.0, y=-4.0, z=2.0, w=-1.0)),
    Preset("branches", _("Branches meet"), _lines("a = x*y", "b = sin(x)", "a + b*x", x=2.0, y=3.0)),
    Preset(
        "length",
        _("The square of a product's length"),
        _lines("q = W @ x", "sum(q**2)", W=[[0.1, 0.5], [-0.3, 0.8]], x=[0.2, 0.4]),
    ),
    Preset("relu_layer", _("A layer of ReLU"), _lines("h = relu(W @ x + b)", "sum(h)")),
    Preset(
        "cross_entropy",
        _("Softmax and cross-entropy"),
        _lines("p = softmax(W @ x + b)", "-sum(t*log(p))", t=[0.0, 1.0, 0.0]),
    ),
    Preset(
        "recurrent",
        _("A recurrent cell, two steps"),
        _lines(
            "h1 = tanh(Wx @ x1 + Wh @ h0 + b)",
            "h2 = tanh(Wx @ x2 + Wh @ h1 + b)",
            "sum(h2**2)",
            h0=[0.0, 0.0, 0.0],
        ),
    ),
    Preset(
        "lstm",
        _("An LSTM cell"),
        _lines(
            "i = sigmoid(Wi @ x + Ui @ h0)",
            "f = sigmoid(Wf @ x + Uf @ h0)",
            "o = sigmoid(Wo @ x + Uo @ h0)",
            "g = tanh(Wg @ x + Ug @ h0)",
            "c = f*c0 + i*g",
            "h = o*tanh(c)",
            "sum(h)",
        ),
    ),
    Preset(
        "batch_norm",
        _("Batch normalization by hand"),
        _lines(
            "d = x - mean(x)",
            "s = sqrt(mean(d**2) + 0.00001)",
            "y = gamma*d/s + beta",
            "sum(t*y)",
            x=[1.0, 2.0, 4.0],
            gamma=1.5,
            beta=0.5,
        ),
    ),
)
"""In the order of the page."""
