"""How quick the page of the depth laboratory is: from a slider to the new picture of 10 layers x 500 units.

    python -m tests.bench.depth_page

A command that prints a table, not a test: times depend on the machine and on what else it does.
"""

from __future__ import annotations

from tests.bench.dragging import table

LARGE = {"depth": 10, "width": 500, "samples": 1000, "steps": 0, "init": "normal", "init_std": 0.05, "compare": []}
OTHERS = [{"init": "normal", "init_std": 0.3}, {}, {"residual": True}]
RUNS = {
    "10 x 500 on 1,000 rows": LARGE,
    "10 x 500 on 500 rows": {**LARGE, "samples": 500},
    "four nets of 10 x 100 on 500 rows": {**LARGE, "width": 100, "samples": 500, "compare": OTHERS},
}
AWAY = [0.01 * (i % 20 - 10) for i in range(25)]


if __name__ == "__main__":
    table("depth", RUNS, "init_std", AWAY, 150)
