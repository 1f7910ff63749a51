"""Many settings tried side by side: what is minimized, and how low each trial has come."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from engine.params import Params, check
from engine.pieces import Pieces

if TYPE_CHECKING:
    from engine.experiment import Experiment

LOOKS = 40
"""So many times, evenly over a trial, it is told how low it has come."""
MOST = 32
"""Trials of one array program: more of them would not stay in a processor's cache."""
MOST_WORK = 20_000_000
"""Multiplications of an update of such a program: some milliseconds."""


@dataclass(frozen=True)
class Goal:
    """What trials of a laboratory make small.

    Args:
        array: a series of its frames, (step,) or (net, step): that of the first net is taken.
        title: translatable, for example “Validation loss”. unit: translatable.
        settings: of a trial that says nothing else: small, so that hundreds train in seconds; plain JSON.
        axes: what one would search first: setting -> from, to.
        stride: updates that a run does without interruption; some milliseconds.
        script: the question that gives a trial as a program (text ``code``): its training, or, where it is
            ``trained``, its net with the weights that it has in the end. Empty where there is none.
        together: how many trials are trained as one piece of work.
    """

    array: str
    title: str
    unit: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    stride: int = 25
    together: int = 8
    script: str = ""
    trained: bool = False

    def params(self, laboratory: Experiment, settings: Mapping[str, Any] | None = None) -> Params:
        """Return a trial's parameters: those of ``settings``, then ours, then the laboratory's defaults.

        Raises:
            InvalidParams
        """
        return check(laboratory.Params, {**self.settings, **(settings or {})})


@dataclass(frozen=True)
class Trials:
    """How far trials have come.

    Args:
        steps: after how many updates there was a look, (k,), the start among them.
        curves: the objective there, (trial, k). NaN from where a trial diverged, or was given up.
    """

    steps: NDArray[np.int64]
    curves: NDArray[np.float64]


Going: TypeAlias = Generator[Trials | None, Sequence[int] | None, None]
"""Trials that train: it yields what they have reached so far, in between None (some milliseconds apart) where the
work may be interrupted. Which trials go on may be sent in after a look; the others are given up."""


def looks(total: int) -> NDArray[np.int64]:
    """Return after how many updates trials of that length are looked at, the start and the end among them.

    >>> looks(3)
    array([0, 1, 2, 3])
    """
    return np.unique(np.linspace(0, total, LOOKS + 1).round().astype(np.int64))


class Party(Protocol):
    """Trials that train as one program.

    Args:
        places: their numbers among all trials. total: how many updates they take.
        last: how low each had come when it was last measured, (R,); NaN where it diverged.
    """

    places: list[int]
    total: int
    last: NDArray[np.float64]

    def train(self, step: int) -> Generator[None, None, None]:
        """Train up to an update, with pauses where the work may be interrupted; 0 measures the start."""

    def only(self, keep: set[int]) -> Party | None:
        """Return the party of those places that go on; None where there are none."""


def side_by_side(parties: Sequence[Party]) -> Going:
    """Train parties look by look, all to the same one before any goes on to the next."""
    steps = looks(max(party.total for party in parties))
    curves = np.full((sum(len(party.places) for party in parties), len(steps)), np.nan)
    for k, look in enumerate(steps):
        for party in parties:
            yield from party.train(int(look))
            curves[party.places, k] = party.last
        if k:
            keep = yield Trials(steps[: k + 1], curves[:, : k + 1].copy())
            if keep is not None:
                parties = [left for party in parties if (left := party.only(set(keep))) is not None]


Settings = TypeVar("Settings", bound=Params)


def alike(
    settings: Sequence[Settings], shape: Callable[[Settings], Hashable], most: Callable[[Settings], int]
) -> list[list[int]]:
    """Return which trials can be one array program, by their places.

    Args:
        settings: of each trial. shape: what is equal for those that can; None for one that trains by itself.
        most: how many such trials one program should hold.
    """
    groups: dict[Hashable, list[list[int]]] = {}
    for i, one in enumerate(settings):
        found = shape(one)
        places = groups.setdefault(("alone", i) if found is None else found, [[]])
        if len(places[-1]) >= most(one):
            places.append([])
        places[-1].append(i)
    return [places for group in groups.values() for places in group]


def stacked(
    laboratory: Experiment,
    settings: Sequence[Settings],
    shape: Callable[[Settings], Hashable],
    work: Callable[[Settings], int],
    build: Callable[[Sequence[int], Sequence[Settings]], Pieces[Party]],
) -> Going:
    """Train trials of one shape as one array program, and the others by themselves.

    Args:
        laboratory: whose trials. settings: of each. shape: as for `alike`.
        work: multiplications of an update of one trial.
        build: makes a party of trials of one shape, given their places and settings.
    """
    parties: list[Party] = []
    for places in alike(settings, shape, lambda one: int(np.clip(MOST_WORK // work(one), 1, MOST))):
        if len(places) == 1:
            parties.append(Single(laboratory, places[0], settings[places[0]]))
        else:
            parties += [(yield from build(places, [settings[i] for i in places]))]
        yield None
    yield from side_by_side(parties)


class Single:
    """A trial that trains as an ordinary run of its laboratory does.

    Args:
        laboratory: whose run. place: its number. params: its settings.
    Raises:
        ValueError: where the laboratory declares no objective.
    """

    def __init__(self, laboratory: Experiment, place: int, params: Params) -> None:
        if laboratory.objective is None:
            raise ValueError(f"trials of {laboratory.name!r} need an objective")
        self._objective = laboratory.objective
        self._run = laboratory.begin(params, np.random.default_rng(getattr(params, "seed", 0)))
        self.places, self.total, self.last = [place], self._run.total, np.full(1, np.nan)

    def train(self, step: int) -> Generator[None, None, None]:
        """Train the run; one that ends before its time has diverged."""
        run, objective = self._run, self._objective
        if not step:
            self.last[0] = _last(run.first(), objective.array)
        while run.step < min(step, run.total):
            self.last[0] = _last(run.advance(min(objective.stride, step - run.step)), objective.array)
            yield
        if run.step < min(step, self.total):
            self.last[0] = np.nan

    def only(self, keep: set[int]) -> Single | None:
        """Return itself where it goes on."""
        return self if self.places[0] in keep else None


def one_by_one(laboratory: Experiment, settings: Sequence[Params]) -> Going:
    """Train a run of the laboratory for each of ``settings``: what an ordinary run would do, look by look.

    All are of one length.

    Raises:
        ValueError: where the laboratory declares no objective.
    """
    parties = []
    for i, one in enumerate(settings):
        parties.append(Single(laboratory, i, one))
        yield None
    yield from side_by_side(parties)


def _last(frame: Frame, name: str) -> float:
    """Return the last value of a series' first row; NaN where it is not finite."""
    value = float(np.atleast_2d(np.asarray(frame[name], np.float64))[0, -1])
    return value if np.isfinite(value) else np.nan
