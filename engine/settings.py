"""Parameters of a question as settings of the panel that asks it."""

from __future__ import annotations

from typing import Any

from engine.params import Params


def settings_of(question: type[Params], *names: str) -> list[dict[str, Any]]:
    """Return what a panel needs to let a visitor choose parameters of a question: title, value, options or bounds.

    >>> from engine.experiments.race.fair import FairRace
    >>> settings_of(FairRace, "starts")
    [{'name': 'starts', 'title': 'Starts', 'value': 24, 'low': 8, 'high': 64, 'scale': 'whole'}]
    """
    return [_setting(question, name) for name in names]


def _setting(question: type[Params], name: str) -> dict[str, Any]:
    field = question.model_fields[name]
    hints = field.json_schema_extra
    assert isinstance(hints, dict)
    told: dict[str, Any] = {"name": name, "title": field.title, "value": field.default}
    labels = hints.get("labels")
    if isinstance(labels, dict):
        return told | {"options": [{"value": value, "label": label} for value, label in labels.items()]}
    scale = str(hints["scale"])
    if field.annotation is int:
        scale = "whole log" if scale == "log" else "whole"
    bounds = {
        limit: getattr(one, limit) for one in field.metadata for limit in ("ge", "le") if hasattr(one, limit)
    }
    return told | {"low": bounds["ge"], "high": bounds["le"], "scale": scale}
