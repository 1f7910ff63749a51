"""Sweeps: a net trained at many settings, over one of them with bands over seeds, or over two as a map."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from engine.asked import Growing
from engine.autodiff.tape import Array
from engine.axes import Axis, axes, placed
from engine.experiment import Question
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture, row_counts
from engine.experiments.playground.stack import STRIDE, Stack, stacked
from engine.frame import ArraySpec, Frame, Told
from engine.message import Message, _, say
from engine.params import InvalidParams, Refusal, choice, refused
from engine.pieces import Pieces, quiet

if TYPE_CHECKING:
    from engine.experiments.playground.simulation import PlaygroundSimulation

FIRST = ("hidden.0", "l2", "samples", "dropout")
"""Settings that stand first among those that can be swept: capacity, lambda, the size of the data, dropout."""
COARSE, FINE = 3, 9
"""Places along an axis: of the first answer, and of all; those of the first are among those of all."""
SEEDS_OF_CURVE, SEEDS_OF_MAP = 5, 2
MOST_UPDATES, MOST_WORK = 3e6, 1e11
"""Updates of all nets of a sweep together, and multiplications."""
DECADES = 5
"""How far below its upper end a logarithmic axis that may be 0 begins."""
_TRAIN, _TEST = 0, 2


@dataclass(frozen=True)
class Way:
    """An axis of a sweep: the setting, and the places that are drawn."""

    axis: Axis
    low: float
    high: float
    scale: Literal["linear", "log"]

    def places(self) -> Array:
        """Return what the setting is in the middles of `FINE` cells."""
        shares = (np.arange(FINE) + 0.5) / FINE
        found = self.low + (self.high - self.low) * shares
        if self.scale == "log":
            found = self.low ** (1 - shares) * self.high**shares
        return np.asarray(found.round() if self.axis.whole else found)

    def value(self, at: int) -> float | int:
        """Return what the setting is set to at a place."""
        place = float(self.places()[at])
        return int(place) if self.axis.whole else place

    def told(self) -> dict[str, Any]:
        """Return what the page shows of it."""
        return {
            "name": self.axis.setting,
            "title": _called(self.axis),
            "path": self.axis.setting,
            "low": self.low,
            "high": self.high,
            "scale": self.scale,
            "bounds": [self.axis.low, self.axis.high],
            "whole": self.axis.whole,
        }


Range = tuple[float, float]


class Sweep(Growing):
    """What every sweep is asked with."""

    x: str = Field("", max_length=60, title=_("Across"), description=_("A setting; “” takes a usual one."))
    x_range: Range | None = choice(
        None, _("Range across"), _("Lowest and highest value; None takes the usual ones.")
    )

    @model_validator(mode="after")
    def _ascend(self) -> Sweep:
        for given in (self.x_range, getattr(self, "y_range", None)):
            if given is not None and not given[0] < given[1]:
                raise Refusal(say("A range needs its lower end first, then a higher one."))
        return self


class Curve(Sweep):
    """Losses over one setting, with bands over seeds."""

    def answers(self, simulation: PlaygroundSimulation) -> Generator[Frame | None, None, None]:
        """Yield test and training loss over the setting."""
        params, step = _plain(simulation.params), simulation.step
        way = _way(params, self.x or usual(params)[0], self.x_range, "x")
        plan = _Plan(params, (way,), SEEDS_OF_CURVE)
        for found in plan.grown():
            if found is None:
                yield None
                continue
            seeds = found.losses[:, :, found.columns]
            with np.errstate(invalid="ignore"):
                mean, low, high = seeds.mean(axis=0), seeds.min(axis=0), seeds.max(axis=0)
            told = _told(plan, found, {"title": say("loss"), "scale": "log"})
            told["curves"] = [{"name": say("test"), "path": way.axis.setting}, {"name": say("training")}]
            arrays = {"reached": mean, "lowest": low, "highest": high, "up": np.arange(2.0)}
            yield Frame(step, {"across": way.places()[found.columns], **arrays, "sweep": Told(told)})


class Map(Sweep):
    """Test loss or gap over two settings."""

    y: str = Field("", max_length=60, title=_("Up"), description=_("A second setting; “” takes a usual one."))
    y_range: Range | None = choice(None, _("Range up"), _("Lowest and highest value; None takes the usual ones."))
    measure: Literal["test", "gap"] = choice(
        "test",
        _("Colour"),
        _("The test loss after the last step, or by how much it is above the training loss."),
        labels={"test": _("test loss"), "gap": _("gap")},
    )

    def answers(self, simulation: PlaygroundSimulation) -> Generator[Frame | None, None, None]:
        """Yield the map."""
        params, step = _plain(simulation.params), simulation.step
        across = _way(params, self.x or usual(params)[0], self.x_range, "x")
        other = next(name for name in usual(params) if name != across.axis.setting)
        up = _way(params, self.y or other, self.y_range, "y")
        if across.axis.setting == up.axis.setting:
            raise refused(say("Both axes are the same setting; choose another for one of them."), "y")
        plan = _Plan(params, (across, up), SEEDS_OF_MAP)
        for found in plan.grown():
            if found is None:
                yield None
                continue
            with np.errstate(invalid="ignore"):
                test, train = (found.losses[:, i].mean(axis=0)[:, found.columns] for i in range(2))
                values = test if self.measure == "test" else test - train
            values = np.where(np.isposinf(test), np.inf, values)[found.columns]
            value = {
                "title": say("test loss") if self.measure == "test" else say("test loss less training loss"),
                "scale": "log" if self.measure == "test" else "linear",
            }
            yield Frame(
                step,
                {
                    "across": across.places()[found.columns],
                    "up": up.places()[found.columns],
                    "reached": values,
                    "sweep": Told(_told(plan, found, value)),
                },
            )


def usual(params: PlaygroundParams) -> list[str]:
    """Return settings worth a sweep, those first that the run makes something of."""
    known = axes(params)
    made = [name for name in ("dropout", "l2", "l1") if getattr(params, name)]
    made += [] if params.hidden else ["samples"]
    return list(dict.fromkeys(name for name in (*made, *FIRST) if name in known))


def _plain(params: PlaygroundParams) -> PlaygroundParams:
    """Return the parameters of the first net alone."""
    return params.model_copy(update={"compare": [], "ensemble": 1, "bagging": False, "edits": []})


def _numbers(params: PlaygroundParams) -> dict[str, Axis]:
    """Return the settings that are numbers, the usual ones first."""
    known = {name: axis for name, axis in axes(params).items() if not axis.choices}
    return {name: known[name] for name in (*(one for one in FIRST if one in known), *known)}


def _way(params: PlaygroundParams, name: str, given: Range | None, field: str) -> Way:
    known = _numbers(params)
    if name not in known:
        raise refused(say("There is no number “{name}” to sweep over here.", name=name), field)
    axis = known[name]
    wide = axis.whole and axis.low > 0 and axis.high >= 16 * axis.low
    scale: Literal["linear", "log"] = "log" if axis.scale == "log" or wide else "linear"
    low, high = axis.low, axis.high
    if scale == "log" and low <= 0:
        low = high * 10.0**-DECADES
    if given is not None:
        if not axis.low <= given[0] < given[1] <= axis.high:
            sentence = say(
                "“{name}” lies between {low:g} and {high:g}.",
                name=Message(axis.title),
                low=axis.low,
                high=axis.high,
            )
            raise refused(sentence, f"{field}_range")
        low, high = given
        scale = "linear" if low <= 0 else scale
    return Way(axis, low, high, scale)


@dataclass(frozen=True)
class Found:
    """What a sweep has found so far.

    Args:
        losses: (seed, test or training, row, column) over all places, one row where there is one axis; infinity
            where a net diverged, NaN where nothing was trained. columns: the places that this answer has.
        done: share of the work. runs: nets trained so far.
    """

    losses: Array
    columns: list[int]
    done: float
    runs: int


class _Plan:
    """The settings of a sweep, and the order in which they are trained."""

    def __init__(self, params: PlaygroundParams, ways: Sequence[Way], seeds: int) -> None:
        self.params, self.ways, self.seeds = params, ways, seeds
        if row_counts(params)[2] < 1:
            raise refused(say("A sweep compares test losses; set “test_share” above 0."), "test_share")
        runs = seeds * FINE ** len(ways)
        updates = runs * params.steps
        batch = min(params.batch_size, row_counts(params)[0])
        work = updates * architecture(params, params.nets[0]).multiplications(batch)
        if updates > MOST_UPDATES or work > MOST_WORK:
            share = min(MOST_UPDATES / updates, MOST_WORK / work)
            raise refused(
                say(
                    "A sweep of {runs} nets is too large for {steps:,} steps; train for {most:,} steps or fewer.",
                    runs=runs,
                    steps=params.steps,
                    most=max(1, int(share * params.steps)),
                ),
                "steps",
            )

    @property
    def known(self) -> Mapping[str, Axis]:
        """The settings that may be chosen for an axis."""
        return _numbers(self.params)

    def grown(self) -> Generator[Found | None, None, None]:
        """Train coarse to fine, seed by seed; yield all that is found after each round, and None in between."""
        shape = (1 if len(self.ways) == 1 else FINE, FINE)
        losses = np.full((self.seeds, 2, *shape), np.nan)
        few = list(range(FINE // COARSE // 2, FINE, FINE // COARSE))
        whole = list(range(FINE))
        total, done = self.seeds * shape[0] * shape[1], 0
        for seed in range(self.seeds):
            for columns in (few, whole) if seed == 0 else (whole,):
                rows = columns if len(self.ways) > 1 else [0]
                wanted = [(i, j) for i in rows for j in columns if np.isnan(losses[seed, 0, i, j])]
                yield from quiet(self._train(wanted, seed, losses))
                done += len(wanted)
                kept = losses[: seed + 1] if len(self.ways) > 1 else losses[: seed + 1, :, 0]
                yield Found(kept.copy(), columns, done / total, done)

    def _train(self, wanted: Sequence[tuple[int, int]], seed: int, losses: Array) -> Pieces[None]:
        settings, places = [], []
        for i, j in wanted:
            values = {way.axis.setting: way.value(at) for way, at in zip(self.ways, (j, i), strict=False)}
            try:
                settings.append(placed(self.params, {**values, "seed": self.params.seed + seed}))
                places.append((i, j))
            except InvalidParams:
                continue  # a place where there is no net stays empty
            if len(places) % STRIDE == 0:
                yield None
        assert all(isinstance(one, PlaygroundParams) for one in settings)
        checked = [one for one in settings if isinstance(one, PlaygroundParams)]
        for group in stacked(checked):
            stack = yield from Stack.built(group, [checked[i] for i in group])
            while stack.step < self.params.steps:
                for _update in range(min(STRIDE, self.params.steps - stack.step)):
                    yield from stack.update()
                yield None
            for kind, part in enumerate((_TEST, _TRAIN)):
                yield None
                reached = yield from stack.losses(part)
                for place, loss in zip(stack.places, reached, strict=True):
                    losses[seed, kind, *places[place]] = loss if np.isfinite(loss) else np.inf


def _called(axis: Axis) -> Message:
    """Return the name of a setting for people; the only list among them are the widths."""
    return say("Units of layer {number}", number=axis.number) if axis.number else axis.called


def _told(plan: _Plan, found: Found, value: Mapping[str, Any]) -> dict[str, Any]:
    ways = dict(zip("xy", [way.told() for way in plan.ways], strict=False))
    return {
        **ways,
        "axes": [{"name": name, "title": _called(axis)} for name, axis in plan.known.items()],
        "value": dict(value),
        "bad": say("diverged"),
        "missing": "",
        "done": found.done,
        "runs": found.runs,
        "remark": say(
            "Each place is a net trained for {steps:,} steps; {seeds} of {most} seeds so far. A click opens it.",
            steps=plan.params.steps,
            seeds=len(found.losses),
            most=plan.seeds,
        ),
    }


_ANSWER = {
    "across": ArraySpec(("column",), _("Value of the setting across")),
    "up": ArraySpec(("row",), _("Value of the setting up, or the number of the curve")),
    "reached": ArraySpec(("row", "column"), _("Final loss, the mean over seeds; infinity where a net diverged")),
    "sweep": ArraySpec((), _("The axes and the value")),
}
_BANDS = {
    "lowest": ArraySpec(("row", "column"), _("The lowest of the seeds")),
    "highest": ArraySpec(("row", "column"), _("The highest of the seeds")),
}
SWEEPS: Sequence[Question] = (
    Question("sweep", _("Final losses over one setting"), Curve, {**_ANSWER, **_BANDS}, parts=True),
    Question("sweep_map", _("Final test loss or gap over two settings"), Map, _ANSWER, parts=True),
)
