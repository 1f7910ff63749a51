"""What stands still while nets train: their names and colours."""

from __future__ import annotations

import hashlib

from engine import palette
from engine.experiments.depth.dataview import view
from engine.experiments.depth.params import DepthParams
from engine.experiments.depth.theory import diagram
from engine.frame import Frame, Told


def scene_key(params: DepthParams) -> str:
    """Return a short text that is equal for equal scenes."""
    seen = params.model_dump_json(exclude={"steps", "optimizer", "batch_size", "l1", "l2", "max_norm", "dropout"})
    return hashlib.blake2b(seen.encode(), digest_size=9).hexdigest()


def scene(params: DepthParams) -> Frame:
    """Return the scene's arrays and texts."""
    series = palette.series(choice.title for choice in params.nets)
    return Frame(0, {"series": Told(series), **diagram(params.nets, params.width), **view(params)})
