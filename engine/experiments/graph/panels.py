"""What the page shows of a graph."""

from __future__ import annotations

from engine.frame import ArraySpec, Panel
from engine.message import _

ARRAYS = {
    "order": ArraySpec(("step",), _("The node that acts")),
    "node_values": ArraySpec(("entry",), _("Values of all nodes, one after the other")),
    "node_gradients": ArraySpec(("entry",), _("The result's derivatives by them")),
    "edge_gradients": ArraySpec(("entry",), _("What each node sends back to each of its operands")),
    "edge_locals": ArraySpec(("entry",), _("The local derivatives, entry by entry")),
    "outputs": ArraySpec(("entry",), _("The result")),
    "operations": ArraySpec((), _("Each node's operation, name and operands")),
    "remarks": ArraySpec((), _("What is worth a word about these numbers")),
}

_DRAWN = {
    "structure": "graph",
    "values": "node_values",
    "gradients": "node_gradients",
    "shares": "edge_gradients",
    "locals": "edge_locals",
    "remarks": "remarks",
    "outputs": "outputs",
}
_MOVES = {"moves": {"values": "values", "seed": "seed", "text": "expression", "shapes": "shapes"}}

_RULE = {role: name for role, name in _DRAWN.items() if role not in ("remarks", "outputs")}
GRAPH, TASKS, NUMERIC, JACOBIANS = _("Graph"), _("Try it yourself"), _("Numeric gradient"), _("Jacobians")


def _asks(question: str, *roles: str) -> dict[str, str]:
    return dict.fromkeys(roles, question)


_DESCENT = {"x": "lengths", "y": "along", "more": "predicted", "remark": "remark", "next": "values"}
_ERRORS = {"x": "h", "y": "errors", "names": "curves", "marks": "best", "numbers": "numbers", "remark": "remark"}
_COST = {"x": "inputs", "y": "numeric_seconds", "more": "backward_seconds", "remark": "remark"}
_JACOBIAN = {"matrix": "jacobian", "numbers": "numbers", "remark": "remark"}
_FUNCTIONS = {
    "relu": _("ReLU"),
    "tanh": _("tanh"),
    "sigmoid": _("sigmoid"),
    "exp": _("exponential"),
    "softmax": _("softmax"),
    "log_softmax": _("logarithm of the softmax"),
    "matrix": _("a matrix: W x"),
}

PANELS: tuple[Panel, ...] = (
    Panel("graph", _("The tape"), _DRAWN, _MOVES, place="stage", view=GRAPH),
    Panel("chainrule", _("The local rule"), _RULE, view=GRAPH),
    Panel(
        "inquiry",
        _("Steps down"),
        _DESCENT,
        {
            "settings": [
                {
                    "name": "length",
                    "title": _("Step length"),
                    "value": 0.05,
                    "low": 0.001,
                    "high": 10,
                    "scale": "log",
                },
                {"name": "count", "title": _("Steps"), "value": 1, "low": 1, "high": 50, "scale": "whole"},
            ],
            "curves": [
                {"role": "y", "label": _("the result after a step of this length")},
                {"role": "more", "label": _("what the gradient promises")},
            ],
            "dashed": ["more"],
            "x_title": _("step length"),
            "y_title": _("result"),
            "apply": {"moves": "values", "label": _("Step along minus the gradient")},
        },
        view=GRAPH,
        questions=_asks("descend", *_DESCENT),
    ),
    Panel(
        "graph",
        _("Fill in the gradients"),
        {**_DRAWN, "tasks": "exercises", "verdicts": "verdicts"},
        _MOVES,
        place="stage",
        view=TASKS,
        questions={"verdicts": "check"},
    ),
    Panel(
        "inquiry",
        _("Differences against h"),
        {**_ERRORS, "structure": "graph"},
        {
            "leaf": {"node": "node", "entry": "entry"},
            "side_labels": [_("rounding"), _("truncation")],
            "x_scale": "log",
            "y_scale": "log",
            "x_title": _("h"),
            "y_title": _("relative error"),
        },
        place="stage",
        view=NUMERIC,
        questions=_asks("numeric", *_ERRORS),
    ),
    Panel(
        "inquiry",
        _("What it costs"),
        _COST,
        {
            "curves": [
                {"role": "y", "label": _("central differences")},
                {"role": "more", "label": _("one pass forward and backward")},
            ],
            "x_scale": "log",
            "y_scale": "log",
            "x_title": _("inputs"),
            "y_title": _("seconds"),
            "button_label": _("Measure now"),
        },
        place="stage",
        view=NUMERIC,
        questions=_asks("cost", *_COST),
    ),
    Panel(
        "inquiry",
        _("The Jacobian"),
        _JACOBIAN,
        {
            "settings": [
                {
                    "name": "function",
                    "title": _("Function"),
                    "value": "tanh",
                    "options": [{"value": name, "label": label} for name, label in _FUNCTIONS.items()],
                },
                {"name": "size", "title": _("Size"), "value": 12, "low": 2, "high": 64, "scale": "whole"},
            ],
            "row_title": _("output"),
            "column_title": _("input"),
        },
        place="stage",
        view=JACOBIANS,
        questions=_asks("jacobian", *_JACOBIAN),
    ),
    Panel(
        "code",
        _("The same as a program"),
        {"text": "code"},
        {
            "file": "graph.py",
            "choices": {
                "name": "library",
                "title": _("Library"),
                "options": [{"value": "torch", "label": _("PyTorch")}, {"value": "numpy", "label": _("NumPy")}],
            },
        },
        place="stage",
        view=_("Code"),
        questions={"text": "code"},
    ),
)
