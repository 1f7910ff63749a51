"""The parameter model is the interface: type, bounds, default, scale, unit, words and effect in one place.

Sliders, REST documentation, command line and validation are all read off the JSON schema of these models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from engine.message import Message, _, say

Effect = Literal["live", "throughout", "restart"]
Scale = Literal["linear", "log"]
P = TypeVar("P", bound="Params")


class Params(BaseModel):
    """Base of every parameter model: unknown keys, NaN and infinity are refused; instances never change."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, validate_default=True, frozen=True, use_attribute_docstrings=True
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Name the model in its schema by the class attribute ``title``, else not at all."""
        described = handler(core_schema)
        model, title = handler.resolve_ref_schema(described), getattr(cls, "title", None)
        model.pop("title", None)
        if isinstance(title, str):
            model["title"] = title
        return described

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return a validated copy with top-level fields replaced (a list or nested model is replaced whole).

        Raises:
            InvalidParams: as `check` does.
        """
        return check(type(self), {**self.model_dump(mode="json"), **changes})


def slider(
    default: float | int,
    low: float | int,
    high: float | int,
    title: str,
    description: str,
    *,
    scale: Scale = "linear",
    step: float | None = None,
    unit: str = "",
    effect: Effect = "restart",
    **hints: Any,
) -> Any:
    """A number with bounds, drawn as a slider with a number box.

    Args:
        default, low, high: inclusive bounds, in ``unit``.
        title, description: translatable literals; the description says what it does to the formula.
        scale: ``log`` gives every decade the same length (``low`` may be 0: the slider then has a stop at 0).
        step: the smallest change the slider makes; None lets the page choose (1 for integers).
        effect: ``live`` changes the rest of the run from the playhead on, ``restart`` begins again; ``throughout``
            is set for the whole run, and what was changed on the way stays (a run takes it as a change too).
        hints: further words for the page, e.g. ``shown_when={"surface": ["quadratic"]}`` or ``hidden_when``.
    """
    extra = {"scale": scale, "unit": unit, "effect": effect, "step": step, **hints}
    return Field(default, ge=low, le=high, title=title, description=description, json_schema_extra=_present(extra))


def choice(default: Any, title: str, description: str, *, effect: Effect = "restart", **hints: Any) -> Any:
    """A field whose type lists the choices (a `Literal`, a bool, a union): drawn as a menu or a switch.

    ``labels={"he_normal": "He normal"}`` in the hints gives the choices their names on the page; with
    ``resets=["start"]`` a visitor who picks another name sends those fields back to their defaults.

    Args:
        default: one of the choices. title, description: translatable.
        effect: as for `slider`. hints: further words for the page.
    """
    extra = {"effect": effect, **hints}
    return Field(default, title=title, description=description, json_schema_extra=_present(extra))


def seed(description: str) -> Any:
    """The seed of a run's randomness, a whole number from 0 to 2³¹ − 1; the description says what it draws."""
    return slider(0, 0, 2**31 - 1, _("Seed"), description, widget="seed")


def _present(extra: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extra.items() if value is not None and value != ""}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a request: where (``racers.0.beta1``) and a sentence with the remedy.

    ``position`` is the 0-based character in a typed formula that caused it, or None.
    """

    path: str
    message: Message
    position: int | None = None


class InvalidParams(ValueError):
    """Parameters were refused; ``problems`` says where and why, in sentences for the visitor."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.path}: {p.message}" if p.path else str(p.message) for p in problems))
        self.problems = problems


def refused(sentence: Message, path: str = "", position: int | None = None) -> InvalidParams:
    """Return the refusal of a request with one problem.

    Args:
        sentence: why. path: of the parameter, dotted; empty for the whole. position: of the character in a text.
    """
    return InvalidParams([Problem(path, sentence, position)])


class Refusal(ValueError):
    """Raise inside a validator to refuse a value with a sentence of your own.

    Args:
        message: the sentence. position: of the character in a formula that caused it.
        field: of the model which is at fault, where a validator looks at the whole of it.
    """

    def __init__(self, message: Message, position: int | None = None, field: str = "") -> None:
        super().__init__(str(message).encode("utf-8", "backslashreplace").decode())  # half a character is no text
        self.message = message
        self.position = position
        self.field = field


def check(model: type[P], data: Any) -> P:
    """Validate ``data`` (a mapping of plain values, or the model itself) against a parameter model.

    Raises:
        InvalidParams: with one `Problem` per fault, each naming the field and the remedy.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidParams(explain(error, data)) from None


_SENTENCES: dict[str, str] = {
    "missing": _("“{field}” is missing; give it a value."),
    "extra_forbidden": _("“{field}” is no parameter here; remove it or check its spelling."),
    "greater_than_equal": _("“{field}” must be at least {ge}; you gave {input}."),
    "less_than_equal": _("“{field}” must be at most {le}; you gave {input}."),
    "greater_than": _("“{field}” must be greater than {gt}; you gave {input}."),
    "less_than": _("“{field}” must be less than {lt}; you gave {input}."),
    "finite_number": _("“{field}” must be a finite number, not infinity or NaN."),
    "float_parsing": _("“{field}” must be a number; you gave {input}."),
    "float_type": _("“{field}” must be a number; you gave {input}."),
    "int_parsing": _("“{field}” must be a whole number; you gave {input}."),
    "int_type": _("“{field}” must be a whole number; you gave {input}."),
    "int_from_float": _("“{field}” must be a whole number; you gave {input}."),
    "bool_parsing": _("“{field}” must be true or false; you gave {input}."),
    "bool_type": _("“{field}” must be true or false; you gave {input}."),
    "string_type": _("“{field}” must be text; you gave {input}."),
    "string_too_long": _("“{field}” is too long; at most {max_length} characters."),
    "string_too_short": _("“{field}” is too short; at least {min_length} characters."),
    "literal_error": _("“{field}” must be one of {expected}; you gave {input}."),
    "enum": _("“{field}” must be one of {expected}; you gave {input}."),
    "union_tag_invalid": _("“{field}” must be one of {expected_tags}; you gave “{tag}”."),
    "union_tag_not_found": _("“{field}” must name its kind under “{discriminator}”."),
    "too_long": _("“{field}” has {actual_length} entries; at most {max_length} are allowed."),
    "too_short": _("“{field}” has {actual_length} entries; at least {min_length} are needed."),
    "list_type": _("“{field}” must be a list; you gave {input}."),
    "tuple_type": _("“{field}” must be a list; you gave {input}."),
    "dict_type": _("“{field}” must be an object with named values; you gave {input}."),
    "model_type": _("“{field}” must be an object with named values; you gave {input}."),
    "model_attributes_type": _("“{field}” must be an object with named values; you gave {input}."),
}


def explain(error: ValidationError, data: Any = None, whole: str = _("the parameters")) -> list[Problem]:
    """Turn pydantic's errors into one `Problem` each, in sentences a student understands.

    ``data`` is what was validated; with it the paths lead through the data as it is (``racers.0.beta1``).
    ``whole`` is what a sentence calls the data itself.
    """
    problems = []
    for fault in error.errors(include_url=False):
        path = _path(fault["loc"], data)
        cause = fault.get("ctx", {}).get("error")
        if isinstance(cause, Refusal):
            problems.append(Problem(f"{path}.{cause.field}".strip("."), cause.message, cause.position))
            continue
        template = _SENTENCES.get(fault["type"])
        if template is None:
            message = say(_("“{field}” is not valid: {reason}."), field=path, reason=fault["msg"])
        else:
            values = {**fault.get("ctx", {}), "input": _short(fault["input"])}
            values["field"] = path or whole
            for name in ("discriminator", "expected", "expected_tags"):  # quoted by pydantic
                if name in values:
                    values[name] = str(values[name]).replace("'", "")
            message = Message(template, values)
        problems.append(Problem(path, message))
    return problems


def _path(location: tuple[str | int, ...], data: Any) -> str:
    """Join a location, leaving out the tags by which pydantic tells the members of a union apart."""
    parts = []
    for i, part in enumerate(location):
        inner: Any = None
        if isinstance(data, Mapping):
            inner = data.get(part)
            tags = [value for value in data.values() if isinstance(value, str)]
            leads_on = isinstance(inner, Mapping | list | tuple) or i == len(location) - 1
            if part in tags and not (part in data and leads_on):
                continue
        elif isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            inner = data[part]
        parts.append(str(part))
        data = inner
    return ".".join(parts)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
