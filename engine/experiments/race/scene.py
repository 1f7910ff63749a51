"""What stands still while a race runs: the surface as a grid, its critical points, the formulas."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.experiments.race.params import RaceParams
from engine.experiments.race.standing import OUTCOMES
from engine.frame import Frame, Told, Value
from engine.message import Message, say
from engine.optimizers import Rule
from engine.surfaces import Fit, Surface

GRID = 101
ARROWS = 17
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def scene_key(params: RaceParams) -> str:
    """Return a short text that is equal for equal scenes: of the surface, and of the racers' formulas."""
    surface = params.landscape
    seen = f"{surface.name} {surface.text} {surface.domain} {_looks(params.racers)}"
    return hashlib.blake2b(seen.encode(), digest_size=9).hexdigest()


def scene(params: RaceParams) -> Frame:
    """Return the scene's arrays and texts; see `SCENE_ARRAYS` of the laboratory for what they are."""
    series = Told(_series(_looks(params.racers)))
    return Frame(0, {**_surface(params.landscape), "series": series, "outcomes": Told(OUTCOMES)})


class Look(NamedTuple):
    """What of a racer is seen: its kind, name, colour and dash."""

    rule: str
    title: str | Message
    color: str
    dash: str


def _looks(racers: Sequence[Rule]) -> tuple[Look, ...]:
    return tuple(Look(r.rule, r.called, r.color, r.dash) for r in racers)


@lru_cache(maxsize=32)
def _surface(surface: Surface) -> dict[str, Value]:
    x, y = (np.linspace(low, high, GRID) for low, high in surface.domain)
    formula = surface.formula
    with np.errstate(all="ignore"):
        z = formula.value(np.stack(np.meshgrid(x, y), -1)).astype(np.float32)
    coarse = np.stack(np.meshgrid(*(np.linspace(*ends, ARROWS + 2)[1:-1] for ends in surface.domain)), -1)
    at = coarse.reshape(-1, 2)
    minima = np.array(surface.minima).reshape(-1, 2)
    return {
        "x": x,
        "y": y,
        "z": z,
        "minima": minima,
        "minima_values": formula.value(minima),
        "local_minima": np.array(surface.local_minima).reshape(-1, 2),
        "saddles": np.array(surface.saddles).reshape(-1, 2),
        "gradient_field": np.concatenate([at, formula.gradient(at)], axis=-1),
        **_rows(surface),
        "coordinates": json.dumps(surface.coordinates, ensure_ascii=False),
        "formula": formula.mathml,
        "formula_text": surface.text,
        "title": surface.title,
        "note": surface.note,
        "source": surface.source,
    }


def _rows(surface: Surface) -> dict[str, Value]:
    """Return the rows of data as points, their classes, and what is fitted to them; empty without data."""
    if not isinstance(surface, Fit):
        return {"points": np.empty((0, 2)), "labels": np.empty(0), "model": "{}"}
    data, kind = surface.data, surface.model.name
    flat = kind == "boundary"
    points = data.inputs if flat else np.column_stack([data.inputs[:, 0], data.targets])
    labels = np.asarray(data.targets, dtype=np.float64) if data.classes else np.empty(0)
    axes = ["x₁", "x₂"] if flat else ["x", "y"]
    return {
        "points": points,
        "labels": labels,
        "model": json.dumps({"kind": kind, "axes": axes}, ensure_ascii=False),
    }


@lru_cache(maxsize=64)
def _series(looks: tuple[Look, ...]) -> list[dict[str, Any]]:
    """Return a list with each racer's name, colour and dash."""
    seen: Counter[tuple[str, str | Message]] = Counter()
    kinds = [(look.rule, look.title) for look in looks]
    taken = {(look.color, look.dash) for look in looks}
    series: list[dict[str, Any]] = []
    for kind, look in zip(kinds, looks, strict=True):
        again = seen[kind]
        seen[kind] += 1
        dash = look.dash
        if [other.rule for other in looks[: len(series)]].count(look.rule):
            # a dash that no other racer of this colour has, as long as there is one
            turn = _DASHES.index(look.dash) + again + 1
            others = [_DASHES[(turn + i) % len(_DASHES)] for i in range(len(_DASHES))]
            dash = next((other for other in others if (look.color, other) not in taken), others[0])
            taken.add((look.color, dash))
        name = look.title if kinds.count(kind) == 1 else say("{name} {number}", name=look.title, number=again + 1)
        series.append({"name": name, "color": look.color, "dash": dash, "rule": look.rule})
    return series
