"""A trained net as a program in PyTorch that carries its weights and writes."""

from __future__ import annotations

from engine.autodiff.tape import Array
from engine.nn.recurrent import RecurrentNet
from engine.nn.torch_script import recurrent_to_pytorch

_WRITE = '''

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
'''

_MAIN = [
    "    temperature = float(sys.argv[1]) if len(sys.argv) > 1 else 0.8",
    '    print(write(build(), sys.argv[2] if len(sys.argv) > 2 else "\\n", temperature=temperature))',
]


def pytorch(net: RecurrentNet, theta: Array, characters: str) -> str:
    """Return a program that gives the same scores as the net, and samples from it.

    Args:
        theta: the net's parameters, (n,). characters: the alphabet.
    """
    kind = net.cell.upper()
    title = f"A character-level {kind} with its weights, from Descent Lab: python FILE [TEMPERATURE] [PRIME]"
    constants = f"CHARACTERS = {characters!a}\n"
    return recurrent_to_pytorch(net, theta, title=title, constants=constants, functions=_WRITE, main=_MAIN)
