"""A recurrent net over a few characters as lines of the expression language, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.recurrent.net import RecurrentNet
from engine.nn.written import Written, checked

_SQUASHING = {"tanh": "tanh({})", "relu": "relu({})", "linear": "{}"}


def recurrent(
    net: RecurrentNet,
    views: Mapping[str, Array],
    ids: Sequence[int],
    states: Sequence[Sequence[Array]] | None = None,
) -> Written:
    """Write a recurrent net that reads some characters and guesses each next one.

    The two biases of a gate are one, where nothing stands between them. The loss is the mean over the characters.

    Args:
        views: of its parameters. ids: T + 1 characters, T >= 1.
        states: of each layer before the first character, (H,) each; None begins with zeros.
    Raises:
        Refusal: for a net that is too large.
    """
    writer = _Writer(net, views)
    steps = len(ids) - 1
    zero = np.zeros(net.hidden, views["Wy"].dtype)
    for layer in range(net.layers):
        given = states[layer] if states is not None else [zero] * net.kind.states
        for letter, value in zip("hc", given, strict=False):
            writer.values[f"{letter}{writer.mark(layer)}0"] = value
    losses = []
    for t in range(1, steps + 1):
        writer.values[f"x{t}"] = np.eye(net.inputs, dtype=zero.dtype)[ids[t - 1]]
        writer.values[f"t{t}"] = np.eye(net.outputs, dtype=zero.dtype)[ids[t]]
        h = f"x{t}"
        for layer in range(net.layers):
            h = writer.step(layer, t, h)
        losses.append(f"sum(t{t}*log_softmax(Wy @ {h} + by))")
    writer.values |= {"Wy": views["Wy"], "by": views["by"]}
    mean = f"/{steps}" if steps > 1 else ""
    return checked([*writer.lines, f"-({' + '.join(losses)}){mean}"], writer.values)


class _Writer:
    def __init__(self, net: RecurrentNet, views: Mapping[str, Array]) -> None:
        self.net = net
        self.views = views
        self.lines: list[str] = []
        self.values: dict[str, Array] = {}

    def mark(self, layer: int) -> str:
        """Return what tells a layer's names from another's; nothing where there is one layer."""
        return "abcd"[layer] if self.net.layers > 1 else ""

    def step(self, layer: int, t: int, x: str) -> str:
        """Add the lines of one step of a layer; return the name of its h."""
        mark = self.mark(layer)
        before, now = f"{mark}{t - 1}", f"{mark}{t}"
        past = f"h{before}"
        if self.net.cell == "rnn":
            inner = f"{self._input('', layer, x, both=True)} + {self._recurrent('', layer)} @ {past}"
            self.lines.append(f"h{now} = {_SQUASHING[self.net.activation].format(inner)}")
            return f"h{now}"
        if self.net.cell == "lstm":
            for gate in "ifog":
                self._gate(gate, layer, now, x, past)
            self.lines.append(f"c{now} = f{now}*c{before} + i{now}*g{now}")
            self.lines.append(f"h{now} = o{now}*tanh(c{now})")
            return f"h{now}"
        for gate in "rz":
            self._gate(gate, layer, now, x, past)
        after = self.net.reset == "after"
        into = self._input("n", layer, x, both=not after)
        matrix = self._recurrent("n", layer)
        if after:
            bias = self._value(f"cn{mark}", self.views[f"bh{layer}"], "n")
            inner = f"{into} + r{now}*({matrix} @ {past} + {bias})"
        else:
            inner = f"{into} + {matrix} @ (r{now}*{past})"
        self.lines.append(f"n{now} = tanh({inner})")
        self.lines.append(f"h{now} = (1 - z{now})*n{now} + z{now}*{past}")
        return f"h{now}"

    def _gate(self, gate: str, layer: int, now: str, x: str, past: str) -> None:
        bend = "sigmoid" if gate in self.net.kind.sigmoid else "tanh"
        inner = f"{self._input(gate, layer, x, both=True)} + {self._recurrent(gate, layer)} @ {past}"
        self.lines.append(f"{gate}{now} = {bend}({inner})")

    def _input(self, gate: str, layer: int, x: str, *, both: bool) -> str:
        mark = self.mark(layer)
        bias = self.views[f"bx{layer}"] + (self.views[f"bh{layer}"] if both else 0)
        weight = self._value(f"W{gate}x{mark}", self.views[f"Wx{layer}"], gate)
        return f"{weight} @ {x} + {self._value(f'b{gate}{mark}', bias, gate)}"

    def _recurrent(self, gate: str, layer: int) -> str:
        return self._value(f"W{gate}h{self.mark(layer)}", self.views[f"Wh{layer}"], gate)

    def _value(self, name: str, whole: Array, gate: str) -> str:
        """Take note of a gate's rows of a matrix or bias under a name; return the name."""
        place = self.net.gates.index(gate) if gate else 0
        H = self.net.hidden
        self.values[name] = whole[place * H : (place + 1) * H]
        return name
