"""A page names all modules that it will need, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import engine
from app.assets import Assets, folder
from app.modules import imports, needed

ASSETS = Assets(folder("static"))


def test_imports_are_found_in_every_way_they_are_written() -> None:
    source = b"""
import { a } from "./a.js";
import {
  b,
} from "../b.js";
import "./c.js";
export { d } from "./d.js";
/** @import { Type } from "./types.d.ts" */
// import { no } from "./no.js";
const later = () => import("./later.js");
"""
    assert imports(source) == ["./a.js", "../b.js", "./c.js", "./d.js"]


def test_each_module_comes_after_those_it_imports() -> None:
    order = needed(ASSETS, ["js/lab.js"])
    assert order[-1] == "js/lab.js"
    assert len(order) == len(set(order))
    for place, name in enumerate(order):
        asset = ASSETS.find(name)
        assert asset is not None
        for imported in imports(asset.content):
            target = (Path("/") / name).parent.joinpath(imported).resolve().relative_to("/").as_posix()
            assert target in order[:place], f"{name} imports {imported}, which comes later: a circle"


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_a_laboratory_preloads_just_the_kinds_that_it_shows(http: httpx.Client, name: str) -> None:
    html = http.get(f"/{name}").text
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/\w+/([^"]+)"', html)
    kinds = {panel.kind for panel in engine.experiment(name).panels}
    assert {path for path in preloaded if re.fullmatch(r"js/panels/\w+\.js", path)} >= {
        f"js/panels/{kind}.js" for kind in kinds
    }
    assert preloaded == needed(ASSETS, ["js/lab.js", *(f"js/panels/{kind}.js" for kind in sorted(kinds))])
