"""What every question about a graph shares."""

from __future__ import annotations

from abc import abstractmethod

from engine.experiments.graph.walked import Walked
from engine.frame import Value
from engine.params import Params
from engine.pieces import Pieces, whole

Arrays = dict[str, Value]
SMALL = 5000
"""Numbers of a graph that is computed again as often as a curve wants; a larger one as much less often."""


class Asked(Params):
    """A question about a graph, with its answer."""

    @abstractmethod
    def answer(self, seen: Walked) -> Arrays:
        """Return the answer's arrays and texts.

        Raises:
            InvalidParams: when the question makes no sense for this graph.
        """


class Lengthy(Asked):
    """A question of many evaluations: between them the run, and others, have their turn."""

    @abstractmethod
    def work(self, seen: Walked) -> Pieces[Arrays]:
        """Return what `answer` does; yield after each evaluation."""

    def answer(self, seen: Walked) -> Arrays:
        """Return the answer's arrays and texts."""
        return whole(self.work(seen))


def points(seen: Walked, wanted: int) -> int:
    """Return how many points of a curve are affordable: fewer, the larger the graph."""
    return max(min(wanted, 8), wanted * min(SMALL, seen.values.size) // seen.values.size)
