"""What a run was told on its way: settings changed while it ran, weights and biases set by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.experiments.playground.params import Edit, PlaygroundParams
from engine.replay import Stretch, stretched

EDITS = "edits"
LIVE = frozenset(
    name
    for name, field in PlaygroundParams.model_fields.items()
    if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("effect") == "live"
) - {EDITS}
"""Settings that may change while the nets train."""


@dataclass(frozen=True)
class Past:
    """All that a run was told so far.

    Args:
        stretches: from the start on, in order, without edits. edits: what was set by hand, in the order in which
            it was.
    """

    stretches: tuple[Stretch[PlaygroundParams], ...]
    edits: tuple[Edit, ...] = ()

    @classmethod
    def of(cls, params: PlaygroundParams) -> Past:
        """Return the past of a run that was told these parameters alone, of its end."""
        return cls(()).changed(0, params).edited(*sorted(params.edits, key=lambda edit: edit.step))

    def changed(self, step: int, params: PlaygroundParams) -> Past:
        """Return it with other parameters in force from ``step`` on, the last one or later."""
        return replace(self, stretches=stretched(self.stretches, step, params.model_copy(update={EDITS: []})))

    def edited(self, *edits: Edit) -> Past:
        """Return it with weights and biases set by hand."""
        return replace(self, edits=(*self.edits, *edits))

    def __deepcopy__(self, memo: dict[int, Any]) -> Past:
        return self  # nobody writes into it
