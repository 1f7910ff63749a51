"""A table of the visitor's own: comma-separated text, read strictly and refused in plain words."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.autodiff.tape import Array
from engine.message import Message, say
from engine.params import Refusal

MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_CLASSES = 20
FEWEST_ROWS = 8


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Args:
        inputs: (n, D) numbers. targets: classes (n,) or, for a regression, numbers (n, 1).
        classes: the classes' names, none for a regression.
    """

    inputs: Array
    targets: Array
    classes: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """How many outputs a net needs."""
        return len(self.classes) or 1


@lru_cache(maxsize=2)
def read_table(text: str) -> Table:
    """Read comma-separated text: one row a line, the last column the target, the others numbers.

    A first line that is not all numbers is the header. The target is a class where it is text, or has at most 20
    different whole numbers; else it is a number to predict.

    Raises:
        Refusal: with the line and what is wrong there.
    """
    lines = text.removeprefix("\ufeff").count("\n") + 1
    if lines > MOST_ROWS + 2:
        raise Refusal(
            say(
                "The table has {rows:,} rows; at most {most:,} are allowed. Keep a part of it.",
                rows=lines,
                most=MOST_ROWS,
            )
        )
    rows = _rows(text.removeprefix("\ufeff"))
    if rows and any(_number(field) is None for field in rows[0][1][:-1]):
        rows = rows[1:]
    if len(rows) < FEWEST_ROWS:
        raise Refusal(
            say(
                "The table has {rows} rows of numbers; at least {least} are needed.",
                rows=len(rows),
                least=FEWEST_ROWS,
            )
        )
    columns = len(rows[0][1])
    if columns < 2:
        raise Refusal(
            say(
                "The table has one column; it needs at least two, the target in the last. Are its "
                "columns separated by commas?"
            )
        )
    if columns > MOST_COLUMNS:
        raise Refusal(
            say("The table has {columns} columns; at most {most} are allowed.", columns=columns, most=MOST_COLUMNS)
        )
    inputs = np.empty((len(rows), columns - 1))
    for i, (line, fields) in enumerate(rows):
        if len(fields) != columns:
            raise Refusal(
                say(
                    "Line {line} has {found} columns, the lines before it {columns}.",
                    line=line,
                    found=len(fields),
                    columns=columns,
                )
            )
        for j, field in enumerate(fields[:-1]):
            inputs[i, j] = _value(field, line, j + 1)
    return _with_targets(inputs, [fields[-1].strip() for _line, fields in rows], [line for line, _fields in rows])


def _rows(text: str) -> list[tuple[int, list[str]]]:
    try:
        reader = csv.reader(io.StringIO(text), strict=True)
        return [(reader.line_num, fields) for fields in reader if any(field.strip() for field in fields)]
    except csv.Error:
        sentence = say("The table cannot be read: a quotation mark is not closed, or a field is too long.")
        raise Refusal(sentence) from None


def _number(field: str) -> float | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _value(field: str, line: int, column: int) -> float:
    value = _number(field)
    if value is None:
        if not field.strip():
            raise Refusal(
                say(
                    "Line {line}, column {column} is empty; fill the gap or remove the line.",
                    line=line,
                    column=column,
                )
            )
        raise Refusal(
            say(
                "Line {line}, column {column} holds “{text}”, which is no number. Only the last column "
                "may hold text.",
                line=line,
                column=column,
                text=field.strip()[:40],
            )
        )
    if abs(value) > 1e12:
        raise Refusal(_too_large(line, column))
    return value


def _too_large(line: int, column: int) -> Message:
    return say(
        "Line {line}, column {column} is larger than 10¹² in size; scale the column down.",
        line=line,
        column=column,
    )


def _with_targets(inputs: Array, last: list[str], lines: list[int]) -> Table:
    if "" in last:
        raise Refusal(say("Line {line} has no target: its last column is empty.", line=lines[last.index("")]))
    numbers = [_number(field) for field in last]
    found = [number for number in numbers if number is not None]
    whole = len(found) == len(last) and all(number == round(number) for number in found)
    names = sorted(set(last), key=lambda name: (_number(name) is None, _number(name) or 0.0, name))
    if len(found) == len(last) and not (whole and len(names) <= MOST_CLASSES):
        values = np.array(found)
        spread = float(values.std()) or 1.0
        return Table(inputs, ((values - values.mean()) / spread)[:, None], ())
    if len(names) > MOST_CLASSES:
        raise Refusal(
            say(
                "The last column has {found} different classes; at most {most} are allowed.",
                found=len(names),
                most=MOST_CLASSES,
            )
        )
    if len(names) < 2:
        raise Refusal(say("The last column is the same in every row; there is nothing to learn."))
    place = {name: i for i, name in enumerate(names)}
    return Table(inputs, np.array([place[field] for field in last], np.intp), tuple(name[:40] for name in names))
