"""What stands still while a search goes on: its axes, its samplers, and the words for what becomes of trials."""

from __future__ import annotations

from typing import Any

from engine.experiments.search.naming import OUTCOMES
from engine.experiments.search.params import SearchParams
from engine.experiments.search.samplers import SAMPLERS
from engine.experiments.search.space import Side
from engine.frame import Frame, Told
from engine.message import Message


def scene(params: SearchParams) -> Frame:
    """Return the scene's texts."""
    series = [
        {"name": Message(SAMPLERS[name].title), "color": SAMPLERS[name].color, "dash": "solid"}
        for name in params.samplers
    ]
    lines = [[i, repeat] for i in range(len(params.samplers)) for repeat in range(params.repeats)]
    objective = params.objective
    words = {
        "outcomes": [
            {"name": name, "word": Message(word), "sentence": Message(sentence)}
            for name, word, sentence in OUTCOMES
        ],
        "objective": Message(objective.title),
        "unit": Message(objective.unit) if objective.unit else "",
    }
    return Frame(
        0,
        {
            "series": Told(series),
            "axes": Told([_side(side) for side in params.space.sides]),
            "lines": Told(lines),
            "words": Told(words),
        },
    )


def _side(side: Side) -> dict[str, Any]:
    return {
        "setting": side.axis.setting,
        "title": side.axis.called,
        "low": side.low,
        "high": side.high,
        "scale": side.scale,
        "whole": side.axis.whole,
        "unit": Message(side.axis.unit) if side.axis.unit else "",
        "choices": [side.axis.named(value) for value in side.choices],
    }
