"""A search as a table that pandas reads: a row for each trial."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.experiments.search.naming import OUTCOMES
from engine.experiments.search.params import SearchParams
from engine.frame import Frame


def header(params: SearchParams) -> list[str]:
    """Return the columns: who tried, what was tried along each axis, and what came of it."""
    settings = [side.axis.setting for side in params.space.sides]
    return ["sampler", "repeat", "trial", *settings, "updates", "loss", "outcome"]


def rows(params: SearchParams, frame: Frame, before: int) -> Iterator[list[Any]]:
    """Yield the rows of a frame's trials, step by step, repeats and trials from 1 on as a page counts them.

    The frame before it ended with step ``before``.
    """
    sides = params.space.sides
    arrays = {name: np.asarray(frame[name]) for name in ("points", "values", "updates", "outcomes")}
    for j in range(frame.step - before):
        for i in range(len(params.samplers) * params.repeats):
            code = int(arrays["outcomes"][i, j])
            if code < 0:
                continue
            sampler, repeat = divmod(i, params.repeats)
            point, loss = arrays["points"][i, j], float(arrays["values"][i, j])
            yield [
                params.samplers[sampler],
                repeat + 1,
                before + j + 1,
                *(side.value(float(u)) for side, u in zip(sides, point, strict=True)),
                int(arrays["updates"][i, j]),
                "" if math.isnan(loss) else repr(loss),
                OUTCOMES[code][0],
            ]
