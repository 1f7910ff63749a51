"""A dense net as a torch module."""

from __future__ import annotations

from engine.nn.activations import ACTIVATIONS
from engine.nn.dense import DenseNet

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


def _init(net: DenseNet) -> str:
    lines = ["    def __init__(self):", "        super().__init__()"]
    fan_in = net.inputs
    for l, (width, name) in enumerate(zip(net.widths, net.activations, strict=True), start=1):
        size = net.stream(l)
        lines.append(f"        self.linear{l} = nn.Linear({fan_in}, {size})")
        if f"V{l}" in net.layout.entries:
            lines.append(f"        self.second{l} = nn.Linear({width}, {size})")
        if net.normalization == "batch":
            lines.append(f"        self.norm{l} = nn.BatchNorm1d({size})")
        if net.normalization == "layer":
            lines.append(f"        self.norm{l} = nn.LayerNorm({size})")
        module = f"nn.{ACTIVATIONS[name].torch}" if ACTIVATIONS[name].torch else "Maxout()"
        lines.append(f"        self.phi{l} = {module}")
        fan_in = width
    if net.dropout:
        kind = "nn.Dropout" if net.dropout_scaling == "inverted" else "PlainDropout"
        lines.append(f"        self.drop = {kind}({net.dropout!r})")
    if net.outputs:
        lines.append(f"        self.linear{net.depth + 1} = nn.Linear({fan_in}, {net.outputs})")
    return "\n".join(lines) + "\n\n"


def _forward(net: DenseNet) -> str:
    lines = ["    def activations(self, h):", "        found = []"]
    for l in range(1, net.depth + 1):
        if net.skips(l):
            lines.append(f"        f = self.linear{l}(h)")
            second = f" + self.second{l}(self.phi{l}(f))" if f"V{l}" in net.layout.entries else ""
            lines.append(f"        z = z + f{second}")
        else:
            lines.append(f"        z = self.linear{l}(h)")
        argument = f"self.norm{l}(z)" if net.normalization != "none" else "z"
        lines.append(f"        h = self.phi{l}({argument})")
        lines.append("        found.append(h)")
        if net.dropout:
            lines.append("        h = self.drop(h)")
    last = f"self.linear{net.depth + 1}(h)" if net.outputs else "h"
    lines += [f"        found.append({last})", "        return found", ""]
    lines += ["    def forward(self, x):", "        return self.activations(x)[-1]", ""]
    return "\n".join(lines) + "\n"


def head(net: DenseNet) -> str:
    """Return the script's beginning: what it is, and its imports."""
    return _HEAD.format(outputs=net.outputs or net.widths[-1], depth=net.depth)


def module(net: DenseNet) -> str:
    """Return the source of the module `Net`, with what torch does not have."""
    parts = []
    if any(ACTIVATIONS[name].pieces > 1 for name in net.activations):
        parts.append(_MAXOUT)
    if net.dropout and net.dropout_scaling == "plain":
        parts.append(_PLAIN_DROPOUT)
    return "".join([*parts, "\n\nclass Net(nn.Module):\n", _init(net), _forward(net)]).rstrip() + "\n"


def places(net: DenseNet) -> list[tuple[str, bool]]:
    """Return the names of torch's tensors in the order of theta and of what is remembered.

    Returns: and whether each is stored transposed: torch keeps a matrix as (out, in), the engine as (in, out).
    """
    found: list[tuple[str, bool]] = []
    remembered: list[tuple[str, bool]] = []
    for l, activation in enumerate(net.activations, start=1):
        found += _linear(f"linear{l}")
        if net.skip == "polynet" and net.skips(l):
            found += _linear(f"second{l}")
        if net.normalization != "none":
            found += [(f"norm{l}.weight", False), (f"norm{l}.bias", False)]
        if net.normalization == "batch":
            remembered += [(f"norm{l}.running_mean", False), (f"norm{l}.running_var", False)]
        if ACTIVATIONS[activation].slope:
            found.append((f"phi{l}.weight", False))
    if net.outputs:
        found += _linear(f"linear{net.depth + 1}")
    return found + remembered


def _linear(name: str) -> list[tuple[str, bool]]:
    return [(f"{name}.weight", True), (f"{name}.bias", False)]
