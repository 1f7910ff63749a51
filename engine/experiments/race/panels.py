"""Panels of the race, by tab: one race, a fair one, very many, and random functions of many dimensions."""

from __future__ import annotations

from engine.experiments.race.batches import BatchSizes
from engine.experiments.race.fair import FairRace
from engine.experiments.race.maps import Map
from engine.experiments.race.net_plane import NetPlane
from engine.experiments.race.saddles import CriticalPoints
from engine.experiments.race.script import NAMES
from engine.frame import Panel
from engine.message import _
from engine.settings import settings_of

_RACE, _FAIRLY, _MAPS = _("The race"), _("Fair race"), _("Maps")
NET, _DIMENSIONS = _("A net's loss"), _("Many dimensions")
_LOG = {"y_scale": "log", "series_axis": "racer", "ghosts": ["y2"]}
_ROLES = {
    "x": "across",
    "y": "up",
    "values": "reached",
    "line_x": "line_x",
    "line_y": "line_y",
    "survey": "survey",
}
_FAIR = {
    "x": "fair_evaluations",
    "y": "fair_median",
    "lower": "fair_low",
    "upper": "fair_high",
    "table": "fair_table",
    "remark": "fair_remark",
}
_FAIR_RACE = Panel(
    "inquiry",
    _("A fair race"),
    _FAIR,
    {
        "settings": settings_of(FairRace, "budget", "starts"),
        "of_series": True,
        "still": True,
        "y_scale": "log",
        "x_title": _("gradient evaluations"),
        "y_title": _("loss above the minimum"),
    },
    place="stage",
    view=_FAIRLY,
    questions=dict.fromkeys(_FAIR, "fair"),
)
_SURVEYS = (
    Panel(
        "survey",
        _("Two settings of a racer"),
        _ROLES,
        {
            "series": "racer",
            "settings": settings_of(Map, "measure"),
            "watched": True,
            "hint": _("Each cell is a race of its own, from the same start. Click one to watch it on the stage."),
        },
        place="stage",
        view=_MAPS,
        questions=dict.fromkeys(_ROLES, "map"),
    ),
    Panel(
        "survey",
        _("The learning rate of every racer"),
        _ROLES,
        {
            "fixed": True,
            "watched": True,
            "hint": _(
                "Each point is a race of its own. A curve ends where the race diverges. A click sets that rate "
                "and shows the race."
            ),
        },
        view=_MAPS,
        questions=dict.fromkeys(_ROLES, "strip"),
    ),
    Panel(
        "survey",
        _("Where a racer ends, over where it starts"),
        _ROLES,
        {
            "series": "racer",
            "fixed": True,
            "watched": True,
            "hint": _(
                "Each cell is a race of its own, from another start. Click one to watch the race from there."
            ),
        },
        view=_MAPS,
        questions=dict.fromkeys(_ROLES, "basin"),
    ),
)

_NET_ROLES = {
    "across": "net_x",
    "up": "net_y",
    "loss": "net_loss",
    "paths": "net_paths",
    "y": "net_true",
    "flat": "net_flat",
    "off": "net_off",
    "share": "net_off_share",
    "points": "net_points",
    "labels": "net_labels",
    "field_x": "net_field_x",
    "field_y": "net_field_y",
    "moments": "net_moments",
    "fields": "net_fields",
    "about": "net_about",
}
_NET_SETTINGS = settings_of(NetPlane, "plane", "data", "activation", "batch_size")
_NET_PLANE = Panel(
    "netplane",
    _("A net's loss on a plane"),
    _NET_ROLES,
    {"settings": _NET_SETTINGS, "focus": "racer", "y_scale": "log", "x_title": _("step"), "y_title": _("loss")},
    place="stage",
    view=NET,
    questions=dict.fromkeys(_NET_ROLES, "net_plane"),
)

_PREDICTED = Panel(
    "inquiry",
    _("Predicted beside measured"),
    {"numbers": "outlook", "remark": "outlook_remark"},
    {"focus": "racer", "follows": True},
    place="side",
    view=_RACE,
    questions={"numbers": "outlook", "remark": "outlook"},
)


def _code(title: str, file: str, hint: str, question: str, view: str, **more: str) -> Panel:
    options = [{"value": name, "label": label} for name, label in NAMES.items()]
    choices = {"name": "library", "title": _("Library"), "options": options}
    how = {"file": file, "choices": choices, "newest": True, "hint": hint, **more}
    return Panel("code", title, {"text": "code"}, how, place="side", view=view, questions={"text": question})


PANELS: tuple[Panel, ...] = (
    Panel(
        "landscape",
        _("The surface"),
        {
            "positions": "positions",
            "losses": "losses",
            "ghosts": "ghost_positions",
            "ghost_losses": "ghost_losses",
            "status": "status",
            "x": "x",
            "y": "y",
            "z": "z",
            "minima": "minima",
            "saddles": "saddles",
            "local_minima": "local_minima",
            "gradient_field": "gradient_field",
            "coordinates": "coordinates",
        },
        place="stage",
        view=_RACE,
    ),
    Panel(
        "fit",
        _("The data and each racer's fit"),
        {
            "positions": "positions",
            "ghosts": "ghost_positions",
            "points": "points",
            "labels": "labels",
            "best": "minima",
            "model": "model",
            "coordinates": "coordinates",
        },
        needs="points",
        view=_RACE,
    ),
    Panel("series", _("Loss above the minimum"), {"y": "excess", "y2": "ghost_excess"}, _LOG, view=_RACE),
    Panel(
        "series",
        _("Distance to the nearest minimum"),
        {"y": "distances", "y2": "ghost_distances"},
        _LOG,
        view=_RACE,
    ),
    Panel("series", _("Gradient norm"), {"y": "gradient_norms", "y2": "ghost_gradient_norms"}, _LOG, view=_RACE),
    Panel("series", _("Effective step size"), {"y": "step_sizes", "y2": "ghost_step_sizes"}, _LOG, view=_RACE),
    Panel(
        "inquiry",
        _("The gradient's noise by batch size"),
        {"x": "batch_sizes", "y": "batch_noise", "theory": "batch_noise_theory", "remark": "batch_noise_remark"},
        {
            "curves": [{"role": "y", "label": _("measured")}, {"role": "theory", "label": _("falls as 1/B")}],
            "dashed": ["theory"],
            "focus": "racer",
            "x_scale": "log",
            "y_scale": "log",
            "x_title": _("batch size"),
            "y_title": _("mean squared error of the gradient"),
        },
        questions=dict.fromkeys(("x", "y", "theory", "remark"), "batch_noise"),
        needs="points",
        view=_RACE,
    ),
    Panel(
        "inquiry",
        _("Loss after the same number of examples"),
        {
            "x": "all_batch_sizes",
            "y": "batch_progress",
            "lower": "batch_progress_low",
            "upper": "batch_progress_high",
            "remark": "batch_progress_remark",
        },
        {
            "settings": settings_of(BatchSizes, "budget"),
            "still": True,
            "focus": "racer",
            "x_scale": "log",
            "y_scale": "log",
            "x_title": _("batch size"),
            "y_title": _("loss above the minimum"),
        },
        questions=dict.fromkeys(("x", "y", "lower", "upper", "remark"), "batch_progress"),
        needs="points",
        view=_RACE,
    ),
    _FAIR_RACE,
    *_SURVEYS,
    _NET_PLANE,
    Panel(
        "inquiry",
        _("How often a random critical point is a minimum"),
        {
            "x": "dimensions",
            "y": "minima_share",
            "smooth": "minima_share_smooth",
            "theory": "minima_theory",
            "theory_smooth": "minima_theory_smooth",
            "remark": "minima_remark",
        },
        {
            "settings": settings_of(CriticalPoints, "draws"),
            "curves": [
                {"role": "y", "label": _("random Hessian (GOE)")},
                {"role": "smooth", "label": _("smooth random function")},
                {"role": "theory", "label": _("GOE, closed form")},
                {"role": "theory_smooth", "label": _("smooth, closed form")},
            ],
            "dashed": ["theory", "theory_smooth"],
            "y_scale": "log",
            "still": True,
            "x_title": _("dimensions"),
            "y_title": _("share of minima"),
        },
        place="stage",
        view=_DIMENSIONS,
        questions=dict.fromkeys(("x", "y", "smooth", "theory", "theory_smooth", "remark"), "critical_points"),
    ),
    Panel(
        "ranking",
        _("Standings"),
        {
            "losses": "losses",
            "status": "status",
            "finish_steps": "finish_steps",
            "ghost_losses": "ghost_losses",
            "ghost_status": "ghost_status",
            "ghost_finish_steps": "ghost_finish_steps",
        },
        {"items": "racers"},
        place="side",
        view=_RACE,
    ),
    Panel(
        "equations",
        _("The next update in numbers"),
        {"equations": "equations"},
        {"series": "racer", "columns": "coordinates"},
        place="side",
        view=_RACE,
        questions={"equations": "numbers"},
    ),
    _PREDICTED,
    _code(
        _("Take the race away"),
        "race.py",
        _("A program that walks the same paths, with what was changed on the way."),
        "script",
        _RACE,
    ),
    _code(
        _("Take the net away"),
        "net_plane.py",
        _("A program that trains the net with the same racers and computes its loss on the same plane."),
        "net_script",
        NET,
        beside="net_plane",
        series="racer",
    ),
)
"""In the order of the page."""
