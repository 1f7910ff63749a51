"""Previews: every laboratory has one, recorded once, small, and spoken in the visitor's language."""

from __future__ import annotations

import json
import struct
from typing import Any

import anyio
import httpx
import pytest

import engine
from app import previews
from app.i18n import translator
from app.previews import MOST_STEPS, Previews, panel_of, preview_json
from app.turns import Turns

LABORATORIES = list(engine.experiments().values())
NAMES = [one.name for one in LABORATORIES]


def headers(packed: bytes) -> list[dict[str, Any]]:
    """Return the header of every message in a recording."""
    found, at = [], 0
    while at < len(packed):
        (length,) = struct.unpack_from("<I", packed, at)
        assert at % 8 == 0
        assert length % 8 == 0, "arrays are read in place"
        (words,) = struct.unpack_from("<I", packed, at + 8)
        found.append(json.loads(packed[at + 12 : at + 12 + words]))
        at += 8 + length
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_preview_is_the_scene_and_then_the_run(http: httpx.Client, name: str) -> None:
    answer = http.get(f"/api/experiments/{name}/preview")
    assert answer.status_code == 200
    scene, *frames = headers(answer.content)
    assert scene["kind"] == "scene"
    steps = [frame["step"] for frame in frames]
    assert steps[0] == 0
    assert steps == sorted(set(steps))
    assert steps[-1] <= MOST_STEPS
    assert frames[-1]["final"]
    assert len(answer.content) < 1_000_000


@pytest.mark.parametrize("experiment", LABORATORIES, ids=NAMES)
def test_a_preview_names_a_panel_and_arrays_that_exist(experiment: Any) -> None:
    told = preview_json(experiment, translator("en"))
    panel = panel_of(experiment)
    assert told
    assert panel
    assert told["panel"]["kind"] == panel.kind
    assert set(told["arrays"]) <= set(experiment.arrays)
    assert experiment.chapter


def test_a_preview_is_recorded_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[str] = []
    genuine = previews.record

    def counted(experiment: Any, slice_seconds: float) -> Any:
        recorded.append(experiment.name)
        return genuine(experiment, slice_seconds)

    monkeypatch.setattr(previews, "record", counted)
    race = engine.experiment("race")

    async def ask_together() -> None:
        shared = Previews(Turns(2, 0.04))
        async with anyio.create_task_group() as tasks:
            for language in ("en", "ko", "en"):
                tasks.start_soon(shared.recording, race, translator(language))

    anyio.run(ask_together)
    assert recorded == ["race"]


def test_a_browser_may_keep_a_preview_whose_version_it_names(http: httpx.Client) -> None:
    named = http.get("/api/experiments/race/preview", params={"v": "1", "lang": "en"})
    assert "max-age" in named.headers["cache-control"]
    assert http.get("/api/experiments/race/preview").headers["cache-control"] == "no-cache"
    assert http.get("/api/experiments/none/preview").status_code == 404
