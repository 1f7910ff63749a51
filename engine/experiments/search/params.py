"""What a search can be told: which laboratory's nets, which of their settings, who chooses, and the budget."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, ValidationInfo, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic_core import CoreSchema

from engine.axes import Axis, axes, placed
from engine.crew import cost
from engine.experiment import Experiment, registry
from engine.experiments.search.samplers import SAMPLERS
from engine.experiments.search.space import Side, Space
from engine.message import Message, _, say
from engine.params import InvalidParams, Params, Refusal, choice, slider
from engine.trials import Goal

MOST_TRIALS = 3000
"""Trials of all samplers and repeats together."""
MOST_UPDATES = 3_000_000
"""Updates of all trials together."""
MOST_SETTINGS = 24

if TYPE_CHECKING:
    SamplerName = str
else:
    SamplerName = Literal[tuple(SAMPLERS)]

_TRIALS = _("Every trial")
_RESTART: JsonDict = {"effect": "restart"}


class AxisChoice(Params):
    """One axis of a search."""

    setting: str = Field(
        "optimizer.learning_rate",
        max_length=60,
        title=_("Setting"),
        description=_("Which of the laboratory's settings is varied."),
        json_schema_extra=_RESTART,
    )
    low: float | None = Field(
        None,
        title=_("From"),
        description=_("The least value that is tried; none is the setting's own bound."),
        json_schema_extra=_RESTART,
    )
    high: float | None = Field(
        None,
        title=_("To"),
        description=_("The largest value that is tried; none is the setting's own bound."),
        json_schema_extra=_RESTART,
    )
    scale: Literal["log", "linear"] | None = Field(
        None,
        title=_("Scale"),
        description=_("Whether every factor or every difference is as likely; none is the setting's own scale."),
        json_schema_extra=_RESTART,
    )
    choices: list[str | bool] = Field(
        [],
        max_length=20,
        title=_("Choices"),
        description=_("Which values are tried of a setting that is no number; none: all of them."),
        json_schema_extra=_RESTART,
    )


class SearchParams(Params):
    """The parameters of a search."""

    laboratory: str = choice(
        "playground",
        _("Laboratory"),
        _("Whose nets are trained."),
        resets=["axes", "settings", "updates"],
        first=9,
    )
    settings: dict[str, Any] = Field(
        {},
        max_length=MOST_SETTINGS,
        title=_("Settings of every trial"),
        description=_("Settings by their path that all trials share, over small defaults."),
        json_schema_extra={"widget": "settings", "group": _TRIALS, **_RESTART},
    )
    axes: list[AxisChoice] = Field(
        [],
        max_length=6,
        title=_("Axes"),
        description=_("Two to six settings that are searched; the first two span the picture of the response."),
        json_schema_extra={"widget": "axes", "first": 8, **_RESTART},
    )
    samplers: list[SamplerName] = Field(
        ["grid", "random"],
        min_length=1,
        max_length=len(SAMPLERS),
        title=_("Samplers"),
        description=_("Who chooses the settings to try. Each has the same budget."),
        json_schema_extra={
            "widget": "several",
            "labels": {name: sampler.title for name, sampler in SAMPLERS.items()},
            "first": 7,
            **_RESTART,
        },
    )
    budget: int = slider(
        36,
        4,
        400,
        _("Budget"),
        _("How many whole trainings each sampler has."),
        scale="log",
        unit=_("trainings"),
        first=6,
    )
    repeats: int = slider(
        5,
        1,
        10,
        _("Repeats"),
        _("How often every sampler searches, each time with other seeds: the band of “best so far”."),
        first=5,
    )
    halving: int = choice(
        0,
        _("Stop bad trials early"),
        _(
            "Successive halving: trials start together, and at each rung only the best go on. The updates that "
            "this saves pay for more trials."
        ),
        labels={"0": _("no"), "2": _("keep 1 in 2"), "3": _("keep 1 in 3"), "4": _("keep 1 in 4")},
        enum=[0, 2, 3, 4],
        first=4,
    )
    updates: int = slider(
        200, 10, 5000, _("Updates"), _("How long a whole training is."), scale="log", group=_TRIALS
    )
    seed: int = slider(
        0,
        0,
        2**31 - 11,
        _("Seed"),
        _("Chooses what is drawn; the same seed gives the same numbers."),
        widget="seed",
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Tell the page which laboratories there are, and what can be varied in each."""
        schema = super().__get_pydantic_json_schema__(core_schema, handler)
        model = handler.resolve_ref_schema(schema)
        found = searched()
        properties = model["properties"]
        properties["laboratory"] |= {
            "enum": list(found),
            "labels": {name: one.title for name, one in found.items()},
        }
        known = {name: [plain(axis) for axis in axes(base(name)).values()] for name in found}
        for name in ("axes", "settings"):
            properties[name] |= {"known": known}
        properties["axes"] |= {
            "suggested": {
                name: [one.model_dump(exclude_defaults=True) for one in suggested(name)] for name in found
            }
        }
        return schema

    @field_validator("laboratory")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in searched():
            names = ", ".join(searched())
            raise Refusal(
                say("No settings can be searched in “{name}”; take one of {names}.", name=name, names=names)
            )
        return name

    @field_validator("settings")
    @classmethod
    def _possible(cls, settings: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        for name in {"steps", "seed", "compare"} & set(settings):
            raise Refusal(
                say("“{setting}” is none of a trial's settings here; see “Updates”, “Seed”, “Axes”.", setting=name)
            )
        if "laboratory" in info.data:
            _reported(lambda: base(info.data["laboratory"], settings))
        return settings

    @field_validator("axes")
    @classmethod
    def _searchable(cls, chosen: list[AxisChoice], info: ValidationInfo) -> list[AxisChoice]:
        if {"laboratory", "settings"} <= set(info.data):
            chosen = chosen or suggested(info.data["laboratory"])
            if len(chosen) < 2:
                raise Refusal(say("A search has two axes at least; add one."))
            sides_of(base(info.data["laboratory"], info.data["settings"]), chosen)
        return chosen

    @field_validator("samplers")
    @classmethod
    def _installed(cls, names: list[str]) -> list[str]:
        for name in names:
            if not SAMPLERS[name].available():
                raise Refusal(
                    say(
                        "“{sampler}” needs {library}, which is not installed: “pip install 'descentlab[search]'”.",
                        sampler=Message(SAMPLERS[name].title),
                        library=SAMPLERS[name].needs,
                    )
                )
        return [name for name in SAMPLERS if name in names]

    @field_validator("halving")
    @classmethod
    def _rung(cls, halving: int) -> int:
        if halving not in {0, 2, 3, 4}:
            raise Refusal(say("One in 2, 3 or 4 trials can go on at a rung; 0 stops none."))
        return halving

    @model_validator(mode="after")
    def _affordable(self) -> SearchParams:
        lines = len(self.samplers) * self.repeats
        if lines * self.trials > MOST_TRIALS or lines * self.budget * self.updates > MOST_UPDATES:
            raise Refusal(
                say(
                    "{trials:,} trials and {updates:,} updates are too many; at most {most:,} trials and "
                    "{most_updates:,} updates are made. Lower the budget, the repeats or the updates.",
                    trials=lines * self.trials,
                    updates=lines * self.budget * self.updates,
                    most=MOST_TRIALS,
                    most_updates=MOST_UPDATES,
                )
            )
        space = self.space
        _reported(
            lambda: space.params(space.values([0.5] * space.axes), 0)
        )  # what is never possible is said at once
        return self

    @property
    def objective(self) -> Goal:
        """What the laboratory's trials make small."""
        objective = searched()[self.laboratory].objective
        assert objective is not None
        return objective

    @property
    def space(self) -> Space:
        """The box that is searched."""
        start = base(self.laboratory, {**self.settings, "steps": self.updates})
        return Space(start, tuple(sides_of(start, self.axes)))

    @property
    def trials(self) -> int:
        """How many trials a sampler makes: the budget, more where some of them end early."""
        together = self.objective.together
        spent = cost(together, self.updates, self.halving) / self.updates
        return max(1, int(self.budget / spent)) * together if self.halving else self.budget


def searched() -> dict[str, Experiment]:
    """Return the laboratories whose settings can be searched, by name."""
    return {name: one for name, one in registry().items() if one.objective is not None}


def suggested(laboratory: str) -> list[AxisChoice]:
    """Return the axes that one would search first."""
    objective = registry()[laboratory].objective
    assert objective is not None
    return [AxisChoice(setting=name, low=low, high=high) for name, (low, high) in objective.axes.items()]


def base(laboratory: str, settings: dict[str, Any] | None = None) -> Params:
    """Return what every trial of a laboratory has, before an axis is set.

    Raises:
        InvalidParams
    """
    one = registry()[laboratory]
    assert one.objective is not None
    return placed(one.objective.params(one), settings or {})


def sides_of(start: Params, chosen: Sequence[AxisChoice]) -> list[Side]:
    """Return the sides of the box.

    Raises:
        Refusal: for a setting that there is not, or bounds that make no sense.
    """
    known, found = axes(start), list[Side]()
    for one in chosen:
        axis = known.get(one.setting)
        if axis is None:
            first, second = difflib.get_close_matches(one.setting, known, 2, cutoff=0.0)
            raise Refusal(
                say(
                    "There is no setting “{setting}” to search. Of the {count} that there are, “{first}” and "
                    "“{second}” are spelt most like it.",
                    setting=one.setting,
                    count=len(known),
                    first=first,
                    second=second,
                )
            )
        if any(side.axis.setting == one.setting for side in found):
            raise Refusal(say("“{setting}” is an axis already; take another.", setting=one.setting))
        found.append(_side(axis, one))
    return found


def _side(axis: Axis, one: AxisChoice) -> Side:
    if axis.choices:
        chosen = tuple(value for value in axis.choices if value in one.choices) or axis.choices
        strangers = [value for value in one.choices if value not in axis.choices]
        if strangers or len(chosen) < 2:
            raise Refusal(
                say(
                    "“{setting}” takes {names}; choose at least two of them.",
                    setting=axis.setting,
                    names=", ".join(map(str, axis.choices)),
                )
            )
        return Side(axis, 0.0, 1.0, "linear", chosen)
    scale = one.scale or axis.scale
    low = axis.low if one.low is None else one.low
    high = axis.high if one.high is None else one.high
    if low < axis.low or high > axis.high:
        raise Refusal(
            say(
                "“{setting}” goes from {low:g} to {high:g}; search within that.",
                setting=axis.setting,
                low=axis.low,
                high=axis.high,
            )
        )
    if not low < high:
        raise Refusal(
            say(
                "“{setting}”: “From” must be less than “To”; you gave {low:g} and {high:g}.",
                setting=axis.setting,
                low=low,
                high=high,
            )
        )
    if scale == "log" and low <= 0:
        if one.low is not None or one.scale == "log":
            raise Refusal(
                say(
                    "“{setting}”: a logarithmic axis begins above 0; you gave {low:g}.",
                    setting=axis.setting,
                    low=low,
                )
            )
        low = high / 1e6
    return Side(axis, low, high, scale)


def _reported(make: Any) -> None:
    """Refuse with the sentence with which the laboratory would."""
    try:
        make()
    except InvalidParams as error:
        problem = error.problems[0]
        raise Refusal(problem.message) from None


def plain(axis: Axis) -> dict[str, Any]:
    """Return an axis as JSON for the page, its words to be translated."""
    told: dict[str, Any] = {"setting": axis.setting, "title": axis.title, "within_title": axis.within}
    told |= {"number": axis.number, "low": axis.low, "high": axis.high, "scale": axis.scale, "whole": axis.whole}
    told |= {"unit": axis.unit, "choices": list(axis.choices)}
    return {**told, "labels": {str(value): name for value, name in (axis.labels or {}).items()}}
