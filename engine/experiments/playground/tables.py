"""Points of the visitor's own: a table as CSV, or painted on the plane."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field, field_validator

from engine.data import own
from engine.data.dataset import DataSet
from engine.data.digits import CLASSES, COUNT, SIDE
from engine.data.toys import TOYS
from engine.message import _, say
from engine.params import Params, Refusal

MOST_PAINTED = 600
FEWEST_PAINTED = 4
MOST_CLASSES = 6
DIGITS = "digits"
"""The name of the handwritten digits."""


Coordinate = Annotated[float, Field(ge=-10, le=10)]
PaintedPoint = tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, lt=MOST_CLASSES)]]


class Painted(Params):
    """Points painted on the plane: x1, x2 and the class of each."""

    points: list[PaintedPoint] = Field(
        max_length=MOST_PAINTED,
        title=_("Painted points"),
        description=_("x₁, x₂ and the class of each point."),
        json_schema_extra={"effect": "restart", "widget": "hidden"},
    )

    @field_validator("points")
    @classmethod
    def _enough(cls, points: list[Any]) -> list[Any]:
        if len(points) < FEWEST_PAINTED:
            raise Refusal(say("Paint at least {fewest} points.", fewest=FEWEST_PAINTED))
        if len({label for _x1, _x2, label in points}) < 2:
            raise Refusal(say("All painted points are of one class; paint some of another."))
        return points


class Shape(NamedTuple):
    """What data are like.

    Args:
        rows: how many. columns: of each. classes: 0 for numbers to predict.
    """

    rows: int
    columns: int
    classes: int


def shape_of(data: str | own.OwnTable | Painted, samples: int, distinct: bool = False) -> Shape:
    """Return what the data are like; a table is read, nothing else is made. ``distinct`` as in `table`.

    Raises:
        Refusal: where a table cannot be read.
    """
    if isinstance(data, own.OwnTable):
        found = table(data.csv, distinct)
        rows, columns = found.inputs.shape
        return Shape(min(samples or rows, rows), columns, found.classes)
    if isinstance(data, Painted):
        return Shape(len(data.points), 2, 1 + max(label for _x1, _x2, label in data.points))
    if data == DIGITS:
        return Shape(min(samples or COUNT, COUNT), SIDE * SIDE, CLASSES)
    return Shape(samples, 2, TOYS[data].classes)


@lru_cache(maxsize=2)
def table(csv: str, distinct: bool = False) -> DataSet:
    """Return a visitor's table as a data set; nobody writes into it.

    Args:
        csv: the table's text. distinct: whether of rows that are the same, target included, only the first is
            kept.

    Raises:
        Refusal: with the line and the column at fault.
    """
    whole = own.table(csv)
    if not distinct:
        return whole
    rows = np.column_stack([whole.inputs, whole.targets])
    return whole.take(np.sort(np.unique(rows, axis=0, return_index=True)[1]))


def painted(data: Painted) -> DataSet:
    """Return painted points as a data set."""
    columns = np.array(data.points, np.float64)
    labels = columns[:, 2].astype(np.intp)
    return DataSet(columns[:, :2].copy(), labels, int(labels.max()) + 1)
