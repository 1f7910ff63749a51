"""A trained net as a program in PyTorch that carries its weights."""

from __future__ import annotations

import base64
import textwrap
import zlib
from collections.abc import Mapping

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.recurrent import RecurrentNet

_HEAD = '''"""A character-level {title} with its weights, from Descent Lab: python FILE [TEMPERATURE] [PRIME]"""

import base64
import sys
import zlib

import torch

CHARACTERS = {characters}
HIDDEN, LAYERS = {hidden}, {layers}
'''

_BUILTIN = '''

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = torch.nn.{module}(len(CHARACTERS), HIDDEN, LAYERS{options})
        self.readout = torch.nn.Linear(HIDDEN, len(CHARACTERS))

    def forward(self, ids, state=None):
        """ids: (T, B) characters; returns scores (T, B, V) and the state."""
        x = torch.nn.functional.one_hot(ids, len(CHARACTERS)).to(self.readout.weight.dtype)
        h, state = self.recurrent(x, state)
        return self.readout(h), state
'''

_WRITTEN_OUT = '''

class Recurrent(torch.nn.Module):
    """{what}"""

    def __init__(self):
        super().__init__()
        G = {gates} * HIDDEN
        for layer in range(LAYERS):
            width = len(CHARACTERS) if layer == 0 else HIDDEN
            shapes = {{"weight_ih": (G, width), "weight_hh": (G, HIDDEN), "bias_ih": (G,), "bias_hh": (G,)}}
            for name, shape in shapes.items():
                self.register_parameter(f"{{name}}_l{{layer}}", torch.nn.Parameter(torch.zeros(shape)))

    def forward(self, x, state=None):
        H = HIDDEN
        state = x.new_zeros(LAYERS, x.shape[1], H) if state is None else state
        last = []
        for layer in range(LAYERS):
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
        self.readout = torch.nn.Linear(HIDDEN, len(CHARACTERS))

    def forward(self, ids, state=None):
        """ids: (T, B) characters; returns scores (T, B, V) and the state."""
        x = torch.nn.functional.one_hot(ids, len(CHARACTERS)).to(self.readout.weight.dtype)
        h, state = self.recurrent(x, state)
        return self.readout(h), state
'''

_LINEAR = "                h = a + h @ Wh.T"
_BEFORE = """                r, z = torch.sigmoid(a[:, : 2 * H] + h @ Wh[: 2 * H].T).split(H, 1)
                n = torch.tanh(a[:, 2 * H :] + (r * h) @ Wh[2 * H :].T)
                h = (1 - z) * n + z * h"""

_TAIL = '''

def load():
    """The net with its weights, little-endian float32 in the order of ORDER."""
    net = Net()
    flat = torch.frombuffer(bytearray(zlib.decompress(base64.b64decode(WEIGHTS))), dtype=torch.float32)
    parameters, start = dict(net.named_parameters()), 0
    with torch.no_grad():
        for name in ORDER:
            size = parameters[name].numel()
            parameters[name].copy_(flat[start : start + size].view_as(parameters[name]))
            start += size
    return net.eval()


@torch.no_grad()
def write(net, prime, length=500, temperature=0.8):
    """Write on from a text."""
    ids = [CHARACTERS.index(c) for c in prime if c in CHARACTERS] or [0]
    scores, state = net(torch.tensor(ids)[:, None])
    text = prime
    for _ in range(length):
        last = scores[-1, 0]
        if temperature == 0:
            chosen = int(last.argmax())
        else:
            chosen = int(torch.multinomial(torch.softmax(last / temperature, 0), 1))
        text += CHARACTERS[chosen]
        scores, state = net(torch.tensor([[chosen]]), state)
    return text


ORDER = {order}
WEIGHTS = """
{weights}
"""

if __name__ == "__main__":
    temperature = float(sys.argv[1]) if len(sys.argv) > 1 else 0.8
    print(write(load(), sys.argv[2] if len(sys.argv) > 2 else "\\n", temperature=temperature))
'''

_NAMES = {"Wx": "weight_ih_l", "Wh": "weight_hh_l", "bx": "bias_ih_l", "bh": "bias_hh_l"}


def pytorch(architecture: RecurrentNet, views: Mapping[str, Array], characters: str) -> str:
    """Return a program that gives the same scores as the net, and samples from it.

    Args:
        views: the net's parameters by name; they are written as float32. characters: the alphabet.
    """
    cell, order = architecture.cell, []
    for layer in range(architecture.layers):
        order += [f"recurrent.{name}{layer}" for name in _NAMES.values()]
    order += ["readout.weight", "readout.bias"]
    flat = np.concatenate([np.asarray(view, "<f4").ravel() for view in views.values()])
    weights = "\n".join(textwrap.wrap(base64.b64encode(zlib.compress(flat.tobytes(), 6)).decode(), 110))
    title = cell.upper()
    head = _HEAD.format(
        title=title, characters=ascii(characters), hidden=architecture.hidden, layers=architecture.layers
    )
    if cell == "rnn" and architecture.activation == "linear":
        body = _WRITTEN_OUT.format(what="A recurrence without squashing.", gates=1, step=_LINEAR)
    elif cell == "gru" and architecture.reset == "before":
        body = _WRITTEN_OUT.format(
            what="A GRU with the reset gate before the product, which torch does not offer.", gates=3, step=_BEFORE
        )
    else:
        options = f', nonlinearity="{architecture.activation}"' if cell == "rnn" else ""
        body = _BUILTIN.format(module=title, options=options)
    return head + body + _TAIL.format(order=order, weights=weights)
