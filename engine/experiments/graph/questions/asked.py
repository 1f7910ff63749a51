"""What every question about a graph shares."""

from __future__ import annotations

from abc import abstractmethod

from engine.experiments.graph.walked import Walked
from engine.frame import Value
from engine.params import Params

Arrays = dict[str, Value]


class Asked(Params):
    """A question about a graph, with its answer."""

    @abstractmethod
    def answer(self, walked: Walked) -> Arrays:
        """Return the answer's arrays and texts.

        Raises:
            InvalidParams: when the question makes no sense for this graph.
        """
