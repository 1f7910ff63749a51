"""One walk over a graph: forward node by node, then backward."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from engine.experiments.graph.params import GraphParams
from engine.experiments.graph.remarks import remarks
from engine.frame import Frame, Told
from engine.simulation import Simulation


class GraphSimulation(Simulation):
    """Where the walk stands; all its numbers are known at the start."""

    def __init__(self, params: GraphParams) -> None:
        self.params = params
        self.walked = params.walked
        self.total = len(self.walked.turns)

    def first(self) -> Frame:
        """Return every number of the walk: what is shown when is told by the scene's ``walk``."""
        seen = self.walked
        operations = [[node.name, node.label, list(node.operands)] for node in seen.nodes]
        return Frame(
            0,
            {
                "order": np.array([-1], np.int32),
                "node_values": seen.values,
                "node_gradients": seen.gradients,
                "edge_gradients": seen.shares,
                "edge_locals": seen.local,
                "outputs": np.ravel(seen.output.value),
                "operations": json.dumps(operations),
                "remarks": Told(remarks(seen)),
            },
        )

    def advance(self, steps: int) -> Frame:
        """Go on by at most ``steps`` turns."""
        turns = self.walked.turns[self.step : self.step + steps]
        self.step += len(turns)
        order = np.array([turn.node for turn in turns], np.int32)
        return Frame(self.step, {"order": order}, self.step >= self.total)

    def change(self, params: Any) -> None:
        """Nothing of a walk is live."""
