"""States as files: an npz without pickle, versioned, read with suspicion.

A file holds a description (a parameter model as JSON, whose ``format`` names the laboratory and the version) and
arrays. Whoever reads it says first which arrays it may hold, of which types and shapes; nothing is decompressed
before its size is known to be right.

    data = whole(pack(meta, {"theta": theta}))
    with opened(data) as file:
        meta = file.meta(Meta)                       # strict, bounded
        found = file.arrays({"theta": theta})        # exactly these, shaped like these
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engine.message import say
from engine.params import InvalidParams, Params, refused
from engine.pieces import Pieces

Array = NDArray[Any]
Described = TypeVar("Described", bound=Params)

MOST_MEMBERS = 256
LARGEST_META = 200_000
"""Bytes of the description."""
_META = "meta"
_NEVER_READ = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError)
"""What `zipfile` and NumPy raise at files that are damaged."""


_HEADER = re.compile(rb"\{'descr': '[<>|][a-z]\d+', 'fortran_order': False, 'shape': \([\d, ]*\), \} *\n")
"""What stands before an array, as NumPy writes it. NumPy would also mend what is written otherwise."""


class GeneratorState(Params):
    """The state of a random generator (PCG64)."""

    state: Annotated[int, Field(ge=0, lt=2**128)]
    inc: Annotated[int, Field(ge=0, lt=2**128)]
    has_uint32: Annotated[int, Field(ge=0, le=1)]
    uinteger: Annotated[int, Field(ge=0, lt=2**32)]

    @classmethod
    def of(cls, rng: np.random.Generator) -> GeneratorState:
        """Return a generator's state."""
        state: Any = rng.bit_generator.state
        return cls(**state["state"], has_uint32=state["has_uint32"], uinteger=state["uinteger"])

    def give(self, rng: np.random.Generator) -> None:
        """Put a generator into this state."""
        rng.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": self.state, "inc": self.inc},
            "has_uint32": self.has_uint32,
            "uinteger": self.uinteger,
        }


no_checkpoint = partial(refused, path="checkpoint")
"""The refusal of a file, with a sentence."""


def pack(meta: Params, arrays: Mapping[str, Array]) -> Pieces[bytes]:
    """Return the file, written an array at a time.

    Args:
        meta: the description; its first field is ``format``. arrays: by name, of plain numbers.
    """
    file = io.BytesIO()
    described = np.frombuffer(meta.model_dump_json().encode(), np.uint8)
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in {_META: described, **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
            yield
    return file.getvalue()


@contextmanager
def opened(data: bytes) -> Iterator[File]:
    """Open a file for reading.

    Raises:
        InvalidParams: with a sentence, whatever is wrong with the file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield File(archive)
    except _NEVER_READ as error:
        if isinstance(error, InvalidParams):
            raise
        raise _damaged() from None


class File:
    """An opened file. Nothing of it is believed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = [member.filename for member in archive.infolist()]
        if len(names) > MOST_MEMBERS or len(set(names)) != len(names):
            raise _foreign_parts()
        self._archive, self._names = archive, set(names)

    def meta(self, model: type[Described]) -> Described:
        """Return the description.

        Args:
            model: whose ``format`` has the only version that can be read as its default.
        """
        member = self._archive.getinfo(f"{_META}.npy") if f"{_META}.npy" in self._names else None
        if member is None or member.file_size > LARGEST_META:
            raise _damaged()
        with self._archive.open(member) as file:
            content = io.BytesIO(file.read(LARGEST_META))
        shape, dtype = _header(content)
        if dtype != np.uint8 or len(shape) != 1:
            raise _damaged()
        text = content.read()
        try:
            return model.model_validate_json(text)
        except ValidationError:
            raise _other_version(text, model.model_fields["format"].default) or _damaged() from None

    def arrays(self, expected: Mapping[str, Array]) -> dict[str, Array]:
        """Return copies of exactly these arrays, each of the type and shape of the one that is expected."""
        found = {name: self.array(name, like) for name, like in expected.items()}
        if self._names != {f"{name}.npy" for name in (*expected, _META)}:
            raise _foreign_parts()
        return found

    def array(self, name: str, like: Array) -> Array:
        """Return a copy of an array, which must be as large as ``like``; not a byte more is decompressed."""
        if f"{name}.npy" not in self._names:
            raise damaged(name)
        member = self._archive.getinfo(f"{name}.npy")
        if not like.nbytes < member.file_size <= like.nbytes + 1024:
            raise damaged(name)
        with self._archive.open(member) as file:
            content = io.BytesIO(file.read(like.nbytes + 1024))
        shape, dtype = _header(content)
        rest = content.read()
        if shape != like.shape or dtype != like.dtype or len(rest) != like.nbytes:
            raise damaged(name)
        return np.frombuffer(rest, like.dtype).reshape(like.shape).copy()


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version of the npy format")
    begin = file.tell()
    length = int.from_bytes(file.read(2), "little")
    if not _HEADER.fullmatch(file.read(length)):
        raise ValueError("another layout than was written")
    file.seek(begin)
    shape, _fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=1000)
    return shape, dtype


def damaged(name: str) -> InvalidParams:
    """Return the refusal of a file one part of which is not as it was written."""
    return no_checkpoint(
        say("The checkpoint is damaged: its part “{name}” is missing or has a wrong size.", name=name)
    )


def _damaged() -> InvalidParams:
    return no_checkpoint(say("This file is no checkpoint of this laboratory, or it is damaged."))


def _foreign_parts() -> InvalidParams:
    return no_checkpoint(
        say("This file is no checkpoint of this laboratory: it has parts that do not belong there.")
    )


def _other_version(text: bytes, ours: str) -> InvalidParams | None:
    """Return the refusal of a checkpoint of another laboratory or version, None where it is not one."""
    try:
        theirs = json.loads(text)["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(theirs, str) or not theirs.startswith("descentlab ") or theirs == ours:
        return None
    return no_checkpoint(
        say("This checkpoint is of the kind “{theirs}”; here “{ours}” can be read.", theirs=theirs[:40], ours=ours)
    )
