"""Optimizers race on a loss surface: same start, same gradients, same noise, different rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine import params
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question
from engine.experiments.race import scene as scenery
from engine.experiments.race.batches import QUESTIONS as BATCHES
from engine.experiments.race.bulk import compile_in_pieces
from engine.experiments.race.claims import CLAIMS
from engine.experiments.race.export import QUESTIONS as EXPORTS
from engine.experiments.race.fair import FAIR
from engine.experiments.race.maps import SURVEYS
from engine.experiments.race.net_plane import NET_PLANE
from engine.experiments.race.numbers import QUESTIONS as NUMBERS
from engine.experiments.race.outlook import QUESTIONS as OUTLOOK
from engine.experiments.race.panels import PANELS
from engine.experiments.race.params import OwnSurface, RaceParams
from engine.experiments.race.presets import PRESETS
from engine.experiments.race.saddles import QUESTIONS as SADDLES
from engine.experiments.race.simulation import GHOST, RaceSimulation
from engine.formula import Formula
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _, say
from engine.notation import RACE, Symbol
from engine.params import refused
from engine.pieces import Pieces, whole
from engine.preview import Preview
from engine.simulation import Simulation
from engine.surfaces import custom_in_pieces

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
    panels: ClassVar[Sequence[Panel]] = PANELS
    questions: ClassVar[Sequence[Question]] = (
        *NUMBERS,
        *BATCHES,
        *SADDLES,
        *SURVEYS,
        *OUTLOOK,
        FAIR,
        NET_PLANE,
        *EXPORTS,
    )
    presets: ClassVar[Sequence[Preset]] = PRESETS
    claims: ClassVar[Sequence[Claim]] = CLAIMS

    def begin(self, params: RaceParams, rng: np.random.Generator) -> Simulation:
        return RaceSimulation(params, rng)

    def begin_in_pieces(self, params: RaceParams, rng: np.random.Generator) -> Pieces[Simulation]:
        if isinstance(params.surface, OwnSurface):  # its minima are searched for
            yield from custom_in_pieces(params.surface.formula, params.surface.domain)
        formula = params.landscape.formula
        if isinstance(formula, Formula):
            yield from formula.compile_in_pieces()
        return self.begin(params, rng)

    def warm(self) -> None:
        """Do what only a process's first visitor would wait for: SymPy's first compilations too."""
        params = RaceParams()
        super().warm()
        self.begin(params, np.random.default_rng(0)).advance(1)
        whole(compile_in_pieces(params.landscape))

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
