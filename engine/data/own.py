"""A visitor's own table as a parameter: the CSV itself, so that it travels in the link."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from engine.data.dataset import DataSet
from engine.data.table import read_table
from engine.message import _
from engine.params import Params

LARGEST_TABLE = 4_000_000
"""Characters."""


class OwnTable(Params):
    """A table of the visitor's own as CSV: perhaps a header, numbers, the target in the last column."""

    csv: str = Field(
        max_length=LARGEST_TABLE,
        title=_("Table"),
        description=_("CSV: commas, semicolons or tabs between the cells, the target in the last column."),
        json_schema_extra={"effect": "restart"},
    )


@lru_cache(maxsize=4)
def table(csv: str) -> DataSet:
    """Return a visitor's table as a data set; nobody writes into it.

    Raises:
        Refusal: with the line and the column at fault.
    """
    return read_table(csv)
