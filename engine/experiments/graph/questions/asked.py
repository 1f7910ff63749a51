"""What questions about a graph share."""

from __future__ import annotations

from engine.experiments.graph.walked import Walked
from engine.frame import Value

Arrays = dict[str, Value]
SMALL = 5000
"""Numbers of a graph that is computed again as often as a curve wants; a larger one as much less often."""


def points(seen: Walked, wanted: int) -> int:
    """Return how many points of a curve are affordable: fewer, the larger the graph."""
    return max(min(wanted, 8), wanted * min(SMALL, seen.values.size) // seen.values.size)
