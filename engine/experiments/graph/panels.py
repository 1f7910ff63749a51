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
GRAPH, TASKS = _("Graph"), _("Try it yourself")

PANELS: tuple[Panel, ...] = (
    Panel("graph", _("The tape"), _DRAWN, _MOVES, place="stage", view=GRAPH),
    Panel("chainrule", _("At this gate"), _RULE, view=GRAPH),
    Panel(
        "graph",
        _("Gradients to fill in"),
        {**_DRAWN, "tasks": "exercises", "verdicts": "verdicts"},
        _MOVES,
        place="stage",
        view=TASKS,
        questions={"verdicts": "check"},
    ),
)
