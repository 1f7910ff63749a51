"""A visitor's CSV: what is understood, and what is refused with which words."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.table import MOST_COLUMNS, MOST_ROWS, read_table
from engine.params import Refusal


def table(rows: int = 10, columns: int = 3, delimiter: str = ",") -> str:
    numbers = np.arange(rows * columns).reshape(rows, columns) + 0.5
    return "\n".join(delimiter.join(f"{cell}" for cell in row) for row in numbers)


def refusal(source: str | bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read_table(source)
    return str(caught.value)


def test_numbers_without_a_header() -> None:
    data = read_table(table())
    assert data.inputs.shape == (10, 2)
    assert data.columns == ("1", "2")
    assert data.classes == 0
    np.testing.assert_array_equal(data.targets, 2.5 + 3 * np.arange(10))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_header_delimiters_and_newlines(delimiter: str, newline: str) -> None:
    text = delimiter.join(["width", "height", "target"]) + "\n" + table(delimiter=delimiter) + "\n\n"
    data = read_table(text.replace("\n", newline))
    assert data.columns == ("width", "height")
    assert data.inputs[3].tolist() == [9.5, 10.5]


def test_bytes_with_a_mark_quotes_and_decimal_commas() -> None:
    text = "﻿“x”;y;klass\n" + '"1,5"; 2 ;a\n1e-3;-4,25;b\n' * 4
    data = read_table(text.encode())
    np.testing.assert_array_equal(data.inputs[:2], [[1.5, 2], [0.001, -4.25]])
    assert data.labels == ("a", "b")


def test_words_in_the_last_column_are_classes() -> None:
    data = read_table("5.1,3.5,setosa\n6.2,2.9,virginica\n" * 5)
    assert (data.classes, data.labels) == (2, ("setosa", "virginica"))
    np.testing.assert_array_equal(data.targets, [0, 1] * 5)
    assert data.inputs.shape == (10, 2)


def test_few_whole_numbers_are_classes_and_many_are_numbers() -> None:
    data = read_table("1,3\n2,7\n5,-1\n" * 4)
    assert data.labels == ("-1", "3", "7")
    np.testing.assert_array_equal(data.targets[:3], [1, 2, 0])
    assert read_table("\n".join(f"1,{n}" for n in range(50))).classes == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", ["empty"]),
        ("\n\n", ["empty"]),
        ("1\n2\n3\n4\n5\n6\n7\n8\n9", ["one column"]),
        ("x\n" + "1\n" * 9, ["one column"]),
        ("x,y,z\n1,2,3\n4,five,6\n" + table(), ["Line 3", "five", "“y”"]),
        (table() + "\n1,,3", ["Line 11", "gap", "“2”"]),
        (table() + "\n1,NaN,3", ["Line 11", "gap"]),
        (table() + "\n1,2,", ["Line 11", "gap", "“3”"]),
        (table() + "\n1,2,word", ["Line 11", "word"]),
        (table() + "\n1,2", ["Line 11", "2 cells", "3"]),
        (table() + "\n1,2,3,4", ["Line 11", "4 cells"]),
        (table() + "\n1,inf,3", ["Line 11", "too large"]),
        (table() + "\n1,1e300,3", ["Line 11", "too large"]),
        ("1,2,3\n4,5,6", ["2 rows", "8"]),
        (table(columns=MOST_COLUMNS + 1), ["101 columns", "100"]),
        ("1,7\n" * 12, ["same in every row"]),
        ("\n".join(f"1,word{n}" for n in range(30)), ["30 different words"]),
        (b"1,2\n\xff\xfe,3", ["UTF-8"]),
        ("\0\1\2PK", ["binary"]),
        (table() + '\n1,"2,3\n', ["Line", "open quotation mark"]),
    ],
)
def test_bad_tables_are_refused_with_the_place_and_the_reason(source: str | bytes, words: list[str]) -> None:
    sentence = refusal(source)
    for word in words:
        assert word in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("rows", [MOST_ROWS + 10, 10**6])
def test_too_many_rows_are_refused_before_their_cells_are_read(rows: int) -> None:
    good = "1.5,2.5,3\n"
    sentence = refusal(good * 10 + "bad,worse\n" + good * (rows - 11))
    assert f"{rows:,}"[:-1] in sentence
    assert f"{MOST_ROWS:,}" in sentence


def test_a_huge_file_of_one_line_is_refused_by_its_size() -> None:
    assert "million characters" in refusal("1," * 20_000_000)


def test_one_very_wide_cell_is_refused() -> None:
    assert "Line 1" in refusal("9" * 200_000 + ",1\n" + table(columns=2))


def test_the_largest_table_is_read_wholly() -> None:
    pair = [",".join([cell] * 50 + [target]) for cell, target in (("0.123456", "1"), ("0.654321", "0"))]
    source = "\n".join(pair * (MOST_ROWS // 2))
    data = read_table(source)
    assert data.inputs.shape == (MOST_ROWS, 50)
