"""What a race can be told: the surface, the racers, and what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from engine.formula import compile_formula
from engine.formula.language import SURFACE
from engine.message import _, say
from engine.nn import fields
from engine.optimizers import RULE_KINDS, RULES, AnyRule, AnySchedule, Clip, Rule
from engine.params import Params, Refusal, choice, refused, seed, slider
from engine.surfaces import FITS, ROWS, SURFACES, Domain, Surface, custom

_FAR = 1e6
Coordinate = Annotated[float, Field(ge=-_FAR, le=_FAR)]
Interval = tuple[Coordinate, Coordinate]


class OwnSurface(Params):
    """A surface of the visitor's own."""

    formula: str = choice(
        "sin(x)*y**2 + x**2",
        _("Formula"),
        _("f(x, y): numbers, x, y, pi, e, + - * / **, and functions such as sin, exp, log, sqrt, abs."),
        max_length=SURFACE.length,
    )
    domain: tuple[Interval, Interval] = choice(
        ((-5.0, 5.0), (-5.0, 5.0)), _("Domain"), _("The picture: lowest and highest x, lowest and highest y.")
    )

    @field_validator("formula")
    @classmethod
    def _compiles(cls, formula: str) -> str:
        compile_formula(formula)
        return formula

    @field_validator("domain")
    @classmethod
    def _ascends(cls, domain: Domain) -> Domain:
        if any(high - low < 1e-6 for low, high in domain):
            raise Refusal(say("Each interval of the domain needs its lower end first, then a higher one."))
        return domain


if TYPE_CHECKING:
    Name = str
else:
    Name = Literal[tuple(SURFACES)]

# Six that read at a glance on McCormick's function: each trail bends its own way and stays in the picture, five
# arrive one after the other, and Newton's method walks straight into the saddle.
_RACERS: list[Mapping[str, Any]] = [
    {"rule": "sgd", "learning_rate": 0.03},
    {"rule": "momentum", "learning_rate": 0.01},
    {"rule": "nesterov", "learning_rate": 0.01},
    {"rule": "rmsprop", "learning_rate": 0.03},
    {"rule": "adam", "learning_rate": 0.2},
    {"rule": "newton", "learning_rate": 1.0},
]
MOST_RACERS = 24  # every rule, and some of them twice


def racer_field(description: str = _("Which racer, counted from 0.")) -> Any:
    """Return the field of a question's racer; `check_racer` tells whether the race has it."""
    return Field(0, ge=0, lt=MOST_RACERS, title=_("Racer"), description=description)


def check_racer(racer: int, racers: Sequence[Rule]) -> None:
    """Refuse the number of a racer that a race has not.

    Raises:
        InvalidParams
    """
    if racer >= len(racers):
        raise refused(
            say("There is no racer {racer}; the race has {count}.", racer=racer, count=len(racers)), "racer"
        )


class RaceParams(Params):
    """The parameters of a race."""

    surface: Name | OwnSurface = choice(
        "mccormick",
        _("Surface"),
        _("The loss f(x, y) that all racers descend; choose one or write your own."),
        widget="formula",
        labels={name: surface.title for name, surface in SURFACES.items()},
        resets=["start"],
    )
    condition: float = slider(
        100.0,
        1.0,
        1000.0,
        _("Condition number"),
        _("κ: the larger curvature divided by the smaller; f = (x² + κy²)/2."),
        scale="log",
        shown_when={"surface": ["quadratic"]},
    )
    scaling: Literal["none", "center", "standardize"] = choice(
        "none",
        _("Data"),
        _("What is done to the inputs before the model sees them: nothing, mean to 0, or also deviation to 1."),
        labels={"none": _("raw"), "center": _("centred"), "standardize": _("standardized")},
        shown_when={"surface": list(FITS)},
        resets=["start"],
    )
    batch_size: int = slider(
        ROWS,
        1,
        ROWS,
        _("Batch size"),
        _(
            "B: how many rows each gradient is the mean of, drawn anew for each step and the same for all racers; "
            "all of them are the full batch."
        ),
        scale="log",
        unit=_("rows"),
        effect="live",
        shown_when={"surface": list(FITS)},
    )
    start: tuple[Coordinate, Coordinate] | None = choice(
        None, _("Start"), _("Where all racers begin; left empty, the surface's own start. Drag it on the picture.")
    )
    racers: list[AnyRule] = Field(
        [RULES[str(racer["rule"])](**racer) for racer in _RACERS],
        min_length=1,
        max_length=MOST_RACERS,
        title=_("Racers"),
        description=_("The update rules that race, each with its own hyperparameters; one may run twice."),
        json_schema_extra={
            "effect": "live",
            "widget": "cards",
            "labels": {name: rule.title for name, rule in RULE_KINDS.items()},
        },
    )
    steps: int = slider(
        150, 1, 20_000, _("Steps"), _("The number of updates of every racer."), scale="log", unit=_("steps")
    )
    tolerance: float = slider(
        1e-3,
        1e-12,
        1e3,
        _("Finish line"),
        _("A racer has finished when its loss is at most this much above the lowest minimum."),
        scale="log",
        effect="live",
    )
    noise: float = slider(
        0.0,
        0.0,
        100.0,
        _("Gradient noise"),
        _(
            "σ: normal noise of this standard deviation is added to each component of the gradient, the "
            "same for all racers."
        ),
        scale="log",
        effect="live",
    )
    schedule: AnySchedule = fields.schedule(_("What the learning rates are multiplied by as the race goes on."))
    clip: Clip = fields.clipping()
    weight_decay: float = slider(
        0.0,
        0.0,
        10.0,
        _("Weight decay"),
        _(
            "λ: added to each racer's own weight decay. It pulls towards the origin, through the gradient "
            "or apart from it."
        ),
        scale="log",
        effect="live",
    )
    fork: bool = choice(
        False,
        _("Keep the old future"),
        _(
            "When a setting is changed on the way, the racers also go on as they would have without it, from the "
            "same state and with the same noise: pale and dotted."
        ),
        effect="throughout",
    )
    seed: int = seed(_("Chooses the noise; the same seed gives the same race."))

    @field_validator("surface", mode="before")
    @classmethod
    def _known(cls, surface: Any) -> Any:
        """Refuse with one sentence, where the union of name and formula would give two."""
        if isinstance(surface, OwnSurface) or (isinstance(surface, str) and surface in SURFACES):
            return surface
        if isinstance(surface, Mapping) and isinstance(surface.get("formula"), str):
            compile_formula(surface["formula"])
            unknown = sorted(set(map(str, surface)) - set(OwnSurface.model_fields))
            if unknown:
                raise Refusal(
                    say(
                        "“{field}” is not part of a surface; give “formula” and, if you like, “domain”.",
                        field=unknown[0],
                    )
                )
            return surface
        raise Refusal(
            say(
                "There is no such surface; give one of {names}, or an object with a “formula”.",
                names=", ".join(SURFACES),
            )
        )

    @property
    def landscape(self) -> Surface:
        """The surface that these parameters name, shape or write."""
        if isinstance(self.surface, OwnSurface):
            return custom(self.surface.formula, self.surface.domain)
        return SURFACES[self.surface].shaped({"condition": self.condition, "scaling": self.scaling})

    @property
    def origin(self) -> tuple[float, float]:
        """Where the racers begin."""
        return self.landscape.start if self.start is None else self.start

    @property
    def rules(self) -> list[Rule]:
        """The racers, each with the weight decay that all share added to its own."""
        if not self.weight_decay:
            return [*self.racers]
        return [
            rule.model_copy(update={"weight_decay": rule.weight_decay + self.weight_decay}) for rule in self.racers
        ]
