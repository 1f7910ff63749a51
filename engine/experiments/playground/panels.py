"""The arrays of a playground frame and the pictures made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.experiments.playground.tables import MOST_PAINTED
from engine.frame import ArraySpec, Panel
from engine.message import _

_SERIES = ("net", "step")
ARRAYS: Mapping[str, ArraySpec] = {
    "train_loss": ArraySpec(_SERIES, _("Loss on the training points, without penalty, at the last look")),
    "objective": ArraySpec(_SERIES, _("Loss on the training points with the penalty: what training lowers")),
    "validation_loss": ArraySpec(_SERIES, _("Loss on the validation points, without penalty, at the last look")),
    "test_loss": ArraySpec(_SERIES, _("Loss on the test points, without penalty, at the last look")),
    "batch_loss": ArraySpec(_SERIES, _("Loss of the batch, without penalty")),
    "gap": ArraySpec(_SERIES, _("Test loss less training loss")),
    "train_accuracy": ArraySpec(_SERIES, _("Share of training points told right")),
    "validation_accuracy": ArraySpec(_SERIES, _("Share of validation points told right")),
    "test_accuracy": ArraySpec(_SERIES, _("Share of test points told right")),
    "gradient_norm": ArraySpec(_SERIES, _("Length of the batch's gradient, before clipping")),
    "gradient_noise": ArraySpec(
        _SERIES, _("How much the gradient differs from batch to batch at the same weights, at the last look")
    ),
    "vote_loss": ArraySpec(
        ("curve", "step"),
        _("Test loss: the ensemble, its members on average; dropout's nets together, on average"),
    ),
    "vote_accuracy": ArraySpec(
        ("curve", "step"), _("Test accuracy: the ensemble, its members on average; dropout's nets, on average")
    ),
    "vote_field": ArraySpec(("crowd", "y", "x"), _("The mean of what the members say over the plane")),
    "vote_lead": ArraySpec(("crowd", "y", "x"), _("By how much the likeliest class leads in the mean")),
    "vote_spread": ArraySpec(("crowd", "y", "x"), _("Standard deviation of what the members say over the plane")),
    "member_fields": ArraySpec(("crowd", "member", "y", "x"), _("What each member says over the plane")),
    "virtual": ArraySpec(("point", "coordinate"), _("The points of the last batch as augmentation moved them")),
    "findings": ArraySpec((), _("What is wrong with each net, and its cure")),
    "best_step": ArraySpec(("net",), _("Step of the lowest validation loss so far")),
    "batch_rows": ArraySpec(("row",), _("The training points in the last batch of the first net")),
    "field": ArraySpec(("net", "y", "x"), _("What each net says over the plane")),
    "lead": ArraySpec(("net", "y", "x"), _("By how much the likeliest class leads, over the plane")),
    "unit_fields": ArraySpec(("net", "unit", "y", "x"), _("What each unit says over the plane")),
    "batch_images": ArraySpec(("image", "y", "x"), _("The images of the last batch as the first net saw them")),
    "batch_captions": ArraySpec((), _("What they are")),
    "filters": ArraySpec(("net", "unit", "y", "x"), _("Weights of each unit of the first layer, as an image")),
    "counts": ArraySpec(
        ("net", "class", "class said"), _("Held-out images of each class, by what each net says of them")
    ),
    "worst": ArraySpec(("net", "image", "y", "x"), _("Held-out images of which each net is wrong and surest")),
    "worst_captions": ArraySpec((), _("What they are, what was said, and with which probability")),
    "weights": ArraySpec(("net", "edge"), _("Weights, those into one unit after those into the other")),
    "biases": ArraySpec(("net", "unit"), _("Biases")),
    "unit_norms": ArraySpec(("net", "unit"), _("Length of each unit's incoming weights")),
    "weight_histogram": ArraySpec(("net", "layer", "bin"), _("Share of the weights in each bin")),
    "weight_edges": ArraySpec(("edge",), _("Edges of the bins")),
    "zeros": ArraySpec(("net", "layer"), _("Weights that are exactly 0")),
}

STILLS = {name: spec for name, spec in ARRAYS.items() if "step" not in spec.axes}
"""What is shown of one step."""

_PLANE, _WEIGHTS, _ENSEMBLE = _("Learning"), _("Weights and gradients"), _("Ensemble")
_FOCUS: Mapping[str, Any] = {"of_focus": True, "y_scale": "log"}
_HINT = _(
    "A script that trains this net from the same start with the same batches and masks, and changes on the way "
    "what was changed: it gives the same losses."
)

_SWEEPS = _("Sweeps")
_SURVEY = {"x": "across", "y": "up", "values": "reached", "survey": "sweep"}
_MEASURES: Mapping[str, Any] = {
    "name": "measure",
    "title": _("Colour"),
    "value": "test",
    "options": [{"value": "test", "label": _("test loss")}, {"value": "gap", "label": _("gap")}],
}
_POINTS = {"x": "votes_x", "y": "votes_y", "points": "points", "labels": "labels", "held_out": "held_out"}
_ABOUT = {"about": "about"}
_ALONE = _("Train an ensemble: set “Members” above 1.")
_TOGETHER: Mapping[str, Any] = {
    "at": 0,
    "empty_label": _ALONE,
    "offer": {"label": _("Train five nets"), "set": {"ensemble": 5}},
}
_WHOLE = _("Set “Dropout” above 0: each way of leaving units out is a net of its own.")
_CURVES = [_("the ensemble"), _("its members, on average"), _("dropout's nets together"), _("on average")]
_VOTES: Mapping[str, Any] = {"labels": _CURVES, "colors": [0, 0, 1, 1], "faint_rows": [1, 3]}


def _crowd(title: str, options: Mapping[str, Any]) -> Panel:
    """Return the picture of what a crowd says together, its members' boundaries thin."""
    roles = {"values": "vote_field", "lead": "vote_lead", "members": "member_fields", **_POINTS, **_ABOUT}
    return Panel("field", title, roles, options, place="stage", view=_ENSEMBLE, needs="points")


PANELS: Sequence[Panel] = (
    Panel(
        "field",
        _("What the net says over the plane"),
        {
            "values": "field",
            "lead": "lead",
            "x": "field_x",
            "y": "field_y",
            "points": "points",
            "labels": "labels",
            "held_out": "held_out",
            "about": "about",
            "flash": "batch_rows",
            "virtual": "virtual",
        },
        {"x_title": "x₁", "y_title": "x₂", "paint": "data", "most": MOST_PAINTED},
        place="stage",
        view=_PLANE,
        needs="points",
    ),
    Panel(
        "netgraph",
        _("The net"),
        {"sizes": "sizes", "weights": "weights", "biases": "biases", "fields": "unit_fields", "inputs": "inputs"},
        {"layers": "hidden", "others": "compare", "edits": "edits"},
        place="stage",
        view=_PLANE,
        needs="points",
    ),
    Panel(
        "images",
        _("The last batch, as the net saw it"),
        {"images": "batch_images", "captions": "batch_captions"},
        {"range": [0, 1]},
        place="stage",
        view=_PLANE,
        needs="images",
    ),
    Panel(
        "images",
        _("What each unit of the first layer looks for"),
        {"images": "filters"},
        {"signed": True},
        place="stage",
        view=_PLANE,
        needs="images",
    ),
    Panel(
        "series",
        _("Loss"),
        {"y": "train_loss", "y2": "validation_loss", "y3": "test_loss", "y4": "objective"},
        {
            **_FOCUS,
            "labels": [_("training"), _("validation"), _("test"), _("with penalty")],
            "colors": [0, 4, 1, 0],
            "dashes": ["solid", "solid", "solid", "dot"],
            "lowest": "y2",
        },
        view=_PLANE,
    ),
    Panel(
        "series",
        _("Accuracy"),
        {"y": "train_accuracy", "y2": "validation_accuracy", "y3": "test_accuracy"},
        {
            "of_focus": True,
            "y_scale": "linear",
            "y_range": [0.5, 1],
            "labels": [_("training"), _("validation"), _("test")],
            "colors": [0, 4, 1],
        },
        view=_PLANE,
    ),
    Panel(
        "confusion",
        _("What is taken for what"),
        {"counts": "counts", "about": "about"},
        {
            "caption": _("Held-out images: a row for what each is, a column for what the net says."),
            "rows_title": _("is"),
            "row_share_title": _("found"),
            "column_share_title": _("right where said"),
        },
        view=_PLANE,
        needs="images",
    ),
    Panel(
        "images",
        _("The worst mistakes: wrong, and sure of it"),
        {"images": "worst", "captions": "worst_captions"},
        {"range": [0, 1], "empty_label": _("No held-out image is told wrong.")},
        view=_PLANE,
        needs="images",
    ),
    Panel(
        "series",
        _("Test loss, net by net"),
        {"y": "test_loss"},
        {"y_scale": "log", "series_axis": "net"},
        view=_PLANE,
    ),
    Panel(
        "series",
        _("Gap: test loss less training loss"),
        {"y": "gap"},
        {"y_scale": "linear", "series_axis": "net", "reference": 0, "y_usual": 0.5},
        view=_PLANE,
    ),
    Panel(
        "ridge",
        _("Weights, layer by layer"),
        {"histogram": "weight_histogram", "edges": "weight_edges"},
        {"x_title": _("weight")},
        place="stage",
        view=_WEIGHTS,
    ),
    Panel(
        "profile",
        _("Weights that are exactly 0"),
        {"y": "zeros"},
        {"y_scale": "linear", "x_title": _("layer"), "series_axis": "net", "y_range": [0, 1]},
        view=_WEIGHTS,
    ),
    Panel(
        "profile",
        _("Length of each unit's incoming weights"),
        {"y": "unit_norms"},
        {"y_scale": "linear", "x_title": _("unit"), "series_axis": "net"},
        view=_WEIGHTS,
    ),
    Panel(
        "profile",
        _("Training loss without one unit"),
        {"y": "without"},
        {
            "y_scale": "log",
            "x_title": _("unit of the last hidden layer"),
            "y_title": _("times the loss"),
            "series_axis": "net",
            "references": [{"at": 1, "label": "1"}],
        },
        view=_WEIGHTS,
        questions={"y": "without"},
    ),
    Panel(
        "series",
        _("The gradient's length, and its noise from batch to batch"),
        {"y": "gradient_norm", "y2": "gradient_noise"},
        {**_FOCUS, "labels": [_("length"), _("noise")], "colors": [0, 1], "faint": ["y"]},
        view=_WEIGHTS,
    ),
    Panel(
        "series",
        _("Loss of each batch"),
        {"y": "batch_loss"},
        {"y_scale": "log", "series_axis": "net"},
        view=_WEIGHTS,
    ),
    _crowd(_("The ensemble: every member's boundary, and the mean's"), _TOGETHER),
    _crowd(_("Dropout as an ensemble of nets with units left out"), {"at": 1, "empty_label": _WHOLE}),
    Panel(
        "field",
        _("How much the members differ"),
        {"values": "vote_spread", **_POINTS},
        {**_TOGETHER, "range": [0, 0.5], "boundary": None, "sequential": True},
        view=_ENSEMBLE,
        needs="points",
    ),
    Panel(
        "series",
        _("Test loss, together and alone"),
        {"y": "vote_loss"},
        {**_VOTES, "y_scale": "log"},
        view=_ENSEMBLE,
    ),
    Panel(
        "series",
        _("Test accuracy, together and alone"),
        {"y": "vote_accuracy"},
        {**_VOTES, "y_scale": "linear", "y_range": [0.5, 1]},
        view=_ENSEMBLE,
    ),
    Panel(
        "survey",
        _("The final loss over one setting"),
        {**_SURVEY, "low": "lowest", "high": "highest"},
        {"hint": _("Each place is a net of its own; the band goes from its lowest seed to its highest.")},
        place="stage",
        view=_SWEEPS,
        questions=dict.fromkeys((*_SURVEY, "low", "high"), "sweep"),
    ),
    Panel(
        "survey",
        _("The final loss over two settings"),
        _SURVEY,
        {"settings": [_MEASURES]},
        place="stage",
        view=_SWEEPS,
        questions=dict.fromkeys(_SURVEY, "sweep_map"),
    ),
    *(
        Panel("findings", _("What is wrong?"), {"findings": "findings"}, place="side", view=view)
        for view in (_PLANE, _WEIGHTS)
    ),
    Panel(
        "code",
        _("Take the training away"),
        {"text": "code"},
        {"file": "training.py", "hint": _HINT, "newest": True},
        place="side",
        questions={"text": "training"},
    ),
)
