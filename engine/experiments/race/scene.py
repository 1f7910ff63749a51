"""What stands still while a race runs: the surface as a grid, its critical points, the formulas."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from engine.experiments.race.params import RaceParams
from engine.experiments.race.standing import STATUSES
from engine.formula import latex_to_mathml
from engine.frame import Frame, Value
from engine.optimizers import RULES, Rule
from engine.surfaces import Surface

GRID = 101
ARROWS = 17
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def scene_key(params: RaceParams) -> str:
    """Return a short text that is equal for equal scenes: of the surface, and of the kinds of racers."""
    surface = params.landscape
    seen = f"{surface.name} {surface.text} {surface.domain} {_kinds(params.racers)}"
    return hashlib.blake2b(seen.encode(), digest_size=9).hexdigest()


def scene(params: RaceParams) -> Frame:
    """Return the scene's arrays and texts; see `SCENE_ARRAYS` of the laboratory for what they are."""
    return Frame(
        0,
        {**_surface(params.landscape), "series": _series(_kinds(params.racers)), "statuses": json.dumps(STATUSES)},
    )


def _kinds(racers: Sequence[Rule]) -> tuple[str, ...]:
    return tuple(racer.rule for racer in racers)


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
        "formula": formula.mathml,
        "formula_text": surface.text,
        "title": surface.title,
        "note": surface.note,
        "source": surface.source,
    }


@lru_cache(maxsize=64)
def _series(kinds: tuple[str, ...]) -> str:
    """Return a JSON list with each racer's name, colour, dash and update formula (MathML, a line each)."""
    seen: Counter[str] = Counter()
    taken = {(RULES[kind].color, RULES[kind].dash) for kind in kinds}
    series = []
    for kind in kinds:
        rule = RULES[kind]
        again = seen[kind]
        seen[kind] += 1
        dash = rule.dash
        if again:  # a dash that no other racer of this colour has, as long as there is one
            turn = _DASHES.index(rule.dash) + again
            others = [_DASHES[(turn + i) % len(_DASHES)] for i in range(len(_DASHES))]
            dash = next((other for other in others if (rule.color, other) not in taken), others[0])
            taken.add((rule.color, dash))
        name = rule.title if kinds.count(kind) == 1 else f"{rule.title} {again + 1}"
        equations = [latex_to_mathml(line) for line in rule.equations]
        series.append({"name": name, "color": rule.color, "dash": dash, "rule": kind, "equations": equations})
    return json.dumps(series)
