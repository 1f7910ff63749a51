"""Make the reference data of primitives and layers: `python -m tests.oracles.torch_nn` (needs torch)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.oracles.nn_cases import CASES, Case

DATA = Path(__file__).parent / "torch_nn.npz"


def answers(name: str, case: Case) -> list[np.ndarray]:
    """Return torch's value of the case, then the gradient of its projection by each input."""
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in case.inputs(name)]
    result = case.torch(torch, *leaves)
    projection = case.projection(name, tuple(result.shape))
    gradients = torch.autograd.grad(result, leaves, torch.from_numpy(projection))
    return [result.detach().numpy(), *(gradient.numpy() for gradient in gradients)]


def main() -> None:
    """Write every case's answers."""
    import torch

    arrays = {"made_by": np.array(f"torch {torch.__version__}")}
    for name, case in CASES.items():
        for position, array in enumerate(answers(name, case)):
            arrays[f"{name}.{position}"] = array
    np.savez_compressed(DATA, **arrays)
    sys.stdout.write(f"{len(CASES)} cases, {arrays['made_by']}\n")


if __name__ == "__main__":
    main()
