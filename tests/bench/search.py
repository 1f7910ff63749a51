"""Two Dask workers against one: seconds for a search of 200 trials, and the same bits.

python -m tests.bench.search
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from distributed import LocalCluster

import engine
from app.settings import Settings
from app.trainers.hire import crew_of
from engine.experiments.search.params import SearchParams
from engine.replay import Run

SEARCH: dict[str, Any] = {
    "samplers": ["random"],
    "budget": 200,
    "repeats": 1,
    "updates": 5000,
    "settings": {"hidden": [32, 32]},
}


def seconds(workers: int) -> tuple[float, bytes]:
    """Return how long the search takes once the workers are warm, and its losses."""
    with LocalCluster(workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        crew = crew_of(Settings(dask=cluster.scheduler_address, trials_file=""))
        finish(crew, {**SEARCH, "updates": 10})
        began = time.perf_counter()
        losses = finish(crew, SEARCH)
        spent = time.perf_counter() - began
        crew.close()
    return spent, losses


def finish(crew: Any, params: dict[str, Any]) -> bytes:
    """Make a search; return its losses."""
    run = Run(engine.experiment("search").with_crew(crew), SearchParams(**params))
    parts = [run.first()]
    while not run.done:
        while run.simulation.waiting:
            time.sleep(0.02)
        parts.append(run.advance(1000))
    return np.concatenate([np.asarray(part["values"]) for part in parts], axis=1).tobytes()


def main() -> None:
    """Print both times and their ratio."""
    (one, first), (two, second) = seconds(1), seconds(2)
    print(f"1 worker {one:.1f} s, 2 workers {two:.1f} s: {two / one:.2f}; same bits: {first == second}")


if __name__ == "__main__":
    main()
