"""Make the reference data of rules, schedules and surfaces: `python -m tests.oracles.make_trajectories`.

Only rows that are missing are made, and rows without a case dropped: a new rule needs only the library that walks
it (torch, optax, SciPy, or Keras 3 with KERAS_BACKEND=jax). `--all` makes every row anew. The tests need only the
files that this writes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from tests.oracles.cases import CASES, FACTORS, Case
from tests.oracles.references import WALKERS, probe_surfaces, torch_factors

HERE = Path(__file__).parent
LIBRARIES = ("torch", "optax", "scipy", "keras")


def completed(path: Path, makers: Mapping[str, Callable[[], np.ndarray]]) -> list[str]:
    """Bring a file of rows up to date with ``makers``; returns the names of the rows that were made.

    A file that is complete is left as it is.
    """
    held: dict[str, np.ndarray] = {}
    if path.exists():
        with np.load(path) as rows:
            held = dict(rows)
    kept = {name: row for name, row in held.items() if name in makers}
    missing = [name for name in makers if name not in kept]
    if missing or set(held) - {"made_by"} != set(makers):
        rows_now = {**kept, **{name: makers[name]() for name in missing}}
        np.savez_compressed(path, made_by=np.array(_versions()), **{name: rows_now[name] for name in makers})
    return missing


def _versions() -> list[str]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def _walked(case: Case) -> Callable[[], np.ndarray]:
    def walk() -> np.ndarray:
        with np.errstate(all="ignore"):
            return WALKERS[case.library](case)

    return walk


def main() -> None:
    """Make what is missing in `trajectories.npz` and `factors.npz`; `surfaces.npz` only with `--all`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="make every row anew")
    everything = parser.parse_args().all
    walks = {case.id: _walked(case) for case in CASES}
    if len(walks) < len(CASES):
        raise SystemExit("two cases have one name")
    factors: dict[str, Callable[[], np.ndarray]] = {
        name: lambda schedule=schedule, total=total: np.array(torch_factors(schedule, total))  # type: ignore[misc]  # mypy infers no lambda with defaults
        for name, (schedule, total) in FACTORS.items()
    }
    for name, makers in (("trajectories", walks), ("factors", factors)):
        path = HERE / f"{name}.npz"
        if everything:
            path.unlink(missing_ok=True)
        made = completed(path, makers)
        sys.stdout.write(f"{name}: {len(made)} of {len(makers)} rows made\n")
    if everything or not (HERE / "surfaces.npz").exists():
        np.savez_compressed(HERE / "surfaces.npz", **probe_surfaces())


if __name__ == "__main__":
    main()
