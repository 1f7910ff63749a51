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

PANELS: tuple[Panel, ...] = (
    Panel(
        "graph",
        _("The graph"),
        {"values": "node_values", "gradients": "node_gradients", "graph": "graph"},
        place="stage",
    ),
)
