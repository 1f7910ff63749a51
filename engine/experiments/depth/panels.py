"""The arrays of a depth frame and the pictures made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.frame import ArraySpec, Panel
from engine.message import _

_LAYER = ("net", "layer")
_SERIES = ("net", "step")
SPECTRA: Mapping[str, ArraySpec] = {
    "singular_values": ArraySpec(
        ("net", "layer", "quantile"), _("Singular values of the weights: nine quantiles")
    ),
    "jacobian_singular_values": ArraySpec(("net", "rank"), _("Singular values of the Jacobian of the last layer")),
}
"""What some frames carry, and the answer to ``spectrum``."""
CODE: Mapping[str, ArraySpec] = {
    "code": ArraySpec((), _("PyTorch code with the present weights: it gives the same activations."))
}
"""The answer to ``pytorch``."""
UNITS: Mapping[str, ArraySpec] = {
    "unit_std": ArraySpec(
        ("net", "layer", "unit"), _("Standard deviation of each unit's activation over the rows")
    )
}
"""The answer to ``units``."""
ARRAYS: Mapping[str, ArraySpec] = {
    **SPECTRA,
    **UNITS,
    "activation_mean": ArraySpec(_LAYER, _("Mean of the activations")),
    "activation_std": ArraySpec(_LAYER, _("Standard deviation of the activations")),
    "gradient_mean": ArraySpec(_LAYER, _("Mean of the gradient by the pre-activation")),
    "gradient_std": ArraySpec(_LAYER, _("Standard deviation of the gradient by the pre-activation")),
    "saturated": ArraySpec(_LAYER, _("Share of activations where the activation function is flat")),
    "dead": ArraySpec(_LAYER, _("Share of units that are 0 on every row")),
    "zero": ArraySpec(_LAYER, _("Share of activations exactly 0")),
    "weight_std": ArraySpec(_LAYER, _("Standard deviation of the weights")),
    "weight_gradient_std": ArraySpec(_LAYER, _("Standard deviation of the gradient by the weights")),
    "update_ratio": ArraySpec(_LAYER, _("Length of the last update over length of the weights")),
    "activation_histogram": ArraySpec(
        ("net", "layer", "bin"), _("Share of activations in each bin; the end bins hold all values beyond")
    ),
    "gradient_histogram": ArraySpec((*_LAYER, "bin"), _("Share of gradient sizes in each bin")),
    "theory_activation_std": ArraySpec(_LAYER, _("Standard deviation of the activations, by mean field theory")),
    "theory_activation_low": ArraySpec(_LAYER, _("Lower edge of the band for the finite width")),
    "theory_activation_high": ArraySpec(_LAYER, _("Upper edge of the band for the finite width")),
    "theory_gradient_std": ArraySpec(_LAYER, _("Standard deviation of the gradient, by mean field theory")),
    "theory_gradient_low": ArraySpec(_LAYER, _("Lower edge of the band for the finite width")),
    "theory_gradient_high": ArraySpec(_LAYER, _("Upper edge of the band for the finite width")),
    "activation_edges": ArraySpec(("edge",), _("Edges of the activations' bins")),
    "gradient_edges": ArraySpec(("edge",), _("Edges of the gradients' bins, log10 of the size")),
    "loss": ArraySpec(_SERIES, _("Loss of the batch"), ""),
    "accuracy": ArraySpec(_SERIES, _("Accuracy on the batch")),
    "validation_loss": ArraySpec(_SERIES, _("Loss on the validation rows when last measured")),
    "validation_accuracy": ArraySpec(_SERIES, _("Accuracy on the validation rows when last measured")),
    "doctor": ArraySpec((), _("What the doctor finds")),
}
TRIAL: Mapping[str, ArraySpec] = {
    "trial": ArraySpec((), _("Planted nets: what the doctor said, and what training then did"))
}
"""The answer to ``trial``."""

_SIGNALS, _TRAINING, _THEORY, _DATA = _("Signals"), _("Training"), _("Theory"), _("Data")


def _profile(
    title: str, name: str, scale: str, view: str, theory: str = "", *, question: str = "", **options: Any
) -> Panel:
    """Return a profile over the layers; ``theory`` names its line and band, ``question`` what is asked for it."""
    roles = {"y": name}
    if theory:
        roles |= {"theory": f"{theory}_std", "lower": f"{theory}_low", "upper": f"{theory}_high"}
    shown = {"y_scale": scale, "x_title": _("layer"), "series_axis": "net", **options}
    return Panel("profile", title, roles, shown, view=view, questions={"y": question} if question else {})


_MASKS = {"x": "masks", "y": "mask_means", "names": "mask_names", "remark": "mask_remark"}
_COST = {"x": "cost_widths", "y": "cost_seconds", "names": "cost_names", "remark": "cost_remark"}
_MAP: Mapping[str, Any] = {"y_scale": "log", "y_title": _("layer")}
_LOSS: Mapping[str, Any] = {"y_scale": "log", "series_axis": "net"}
_SHARE: Mapping[str, Any] = {"y_scale": "linear", "series_axis": "net", "y_range": [0, 1]}

PANELS: Sequence[Panel] = (
    Panel(
        "ridge",
        _("Activations, layer by layer"),
        {"histogram": "activation_histogram", "edges": "activation_edges"},
        {"x_title": _("activation")},
        place="stage",
        view=_SIGNALS,
    ),
    _profile(_("Size of the activations"), "activation_std", "log", _SIGNALS, "theory_activation"),
    _profile(_("Size of the gradients"), "gradient_std", "log", _SIGNALS, "theory_gradient"),
    _profile(_("Size of the weights' gradients"), "weight_gradient_std", "log", _SIGNALS),
    _profile(_("Saturated"), "saturated", "linear", _SIGNALS, y_range=[0, 1]),
    _profile(_("Dead units"), "dead", "linear", _SIGNALS, y_range=[0, 1]),
    _profile(_("Mean of the activations"), "activation_mean", "linear", _SIGNALS),
    Panel(
        "heatmap",
        _("Unit by unit: how much each activation varies"),
        {"value": "unit_std"},
        {"rows": "unit", "y_title": _("unit"), "x_title": _("layer")},
        view=_SIGNALS,
        questions={"value": "units"},
    ),
    Panel(
        "inquiry",
        _("What an activation costs"),
        _COST,
        {
            "x_scale": "log",
            "y_scale": "log",
            "x_title": _("units"),
            "y_title": _("seconds"),
            "button_label": _("Measure now"),
            "still": True,
        },
        view=_SIGNALS,
        questions=dict.fromkeys(_COST, "cost"),
    ),
    Panel("findings", _("The doctor"), {"findings": "doctor"}, place="side", view=_SIGNALS),
    Panel("confusion", _("Is the doctor right?"), {"table": "trial"}, view=_SIGNALS, questions={"table": "trial"}),
    Panel("series", _("Loss"), {"y": "loss"}, _LOSS, view=_TRAINING),
    Panel("series", _("Loss on validation rows"), {"y": "validation_loss"}, _LOSS, view=_TRAINING),
    Panel("series", _("Accuracy"), {"y": "accuracy"}, _SHARE, view=_TRAINING),
    Panel("series", _("Accuracy on validation rows"), {"y": "validation_accuracy"}, _SHARE, view=_TRAINING),
    Panel(
        "heatmap", _("Size of the activations"), {"value": "activation_std"}, _MAP, place="stage", view=_TRAINING
    ),
    Panel("heatmap", _("Size of the gradients"), {"value": "gradient_std"}, _MAP, view=_TRAINING),
    Panel("heatmap", _("Update over weight"), {"value": "update_ratio"}, {**_MAP, "from_step": 1}, view=_TRAINING),
    Panel(
        "heatmap",
        _("Dead units"),
        {"value": "dead"},
        {**_MAP, "y_scale": "linear", "range": [0, 1]},
        view=_TRAINING,
    ),
    _profile(
        _("Update over weight, at this step"),
        "update_ratio",
        "log",
        _TRAINING,
        references=[{"at": 1e-3, "label": "10⁻³"}],
        from_step=1,
    ),
    Panel(
        "ridge",
        _("Sizes of the gradients, layer by layer"),
        {"histogram": "gradient_histogram", "edges": "gradient_edges"},
        {"x_title": _("gradient"), "x_log": True},
        view=_TRAINING,
    ),
    Panel(
        "inquiry",
        _("Mean output over many masks"),
        _MASKS,
        {
            "settings": [{"name": "rate", "title": _("Dropped"), "value": 0.5, "low": 0.05, "high": 0.95}],
            "x_title": _("masks"),
            "y_title": _("mean output / test output"),
            "still": True,
        },
        view=_TRAINING,
        questions=dict.fromkeys(_MASKS, "masks"),
    ),
    Panel("findings", _("The doctor"), {"findings": "doctor"}, place="side", view=_TRAINING),
    Panel(
        "map",
        _("Order and chaos"),
        {
            "x": "phase_sigma_w",
            "y": "phase_sigma_b",
            "values": "phase_chi",
            "dots": "phase_dots",
            "line_x": "critical_sigma_w",
            "line_y": "critical_sigma_b",
        },
        {
            "moves": {"x": "sigma_w", "y": "sigma_b", "set": {"init": "mean_field"}, "others": "compare"},
            "x_title": _("σ_w, of the weights"),
            "y_title": _("σ_b, of the biases"),
            "value_title": "χ",
            "value_scale": "log",
            "range": [0.1, 10],
            "middle": 1,
            "corners": [
                {"side": "left", "below": 0.9, "label": _("order\ngradients vanish")},
                {"side": "right", "above": 1.1, "label": _("chaos\ngradients explode")},
            ],
        },
        place="stage",
        view=_THEORY,
    ),
    Panel(
        "cloud",
        _("Before and after preprocessing"),
        {
            "before": "cloud_before",
            "after": "cloud_after",
            "labels": "cloud_labels",
            "covariance_before": "covariance_before",
            "covariance_after": "covariance_after",
            "axis": "weight_axis",
            "contour_before": "contour_before",
            "contour_after": "contour_after",
            "directions_before": "directions_before",
            "directions_after": "directions_after",
            "condition": "condition",
        },
        place="stage",
        view=_DATA,
    ),
    _profile(_("Size of the activations, and theory"), "activation_std", "log", _THEORY, "theory_activation"),
    _profile(_("Size of the gradients, and theory"), "gradient_std", "log", _THEORY, "theory_gradient"),
    _profile(
        _("Singular values of the weights: nine quantiles"), "singular_values", "log", _THEORY, question="spectrum"
    ),
    _profile(
        _("Singular values of the Jacobian, by rank"),
        "jacobian_singular_values",
        "log",
        _THEORY,
        x_title=_("rank"),
        question="spectrum",
    ),
    Panel(
        "code",
        _("Export the net"),
        {"text": "code"},
        {"file": "net.py", "hint": _("PyTorch code with the present weights: it gives the same activations.")},
        place="side",
        questions={"text": "pytorch"},
    ),
)
