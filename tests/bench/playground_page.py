"""How quick the page of the playground is: from a slider to the first picture of new nets, and while they train.

    python -m tests.bench.playground_page

A command that prints tables, not a test: times depend on the machine and on what else it does.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))


from app.settings import Settings
from app.slices import Pace
from engine.experiment import experiment
from engine.experiments.playground import look
from engine.experiments.playground.sizes import FINE
from engine.params import check
from engine.pieces import undivided, whole
from engine.replay import Run
from tests.bench.dragging import table, visited
from tests.bench.page import centile, open_page

FOUR: dict[str, Any] = {"data": "spirals", "hidden": [8, 8], "compare": [{"hidden": [8, 8]}] * 3, "steps": 50_000}
RUNS: dict[str, dict[str, Any]] = {
    "as the page opens": {},
    "four nets of 32-32": {"hidden": [32, 32], "compare": [{"hidden": [32, 32]}] * 3},
}
AWAY = [0.4, 0.1] * 12  # far apart: the numbers differ
PAGE_MS = 40
"""What the page asks of the server at a time (BUDGET in session.js)."""
WARM, SLICES = 10, 100

# Plays for some seconds; resolves with the intervals between frames of the screen, and how many fields were drawn.
PLAY = """async (seconds) => {
  const intervals = [];
  const field = document.querySelector(".panel-field .plot-frame");
  let [pictures, shown] = [0, ""];
  document.querySelector(".play-button").click();
  const warm = performance.now() + 1000;
  let before = await new Promise(requestAnimationFrame);
  while (before < warm + 1000 * seconds) {
    const now = await new Promise(requestAnimationFrame);
    if (now > warm) {
      intervals.push(now - before);
      if (field.dataset.step !== shown) pictures += 1;
    }
    shown = field.dataset.step;
    before = now;
  }
  return { intervals, pictures };
}"""


def frames(seconds: float = 8) -> tuple[list[float], int]:
    """Return the milliseconds between the screen's frames as four nets train, and how many fields were drawn."""
    with visited() as (url, browser):
        address = f"{url}/playground?state={quote(json.dumps({'params': FOUR}))}"
        page = open_page(browser, address, reduced_motion="reduce")
        found = page.evaluate(PLAY, seconds)
    return found["intervals"], found["pictures"]


def shares() -> tuple[float, float]:
    """Return the time that the fields of four nets take, and all pictures, each over the time of training.

    The run is computed in slices, as the server does it for a page.
    """
    spent = {"fields": 0.0, "pictures": 0.0}

    def timed(name: str) -> Any:
        do = getattr(look, name)

        @undivided
        def measured(*given: Any) -> Any:
            began = time.perf_counter()
            found = whole(do(*given))
            spent[name] += time.perf_counter() - began
            return found

        return mock.patch.object(look, name, measured)

    laboratory = experiment("playground")
    run = Run(laboratory, check(laboratory.Params, FOUR))
    pace = Pace(Settings().slice_ms / 1000)
    with threadpool_limits(limits=1, user_api="blas"):
        assert np.asarray(run.first()["field"]).shape == (4, FINE, FINE)
        for _slice in range(WARM):
            whole(pace.slice(run, FOUR["steps"]))
        with timed("fields"), timed("pictures"):
            began = time.perf_counter()
            for _slice in range(SLICES):
                whole(pace.slice(run, FOUR["steps"], PAGE_MS / 1000))
            took = time.perf_counter() - began
    training = took - spent["pictures"]
    return spent["fields"] / training, spent["pictures"] / training


def main() -> None:
    """Measure and print."""
    table("playground", RUNS, "noise", AWAY, 60)
    intervals, pictures = frames()
    whole_ms = sum(intervals)
    print(f"four nets of 8-8 train, the field at {FINE} x {FINE}, for {whole_ms / 1000:.1f} s:")
    print(f"  frames of the screen a second: {1000 * len(intervals) / whole_ms:.1f} (aim: 60)")
    median, p95 = statistics.median(intervals), centile(intervals, 0.95)
    print(f"  between two of them: median {median:.1f} ms, p95 {p95:.1f} ms")
    print(f"  new fields a second: {1000 * pictures / whole_ms:.1f}")
    fields, drawn = shares()
    print(f"  on the server, time of the fields over time of training: {fields:.3f} (aim: under 0.2)")
    print(f"  of all pictures: {drawn:.3f}")


if __name__ == "__main__":
    main()
