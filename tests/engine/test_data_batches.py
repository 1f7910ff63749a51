"""Batches: every row once an epoch, every window of a text in its order."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from engine.data.batches import Rows, Windows, epoch_of


def test_an_epoch_has_every_row_once_and_the_last_batch_what_is_left() -> None:
    found = list(epoch_of(23, 5, np.random.default_rng(0)))
    assert [len(rows) for rows in found] == [5, 5, 5, 5, 3]
    assert sorted(np.concatenate(found)) == list(range(23))


def test_rows_come_in_a_new_order_each_epoch_and_never_twice_in_one() -> None:
    rows = Rows(20, np.random.default_rng(0))
    epochs = [np.concatenate([rows.take(5) for _ in range(4)]) for _ in range(3)]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_what_fills_no_batch_is_dropped_and_a_batch_is_never_larger_than_the_data() -> None:
    rows = Rows(7, np.random.default_rng(0))
    assert len(set(rows.take(4)) | set(rows.take(4))) >= 4
    assert sorted(rows.take(100)) == list(range(7))


def test_a_copy_of_rows_goes_on_by_itself() -> None:
    rows = Rows(10, np.random.default_rng(0))
    rows.take(3)
    other = copy.deepcopy(rows)
    ahead = [rows.take(4) for _ in range(5)]
    np.testing.assert_array_equal([other.take(4) for _ in range(5)], ahead)


@pytest.mark.parametrize("length", [1, 4, 9])
def test_windows_follow_each_other_and_targets_are_the_next_characters(length: int) -> None:
    streams = np.arange(60).reshape(20, 3).astype(np.uint16)
    windows = Windows(streams, length)
    count = (len(streams) - 1) // length
    read = [windows.take() for _ in range(count)]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in read]), streams[: count * length])
    for x, targets in read:
        np.testing.assert_array_equal(targets, x + 3)
        assert x.dtype == targets.dtype == np.intp


def test_at_the_columns_end_the_text_begins_again() -> None:
    windows = Windows(np.arange(10)[:, None], 4)
    first = windows.peek()
    assert not windows.at_end
    np.testing.assert_array_equal(windows.take(), first)
    windows.take()
    assert windows.at_end
    np.testing.assert_array_equal(windows.peek(), first)
    np.testing.assert_array_equal(windows.take(), first)
    assert not windows.at_end
