"""What stands still while nets train: the points, the plane, and how the nets are built."""

from __future__ import annotations

import hashlib

import numpy as np

from engine import palette
from engine.experiments.playground.choice import NetChoice
from engine.experiments.playground.dataset import Points, points_of
from engine.experiments.playground.features import FEATURES
from engine.experiments.playground.look import plane_of
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.sizes import architecture
from engine.frame import Frame, Told, by_net
from engine.message import Message, _, say

_STILL = {"steps", "optimizer", "schedule", "clip", "edits"}


def scene_key(params: PlaygroundParams) -> str:
    """Return a short text that is equal for equal scenes."""
    seen = params.model_dump_json(exclude=_STILL)
    return hashlib.blake2b(seen.encode(), digest_size=9).hexdigest()


def scene(params: PlaygroundParams) -> Frame:
    """Return the scene's arrays and texts."""
    points = points_of(params)
    plane = plane_of(params, points)
    raw = points.raw[:, :2]
    drawn = {
        name: getattr(plane, place) if plane else np.empty(0)
        for name, place in (("field_x", "x"), ("field_y", "y"), ("votes_x", "votes_x"), ("votes_y", "votes_y"))
    }
    if plane is None:
        raw = np.empty((0, 2))
    if raw.shape[1] < 2:
        raw = np.column_stack([raw, np.zeros(len(raw))])
    nets = [architecture(params, choice) for choice in params.nets]
    sizes = [np.array([net.inputs, *net.widths, net.outputs], np.float64) for net in nets]
    about = palette.series(choice.title for choice in params.nets)
    for one, choice, net in zip(about, params.nets, nets, strict=True):
        one |= {"about": _counted(net.layout.size), "layers": net.depth + 1, "choice": _title(choice)}
    return Frame(
        0,
        {
            "series": Told(about),
            "about": Told(_about(points)),
            "inputs": Told(_inputs(points)),
            **drawn,
            "points": raw,
            "labels": points.targets.reshape(-1).astype(np.float64),
            "images": np.ones(int(points.images)),
            "held_out": (np.arange(len(points.raw)) >= points.ends[0]).astype(np.int32),
            "sizes": by_net(sizes),
        },
    )


def _counted(size: int) -> Message:
    return say(_("{count} parameters"), count=size)


def _title(choice: NetChoice) -> list[int]:
    return list(choice.hidden)


def _inputs(points: Points) -> list[str]:
    if points.features:
        return [FEATURES[name].symbol for name in points.features]
    return list(points.columns) or [f"x{i + 1}" for i in range(points.inputs.shape[1])]


def _about(points: Points) -> dict[str, object]:
    """Return how the plane is to be read."""
    train, validation, test = points.ends
    shared: dict[str, object] = {
        "parts": {"train": train, "validation": validation - train, "test": test - validation}
    }
    if len(points.columns) > 1:
        shared["columns"] = points.columns[:2]
    if not points.classes:
        reach = float(np.abs(points.targets).max()) or 1.0
        return {**shared, "numbers": True, "range": [-reach, reach], "boundary": None}
    names: list[Message | str] = list(points.labels) or [
        say(_("class {number}"), number=i + 1) for i in range(points.classes)
    ]
    return {**shared, "classes": names, "range": [0, 1], "boundary": 0.5}
