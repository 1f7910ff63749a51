"""What a laboratory's page draws for some parameters, panel by panel, without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.experiment import Experiment
from engine.frame import Frame, Panel, Value
from engine.params import check
from engine.replay import Run


class Page:
    """A run as the page makes it, and what its panels are given.

    Args:
        laboratory: whose page. params: plain values for its model. focus: which series is in focus.
    """

    def __init__(self, laboratory: Experiment, params: Mapping[str, Any], focus: int = 0) -> None:
        self.laboratory = laboratory
        self.focus = focus
        self.run = Run(laboratory, check(laboratory.Params, dict(params)))
        self.scene = laboratory.scene(self.run.params)
        self._frames: list[Frame] = [self.run.first()]

    @property
    def total(self) -> int:
        """How many steps the run has."""
        return self.run.simulation.total

    def go_to(self, step: int) -> None:
        """Play on to a step; a page that is there already, or beyond it, stays."""
        while self.run.simulation.step < min(step, self.total):
            self._frames.append(self.run.advance(step - self.run.simulation.step))

    def panel(self, title: str, view: str = "") -> Panel:
        """Return a panel by its title; the one of ``view`` where several views have one.

        Raises:
            KeyError: when the laboratory has none of that title.
        """
        found = [panel for panel in self.laboratory.panels if panel.title == title]
        if not found:
            raise KeyError(f"{self.laboratory.name} has no panel {title!r}")
        return next((panel for panel in found if panel.view == view), found[0])

    def drawn(self, panel: Panel, asked: Mapping[str, Any] | None = None) -> dict[str, Value]:
        """Return what a panel has to draw at the present step, by role.

        Series are joined from the start on; other arrays are those of the latest frame that has them, else the
        scene's, else the answer's to the question that the panel asks. What stood at the start is given as
        ``<role>_first``: pictures over time show it too. A panel `of_focus` draws the row of the series in focus.

        Args:
            asked: what the panel asks, by role: the question's parameters.
        """
        answers: dict[str, Value] = {}
        for role, params in (asked or {}).items():
            answers |= self.run.ask(panel.questions[role], params).arrays
        found = {role: self._value(name, answers) for role, name in panel.arrays.items()}
        if panel.options.get("of_focus"):
            found = {role: self._in_focus(value) for role, value in found.items()}
        first = {
            f"{role}_first": self._frames[0][name]
            for role, name in panel.arrays.items()
            if name in self._frames[0]
        }
        return {**answers, **first, **{role: value for role, value in found.items() if value is not None}}

    def _in_focus(self, value: Value | None) -> Value | None:
        return value[self.focus : self.focus + 1] if isinstance(value, np.ndarray) else value

    def _value(self, name: str, answers: Mapping[str, Value]) -> Value | None:
        parts = [frame[name] for frame in self._frames if name in frame]
        spec = self.laboratory.arrays.get(name)
        if parts and spec and "step" in spec.axes:
            return np.concatenate([np.asarray(part) for part in parts], axis=spec.axes.index("step"))
        if parts:
            return parts[-1]
        return self.scene[name] if name in self.scene else answers.get(name)
