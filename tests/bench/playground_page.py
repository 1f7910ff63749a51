"""How quick the page of the playground is: from a slider to the first picture of the new nets.

    python -m tests.bench.playground_page

A command that prints a table, not a test: times depend on the machine and on what else it does.
"""

from __future__ import annotations

from typing import Any

from tests.bench.dragging import table

RUNS: dict[str, dict[str, Any]] = {
    "as the page opens": {},
    "four nets of 32-32": {"hidden": [32, 32], "compare": [{"hidden": [32, 32]}] * 3},
}
AWAY = [0.4, 0.1] * 12  # far apart: the numbers differ


if __name__ == "__main__":
    table("playground", RUNS, "noise", AWAY, 60)
