"""A net learns to tell points apart, and one sees why it generalizes or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from engine import params
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question
from engine.experiments.playground import scene as scenery
from engine.experiments.playground.claims import CLAIMS
from engine.experiments.playground.panels import ARRAYS, PANELS
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.presets import PRESETS
from engine.experiments.playground.questions import QUESTIONS
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.experiments.playground.sizes import memory_of
from engine.experiments.playground.stack import trials
from engine.experiments.playground.sweep import SWEEPS
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _
from engine.notation import PLAYGROUND, Symbol
from engine.pieces import Pieces, whole
from engine.preview import Preview
from engine.simulation import Simulation
from engine.trials import Goal, Going


class Playground(Experiment):
    """The laboratory of points in the plane."""

    name: ClassVar[str] = "playground"
    title: ClassVar[str] = _("Playground")
    summary: ClassVar[str] = _(
        "A net learns to tell points apart while you watch every unit of it. Build it, bend its boundary, hold it "
        "back from overfitting, and compare up to four nets on the same points."
    )
    notation: ClassVar[Sequence[Symbol]] = PLAYGROUND
    Params: ClassVar[type[params.Params]] = PlaygroundParams
    arrays: ClassVar[Mapping[str, ArraySpec]] = ARRAYS
    questions: ClassVar[Sequence[Question]] = (*QUESTIONS, *SWEEPS)
    panels: ClassVar[Sequence[Panel]] = PANELS
    claims: ClassVar[Sequence[Claim]] = CLAIMS
    presets: ClassVar[Sequence[Preset]] = PRESETS
    pace: ClassVar[Literal["ahead", "live"]] = "live"
    order: ClassVar[int] = 105
    chapter: ClassVar[str] = _("Learning and generalizing")
    objective: ClassVar[Goal] = Goal(
        "validation_loss",
        _("Validation loss"),
        settings={"data": "moons", "noise": 0.2, "hidden": [8, 8], "steps": 400},
        axes={"optimizer.learning_rate": (1e-4, 3.0), "l2": (1e-5, 1.0)},
        stride=50,
        together=16,
        script="training",
    )
    preview: ClassVar[Preview] = Preview(
        panel="What the net says over the plane",
        params={
            "data": "spirals",
            "noise": 0.05,
            "hidden": [12, 12],
            "optimizer": {"rule": "adam", "learning_rate": 0.03},
        },
        steps=900,
        frames=36,
        seconds=8.0,
        thin={"field": (1, 3, 3), "field_x": (3,), "field_y": (3,)},
    )

    def memory(self, params: PlaygroundParams) -> float:
        return memory_of(params)

    def begin(self, params: PlaygroundParams, rng: np.random.Generator) -> Simulation:
        return whole(self.begin_in_pieces(params, rng))

    def begin_in_pieces(self, params: PlaygroundParams, rng: np.random.Generator) -> Pieces[Simulation]:
        return (yield from PlaygroundSimulation.begin(params, rng))

    def trials(self, settings: Sequence[PlaygroundParams]) -> Going:
        return trials(settings)

    def scene(self, params: PlaygroundParams) -> Frame:
        return scenery.scene(params)

    def scene_key(self, params: PlaygroundParams) -> str:
        return scenery.scene_key(params)
