"""Previews for the gallery: each is recorded once in a process, and every visitor plays the recording.

A recording is a row of binary messages as on the stream (`app/wire.py`), the scene first; each stands after its
length as a little-endian uint32 and four bytes of nothing, on an 8-byte offset.
"""

from __future__ import annotations

import functools
import gzip
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from app import describe, wire
from app.assets import accepts_gzip
from app.i18n import Translator
from app.slices import Pace, join
from app.turns import Seat, Turns, Work
from engine.experiment import Experiment
from engine.frame import Frame, Panel, Value
from engine.params import check
from engine.replay import Run

MOST_STEPS = 2_000
"""A recording is never longer, whatever a laboratory asks for."""


@dataclass(frozen=True)
class Recording:
    """A row of binary messages, as it is and gzipped."""

    plain: bytes
    gzipped: bytes


def panel_of(experiment: Experiment) -> Panel | None:
    """Return the panel that shows the preview; None where a laboratory has no panels.

    Raises:
        LookupError: when the laboratory has no panel of the name that its preview gives.
    """
    if not experiment.panels:
        return None
    panels = list(experiment.panels)
    if experiment.preview.panel:
        panels = [panel for panel in panels if panel.title == experiment.preview.panel]
    large = [panel for panel in panels if panel.place == "stage"]
    for panel in large or panels:
        return panel
    raise LookupError(f"{experiment.name} has no panel {experiment.preview.panel!r} for its preview")


def preview_json(experiment: Experiment, words: Translator) -> dict[str, Any] | None:
    """Return what the gallery's page needs beside the recording; None where there is nothing to show."""
    panel = panel_of(experiment)
    if panel is None:
        return None
    arrays = describe.arrays(experiment.arrays, words)
    named = set(panel.arrays.values())
    return {
        "name": experiment.name,
        "panel": describe.panel(panel, words),
        "arrays": {name: arrays[name] for name in arrays if name in named},
        "view": dict(experiment.preview.view),
        "params": {**describe.defaults(experiment), **experiment.preview.params},
        "seconds": experiment.preview.seconds,
    }


class Previews:
    """The recordings of one process. The gallery has a seat among the visitors: its work waits like theirs."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._seat = Seat()
        self._frames: dict[type[Experiment], tuple[Frame, list[Frame]]] = {}
        self._packed: dict[tuple[type[Experiment], str], Recording] = {}
        self._one = anyio.Lock()

    async def recording(self, experiment: Experiment, words: Translator) -> Recording:
        """Return the recording in one language; the first to ask waits until it is made."""
        key = (type(experiment), words.language)
        async with self._one:
            if key[0] not in self._frames:
                work = record(experiment, self._turns.slice_seconds)
                self._frames[key[0]] = await self._turns.run(self._seat, work)
            if key not in self._packed:
                pack = functools.partial(_pack, *self._frames[key[0]], words)
                self._packed[key] = await self._turns.call(self._seat, pack)
        return self._packed[key]

    async def respond(self, request: Request, experiment: Experiment, words: Translator) -> Response:
        """Return the recording as a response; the gallery names version and language, and may keep it."""
        recording = await self.recording(experiment, words)
        kept = "v" in request.query_params and "lang" in request.query_params
        headers = {
            "vary": "accept-encoding, accept-language",
            "cache-control": "public, max-age=86400" if kept else "no-cache",
        }
        content = recording.plain
        if accepts_gzip(request):
            content, headers["content-encoding"] = recording.gzipped, "gzip"
        return Response(content, headers=headers, media_type="application/octet-stream")


def record(experiment: Experiment, slice_seconds: float) -> Work[tuple[Frame, list[Frame]]]:
    """Run a preview and return its scene and its frames; what its panel does not show is left out."""
    preview = experiment.preview
    params = check(experiment.Params, dict(preview.params))
    panel = panel_of(experiment)
    shown = set(panel.arrays.values()) if panel else set()
    scene = experiment.scene(params)
    yield
    run = Run(experiment, params)
    frames = [(yield from run.first_in_pieces())]
    total = min(preview.steps or run.simulation.total, run.simulation.total, MOST_STEPS)
    stride = max(1, -(-total // preview.frames))
    pace = Pace(slice_seconds)
    while run.simulation.step < total and not run.done:
        end = min(run.simulation.step + stride, total)
        stretch: list[Frame] = []
        while run.simulation.step < end and not run.done:
            yield
            stretch.append((yield from pace.slice(run, end - run.simulation.step)))
        frames.append(join(stretch, experiment.arrays))
    thin = preview.thin
    kept = [Frame(one.step, _only(one, shown, thin), one is frames[-1]) for one in frames]
    return Frame(scene.step, _only(scene, scene, thin)), kept


def _only(frame: Mapping[str, Value], shown: Iterable[str], thin: Mapping[str, Sequence[int]]) -> dict[str, Value]:
    return {name: _small(_thinned(frame[name], thin.get(name, ()))) for name in shown if name in frame}


def _thinned(value: Value, every: Sequence[int]) -> Value:
    """Return every so many places along the axes of an array."""
    return value[tuple(slice(None, None, n) for n in every)] if isinstance(value, np.ndarray) else value


def _small(value: Value) -> Value:
    """Return floats in 32 bits: a picture of a few hundred pixels needs no more."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        with np.errstate(over="ignore"):
            return value.astype(np.float32)
    return value


def _pack(scene: Frame, frames: list[Frame], words: Translator) -> Recording:
    messages = [wire.encode(scene, "scene", say=words.say)]
    messages += [wire.encode(frame, say=words.say) for frame in frames]
    plain = b"".join(struct.pack("<II", len(message), 0) + message for message in messages)
    return Recording(plain, gzip.compress(plain, 6, mtime=0))
