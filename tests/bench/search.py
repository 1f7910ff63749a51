"""Two Dask workers against one: seconds for a search of 200 trials, and the same bits.

python -m tests.bench.search          # three pairs in turn, about two minutes on two idle cores
python -m tests.bench.search 1000     # so many updates a trial instead of 2500

On a machine that others use, the workers' processor time says more than the clock: the busier of the two against
the one alone, and what this process (scheduler, client, search) takes beside them.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from distributed import Client, LocalCluster

import engine
from app.settings import Settings
from app.trainers.hire import crew_of
from engine.experiments.search.params import SearchParams
from engine.replay import Run

PAIRS = 3
SEARCH: dict[str, Any] = {"samplers": ["random"], "budget": 200, "repeats": 1, "settings": {"hidden": [32, 32]}}


@dataclass(frozen=True)
class Measured:
    """What a search took: seconds by the clock, of each worker's processor, of this process'; and its losses."""

    clock: float
    workers: list[float]
    here: float
    losses: bytes


def measure(workers: int, updates: int) -> Measured:
    """Make the search with workers that are warm."""
    with LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        crew = crew_of(Settings(dask=cluster.scheduler_address, trials_file=""))
        finish(crew, {**SEARCH, "updates": 10})
        with Client(cluster.scheduler_address, set_as_default=False) as client:
            before, here, began = client.run(_spent), _spent(), time.perf_counter()
            losses = finish(crew, {**SEARCH, "updates": updates})
            clock, after = time.perf_counter() - began, client.run(_spent)
            found = Measured(clock, [after[one] - before[one] for one in before], _spent() - here, losses)
        crew.close()
    return found


def _spent() -> float:
    """Return the seconds of processor time of this process."""
    times = os.times()
    return times.user + times.system


def finish(crew: Any, params: dict[str, Any]) -> bytes:
    """Make a search; return its losses."""
    run = Run(engine.experiment("search").with_crew(crew), SearchParams(**params))
    parts = [run.first()]
    while not run.done:
        while run.simulation.waiting:
            crew.wait(0.1)
        parts.append(run.advance(1000))
    return np.concatenate([np.asarray(part["values"]) for part in parts], axis=1).tobytes()


def main() -> None:
    """Print what both took, and the ratios."""
    updates = int(sys.argv[1]) if len(sys.argv) > 1 else 2500
    ratios, busier, losses = [], [], set()
    for _pair in range(PAIRS):
        one, two = measure(1, updates), measure(2, updates)
        for name, found in (("1 worker ", one), ("2 workers", two)):
            busy = ", ".join(f"{seconds:.1f}" for seconds in found.workers)
            print(
                f"{name}: {found.clock:.1f} s; of a processor: workers {busy} s, this process {found.here:.1f} s"
            )
            losses.add(found.losses)
        ratios.append(two.clock / one.clock)
        busier.append(max(two.workers) / max(one.workers))
        print(f"ratio by the clock {ratios[-1]:.2f}, by the busier worker's processor time {busier[-1]:.2f}")
    print(f"median of {PAIRS}: {median(ratios):.2f} and {median(busier):.2f}; same bits: {len(losses) == 1}")


if __name__ == "__main__":
    main()
