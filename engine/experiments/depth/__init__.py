"""Signals and gradients through deep nets: how initialization, activation, normalization and skips decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from engine import params
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question, Reference
from engine.experiments.depth import scene as scenery
from engine.experiments.depth.claims import CLAIMS
from engine.experiments.depth.panels import ARRAYS, PANELS
from engine.experiments.depth.params import DepthParams, features
from engine.experiments.depth.presets import PRESETS
from engine.experiments.depth.questions import QUESTIONS
from engine.experiments.depth.simulation import DepthSimulation
from engine.experiments.depth.sizes import memory_of
from engine.experiments.depth.stack import trials
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _
from engine.nn.initializers import INITIALIZERS
from engine.notation import DEPTH, Symbol
from engine.pieces import Pieces, whole
from engine.preview import Preview
from engine.simulation import Simulation
from engine.trials import Goal, Going


class Depth(Experiment):
    """The laboratory of signals through depth."""

    name: ClassVar[str] = "depth"
    title: ClassVar[str] = _("Depth")
    summary: ClassVar[str] = _(
        "Signals go forward through a deep net and gradients come back. Compare up to four nets layer "
        "by layer, see what theory predicts, train them, and ask the doctor what is wrong with a net."
    )
    Params: ClassVar[type[params.Params]] = DepthParams
    arrays: ClassVar[Mapping[str, ArraySpec]] = ARRAYS
    questions: ClassVar[Sequence[Question]] = QUESTIONS
    panels: ClassVar[Sequence[Panel]] = PANELS
    presets: ClassVar[Sequence[Preset]] = PRESETS
    claims: ClassVar[Sequence[Claim]] = CLAIMS
    reference: ClassVar[Sequence[Reference]] = tuple(
        Reference(one.title, one.latex) for one in INITIALIZERS.values()
    )
    pace: ClassVar[Literal["ahead", "live"]] = "live"
    order: ClassVar[int] = 110
    chapter: ClassVar[str] = _("Activations and weights")
    notation: ClassVar[Sequence[Symbol]] = DEPTH
    objective: ClassVar[Goal] = Goal(
        "validation_loss",
        _("Validation loss"),
        settings={"compare": [], "data": "spirals", "depth": 6, "width": 32, "samples": 200, "steps": 200},
        axes={"optimizer.learning_rate": (1e-3, 10.0), "width": (4, 128)},
        stride=10,
        script="pytorch",
        trained=True,
    )
    preview: ClassVar[Preview] = Preview(
        panel="Activations, layer by layer",
        params={"width": 64, "samples": 200, "steps": 40},
        frames=40,
        seconds=6.0,
    )

    def memory(self, params: DepthParams) -> float:
        return memory_of(params, *features(params))

    def begin(self, params: DepthParams, rng: np.random.Generator) -> Simulation:
        return whole(DepthSimulation.begin(params, rng))

    def begin_in_pieces(self, params: DepthParams, rng: np.random.Generator) -> Pieces[Simulation]:
        return (yield from DepthSimulation.begin(params, rng))

    def trials(self, settings: Sequence[DepthParams]) -> Going:
        return trials(self, settings)

    def scene(self, params: DepthParams) -> Frame:
        return scenery.scene(params)

    def scene_key(self, params: DepthParams) -> str:
        return scenery.scene_key(params)
