"""A net as PyTorch code: a script that stands alone, carries its weights and gives the same numbers.

Each kind of net writes its module and names torch's tensors in theta's order; how the weights travel is the same
for all: base64 of theta, little-endian, in its own precision (11 characters a parameter in float64, 5.4 in
float32).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

from engine.autodiff.tape import Array
from engine.nn.dense import DenseNet
from engine.nn.layout import Parameters
from engine.nn.recurrent import RecurrentNet
from engine.nn.torch_script import dense, recurrent

_BUILD = '''

def build():
    """The net with its weights, in evaluation mode."""
    net = Net().to(torch.{dtype})
    flat = torch.frombuffer(bytearray(base64.b64decode(WEIGHTS)), dtype=torch.{dtype})
    tensors, at = net.state_dict(), 0
    with torch.no_grad():
        for name, transposed in PLACES:
            tensor = tensors[name]
            part = flat[at : at + tensor.numel()]
            tensor.copy_(part.reshape(tensor.shape[::-1]).T if transposed else part.reshape(tensor.shape))
            at += tensor.numel()
    assert at == flat.numel()
    return net.eval()
'''

_DATA = '''

PLACES = [
{places}
]
"""The tensors in the order of WEIGHTS, and whether each is stored transposed."""

WEIGHTS = """
{weights}
"""

if __name__ == "__main__":
{main}
'''


@dataclass(frozen=True)
class _Source:
    """The parts of a script: its beginning, the module, functions that use it, what it does when it is run."""

    head: str
    module: str
    functions: str
    main: list[str]


def to_pytorch(net: DenseNet, parameters: Parameters) -> str:
    """Return a Python script that rebuilds a dense net in PyTorch, weights and running statistics included.

    Its `build().activations(x)` are `forward(x, "test")`'s posts and outputs, to rounding; ``.train()`` gives
    batch statistics and dropout.
    """
    theta = parameters.theta
    main = [
        "    torch.manual_seed(0)",
        f"    print(build()(torch.randn(3, {net.inputs}, dtype=torch.{_type(theta)})))",
    ]
    source = _Source(dense.head(net), dense.module(net), "", main)
    return _script(source, dense.places(net), np.append(theta, parameters.running))


def recurrent_to_pytorch(
    net: RecurrentNet, theta: Array, *, title: str, constants: str, functions: str, main: list[str]
) -> str:
    """Return a Python script that rebuilds a recurrent net in PyTorch and does something with it.

    Its module maps characters (T, B) and a state to scores (T, B, V) and the state, in torch's conventions.

    Args:
        net: the model. theta: its parameters (n,), written into the script. title: the script's docstring.
        constants: assignments that follow the imports. functions: source that may use ``build`` and the constants.
        main: lines of what the script does when it is run, indented.
    """
    head = f'"""{title}"""\n\nimport base64\nimport sys\n\nimport torch\n\n{constants}'
    source = _Source(head, recurrent.module(net), functions, main)
    return _script(source, recurrent.places(net), theta)


def _type(theta: Array) -> str:
    return "float32" if theta.dtype == np.float32 else "float64"


def _script(source: _Source, places: list[tuple[str, bool]], flat: Array) -> str:
    text = base64.b64encode(flat.astype(flat.dtype.newbyteorder("<")).tobytes()).decode("ascii")
    data = _DATA.format(
        places="\n".join(f'    ("{name}", {transposed}),' for name, transposed in places),
        weights="\n".join(text[i : i + 110] for i in range(0, len(text), 110)),
        main="\n".join(source.main),
    )
    return source.head + source.module + _BUILD.format(dtype=_type(flat)) + source.functions + data
