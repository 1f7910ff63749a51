"""A visitor's CSV as a data set: bounded before it is read, and refused in sentences that say where and why."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

import numpy as np

from engine.data.dataset import Array, DataSet
from engine.message import say
from engine.params import Refusal

MOST_ROWS = 20_000
FEWEST_ROWS = 8
MOST_COLUMNS = 100
MOST_CHARACTERS = 20_000_000
MOST_CLASSES = 20
LARGEST_NUMBER = 1e15
_GAPS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})


def read_table(source: str | bytes) -> DataSet:
    """Return the data set in a CSV: every column a feature, the last one what is to be said of a row.

    The first line may name the columns. Commas, semicolons or tabs part the cells (with semicolons or tabs a
    decimal comma is understood). The last column is classes when it holds words, or at most 20 different whole
    numbers; else numbers to predict.

    Args:
        source: text, or bytes in UTF-8.
    Raises:
        Refusal: with the line (counted as an editor does) and the column at fault. What is too large is
            refused by counting characters and lines, before any cell is read.
    >>> data = read_table("x,y,kind\\n" + "1,2,cat\\n3,4,dog\\n" * 4)
    >>> data.inputs.shape, data.classes, data.labels
    ((8, 2), 2, ('cat', 'dog'))
    """
    text = _decoded(source)
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > MOST_ROWS + 2:
        message = say(
            "The table has {rows} lines; at most {most} are allowed. Keep a random part of them.",
            rows=f"{lines:,}",
            most=f"{MOST_ROWS:,}",
        )
        raise Refusal(message)
    numbered = _cells(text)
    if not numbered:
        raise Refusal(say("The table is empty. Give one row a line, with commas between the numbers."))
    _check_shape(numbered)
    columns, numbered = _header(numbered)
    if not FEWEST_ROWS <= len(numbered) <= MOST_ROWS:
        message = say(
            "The table has {rows} rows of data; between {fewest} and {most} are needed.",
            rows=len(numbered),
            fewest=FEWEST_ROWS,
            most=f"{MOST_ROWS:,}",
        )
        raise Refusal(message)
    features = _numbers(numbered, columns, range(len(columns) - 1))
    targets, classes, labels = _targets(numbered, columns)
    return DataSet(features, targets, classes, columns[:-1], labels)


_Row = tuple[int, list[str]]
"""A line's number and its cells."""


def _decoded(source: str | bytes) -> str:
    if len(source) > MOST_CHARACTERS:
        message = say(
            "The table has {size} million characters; at most {most} million are allowed.",
            size=round(len(source) / 1e6),
            most=round(MOST_CHARACTERS / 1e6),
        )
        raise Refusal(message)
    if isinstance(source, bytes):
        try:
            source = source.decode("utf-8")
        except UnicodeDecodeError as error:
            message = say(
                "This is no text in UTF-8 (byte {position} is not). Save the table as “CSV UTF-8”.",
                position=error.start,
            )
            raise Refusal(message) from None
    if "\0" in source[:10_000]:
        raise Refusal(say("This is no text but a binary file. Save the table as CSV."))
    return source.removeprefix("\ufeff")


def _with_point(cell: str) -> str:
    """Return a cell with a decimal comma as one with a point."""
    return cell.replace(",", ".") if cell.count(",") == 1 else cell


def _cells(text: str) -> list[_Row]:
    """Return the lines that hold anything, as cells; decimal commas become points."""
    start = text[:10_000].lstrip("\r\n")
    first = start.splitlines()[0] if start else ""
    delimiter = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[_Row] = []
    try:
        rows += [
            (reader.line_num, cells if delimiter == "," else list(map(_with_point, cells)))
            for cells in reader
            if any(map(str.strip, cells))
        ]
    except csv.Error:
        message = say("Line {line} cannot be read as CSV; look for an open quotation mark.", line=reader.line_num)
        raise Refusal(message) from None
    return rows


def _check_shape(rows: Sequence[_Row]) -> None:
    width = len(rows[0][1])
    if width < 2:
        raise Refusal(
            say(
                "The table has one column only. At least two are needed, parted by commas: the features, and "
                "last the class or number to predict."
            )
        )
    if width > MOST_COLUMNS:
        raise Refusal(
            say("The table has {columns} columns; at most {most} are allowed.", columns=width, most=MOST_COLUMNS)
        )
    for line, cells in rows:
        if len(cells) != width:
            message = say(
                "Line {line} has {found} cells, but the first line has {expected}. Every row needs the same.",
                line=line,
                found=len(cells),
                expected=width,
            )
            raise Refusal(message)


def _header(rows: list[_Row]) -> tuple[tuple[str, ...], list[_Row]]:
    """Part the column names from the rows; a first line with words among its features is such names."""
    first = [cell.strip() for cell in rows[0][1]]
    if any(cell.lower() not in _GAPS and _number(cell) is None for cell in first[:-1]):
        return tuple(cell or str(at) for at, cell in enumerate(first, start=1)), rows[1:]
    return tuple(str(at) for at in range(1, len(first) + 1)), rows


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _numbers(rows: Sequence[_Row], columns: Sequence[str], wanted: Sequence[int]) -> Array:
    """Return those columns as numbers, (N, wanted)."""
    first, last = wanted[0], wanted[-1] + 1
    try:
        table = np.array([list(map(float, cells[first:last])) for _, cells in rows])
    except ValueError:
        raise _fault(rows, columns, wanted) from None
    if not (np.abs(table) <= LARGEST_NUMBER).all():
        raise _fault(rows, columns, wanted)
    return table


def _fault(rows: Sequence[_Row], columns: Sequence[str], wanted: Sequence[int]) -> Refusal:
    """Return the refusal of the first cell that is no usable number."""
    for line, cells in rows:
        for at in wanted:
            cell, column = cells[at].strip(), columns[at]
            where = {"line": line, "column": column}
            if cell.lower() in _GAPS:
                message = say("Line {line} has a gap in column “{column}”. Fill it or leave the row out.", **where)
                return Refusal(message)
            number = _number(cell)
            if number is None:
                message = say(
                    "Line {line} has the text “{cell}” in column “{column}”, where a number is needed. Only the "
                    "last column may hold words.",
                    cell=cell[:40],
                    **where,
                )
                return Refusal(message)
            if not abs(number) <= LARGEST_NUMBER:
                message = say(
                    "Line {line} has {cell} in column “{column}”, too large to compute with.", cell=cell, **where
                )
                return Refusal(message)
    return Refusal(say("The table holds something that is no number."))


def _targets(
    rows: Sequence[_Row], columns: Sequence[str]
) -> tuple[Array | np.ndarray[tuple[int], np.dtype[np.intp]], int, tuple[str, ...]]:
    """Return the last column as classes or numbers: targets, how many classes (0: numbers), their names."""
    last = len(columns) - 1
    words = [cells[last].strip() for _, cells in rows]
    gap = next((line for (line, _), word in zip(rows, words, strict=True) if word.lower() in _GAPS), None)
    if gap is not None:
        raise _fault(rows, columns, [last])
    numbers = [_number(word) for word in words]
    if any(number is not None for number in numbers):
        values = _numbers(rows, columns, [last])[:, 0]
        distinct = np.unique(values)
        if len(distinct) > MOST_CLASSES or not np.all(distinct == np.rint(distinct)):
            return values, 0, ()
        names = tuple(f"{math.floor(value)}" for value in distinct)
        index = np.searchsorted(distinct, values)
    else:
        ordered = sorted(set(words))
        if len(ordered) > MOST_CLASSES:
            message = say(
                "The last column, “{column}”, holds {count} different words; at most {most} classes are allowed.",
                column=columns[last],
                count=len(ordered),
                most=MOST_CLASSES,
            )
            raise Refusal(message)
        names = tuple(word[:40] for word in ordered)
        place = {word: at for at, word in enumerate(ordered)}
        index = np.array([place[word] for word in words], np.intp)
    if len(names) < 2:
        message = say(
            "The last column, “{column}”, is the same in every row; there is nothing to tell apart.",
            column=columns[last],
        )
        raise Refusal(message)
    return index.astype(np.intp), len(names), names
