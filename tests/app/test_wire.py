"""Frames as bytes and as JSON: whatever array goes in comes out, checked with an independent decoder."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app import wire
from engine.frame import Frame
from tests.app.client import decode

NAMES = st.text(min_size=1, max_size=12)
TRAVELLING = st.sampled_from(["<f8", "<f4", "<i4", "|u1", "|i1"])
ARRAYS = TRAVELLING.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)
FRAMES = st.builds(
    Frame,
    st.integers(0, 2**31),
    st.dictionaries(NAMES, st.one_of(ARRAYS, st.text(max_size=30)), max_size=6),
    st.booleans(),
)


@given(FRAMES, st.integers(0, 2**40))
def test_every_frame_comes_out_as_it_went_in(frame: Frame, epoch: int) -> None:
    picture = decode(wire.encode(frame, "frame", epoch))
    assert (picture.step, picture.header["final"], picture.header["epoch"]) == (frame.step, frame.final, epoch)
    texts = {name: value for name, value in frame.items() if isinstance(value, str)}
    arrays = {name: value for name, value in frame.items() if not isinstance(value, str)}
    assert picture.header["texts"] == texts
    assert picture.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert picture.arrays[name].dtype == array.dtype
        assert picture.arrays[name].shape == array.shape
        assert picture.arrays[name].tobytes() == array.tobytes()


@given(FRAMES)
def test_arrays_begin_on_eight_byte_offsets(frame: Frame) -> None:
    message = wire.encode(frame)
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    assert (4 + length) % 8 == 0
    assert len(message) % 8 == 0
    ends = 0
    for one in header["arrays"]:
        assert one["offset"] % 8 == 0
        assert one["offset"] >= ends  # no array lies on another
        ends = one["offset"] + math.prod(one["shape"]) * np.dtype(one["dtype"]).itemsize
    assert 4 + length + ends <= len(message)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (np.array([1.5, np.nan, np.inf], dtype=">f8"), "<f8"),
        (np.array([1, 2], dtype=">i4"), "<i4"),
        (np.array([True, False]), "|u1"),
        (np.array([1, -2]), "<i4"),
        (np.array([1, 2**40]), "<f8"),
        (np.array([], dtype=np.int64), "<i4"),
        (np.array([0.5], dtype=np.float16), "<f4"),
        (np.arange(6.0).reshape(2, 3).T, "<f8"),
        (np.arange(12.0)[::2], "<f8"),
        (np.array(3.0), "<f8"),
        (np.array([7], dtype=np.uint16), "<i4"),
    ],
)
def test_other_arrays_are_converted_without_loss(value: np.ndarray, dtype: str) -> None:
    array = decode(wire.encode(Frame(0, {"a": value}))).arrays["a"]
    assert array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array, value)


def test_array_that_travels_is_not_copied() -> None:
    value = np.arange(5.0)
    assert np.shares_memory(wire.wire_array(value), value)


def test_header_takes_further_words() -> None:
    assert decode(wire.encode(Frame(3, {}), "answer", 2, id=7)).header["id"] == 7


@given(hnp.arrays("<f8", hnp.array_shapes(max_dims=3, max_side=4)))
def test_json_keeps_every_digit_and_turns_non_finite_into_null(values: np.ndarray) -> None:
    read: Any = json.loads(wire.line(Frame(1, {"a": values})))["a"]
    expected = np.where(np.isfinite(values), values, 0.0)
    got = np.array(read, dtype=object)
    assert ((got == None) == ~np.isfinite(values)).all()  # noqa: E711  # elementwise
    np.testing.assert_array_equal(np.where(np.isfinite(values), got, 0.0).astype(float), expected)


def test_json_line_is_one_line_with_step_and_texts() -> None:
    line = wire.line(Frame(4, {"word": "a\nb", "n": np.array([1, 2]), "x": np.array(np.inf)}))
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert json.loads(line) == {"step": 4, "word": "a\nb", "n": [1, 2], "x": None}
