"""Optimizers race on a loss surface: same start, same gradients, same noise, different rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine import params
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question, Simulation
from engine.experiments.race import scene as scenery
from engine.experiments.race.batches import QUESTIONS as BATCHES
from engine.experiments.race.claims import CLAIMS
from engine.experiments.race.fair import FAIR
from engine.experiments.race.maps import SURVEYS
from engine.experiments.race.numbers import QUESTIONS as NUMBERS
from engine.experiments.race.outlook import QUESTIONS as OUTLOOK
from engine.experiments.race.panels import FAIR_RACE, MAPS, PREDICTED
from engine.experiments.race.params import RaceParams
from engine.experiments.race.presets import PRESETS
from engine.experiments.race.saddles import QUESTIONS as SADDLES
from engine.experiments.race.simulation import GHOST, RaceSimulation
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _, say
from engine.notation import RACE, Symbol
from engine.params import refused
from engine.preview import Preview

_RACE, _DIMENSIONS = _("The race"), _("Many dimensions")
_LOG = {"y_scale": "log", "series_axis": "racer", "ghosts": ["y2"]}
_ARRAYS = {
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
_GHOSTS = {
    f"{GHOST}{name}": ArraySpec(spec.axes, _("The same as it would have gone on without the change"), spec.unit)
    for name, spec in _ARRAYS.items()
}


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
    arrays: ClassVar[Mapping[str, ArraySpec]] = {**_ARRAYS, **_GHOSTS}
    panels: ClassVar[Sequence[Panel]] = (
        Panel(
            "landscape",
            _("The surface"),
            {
                "positions": "positions",
                "losses": "losses",
                "ghosts": "ghost_positions",
                "ghost_losses": "ghost_losses",
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
            view=_RACE,
        ),
        Panel(
            "fit",
            _("The data and each racer's fit"),
            {
                "positions": "positions",
                "ghosts": "ghost_positions",
                "points": "points",
                "labels": "labels",
                "best": "minima",
                "model": "model",
                "coordinates": "coordinates",
            },
            needs="points",
            view=_RACE,
        ),
        Panel("series", _("Loss above the minimum"), {"y": "excess", "y2": "ghost_excess"}, _LOG, view=_RACE),
        Panel(
            "series",
            _("Distance to the nearest minimum"),
            {"y": "distances", "y2": "ghost_distances"},
            _LOG,
            view=_RACE,
        ),
        Panel(
            "series", _("Gradient norm"), {"y": "gradient_norms", "y2": "ghost_gradient_norms"}, _LOG, view=_RACE
        ),
        Panel("series", _("Effective step size"), {"y": "step_sizes", "y2": "ghost_step_sizes"}, _LOG, view=_RACE),
        Panel(
            "inquiry",
            _("The gradient's noise by batch size"),
            {
                "x": "batch_sizes",
                "y": "batch_noise",
                "theory": "batch_noise_theory",
                "remark": "batch_noise_remark",
            },
            {
                "curves": [{"role": "y", "label": _("measured")}, {"role": "theory", "label": _("falls as 1/B")}],
                "dashed": ["theory"],
                "focus": "racer",
                "x_scale": "log",
                "y_scale": "log",
                "x_title": _("batch size"),
                "y_title": _("mean squared error of the gradient"),
            },
            questions=dict.fromkeys(("x", "y", "theory", "remark"), "batch_noise"),
            needs="points",
            view=_RACE,
        ),
        Panel(
            "inquiry",
            _("Loss after the same number of examples"),
            {
                "x": "all_batch_sizes",
                "y": "batch_progress",
                "lower": "batch_progress_low",
                "upper": "batch_progress_high",
                "remark": "batch_progress_remark",
            },
            {
                "settings": [
                    {
                        "name": "budget",
                        "title": _("Examples"),
                        "value": 600,
                        "low": 100,
                        "high": 2000,
                        "scale": "whole",
                    }
                ],
                "still": True,
                "focus": "racer",
                "x_scale": "log",
                "y_scale": "log",
                "x_title": _("batch size"),
                "y_title": _("loss above the minimum"),
            },
            questions=dict.fromkeys(("x", "y", "lower", "upper", "remark"), "batch_progress"),
            needs="points",
            view=_RACE,
        ),
        FAIR_RACE,
        *MAPS,
        Panel(
            "inquiry",
            _("How often a random critical point is a minimum"),
            {
                "x": "dimensions",
                "y": "minima_share",
                "smooth": "minima_share_smooth",
                "theory": "minima_theory",
                "theory_smooth": "minima_theory_smooth",
                "remark": "minima_remark",
            },
            {
                "settings": [
                    {
                        "name": "draws",
                        "title": _("Draws"),
                        "value": 10_000,
                        "low": 2_000,
                        "high": 20_000,
                        "scale": "log",
                    }
                ],
                "curves": [
                    {"role": "y", "label": _("random Hessian (GOE)")},
                    {"role": "smooth", "label": _("smooth random function")},
                    {"role": "theory", "label": _("GOE, closed form")},
                    {"role": "theory_smooth", "label": _("smooth, closed form")},
                ],
                "dashed": ["theory", "theory_smooth"],
                "y_scale": "log",
                "still": True,
                "x_title": _("dimensions"),
                "y_title": _("share of minima"),
            },
            place="stage",
            view=_DIMENSIONS,
            questions=dict.fromkeys(("x", "y", "smooth", "theory", "theory_smooth", "remark"), "critical_points"),
        ),
        Panel(
            "ranking",
            _("Standings"),
            {
                "losses": "losses",
                "status": "status",
                "finish_steps": "finish_steps",
                "ghost_losses": "ghost_losses",
                "ghost_status": "ghost_status",
                "ghost_finish_steps": "ghost_finish_steps",
            },
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
        PREDICTED,
    )
    questions: ClassVar[Sequence[Question]] = (*NUMBERS, *BATCHES, *SADDLES, *SURVEYS, *OUTLOOK, FAIR)
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
