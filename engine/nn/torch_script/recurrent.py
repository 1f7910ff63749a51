"""A recurrent net as a torch module: torch's own layers where it has them, else written out."""

from __future__ import annotations

from engine.nn.recurrent import RecurrentNet

_SIZES = """
V, H, L = {outputs}, {hidden}, {layers}
"""

_BUILTIN = '''

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = torch.nn.{module}(V, H, L{options})
        self.readout = torch.nn.Linear(H, V)

    def forward(self, ids, state=None):
        """ids: (T, B) characters; returns scores (T, B, V) and the state."""
        x = torch.nn.functional.one_hot(ids, V).to(self.readout.weight.dtype)
        h, state = self.recurrent(x, state)
        return self.readout(h), state
'''

_WRITTEN_OUT = '''

class Recurrent(torch.nn.Module):
    """{what}"""

    def __init__(self):
        super().__init__()
        G = {gates} * H
        for layer in range(L):
            width = V if layer == 0 else H
            shapes = {{"weight_ih": (G, width), "weight_hh": (G, H), "bias_ih": (G,), "bias_hh": (G,)}}
            for name, shape in shapes.items():
                self.register_parameter(f"{{name}}_l{{layer}}", torch.nn.Parameter(torch.zeros(shape)))

    def forward(self, x, state=None):
        state = x.new_zeros(L, x.shape[1], H) if state is None else state
        last = []
        for layer in range(L):
            Wx, Wh, bx, bh = (
                getattr(self, f"{{name}}_l{{layer}}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            h, outputs = state[layer], []
            for a in x @ Wx.T + bx + bh:
{step}
                outputs.append(h)
            x = torch.stack(outputs)
            last.append(h)
        return x, torch.stack(last)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = Recurrent()
        self.readout = torch.nn.Linear(H, V)

    def forward(self, ids, state=None):
        """ids: (T, B) characters; returns scores (T, B, V) and the state."""
        x = torch.nn.functional.one_hot(ids, V).to(self.readout.weight.dtype)
        h, state = self.recurrent(x, state)
        return self.readout(h), state
'''

_LINEAR = "                h = a + h @ Wh.T"
_BEFORE = """                r, z = torch.sigmoid(a[:, : 2 * H] + h @ Wh[: 2 * H].T).split(H, 1)
                n = torch.tanh(a[:, 2 * H :] + (r * h) @ Wh[2 * H :].T)
                h = (1 - z) * n + z * h"""


def module(net: RecurrentNet) -> str:
    """Return the source of the module `Net`."""
    sizes = _SIZES.format(outputs=net.outputs, hidden=net.hidden, layers=net.layers)
    if net.cell == "rnn" and net.activation == "linear":
        return sizes + _WRITTEN_OUT.format(what="A recurrence without squashing.", gates=1, step=_LINEAR)
    if net.cell == "gru" and net.reset == "before":
        what = "A GRU with the reset gate before the product, which torch does not offer."
        return sizes + _WRITTEN_OUT.format(what=what, gates=3, step=_BEFORE)
    options = f', nonlinearity="{net.activation}"' if net.cell == "rnn" else ""
    return sizes + _BUILTIN.format(module=net.cell.upper(), options=options)


def places(net: RecurrentNet) -> list[tuple[str, bool]]:
    """Return the names of torch's tensors in theta's order; torch keeps them as the engine does."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    layers = [f"recurrent.{name}_l{layer}" for layer in range(net.layers) for name in names]
    return [(name, False) for name in (*layers, "readout.weight", "readout.bias")]
