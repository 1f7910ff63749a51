"""Make the reference data of rules, schedules and surfaces: `python -m tests.oracles.make_trajectories`.

Needs torch, optax, SciPy and Keras 3 (with KERAS_BACKEND=jax); the tests need only the files it writes.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tests.oracles.cases import CASES, FACTORS
from tests.oracles.references import WALKERS, probe_surfaces, torch_factors

HERE = Path(__file__).parent


def main() -> None:
    """Walk every case, probe every surface, write `trajectories.npz`, `factors.npz` and `surfaces.npz`."""
    trajectories: dict[str, np.ndarray] = {}
    for case in CASES:
        if case.id in trajectories:
            raise SystemExit(f"two cases are called {case.id}")
        with np.errstate(all="ignore"):
            trajectories[case.id] = WALKERS[case.library](case)
    made_by = [f"{name} {version(name)}" for name in ("torch", "optax", "scipy", "keras")]
    np.savez_compressed(HERE / "trajectories.npz", made_by=np.array(made_by), **trajectories)
    factors = {name: torch_factors(schedule, total) for name, (schedule, total) in FACTORS.items()}
    np.savez_compressed(HERE / "factors.npz", **{name: np.array(row) for name, row in factors.items()})
    np.savez_compressed(HERE / "surfaces.npz", **probe_surfaces())
    sys.stdout.write(f"{len(trajectories)} trajectories, {', '.join(made_by)}\n")


if __name__ == "__main__":
    main()
