"""Back-propagation node by node, on an expression that the visitor types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from engine import params
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question
from engine.experiments.graph import scene as scenery
from engine.experiments.graph.claims import CLAIMS
from engine.experiments.graph.panels import ARRAYS, PANELS
from engine.experiments.graph.params import GraphParams
from engine.experiments.graph.presets import PRESETS
from engine.experiments.graph.questions import QUESTIONS
from engine.experiments.graph.simulation import GraphSimulation
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _
from engine.notation import GRAPH, Symbol
from engine.preview import Preview
from engine.simulation import Simulation


class Graph(Experiment):
    """The laboratory of back-propagation."""

    name: ClassVar[str] = "graph"
    title: ClassVar[str] = _("The graph")
    summary: ClassVar[str] = _(
        "Type an expression and walk through it: values forward, gradients backward, a node at a time. Drag a "
        "variable, fill in the gradients yourself."
    )
    chapter: ClassVar[str] = _("Back-propagation")
    order: ClassVar[int] = 105
    preview: ClassVar[Preview] = Preview(params=PRESETS[0].params, seconds=6.0)
    notation: ClassVar[Sequence[Symbol]] = GRAPH
    Params: ClassVar[type[params.Params]] = GraphParams
    arrays: ClassVar[Mapping[str, ArraySpec]] = ARRAYS
    panels: ClassVar[Sequence[Panel]] = PANELS
    questions: ClassVar[Sequence[Question]] = QUESTIONS
    presets: ClassVar[Sequence[Preset]] = PRESETS
    claims: ClassVar[Sequence[Claim]] = CLAIMS
    tempo: ClassVar[float] = 1.2
    stride: ClassVar[int] = 1000

    def begin(self, params: GraphParams, rng: np.random.Generator) -> Simulation:
        return GraphSimulation(params)

    def scene(self, params: GraphParams) -> Frame:
        return scenery.scene(params)

    def scene_key(self, params: GraphParams) -> str:
        return scenery.scene_key(params)

    def memory(self, params: GraphParams) -> float:
        return 1e5 + 8 * 4 * (params.walked.values.size + params.walked.shares.size)
