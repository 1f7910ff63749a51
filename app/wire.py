"""The only place where a Frame becomes bytes or JSON.

Binary layout, all little-endian::

    uint32 length of the header, then the header (JSON, UTF-8, padded with spaces), then the arrays

The header is padded so that the arrays begin on an 8-byte offset of the message, and each array begins on an
8-byte offset too: a browser reads them as typed arrays without copying.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame, Told, Value
from engine.message import Message

Kind = Literal["frame", "scene", "answer"]
ALIGNMENT = 8
WIRE_TYPES = frozenset({"<f8", "<f4", "<i4", "|u1", "|i1"})


def encode(
    frame: Frame, kind: Kind = "frame", epoch: int = 0, say: Callable[[Message], str] = str, **extra: Any
) -> bytes:
    """Return a frame as one binary message.

    Args:
        say: gives a sentence in the reader's language; English without it.
        kind, epoch, extra: go into the header as they are (``extra`` must be plain JSON).
    Returns:
        header {kind, step, final, epoch, arrays: [{name, dtype, shape, offset}], texts: {name: text}} and data;
        ``offset`` counts bytes from the start of the data, ``dtype`` is one of <f8 <f4 <i4 u1 i1.
    """
    described: list[dict[str, Any]] = []
    texts: dict[str, str] = {}
    blocks: list[bytes] = []
    offset = 0
    for name, value in frame.items():
        if isinstance(value, str):
            texts[name] = value
            continue
        if isinstance(value, Told):
            texts[name] = value.text(say)
            continue
        array = wire_array(value)
        dtype = array.dtype.str.removeprefix("|")
        described.append({"name": name, "dtype": dtype, "shape": list(array.shape), "offset": offset})
        block = array.tobytes()
        block += bytes(-len(block) % ALIGNMENT)
        blocks.append(block)
        offset += len(block)
    header: dict[str, Any] = {
        "kind": kind,
        "step": frame.step,
        "final": frame.final,
        "epoch": epoch,
        **extra,
        "arrays": described,
        "texts": texts,
    }
    words = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    words += b" " * (-(4 + len(words)) % ALIGNMENT)
    return b"".join([struct.pack("<I", len(words)), words, *blocks])


def wire_array(value: NDArray[Any]) -> NDArray[Any]:
    """Return a C-ordered little-endian array of a type that travels; the same memory where it already is one.

    Booleans become bytes, further integers float64 when 32 bits do not hold them, further floats float64.
    """
    array = np.asarray(value)
    little = array.dtype.newbyteorder("<")
    if little.str in WIRE_TYPES:
        target: Any = little
    elif array.dtype == np.bool_:
        target = "|u1"
    elif array.dtype.kind in "iu" and (not array.size or _fits_int32(array)):
        target = "<i4"
    elif array.dtype == np.float16:
        target = "<f4"
    else:
        target = "<f8"
    # ascontiguousarray makes a scalar one-dimensional, so its shape is put back.
    return np.ascontiguousarray(array, dtype=target).reshape(array.shape)


def _fits_int32(array: NDArray[Any]) -> bool:
    bounds = np.iinfo(np.int32)
    return bool(array.min() >= bounds.min and array.max() <= bounds.max)


def plain(frame: Frame, say: Callable[[Message], str] = str) -> dict[str, Any]:
    """Return a frame as plain JSON: ``{"step": 25, "positions": [[[...]]], ...}``; non-finite numbers as None.

    Numbers keep every digit; ``say`` gives a sentence in the reader's language. Each line of `descentlab run` and
    of the REST run is one of these.
    """
    return {"step": frame.step} | {name: _plain_value(value, say) for name, value in frame.items()}


def _plain_value(value: Value, say: Callable[[Message], str]) -> Any:
    if isinstance(value, Told):
        return json.loads(value.text(say))
    return value if isinstance(value, str) else _plain_array(value)


def _plain_array(value: NDArray[Any]) -> Any:
    array = np.asarray(value)
    if array.dtype.kind == "f":
        finite = np.isfinite(array)
        if not finite.all():
            exact = array.astype(object)
            exact[~finite] = None
            return exact.tolist()
    return array.tolist()


def line(frame: Frame, say: Callable[[Message], str] = str) -> str:
    """Return a frame as one line of JSON Lines, line break included."""
    return json.dumps(plain(frame, say), ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
