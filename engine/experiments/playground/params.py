"""What the playground can be told: the points, the nets, how they train and what holds them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic.config import JsonDict

from engine.data.own import OwnTable
from engine.data.toys import TOYS
from engine.experiments.playground import sizes
from engine.experiments.playground.choice import MOST_LAYERS, TRAINING, NetChoice
from engine.experiments.playground.features import FEATURES
from engine.experiments.playground.tables import DIGITS, Painted, Shape, shape_of
from engine.message import _, say
from engine.nn import fields
from engine.optimizers import RULES, AnyRule, AnySchedule, Clip
from engine.params import Params, Refusal, check, choice, seed, slider

UNUSABLE = frozenset({"newton", "bfgs"})
"""Rules that keep a matrix over all weights."""
MOST_EDITS, MOST_MEMBERS = 400, 32
DATA: dict[str, str] = {**{name: toy.title for name, toy in TOYS.items()}, DIGITS: _("Handwritten digits, 8 × 8")}

if TYPE_CHECKING:
    DataName = str
    FeatureName = str
else:
    DataName = Literal[tuple(DATA)]
    FeatureName = Literal[tuple(FEATURES)]

_DATA, _ENSEMBLE = _("Data"), _("Ensemble")


_LIVE: JsonDict = {"effect": "live"}


class Edit(Params):
    """A weight or a bias that was set by hand."""

    step: int = Field(
        ge=0, title=_("Step"), description=_("After how many updates it is set."), json_schema_extra=_LIVE
    )
    net: int = Field(
        0,
        ge=0,
        le=3,
        title=_("Net"),
        description=_("Which net of the comparison, counted from 0."),
        json_schema_extra=_LIVE,
    )
    layer: int = Field(
        ge=1,
        le=MOST_LAYERS + 1,
        title=_("Layer"),
        description=_("The unit's layer, from 1 on."),
        json_schema_extra=_LIVE,
    )
    unit: int = Field(
        ge=0, title=_("Unit"), description=_("Which unit of the layer, from 0 on."), json_schema_extra=_LIVE
    )
    source: int | None = Field(
        None,
        ge=0,
        title=_("From"),
        description=_("The unit that the weight comes from; none is the bias."),
        json_schema_extra=_LIVE,
    )
    value: float = Field(
        ge=-1e6, le=1e6, title=_("Value"), description=_("What it is set to."), json_schema_extra=_LIVE
    )


class PlaygroundParams(NetChoice):
    """The parameters of the playground; the fields of `NetChoice` among them are those of the first net."""

    data: DataName | OwnTable | Painted = choice(
        "circles",
        _("Data"),
        _("Points or images to tell apart, numbers to predict, or a table of your own."),
        labels=DATA,
        first=9,
    )
    samples: int = slider(
        300,
        10,
        2000,
        _("Points"),
        _("How many points there are in all, those held out included."),
        scale="log",
        unit=_("points"),
        group=_DATA,
    )
    noise: float = slider(
        0.1,
        0.0,
        1.0,
        _("Noise"),
        _("Standard deviation of what moves every point, or is added to a number to predict or a pixel."),
        step=0.01,
        first=8,
        shown_when={"data": list(DATA)},
    )
    wrong_labels: float = slider(
        0.0,
        0.0,
        0.5,
        _("Wrong labels"),
        _("The share of the training points whose class is another one; held-out points keep theirs."),
        step=0.01,
        group=_DATA,
    )
    test_share: float = slider(
        0.3,
        0.0,
        0.9,
        _("Test share"),
        _("The share of points that the net never learns from: they tell whether it generalizes."),
        step=0.05,
        group=_DATA,
    )
    validation_share: float = slider(
        0.2,
        0.0,
        0.9,
        _("Validation share"),
        _("The share of points held out to choose by: when to stop, which setting to take."),
        step=0.05,
        group=_DATA,
    )
    standardize: bool = choice(
        True,
        _("Standardize"),
        _("The net sees coordinates less their mean, over their standard deviation, by the training points."),
        group=_DATA,
    )
    distinct: bool = choice(
        False,
        _("Each row once"),
        _(
            "Of rows of a table that are the same only one is kept, so that none is both learned from and "
            "tested on."
        ),
        group=_DATA,
    )
    features: list[FeatureName] = Field(
        ["x1", "x2"],
        min_length=1,
        max_length=len(FEATURES),
        title=_("Inputs"),
        description=_("What the nets are fed of a point. A table with more columns is fed as it is."),
        json_schema_extra={
            "first": 7,
            "effect": "restart",
            "widget": "several",
            "hidden_when": {"data": [DIGITS]},
            "labels": {name: feature.symbol for name, feature in FEATURES.items()},
        },
    )
    compare: list[NetChoice] = Field(
        [],
        max_length=3,
        title=_("Beside it"),
        description=_("Up to three further nets, on the same points in the same batches."),
        json_schema_extra={"effect": "restart", "widget": "cards", "series_from": 1},
    )
    optimizer: AnyRule = fields.optimizer(check(RULES["adam"], {"learning_rate": 0.01}), without=UNUSABLE, first=4)
    schedule: AnySchedule = fields.schedule(group=TRAINING)
    clip: Clip = fields.clipping(group=TRAINING)
    ensemble: int = slider(
        1,
        1,
        MOST_MEMBERS,
        _("Members"),
        _("How many nets like the first are trained from other first weights; their mean is the ensemble."),
        unit=_("nets"),
        group=_ENSEMBLE,
    )
    bagging: bool = choice(
        False,
        _("Bagging"),
        _("Every member learns from its own draw of the training points, with replacement."),
        group=_ENSEMBLE,
    )
    steps: int = slider(
        2000,
        1,
        50_000,
        _("Steps"),
        _("How many updates to train for."),
        scale="log",
        unit=_("steps"),
        group=TRAINING,
    )
    edits: list[Edit] = Field(
        [],
        max_length=MOST_EDITS,
        title=_("Set by hand"),
        description=_("Weights and biases that were dragged on the picture of the net."),
        json_schema_extra={"effect": "live", "widget": "hidden"},
    )
    seed: int = seed(_("Chooses points, weights and batches; the same seed gives the same numbers."))

    @property
    def nets(self) -> list[NetChoice]:
        """All nets compared, the first one first."""
        own = {name: getattr(self, name) for name in NetChoice.model_fields}
        return [NetChoice.model_construct(**own), *self.compare]

    @property
    def shape(self) -> Shape:
        """What the data are like, known without making them."""
        return shape_of(self.data, self.samples, self.distinct)

    @field_validator("data", mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        """Refuse with one sentence, where the union would give three."""
        if isinstance(data, OwnTable | Painted) or (isinstance(data, str) and data in DATA):
            return data
        if isinstance(data, Mapping) and set(data) == {"csv"} and isinstance(data["csv"], str):
            return check(OwnTable, data)
        if isinstance(data, Mapping) and set(data) == {"points"} and isinstance(data["points"], list | tuple):
            return check(Painted, data)
        raise Refusal(
            say(
                "There is no such data; give one of {names}, or an object with a “csv” text or painted “points”.",
                names=", ".join(DATA),
            )
        )

    @field_validator("data")
    @classmethod
    def _readable(cls, data: Any) -> Any:
        shape_of(data, 0)
        return data

    @field_validator("features")
    @classmethod
    def _once(cls, features: list[str]) -> list[str]:
        return [name for name in FEATURES if name in features]

    @field_validator("optimizer")
    @classmethod
    def _affordable(cls, rule: Any) -> Any:
        if rule.rule in UNUSABLE:
            raise Refusal(
                say(
                    "“{rule}” keeps a matrix with as many rows and columns as there are weights, too large for a "
                    "net; take L-BFGS.",
                    rule=rule.title,
                )
            )
        return rule

    @model_validator(mode="after")
    def _fits(self) -> PlaygroundParams:
        sizes.refuse(self)
        if not (isinstance(self.data, str) and self.data in TOYS) and any(net.transfer.keep for net in self.nets):
            raise Refusal(say("There is no task related to these data; set the layers kept to 0."))
        return self
