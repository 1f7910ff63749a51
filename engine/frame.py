"""A Frame is what an experiment shows at a step; a Panel says what kind of picture an array is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.message import Message


@dataclass(frozen=True)
class Told:
    """A text of a frame as plain JSON with sentences in it: whoever sends the frame translates them.

    Args:
        content: plain JSON in which a `Message` may stand for any string.
    >>> Told([{"layer": 3, "sentence": Message("Layer {layer} is dead.", {"layer": 3})}]).text()
    '[{"layer": 3, "sentence": "Layer 3 is dead."}]'
    """

    content: Any

    def text(self, say: Callable[[Message], str] = str) -> str:
        """Return the JSON text, each sentence said by ``say``; English without it."""
        return json.dumps(self.content, default=say, ensure_ascii=False, allow_nan=False)


Value = NDArray[Any] | str | Told


def number(
    group: Message,
    name: Message,
    value: float,
    unit: Message | str = "",
    *,
    share: float | None = None,
    digits: int | None = None,
) -> dict[str, Any]:
    """Return a row of a table of numbers, for a `Told` list of them.

    Args:
        group: the rows of one group stand together under it. name: of the number.
        value: of the number; one that is not finite is shown as missing.
        unit: behind the number. share: length of a bar beside those of its group, 0 to 1; None for no bar.
        digits: significant ones; None leaves it to the page.
    """
    found = float(value) if np.isfinite(value) else None
    row = {"group": group, "name": name, "value": found, "unit": unit, "share": share}
    return row if digits is None else {**row, "digits": digits}


# The picture vocabulary. Each name is one file in static/js/panels/; adding a kind is adding both.
PANEL_KINDS = frozenset(
    {
        "attention",
        "byhand",
        "chainrule",
        "cloud",
        "code",
        "confusion",
        "equations",
        "field",
        "findings",
        "fit",
        "graph",
        "heatmap",
        "images",
        "inquiry",
        "landscape",
        "map",
        "marginals",
        "netgraph",
        "netplane",
        "nextchar",
        "parallel",
        "profile",
        "ranking",
        "response",
        "ridge",
        "samples",
        "searching",
        "series",
        "survey",
        "thinking",
        "timeflow",
        "training",
        "trial",
        "trials",
    }
)


@dataclass(frozen=True)
class Frame(Mapping[str, Value]):
    """Named arrays (and texts) of one stretch of a run.

    ``step`` is the last step that the frame holds. Arrays may hold non-finite numbers: a diverging run is a
    result. ``final`` tells that the run has ended with this frame, ``moment`` that something in it belongs to this
    very step and the next of its kind would replace it (a sample that was written here): the frame is not joined
    with later ones.
    >>> Frame(3, {"losses": np.zeros((2, 3))})["losses"].shape
    (2, 3)
    """

    step: int
    arrays: Mapping[str, Value]
    final: bool = False
    moment: bool = False

    def __getitem__(self, name: str) -> Value:
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


@dataclass(frozen=True)
class ArraySpec:
    """What an array of a frame means.

    Args:
        axes: one name an axis, for example ``("racer", "step", "coordinate")``. An array with a ``step`` axis
            is a series: the page joins the frames along it. One without is a snapshot of the frame's step.
            A first axis ``net`` has the nets of a comparison, in the scene's order (`by_net`). An empty tuple is
            a scalar or a text.
        description: translatable; also shown in the data table. unit: of the entries.
    """

    axes: tuple[str, ...]
    description: str
    unit: str = ""


def by_net(rows: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the nets' arrays as one with a leading axis ``net``; shorter ones are filled up with NaN.

    >>> by_net([np.array([1.0, 2.0]), np.array([3.0])])
    array([[ 1.,  2.],
           [ 3., nan]])
    """
    if all(row.shape == rows[0].shape for row in rows):
        return np.stack(rows)
    longest = np.max([row.shape for row in rows], axis=0)
    filled = np.full((len(rows), *longest), np.nan)
    for whole, row in zip(filled, rows, strict=True):
        whole[tuple(map(slice, row.shape))] = row
    return filled


@dataclass(frozen=True)
class Panel:
    """One picture on a laboratory's page.

    Args:
        kind: one of `PANEL_KINDS`; the page loads ``static/js/panels/<kind>.js``.
        title: translatable.
        arrays: role in the picture -> name of an array in the frames, in the scene or in an answer.
        questions: role in the picture -> name of the question that the panel asks for it.
        options: words for the picture, plain JSON, for example ``{"y_scale": "log"}``.
        place: ``stage`` is the large picture, ``row`` stands below it, ``side`` beside it.
        view: translatable title of the tab it belongs to; panels of one view are shown together. As it stands here
            it is the tab's name in addresses, in every language. "" is the only view.
        needs: name of an array of the scene; where that has no entry the panel is not shown.
    """

    kind: str
    title: str
    arrays: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    place: Literal["stage", "row", "side"] = "row"
    view: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""

    def __post_init__(self) -> None:
        if self.kind not in PANEL_KINDS:
            raise ValueError(f"no panel kind {self.kind!r}; add it to PANEL_KINDS and static/js/panels/")
