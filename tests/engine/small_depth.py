"""Deep nets that a test can measure in a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine.frame import Frame

SMALL: dict[str, Any] = {"depth": 5, "width": 32, "samples": 100, "compare": [], "steps": 0}


def first(**params: Any) -> Frame:
    """Return the first frame of a comparison."""
    return next(engine.run("depth", {**SMALL, **params}))


def array(frame: Frame, name: str) -> NDArray[Any]:
    """Return an array of a frame."""
    return np.asarray(frame[name])
