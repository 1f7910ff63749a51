"""Panels of the race: very many races, and what theory predicts."""

from __future__ import annotations

from engine.frame import Panel
from engine.message import _

_VIEW = _("Maps")
_ROLES = {
    "x": "across",
    "y": "up",
    "values": "reached",
    "line_x": "line_x",
    "line_y": "line_y",
    "survey": "survey",
}
_MEASURES = {
    "name": "measure",
    "title": _("Colour"),
    "value": "loss",
    "options": [
        {"value": "loss", "label": _("loss at the end")},
        {"value": "rate", "label": _("rate of convergence")},
        {"value": "steps", "label": _("steps to the finish")},
    ],
}

_FAIR = {
    "x": "fair_evaluations",
    "y": "fair_median",
    "lower": "fair_low",
    "upper": "fair_high",
    "table": "fair_table",
    "remark": "fair_remark",
}
FAIR_RACE = Panel(
    "inquiry",
    _("A fair race"),
    _FAIR,
    {
        "settings": [
            {
                "name": "budget",
                "title": _("Gradient evaluations"),
                "value": 200,
                "low": 20,
                "high": 1000,
                "scale": "log",
            },
            {"name": "starts", "title": _("Starts"), "value": 24, "low": 8, "high": 64, "scale": "whole"},
        ],
        "of_series": True,
        "still": True,
        "y_scale": "log",
        "x_title": _("gradient evaluations"),
        "y_title": _("loss above the minimum"),
    },
    place="stage",
    view=_("Fair race"),
    questions=dict.fromkeys(_FAIR, "fair"),
)
MAPS = (
    Panel(
        "survey",
        _("Two settings of a racer"),
        _ROLES,
        {
            "series": "racer",
            "settings": [_MEASURES],
            "hint": _("Each cell is a race of its own, from the same start. Click one to watch it on the stage."),
        },
        place="stage",
        view=_VIEW,
        questions=dict.fromkeys(_ROLES, "map"),
    ),
    Panel(
        "survey",
        _("The learning rate of every racer"),
        _ROLES,
        {
            "fixed": True,
            "hint": _(
                "Each point is a race of its own. A curve ends where the race diverges; a click sets the rate."
            ),
        },
        view=_VIEW,
        questions=dict.fromkeys(_ROLES, "strip"),
    ),
    Panel(
        "survey",
        _("Where a racer ends, over where it starts"),
        _ROLES,
        {
            "series": "racer",
            "fixed": True,
            "hint": _("Each cell is a race of its own, from another start. Click one to start there."),
        },
        view=_VIEW,
        questions=dict.fromkeys(_ROLES, "basin"),
    ),
)

PREDICTED = Panel(
    "inquiry",
    _("Predicted beside measured"),
    {"numbers": "outlook", "remark": "outlook_remark"},
    {"focus": "racer", "follows": True},
    place="side",
    questions={"numbers": "outlook", "remark": "outlook"},
)
