"""A crew that trains nothing: any curves that trials may have, so that a search itself can be tried."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from engine.crew import Done, Job, rungs
from engine.trials import looks


class Inventing:
    """Curves that rise, fall, jump, stand still or diverge; the same for the same job."""

    elsewhere = False
    trouble = None

    def look(self, jobs: Sequence[Job]) -> list[Done | None]:
        """Half of the jobs are done when one looks."""
        return [self.get(job) if int(job.key[0], 16) < 8 else None for job in jobs]

    def get(self, job: Job) -> Done:
        """Return what might have come of a job, given up where `engine.crew.work` would."""
        rng = np.random.default_rng(int(job.key, 16))
        settings = [json.loads(one) for one in job.settings]
        count, total = len(settings), int(settings[0]["steps"])
        steps = looks(total)
        size = 10.0 ** rng.choice([-300.0, -6.0, -1.0, 0.0, 1.0, 150.0], count)
        noise = rng.choice([0.0, 0.01, 0.5], count)[:, None] * rng.standard_normal((count, len(steps)))
        curves = size[:, None] * np.exp(np.cumsum(noise, axis=1) + rng.choice([-0.1, 0.0, 0.1]))
        spent = np.full(count, steps[-1])
        ends = [int(steps[np.searchsorted(steps, rung)]) for rung in rungs(count, total, job.halving)]
        for i in range(count):
            if ends and rng.random() < 0.7:
                spent[i] = rng.choice(ends)
            last = int(np.searchsorted(steps, spent[i]))
            curves[i, last + 1 :] = np.nan
            if rng.random() < 0.2:
                curves[i, int(rng.integers(0, last + 1)) :] = np.nan
        return Done(steps, curves, spent)
