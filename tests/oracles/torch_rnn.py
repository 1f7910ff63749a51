"""Reference values of recurrent nets from torch: `python tests/oracles/torch_rnn.py` writes torch_rnn.npz.

Where torch.nn has the layer, torch.nn computes; the GRU with the reset before the product and the linear RNN
are written out and differentiated by torch's autograd.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

DATA = Path(__file__).with_suffix(".npz")
V, T, B, H, STEPS = 7, 9, 3, 5, 5
LEARNING_RATE, THRESHOLD = 0.02, 0.05


class Case(NamedTuple):
    """One net: what `RecurrentNet` needs to know beyond the sizes."""

    cell: str
    layers: int
    activation: str = "tanh"
    reset: str = "after"

    @property
    def name(self) -> str:
        return "_".join(str(part) for part in self)


CASES = [
    *(Case(cell, layers) for cell in ("rnn", "lstm", "gru") for layers in (1, 2, 3, 4)),
    *(Case("rnn", layers, "relu") for layers in (1, 3)),
    *(Case("rnn", layers, "linear") for layers in (1, 2)),
    *(Case("gru", layers, "tanh", "before") for layers in (1, 2)),
]


def gates(case: Case) -> int:
    """Return how many gates a cell has."""
    return {"rnn": 1, "lstm": 4, "gru": 3}[case.cell]


def shapes(case: Case) -> dict[str, tuple[int, ...]]:
    """Return the parameters in the order of the engine's flat vector."""
    found: dict[str, tuple[int, ...]] = {}
    G = gates(case) * H
    for layer in range(case.layers):
        found |= {
            f"Wx{layer}": (G, V if layer == 0 else H),
            f"Wh{layer}": (G, H),
            f"bx{layer}": (G,),
            f"bh{layer}": (G,),
        }
    return found | {"Wy": (V, H), "by": (V,)}


def inputs(case: Case) -> dict[str, Any]:
    """Return theta, a batch of text (x, targets) and the states before it, for torch and for the engine."""
    rng = np.random.default_rng(1234)
    size = sum(int(np.prod(shape)) for shape in shapes(case).values())
    states = 2 if case.cell == "lstm" else 1
    return {
        "theta": rng.uniform(-0.6, 0.6, size),
        "x": rng.integers(0, V, (T, B)),
        "targets": rng.integers(0, V, (T, B)),
        "states": [[rng.normal(size=(H, B)) for _ in range(states)] for _ in range(case.layers)],
    }


def reference(case: Case) -> dict[str, np.ndarray]:
    """Return torch's loss, gradients, last h, and theta after five clipped Adam steps."""
    import torch

    given = inputs(case)
    parts, start = {}, 0
    for name, shape in shapes(case).items():
        stop = start + int(np.prod(shape))
        parts[name] = torch.tensor(given["theta"][start:stop].reshape(shape), requires_grad=True)
        start = stop
    states = [[torch.tensor(part.T.copy(), requires_grad=True) for part in layer] for layer in given["states"]]
    x, targets = torch.tensor(given["x"]), torch.tensor(given["targets"])
    run = _written_out if case.activation == "linear" or case.reset == "before" else _torch_nn

    def loss_of() -> tuple[Any, Any]:
        h = run(case, parts, torch.nn.functional.one_hot(x, V).double(), states)
        scores = h @ parts["Wy"].T + parts["by"]
        return torch.nn.functional.cross_entropy(scores.reshape(-1, V), targets.reshape(-1)), h

    leaves = list(parts.values())
    loss, h = loss_of()
    flat_states = [part for layer in states for part in layer]
    found = torch.autograd.grad(loss, [*leaves, *flat_states])
    result = {
        "loss": loss.detach().numpy(),
        "last": h[-1].detach().numpy().T,
        "gradient": np.concatenate([g.numpy().ravel() for g in found[: len(leaves)]]),
        "first_h_gradient": found[len(leaves)].numpy().T,
    }
    optimizer = torch.optim.Adam(leaves, lr=LEARNING_RATE)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss, _ = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(leaves, THRESHOLD)
        optimizer.step()
        losses.append(loss.item())
    result["losses"] = np.array(losses)
    result["trained"] = np.concatenate([leaf.detach().numpy().ravel() for leaf in leaves])
    return result


def _torch_nn(case: Case, parts: dict[str, Any], x: Any, states: list[list[Any]]) -> Any:
    import torch

    options = {"nonlinearity": case.activation} if case.cell == "rnn" else {}
    module = getattr(torch.nn, case.cell.upper())(V, H, case.layers, dtype=torch.float64, **options)
    names = {"Wx": "weight_ih_l", "Wh": "weight_hh_l", "bx": "bias_ih_l", "bh": "bias_hh_l"}
    weights = {
        f"{torch_name}{layer}": parts[f"{name}{layer}"]
        for layer in range(case.layers)
        for name, torch_name in names.items()
    }
    start = [torch.stack([layer[k] for layer in states]) for k in range(len(states[0]))]
    out, _ = torch.func.functional_call(module, weights, (x, tuple(start) if len(start) > 1 else start[0]))
    return out


def _written_out(case: Case, parts: dict[str, Any], x: Any, states: list[list[Any]]) -> Any:
    import torch

    for layer in range(case.layers):
        Wx, Wh, bx, bh = (parts[f"{name}{layer}"] for name in ("Wx", "Wh", "bx", "bh"))
        h, outputs = states[layer][0], []
        for x_t in x:
            a = x_t @ Wx.T + bx
            if case.cell == "rnn":
                h = a + h @ Wh.T + bh
            else:
                rz = torch.sigmoid(a[:, : 2 * H] + h @ Wh[: 2 * H].T + bh[: 2 * H])
                r, z = rz[:, :H], rz[:, H:]
                n = torch.tanh(a[:, 2 * H :] + (r * h) @ Wh[2 * H :].T + bh[2 * H :])
                h = (1 - z) * n + z * h
            outputs.append(h)
        x = torch.stack(outputs)
    return x


def main() -> None:
    """Write the committed reference data."""
    arrays = {f"{case.name}/{key}": value for case in CASES for key, value in reference(case).items()}
    np.savez_compressed(DATA, **arrays)


if __name__ == "__main__":
    main()
