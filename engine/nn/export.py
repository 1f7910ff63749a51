"""A net as PyTorch code: a script that stands alone and gives the same activations."""

from __future__ import annotations

import base64

import numpy as np

from engine.nn.activations import ACTIVATIONS
from engine.nn.dense import DenseNet
from engine.nn.layout import Parameters

_HEAD = '''"""A deep net exported from Descent Lab. Needs torch only.

    net = build()                    # in evaluation mode, weights loaded
    net(x)                           # outputs, (B, {outputs})
    net.activations(x)               # [h_1, ..., h_{depth}, outputs]
"""

import base64

import torch
from torch import nn
'''

_MAXOUT = """

class Maxout(nn.Module):
    def forward(self, z):
        return z.unflatten(1, (2, -1)).amax(1)
"""

_PLAIN_DROPOUT = '''

class PlainDropout(nn.Module):
    """Units fall out in training; at test time all are scaled by the share that was kept."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, h):
        if self.training:
            return h * (torch.rand_like(h) >= self.rate)
        return h * (1 - self.rate)
'''

_TAIL = """

def build():
    net = Net().to(torch.{dtype})
    flat = torch.frombuffer(bytearray(base64.b64decode(THETA)), dtype=torch.{dtype})
    at = 0
    with torch.no_grad():
        for tensor, transposed in net.places():
            part = flat[at : at + tensor.numel()]
            tensor.copy_(part.reshape(tensor.shape[::-1]).T if transposed else part.reshape(tensor.shape))
            at += tensor.numel()
    assert at == flat.numel()
    return net.eval()


THETA = (
{theta}
)

if __name__ == "__main__":
    torch.manual_seed(0)
    print(build()(torch.randn(3, {inputs}, dtype=torch.{dtype})))
"""


def to_pytorch(net: DenseNet, parameters: Parameters) -> str:
    """Return a Python script that rebuilds the net in PyTorch, weights and running statistics included.

    Its `build().activations(x)` are `forward(x, "test")`'s posts and outputs, to rounding; ``.train()`` gives
    batch statistics and dropout. The weights are base64 of theta in theta's own precision: the text has
    about 11 characters a parameter in float64, 5.4 in float32.
    """
    a, theta = net, parameters.theta
    dtype = "float32" if theta.dtype == np.float32 else "float64"
    parts = [_HEAD.format(outputs=a.outputs or a.widths[-1], depth=a.depth)]
    if any(ACTIVATIONS[name].pieces > 1 for name in a.activations):
        parts.append(_MAXOUT)
    if a.dropout and a.dropout_scaling == "plain":
        parts.append(_PLAIN_DROPOUT)
    parts.append("\n\nclass Net(nn.Module):\n" + _init(net) + _forward(net) + _places(net))
    flat = np.concatenate([theta, parameters.running]).astype(theta.dtype.newbyteorder("<"))
    text = base64.b64encode(flat.tobytes()).decode("ascii")
    lines = "\n".join(f'    "{text[i : i + 100]}"' for i in range(0, len(text), 100)) or '    ""'
    parts.append(_TAIL.format(dtype=dtype, theta=lines, inputs=a.inputs))
    return "".join(parts)


def _init(net: DenseNet) -> str:
    a = net
    lines = ["    def __init__(self):", "        super().__init__()"]
    fan_in = a.inputs
    for l, (width, name) in enumerate(zip(a.widths, a.activations, strict=True), start=1):
        size = a.stream(l)
        lines.append(f"        self.linear{l} = nn.Linear({fan_in}, {size})")
        if f"V{l}" in net.layout.entries:
            lines.append(f"        self.second{l} = nn.Linear({width}, {size})")
        if a.normalization == "batch":
            lines.append(f"        self.norm{l} = nn.BatchNorm1d({size})")
        if a.normalization == "layer":
            lines.append(f"        self.norm{l} = nn.LayerNorm({size})")
        module = f"nn.{ACTIVATIONS[name].torch}" if ACTIVATIONS[name].torch else "Maxout()"
        lines.append(f"        self.phi{l} = {module}")
        fan_in = width
    if a.dropout:
        kind = "nn.Dropout" if a.dropout_scaling == "inverted" else "PlainDropout"
        lines.append(f"        self.drop = {kind}({a.dropout!r})")
    if a.outputs:
        lines.append(f"        self.linear{a.depth + 1} = nn.Linear({fan_in}, {a.outputs})")
    return "\n".join(lines) + "\n\n"


def _forward(net: DenseNet) -> str:
    a = net
    lines = ["    def activations(self, h):", "        found = []"]
    for l in range(1, a.depth + 1):
        if a.skips(l):
            lines.append(f"        f = self.linear{l}(h)")
            second = f" + self.second{l}(self.phi{l}(f))" if f"V{l}" in net.layout.entries else ""
            lines.append(f"        z = z + f{second}")
        else:
            lines.append(f"        z = self.linear{l}(h)")
        argument = f"self.norm{l}(z)" if a.normalization != "none" else "z"
        lines.append(f"        h = self.phi{l}({argument})")
        lines.append("        found.append(h)")
        if a.dropout:
            lines.append("        h = self.drop(h)")
    last = f"self.linear{a.depth + 1}(h)" if a.outputs else "h"
    lines += [f"        found.append({last})", "        return found", ""]
    lines += ["    def forward(self, x):", "        return self.activations(x)[-1]", ""]
    return "\n".join(lines) + "\n"


def _places(net: DenseNet) -> str:
    """Say where each stretch of theta goes; torch keeps a matrix as (out, in), the engine as (in, out)."""
    names = {
        "W": "self.linear{}.weight, True",
        "b": "self.linear{}.bias, False",
        "V": "self.second{}.weight, True",
        "c": "self.second{}.bias, False",
        "gamma": "self.norm{}.weight, False",
        "beta": "self.norm{}.bias, False",
        "slope": "self.phi{}.weight, False",
        "mean": "self.norm{}.running_mean, False",
        "variance": "self.norm{}.running_var, False",
    }
    says = '        """Each tensor in the order of THETA, and whether it is stored transposed."""'
    lines = ["    def places(self):", says]
    for name in [*net.layout.entries, *net.layout.running.entries]:
        kind = name.rstrip("0123456789")
        lines.append(f"        yield {names[kind].format(name[len(kind) :])}")
    return "\n".join(lines) + "\n"
