"""What a laboratory is: parameters, panels, presets, claims, and a simulation to step and copy."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, Self

import numpy as np

from engine.catalog import by_name
from engine.claim import Claim
from engine.crew import Crew
from engine.frame import ArraySpec, Frame, Panel
from engine.message import _, say
from engine.notation import Symbol
from engine.params import Params as AnyParams  # `Experiment.Params` is the name that laboratories declare
from engine.params import check, refused
from engine.pieces import Pieces
from engine.preview import Preview
from engine.simulation import Simulation
from engine.trials import Goal, Going, one_by_one


@dataclass(frozen=True)
class Advance:
    """What a caller may `send` into `Experiment.run`: how far to go next, and live changes to make first."""

    steps: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What a page, a script or the command line may ask a run about its state.

    Args:
        name: ``spectrum``. A laboratory whose runs can be kept answers ``checkpoint`` with an array ``file``.
        title: translatable, what is asked in a reader's words.
        Params: the model of its parameters. arrays: what the answer holds.
        exact: whether the answer must be of the very step asked about, even where that has to be replayed.
        parts: whether it is answered coarse to fine, by `Simulation.answers`; on a stream beside the run.
    """

    name: str
    title: str
    Params: type[AnyParams]
    arrays: Mapping[str, ArraySpec]
    exact: bool = False
    parts: bool = False


@dataclass(frozen=True)
class Reference:
    """A row of a table of formulas beside the prose: a translatable title and LaTeX."""

    title: str
    latex: str


@dataclass(frozen=True)
class Preset:
    """A named starting point that is no claim: title, parameters, and the tab that shows it ("": the first)."""

    name: str
    title: str
    params: Mapping[str, Any]
    view: str = ""


class Experiment(ABC):
    """A laboratory. Subclass it in one module of `engine.experiments`; that registers it.

    Class attributes are the declaration (all texts translatable literals): ``name``, ``title``, ``summary``,
    ``Params``, ``arrays`` of the frames, ``questions``, ``panels``, ``presets``, ``claims``; ``stride`` is how
    many steps `run` puts in a frame when the caller does not say; ``order`` is its place in the gallery; ``pace``
    is ``ahead`` when a run is quickly computed and then played, ``live`` when the visitor watches it compute.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    Params: ClassVar[type[AnyParams]]
    arrays: ClassVar[Mapping[str, ArraySpec]]
    questions: ClassVar[Sequence[Question]] = ()
    panels: ClassVar[Sequence[Panel]]
    presets: ClassVar[Sequence[Preset]] = ()
    claims: ClassVar[Sequence[Claim]] = ()
    reference: ClassVar[Sequence[Reference]] = ()
    """Formulas for a table in the laboratory's prose, from where they are defined."""
    notation: ClassVar[Sequence[Symbol]] = ()
    """What the symbols of its equations and sentences stand for; the page shows it as a table."""
    stride: ClassVar[int] = 25
    pace: ClassVar[Literal["ahead", "live"]] = "ahead"
    """``ahead``: the page computes the whole run at once and plays it; ``live``: it computes as it plays."""
    tempo: ClassVar[float] = 0.0
    """How many steps a second are played: for runs of which every step is to be read. 0 leaves it to the page."""
    order: ClassVar[int] = 100
    chapter: ClassVar[str] = ""
    """Chapter of the lecture notes under which the gallery lists it; translatable."""
    preview: ClassVar[Preview] = Preview()
    """What the gallery plays of it."""
    objective: ClassVar[Goal | None] = None
    """What others minimize when they try this laboratory's settings; None where nothing is trained for it."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a declaration that uses a name twice, or a panel that asks what nobody answers.

        Raises:
            ValueError: with the names.
        """
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            return
        known = by_name(cls.questions)
        by_name(cls.presets)
        by_name(cls.claims, lambda claim: claim.id)
        for panel in getattr(cls, "panels", ()):
            unknown = set(panel.questions.values()) - set(known)
            if unknown:
                raise ValueError(
                    f"the panel {panel.title!r} asks {sorted(unknown)}, which {cls.name!r} does not answer"
                )

    def scene(self, params: Any) -> Frame:
        """Return what the panels need that does not change during a run (a surface's grid, a theory's line).

        It is sent once before the first frame, and not again while `scene_key` stays the same.
        """
        return Frame(0, {})

    def scene_key(self, params: Any) -> str:
        """Return a short text that is equal for equal scenes."""
        return ""

    def memory(self, params: Any) -> float:
        """Return about how many bytes a run will hold; known before anything is allocated."""
        return 1e6

    def warm(self) -> None:
        """Do what only a process's first visitor would wait for: here the default run's start."""
        params = self.Params()
        self.scene(params)
        self.begin(params, np.random.default_rng(0)).first()

    @abstractmethod
    def begin(self, params: Any, rng: np.random.Generator) -> Simulation:
        """Start a run. Draw from ``rng`` only; the same params and seed give the same bytes."""

    def begin_in_pieces(self, params: Any, rng: np.random.Generator) -> Pieces[Simulation]:
        """Do what `begin` does, and yield where others may have a turn: override it where that takes long."""
        yield from ()
        return self.begin(params, rng)

    def with_crew(self, crew: Crew) -> Self:
        """Return this laboratory as one whose trials are trained by others; most have none."""
        return self

    def trials(self, settings: Sequence[Any]) -> Going:
        """Train a run for each of ``settings``, which are of one length; see `engine.trials`.

        A laboratory that can train them as one array program does so; the numbers are those of single runs.
        """
        return one_by_one(self, settings)

    def ask(self, simulation: Simulation, name: str, params: Any) -> Frame:
        """Let a run of this laboratory answer a question; ``params`` are plain values for the question's model.

        Args:
            simulation: of this laboratory. name: of the question. params: plain values for its model.
        Raises:
            InvalidParams: for a question that is not declared, or parameters that its model or the run refuses.
        """
        *_, last = (frame for frame in self.answers(simulation, name, params) if frame is not None)
        return last

    def answers(self, simulation: Simulation, name: str, params: Any) -> Generator[Frame | None, None, None]:
        """Yield the answers to a question as they get better (`Question.parts`); the last is what `ask` returns.

        None marks where others may have a turn; without parts the simulation stays at its step until the end.
        Its arguments are those of `ask`, which tells what it raises.
        """
        question = self.question(name)
        checked = check(question.Params, params)
        if question.parts:
            yield from simulation.answers(name, checked)
        else:
            yield (yield from simulation.answer_in_pieces(name, checked))

    def question(self, name: str) -> Question:
        """Return a declared question.

        Raises:
            InvalidParams: when there is none of that name; the sentence lists those that exist.
        """
        for one in self.questions:
            if one.name == name:
                return one
        if not self.questions:
            sentence = say(_("This laboratory answers no questions during a run."))
        else:
            names = ", ".join(one.name for one in self.questions)
            sentence = say(_("There is no question “{name}”; there are {names}."), name=name, names=names)
        raise refused(sentence, "question")

    def run(self, params: AnyParams, rng: np.random.Generator) -> Generator[Frame, Advance | None, None]:
        """Yield the frames of a run of ``params``, seeded by ``rng``; orders arrive through `send`."""
        simulation = self.begin(params, rng)
        order = (yield simulation.first()) or Advance()
        while simulation.step < simulation.total:
            if order.changes:
                params = self.altered(params, order.changes)
                simulation.change(params)
            order = (yield simulation.advance(order.steps or self.stride)) or Advance()

    def altered(self, params: AnyParams, changes: Mapping[str, Any]) -> AnyParams:
        """Return ``params`` with live changes made.

        Raises:
            InvalidParams: where a value is refused, or a field that is not live would change.
        """
        for name in changes:
            field_info = self.Params.model_fields.get(name)
            extra = field_info.json_schema_extra if field_info else None
            if not (isinstance(extra, dict) and extra.get("effect") in ("live", "throughout")):
                message = say(_("“{field}” cannot change during a run; start again with it."), field=name)
                raise refused(message, name)
        return params.changed(changes)


@cache
def registry() -> dict[str, Experiment]:
    """Return every laboratory by name, sorted by ``order``; found by looking into `engine.experiments`.

    Raises:
        ValueError: when two have the same name.
    """
    package = importlib.import_module("engine.experiments")
    found: list[Experiment] = []
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"engine.experiments.{module_info.name}")
        found += [
            value()
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Experiment)
            and "name" in vars(value)
            and value.__module__.startswith(module.__name__)
        ]
    found.sort(key=lambda laboratory: (laboratory.order, laboratory.name))
    return by_name(found)


def experiment(name: str) -> Experiment:
    """Return the laboratory of that name.

    Raises:
        InvalidParams: when there is none; the sentence lists those that exist.
    """
    known = registry()
    if name not in known:
        names = ", ".join(known)
        sentence = say(_("There is no laboratory “{name}”; there are {names}."), name=name, names=names)
        raise refused(sentence)
    return known[name]


@cache
def claims() -> dict[str, tuple[Experiment, Claim]]:
    """Return every claim of every laboratory by its id, with the laboratory that shows it.

    Raises:
        ValueError: when two claims have the same id.
    """
    found = [(laboratory, claim) for laboratory in registry().values() for claim in laboratory.claims]
    return by_name(found, lambda one: one[1].id)


def run(name: str, params: Mapping[str, Any] | AnyParams | None = None) -> Generator[Frame, Advance | None, None]:
    """Run a laboratory by name: validate the params, seed the generator, yield frames.

    Args:
        name: of an experiment. params: plain values for its model; the seed is among them.
    Raises:
        InvalidParams: at once, before the first frame is asked for.
    >>> frames = list(run("race", {"surface": "beale", "start": [3, 3], "steps": 50}))
    >>> frames[0].step, frames[-1].step
    (0, 50)
    """
    laboratory = experiment(name)
    checked = check(laboratory.Params, params or {})
    return laboratory.run(checked, np.random.default_rng(getattr(checked, "seed", 0)))
