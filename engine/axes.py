"""What can be varied of a run's parameters, read off their model: numbers with bounds, and choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from engine.message import Message, _, say
from engine.params import Params, Scale, check, refused

KIND = "rule"
"""The field that tells the members of a union of models apart."""
UNVARIED = frozenset({"seed", "steps", "name", "dialect", "compare", "ensemble"})
"""Fields that say how a run is made or shown, not what is trained."""


@dataclass(frozen=True)
class Axis:
    """A setting that can be varied.

    Args:
        setting: dotted path, ``optimizer.learning_rate`` or ``hidden.0``. title: translatable, its field's.
        within: translatable title of the object that has the field, or empty. number: its place in a list, from 1.
        low, high: inclusive bounds of a number. scale: of a slider over them. whole: whether only integers do.
        unit: translatable. choices: the values that it can take, where it is no number; labels: their names.
    """

    setting: str
    title: str
    within: str = ""
    number: int = 0
    low: float = 0.0
    high: float = 1.0
    scale: Scale = "linear"
    whole: bool = False
    unit: str = ""
    choices: tuple[Any, ...] = ()
    labels: Mapping[Any, str] | None = None

    @property
    def called(self) -> Message:
        """Its name for people."""
        said = Message(self.title)
        if self.number:
            said = say("{list}, {number}", list=said, number=self.number)
        return say("{whole}: {part}", whole=Message(self.within), part=said) if self.within else said

    def named(self, value: Any) -> Message:
        """Return a value of it for people."""
        if isinstance(value, bool):
            return Message(_("on") if value else _("off"))
        if self.choices:
            return Message((self.labels or {}).get(value) or str(value))
        return (
            say("{value:.4g} {unit}", value=value, unit=Message(self.unit))
            if self.unit
            else say("{value:.4g}", value=value)
        )


def axes(params: Params) -> dict[str, Axis]:
    """Return what can be varied of ``params``, by its path: of unions what the present member has.

    >>> from engine.experiment import experiment
    >>> found = axes(experiment("playground").Params())
    >>> found["optimizer.learning_rate"].scale, found["hidden.0"].whole
    ('log', True)
    """
    return {axis.setting: axis for axis in _found(params, "", "")}


def _found(params: Params, before: str, within: str) -> list[Axis]:
    found: list[Axis] = []
    for name, field in type(params).model_fields.items():
        hints = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if name in UNVARIED or (before and name == KIND) or hints.get("widget") == "hidden":
            continue
        value, path, title = getattr(params, name), before + name, field.title or name
        labels = hints.get("labels")
        named: Any = labels if isinstance(labels, dict) else None
        choices = _choices(field.annotation)
        if isinstance(value, Params):
            if named and KIND in type(value).model_fields:
                kinds = tuple(kind for kind in named if kind != "own")
                found.append(Axis(f"{path}.{KIND}", title, choices=kinds, labels=named))
            found += _found(value, f"{path}.", "" if KIND in type(value).model_fields else title)
        elif isinstance(value, bool):
            found.append(Axis(path, title, within, choices=(False, True)))
        elif len(choices) > 1 and isinstance(value, str):
            found.append(Axis(path, title, within, choices=choices, labels=named))
        elif isinstance(value, int | float) and (bounds := _bounds(field.metadata)):
            scale: Scale = "log" if hints.get("scale") == "log" and bounds[1] > 0 else "linear"
            whole, unit = isinstance(value, int), str(hints.get("unit", ""))
            found.append(Axis(path, title, within, 0, *bounds, scale=scale, whole=whole, unit=unit))
        elif isinstance(value, list) and (bounds := _bounds(_of_items(field))):
            found += [Axis(f"{path}.{i}", title, within, i + 1, *bounds, whole=True) for i in range(len(value))]
    return found


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Return what a `Literal` allows, also as a part of a union."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _choices(part))), ())


def _bounds(metadata: Sequence[Any]) -> tuple[float, float] | None:
    lows = [float(one.ge) for one in metadata if isinstance(one, Ge)]  # type: ignore[arg-type]  # a number
    highs = [float(one.le) for one in metadata if isinstance(one, Le)]  # type: ignore[arg-type]  # a number
    return (lows[0], highs[0]) if lows and highs else None


def _of_items(field: FieldInfo) -> Sequence[Any]:
    """Return what is said of a list's integers."""
    for item in get_args(field.annotation):
        if getattr(item, "__origin__", None) is int:
            return [
                one
                for part in item.__metadata__
                for one in (part.metadata if isinstance(part, FieldInfo) else [part])
            ]
    return ()


def placed(params: Params, values: Mapping[str, Any]) -> Params:
    """Return ``params`` with some settings changed, validated.

    Args:
        values: by path, see `axes`. A rule of another kind keeps the learning rate of the one it replaces.
    Raises:
        InvalidParams: for a path that leads nowhere, and where the model refuses a value.
    >>> from engine.experiment import experiment
    >>> placed(experiment("playground").Params(), {"optimizer.learning_rate": 0.5, "hidden.0": 3}).hidden
    [3, 4]
    """
    data = params.model_dump(mode="json")
    for path, value in sorted(values.items(), key=lambda entry: not entry[0].endswith(f".{KIND}")):
        *way, last = path.split(".")
        place: Any = data
        for part in way:
            place = _inside(place, part, path)
        if last == KIND and isinstance(place, dict):
            kept = {"learning_rate": place["learning_rate"]} if "learning_rate" in place else {}
            if place.get(KIND) != value:
                place.clear()
                place |= kept
            place[KIND] = value
        elif isinstance(place, dict) and (way or last in data):
            place[last] = value
        elif isinstance(place, list) and last.isdecimal() and int(last) < len(place):
            place[int(last)] = value
        else:
            raise _unknown(path)
    return check(type(params), data)


def _inside(place: Any, part: str, path: str) -> Any:
    if isinstance(place, dict) and part in place:
        return place[part]
    if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
        return place[int(part)]
    raise _unknown(path)


def _unknown(path: str) -> Exception:
    return refused(say(_("There is no setting “{setting}” here; check its spelling."), setting=path[:60]), path)
