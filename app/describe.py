"""Experiments as plain JSON for the page and for REST, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import engine
from app.i18n import Translator
from engine.claim import Claim
from engine.experiment import Experiment, Preset, Question
from engine.frame import ArraySpec, Panel
from engine.params import Params
from engine.walks import Walk

# In a JSON schema and in a panel's options these keys hold words for people; all else is data.
SPOKEN = frozenset(
    {"title", "description", "unit", "group", "label", "labels", "caption", "hint", "note", "placeholder"}
)
DATA = frozenset({"default", "const", "enum", "examples", "mapping", "shown_when", "hidden_when", "required"})


def spoken(value: Any, translator: Translator, is_words: bool = False) -> Any:
    """Return plain JSON with its words translated.

    Words are the strings under a key of `SPOKEN` or one that ends in ``_title`` or ``_label``, and those in
    lists and objects there; what stands under a key of `DATA` is left alone.
    """
    if isinstance(value, str):
        return translator.gettext(value) if is_words else value
    if isinstance(value, dict):
        return {
            key: inner
            if key in DATA and not is_words
            else spoken(inner, translator, is_words or _speaks(key, inner))
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [spoken(inner, translator, is_words) for inner in value]
    return value


def _speaks(key: str, inner: Any) -> bool:
    # A parameter may itself be called “title” or “note”: below a schema's "properties" it is then an object
    # with a type, not words.
    if isinstance(inner, dict) and not inner.keys().isdisjoint({"type", "anyOf", "oneOf", "$ref", "const"}):
        return False
    return key in SPOKEN or key.endswith(("_title", "_label", "_labels"))


def schema(model: type[Params], translator: Translator) -> dict[str, Any]:
    """Return the JSON schema of a parameter model, words translated.

    Descriptions of models (their docstrings: conventions and sources, for programmers) are left out.
    """
    described: dict[str, Any] = model.model_json_schema()
    for inner in [described, *described.get("$defs", {}).values()]:
        if inner.get("type") == "object":
            inner.pop("description", None)
    translated: dict[str, Any] = spoken(described, translator)
    return translated


def defaults(experiment: Experiment) -> dict[str, Any]:
    """Return the default parameters as plain JSON."""
    return experiment.Params().model_dump(mode="json")


def arrays(specs: Mapping[str, ArraySpec], translator: Translator) -> dict[str, Any]:
    """Return what arrays mean: name -> {axes, description, unit}."""
    return {
        name: {
            "axes": list(spec.axes),
            "description": translator.gettext(spec.description),
            "unit": translator.gettext(spec.unit),
        }
        for name, spec in specs.items()
    }


def panel(one: Panel, translator: Translator) -> dict[str, Any]:
    """Return a panel as {kind, title, arrays, questions, options, place, view, view_title, needs}."""
    return {
        "kind": one.kind,
        "title": translator.gettext(one.title),
        "arrays": dict(one.arrays),
        "questions": dict(one.questions),
        "options": spoken(dict(one.options), translator),
        "place": one.place,
        "view": one.view,
        "view_title": translator.gettext(one.view),
        "needs": one.needs,
    }


def question(one: Question, translator: Translator) -> dict[str, Any]:
    """Return a question as {title, parts, schema, arrays}."""
    return {
        "title": translator.gettext(one.title),
        "parts": one.parts,
        "schema": schema(one.Params, translator),
        "arrays": arrays(one.arrays, translator),
    }


def preset(one: Preset, translator: Translator) -> dict[str, Any]:
    """Return a preset as {name, title, params, view}."""
    title = translator.gettext(one.title)
    return {"name": one.name, "title": title, "params": dict(one.params), "view": one.view}


def claim(one: Claim, translator: Translator) -> dict[str, Any]:
    """Return a claim as the page opens it; its verdict is asked for by itself."""
    words = translator.gettext
    asked = one.prediction
    return {
        "id": one.id,
        "statement": words(one.statement),
        "params": dict(one.params),
        "where": words(one.where) if one.where else "",
        "ours": one.ours,
        "by_construction": one.by_construction,
        "look": {
            "view": one.look.view,
            "step": one.look.step,
            "panels": [words(title) for title in one.look.panels],
            "choices": one.look.choices,
        },
        "prediction": asked
        and {
            "question": words(asked.question),
            "answers": [words(answer) for answer in asked.answers],
            "right": asked.right,
        },
        "try_this": words(one.try_this) if one.try_this else "",
        "unequal": words(one.unequal) if one.unequal else "",
    }


def walk(one: Walk, translator: Translator) -> dict[str, Any]:
    """Return a walk as {name, title, summary, stations}: each station with its claim and its laboratory."""
    known = engine.claims()
    return {
        "name": one.name,
        "title": translator.gettext(one.title),
        "summary": translator.gettext(one.summary),
        "stations": [
            {
                "claim": name,
                "laboratory": known[name][0].name,
                "statement": translator.gettext(known[name][1].statement),
            }
            for name in one.stations
        ],
    }


def card(experiment: Experiment, translator: Translator) -> dict[str, str]:
    """Return an experiment as {name, title, summary, chapter}, for the gallery and the list of REST."""
    return {
        "name": experiment.name,
        "title": translator.gettext(experiment.title),
        "summary": translator.gettext(experiment.summary),
        "chapter": translator.gettext(experiment.chapter) if experiment.chapter else "",
    }


@lru_cache(maxsize=256)
def experiment_json(experiment: Experiment, translator: Translator) -> Mapping[str, Any]:
    """Return all that an experiment declares: its card, parameters, arrays, questions, panels, presets, claims.

    Made once for each language: the result is shared, so leave it as it is.
    """
    return {
        **card(experiment, translator),
        "schema": schema(experiment.Params, translator),
        "defaults": defaults(experiment),
        "arrays": arrays(experiment.arrays, translator),
        "questions": {one.name: question(one, translator) for one in experiment.questions},
        "panels": [panel(one, translator) for one in experiment.panels],
        "presets": [preset(one, translator) for one in experiment.presets],
        "claims": [claim(one, translator) for one in experiment.claims],
    }
