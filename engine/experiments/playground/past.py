"""What a run was told on its way: settings changed while it ran, weights and biases set by hand."""

from __future__ import annotations

from collections.abc import Sequence
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

    def foreseen(
        self, step: int, params: PlaygroundParams, to_come: Sequence[tuple[int, PlaygroundParams]]
    ) -> Past:
        """Return it with all that is to come after ``step``, where these parameters are in force.

        Args:
            step: the present one. params: in force now.
            to_come: parameters that will be in force from later steps on, in order.
        """
        past = self
        for begun, changed in to_come:
            past = past.edited(*(edit for edit in params.edits if step < edit.step <= begun))
            past = past.changed(begun, changed).edited(*(edit for edit in changed.edits if edit.step == begun))
            step, params = begun, changed
        return past.edited(*(edit for edit in params.edits if edit.step > step))

    def __deepcopy__(self, memo: dict[int, Any]) -> Past:
        return self  # nobody writes into it
