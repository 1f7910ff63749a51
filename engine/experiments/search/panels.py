"""The arrays of a search and the pictures made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.frame import ArraySpec, Panel
from engine.message import _

_LINE = ("line", "step")
ARRAYS: Mapping[str, ArraySpec] = {
    "values": ArraySpec(_LINE, _("Loss at the end of each trial; NaN where it diverged")),
    "outcomes": ArraySpec(_LINE, _("What became of each trial")),
    "updates": ArraySpec(_LINE, _("Updates of each trial")),
    "points": ArraySpec((*_LINE, "axis"), _("Where each trial lies, from 0 to 1 along each axis")),
    "settings": ArraySpec((*_LINE, "axis"), _("Settings of each trial")),
    "best": ArraySpec(("sampler", "step"), _("Best loss so far, median over repeats")),
    "best_low": ArraySpec(("sampler", "step"), _("Best loss so far, lower quartile")),
    "best_high": ArraySpec(("sampler", "step"), _("Best loss so far, upper quartile")),
    "distinct": ArraySpec(("sampler", "axis"), _("How many values of each axis the first repeat has tried")),
}

_SEARCH, _AXES, _TRIALS = _("Search"), _("Axis by axis"), _("All trials")
_ROLES = {"values": "values", "points": "points", "settings": "settings", "outcomes": "outcomes", "axes": "axes"}
_ROLES |= {"lines": "lines", "words": "words"}

PANELS: Sequence[Panel] = (
    Panel("response", _("The response, as far as it was tried"), _ROLES, place="stage", view=_SEARCH),
    Panel("trial", _("One trial"), _ROLES, view=_SEARCH, questions={"trial": "trial"}),
    Panel(
        "series",
        _("Best loss so far"),
        {"y": "best", "lower": "best_low", "upper": "best_high"},
        {"series_axis": "sampler", "y_scale": "log", "from_step": 1},
        view=_SEARCH,
    ),
    Panel(
        "marginals",
        _("What was learned about each axis"),
        {**_ROLES, "distinct": "distinct"},
        place="stage",
        view=_AXES,
    ),
    Panel("parallel", _("All axes at once"), _ROLES, place="stage", view=_AXES),
    Panel("trials", _("Trials, the best first"), {**_ROLES, "updates": "updates"}, place="stage", view=_TRIALS),
    Panel(
        "searching",
        _("Progress"),
        {"outcomes": "outcomes", "lines": "lines", "words": "words"},
        place="side",
        questions={"keeping": "keeping"},
    ),
    Panel(
        "code",
        _("Take the search away"),
        {"text": "code"},
        {
            "file": "search.py",
            "hint": _(
                "The search repeats to the last digit. The best trial comes with its training from the same "
                "start, or with its trained weights, as its laboratory exports it."
            ),
            "choices": {
                "name": "which",
                "title": _("Program"),
                "options": [
                    {"value": "search", "label": _("the search")},
                    {"value": "best", "label": _("the best trial")},
                ],
            },
        },
        place="side",
        questions={"text": "script"},
    ),
)
