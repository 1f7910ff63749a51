"""Optimizers race on a loss surface: same start, same gradients, same noise, different rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine import params
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question, Simulation
from engine.experiments.race import scene as scenery
from engine.experiments.race.claims import CLAIMS
from engine.experiments.race.numbers import QUESTIONS
from engine.experiments.race.params import RaceParams
from engine.experiments.race.presets import PRESETS
from engine.experiments.race.simulation import RaceSimulation
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _, say
from engine.notation import RACE, Symbol
from engine.params import refused
from engine.preview import Preview

_LOG = {"y_scale": "log", "series_axis": "racer"}


class Race(Experiment):
    """The laboratory of optimizers on two-dimensional loss surfaces."""

    name: ClassVar[str] = "race"
    title: ClassVar[str] = _("The race")
    summary: ClassVar[str] = _(
        "Optimizers go down one loss surface from the same start. Move the start, change a learning "
        "rate on the way, add noise, or write a surface of your own."
    )
    chapter: ClassVar[str] = _("Optimizers")
    notation: ClassVar[Sequence[Symbol]] = RACE
    preview: ClassVar[Preview] = Preview(seconds=7.0)
    Params: ClassVar[type[params.Params]] = RaceParams
    stride: ClassVar[int] = 500
    arrays: ClassVar[Mapping[str, ArraySpec]] = {
        "positions": ArraySpec(("racer", "step", "coordinate"), _("Position")),
        "losses": ArraySpec(("racer", "step"), _("Loss")),
        "excess": ArraySpec(
            ("racer", "step"), _("Loss above the lowest minimum; the loss itself where the surface has none")
        ),
        "distances": ArraySpec(("racer", "step"), _("Distance to the nearest global minimum")),
        "gradient_norms": ArraySpec(("racer", "step"), _("Norm of the exact gradient")),
        "step_sizes": ArraySpec(
            ("racer", "step"), _("Effective step size: length of the step over length of its gradient")
        ),
        "status": ArraySpec(("racer",), _("How the racer stands: a code, named in the scene's outcomes")),
        "finish_steps": ArraySpec(("racer",), _("First step within the tolerance; -1 before"), _("steps")),
    }
    panels: ClassVar[Sequence[Panel]] = (
        Panel(
            "landscape",
            _("The surface"),
            {
                "positions": "positions",
                "losses": "losses",
                "status": "status",
                "x": "x",
                "y": "y",
                "z": "z",
                "minima": "minima",
                "saddles": "saddles",
                "local_minima": "local_minima",
                "gradient_field": "gradient_field",
                "coordinates": "coordinates",
            },
            place="stage",
        ),
        Panel(
            "fit",
            _("The data and each racer's fit"),
            {
                "positions": "positions",
                "points": "points",
                "labels": "labels",
                "best": "minima",
                "model": "model",
                "coordinates": "coordinates",
            },
            needs="points",
        ),
        Panel("series", _("Loss above the minimum"), {"y": "excess"}, _LOG),
        Panel("series", _("Distance to the nearest minimum"), {"y": "distances"}, _LOG),
        Panel("series", _("Gradient norm"), {"y": "gradient_norms"}, _LOG),
        Panel("series", _("Effective step size"), {"y": "step_sizes"}, _LOG),
        Panel(
            "ranking",
            _("Standings"),
            {"losses": "losses", "status": "status", "finish_steps": "finish_steps"},
            {"items": "racers"},
            place="side",
        ),
        Panel(
            "equations",
            _("The next update in numbers"),
            {"equations": "equations"},
            {"series": "racer", "columns": "coordinates"},
            place="side",
            questions={"equations": "numbers"},
        ),
    )
    questions: ClassVar[Sequence[Question]] = QUESTIONS
    presets: ClassVar[Sequence[Preset]] = PRESETS
    claims: ClassVar[Sequence[Claim]] = CLAIMS

    def begin(self, params: RaceParams, rng: np.random.Generator) -> Simulation:
        return RaceSimulation(params, rng)

    def scene(self, params: RaceParams) -> Frame:
        return scenery.scene(params)

    def scene_key(self, params: RaceParams) -> str:
        return scenery.scene_key(params)

    def altered(self, params: params.Params, changes: Mapping[str, Any]) -> RaceParams:
        """Return ``params`` with live changes made; the racers stay the same kinds in the same order.

        Raises:
            InvalidParams: also where a racer would be added, removed or replaced.
        """
        after = super().altered(params, changes)
        assert isinstance(params, RaceParams)
        assert isinstance(after, RaceParams)
        if [racer.rule for racer in after.racers] != [racer.rule for racer in params.racers]:
            sentence = say(
                "Racers cannot be added, removed or exchanged during a race; run it again from the start."
            )
            raise refused(sentence, "racers")
        return after
