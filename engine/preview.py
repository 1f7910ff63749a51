"""A laboratory's preview: the run and the picture that the gallery plays of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preview:
    """What the gallery shows of a laboratory. As it stands: the default run in the first large panel.

    Args:
        panel: title (English source) of one of the laboratory's panels; "" takes the first on the stage.
        params: of the run, over the defaults; plain JSON.
        view: the panel's own choices, as the page keeps them in its address.
        steps: how far the run is recorded; 0 takes the whole of it. Keep it to a second or two of computing.
        frames: into how many stretches it is cut: what is no series (a histogram, a text) changes so often.
        seconds: how long it plays.
        thin: array -> of how many places along each axis one is kept, where a small picture shows no more.
    """

    panel: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 0
    frames: int = 40
    seconds: float = 8.0
    thin: Mapping[str, Sequence[int]] = field(default_factory=dict)
