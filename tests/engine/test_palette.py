"""One palette for all."""

from __future__ import annotations

import re
from pathlib import Path

from engine import palette
from engine.optimizers import RULES

ROOT = Path(__file__).resolve().parents[2]
HEX = re.compile(r'"#[0-9A-Fa-f]{6}"')


def test_no_colour_stands_in_the_engine_outside_the_palette() -> None:
    files = [path for path in (ROOT / "engine").rglob("*.py") if path.name != "palette.py"]
    assert [path.name for path in files if HEX.search(path.read_text(encoding="utf-8"))] == []


def test_the_page_gives_out_the_same_colours_in_the_same_order() -> None:
    script = (ROOT / "static/js/palette.js").read_text(encoding="utf-8")
    line = next(line for line in script.splitlines() if line.startswith("export const SERIES"))
    assert tuple(found.strip('"') for found in HEX.findall(line)) == palette.SERIES


def test_rules_of_one_colour_differ_in_their_dash() -> None:
    looks = [(rule.color, rule.dash) for rule in RULES.values()]
    assert len(set(looks)) == len(looks)
    assert {dash for _color, dash in looks} <= set(palette.DASHES)


def test_series_are_told_apart_by_colour_then_dash() -> None:
    told = palette.series(map(str, range(40)))
    assert len({(one["color"], one["dash"]) for one in told}) == 40
