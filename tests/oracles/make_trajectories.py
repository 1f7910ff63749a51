"""Make the reference data of this directory: `python -m tests.oracles.make_trajectories`.

Needs torch, optax, SciPy and Keras 3 (with KERAS_BACKEND=jax); the tests need only the files it writes.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tests.oracles.cases import CASES
from tests.oracles.references import WALKERS

HERE = Path(__file__).parent


def main() -> None:
    """Walk every case and write `trajectories.npz`."""
    trajectories: dict[str, np.ndarray] = {}
    for case in CASES:
        if case.id in trajectories:
            raise SystemExit(f"two cases are called {case.id}")
        with np.errstate(all="ignore"):
            trajectories[case.id] = WALKERS[case.library](case)
    made_by = [f"{name} {version(name)}" for name in ("torch", "optax", "scipy", "keras")]
    np.savez_compressed(HERE / "trajectories.npz", made_by=np.array(made_by), **trajectories)
    sys.stdout.write(f"{len(trajectories)} trajectories, {', '.join(made_by)}\n")


if __name__ == "__main__":
    main()
