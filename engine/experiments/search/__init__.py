"""Settings are searched: grid, random, Sobol and a model spend the same budget on nets that really train."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np

from engine import params
from engine.claim import Claim
from engine.crew import Alone, Crew
from engine.experiment import Experiment, Preset, Question
from engine.experiments.search import scene as scenery
from engine.experiments.search import table
from engine.experiments.search.claims import CLAIMS
from engine.experiments.search.panels import ARRAYS, PANELS
from engine.experiments.search.params import SearchParams
from engine.experiments.search.presets import PRESETS
from engine.experiments.search.questions import QUESTIONS
from engine.experiments.search.samplers import SAMPLERS, STARTUP
from engine.experiments.search.simulation import SearchSimulation
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _
from engine.preview import Preview
from engine.simulation import Simulation


class Search(Experiment):
    """The laboratory of searches.

    Args:
        crew: who trains; one that trains when a trial is wanted, if not given.
    """

    name: ClassVar[str] = "search"
    title: ClassVar[str] = _("The search")
    summary: ClassVar[str] = _(
        "Which learning rate, how much regularization, how many units? Grid, random, Sobol points and a model "
        "spend the same budget on nets that really train, and you see what each of them learns."
    )
    Params: ClassVar[type[params.Params]] = SearchParams
    arrays: ClassVar[Mapping[str, ArraySpec]] = ARRAYS
    questions: ClassVar[Sequence[Question]] = QUESTIONS
    panels: ClassVar[Sequence[Panel]] = PANELS
    presets: ClassVar[Sequence[Preset]] = PRESETS
    claims: ClassVar[Sequence[Claim]] = CLAIMS
    pace: ClassVar[Literal["ahead", "live"]] = "live"
    stride: ClassVar[int] = 16
    order: ClassVar[int] = 107
    chapter: ClassVar[str] = _("Learning and generalizing")
    preview: ClassVar[Preview] = Preview(
        panel="The response, as far as it was tried",
        params={"budget": 36, "repeats": 1, "updates": 100},
        frames=36,
        seconds=7.0,
    )

    def __init__(self, crew: Crew | None = None) -> None:
        self.crew: Crew = crew or Alone()

    def with_crew(self, crew: Crew) -> Self:
        """Return this laboratory with other hands."""
        other = copy.copy(self)
        other.crew = crew
        return other

    def warm(self) -> None:
        """Import also what the samplers stand on, which takes a second."""
        super().warm()
        for sampler in SAMPLERS.values():
            if sampler.available():
                space, seen = SearchParams().space, np.random.default_rng(0).random((STARTUP, 2))
                sampler().propose(space, 4, seen, seen[:, 0], 0)

    def memory(self, params: SearchParams) -> float:
        lines = len(params.samplers) * params.repeats
        return 1e5 + 2000.0 * lines * params.trials

    def begin(self, params: SearchParams, rng: np.random.Generator) -> Simulation:
        return SearchSimulation(params, self.crew)

    def scene(self, params: SearchParams) -> Frame:
        return scenery.scene(params)

    def scene_key(self, params: SearchParams) -> str:
        return hashlib.blake2b(params.model_dump_json().encode(), digest_size=9).hexdigest()

    def header(self, params: SearchParams) -> list[str]:
        """Return the heads of a table of trials."""
        return table.header(params)

    def rows(self, params: SearchParams, frame: Frame, before: int) -> Iterator[list[Any]]:
        """Yield the rows of a frame's trials; the frame before it ended with step ``before``."""
        return table.rows(params, frame, before)
