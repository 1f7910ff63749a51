"""Finished work by its content address, in a small SQLite file: what was trained once is not trained again.

The address holds the version of the engine's code. Where the file cannot be read or written (a full disk, a
directory that is read-only, a file that is none of ours) work is kept in memory, and `trouble` says so.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections import OrderedDict
from functools import cache
from pathlib import Path

import numpy as np

import engine
from engine.crew import Done, Job
from engine.message import Message, _, say

IN_MEMORY = 2000
"""So much finished work is kept in memory beside the file."""
_NAMES = ("steps", "curves", "spent")


@cache
def code_version() -> str:
    """Return what changes with the engine's code: numbers of other code are not ours."""
    said = hashlib.blake2b(digest_size=8)
    folder = Path(engine.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        said.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return said.hexdigest()


class Store:
    """Finished work.

    Args:
        path: of the file; None keeps all in memory. most_bytes: what the file may hold, the oldest goes first.
    """

    def __init__(self, path: Path | None, most_bytes: int) -> None:
        self.path, self.most_bytes = path, most_bytes
        self.trouble: Message | None = None
        """Why the file is not used, a sentence; None while all is well."""
        self._kept: OrderedDict[str, Done] = OrderedDict()
        self._file: sqlite3.Connection | None = None
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
                self._file.execute("pragma journal_mode=wal")
                self._file.execute("pragma synchronous=normal")
                self._file.execute(
                    "create table if not exists work (key text primary key, data blob, size integer) without rowid"
                )
                self._file.execute(
                    "create table if not exists age (key text primary key, at integer) without rowid"
                )
            except (OSError, sqlite3.Error) as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        sentence = _("Trials are kept in memory only, and are trained again after a restart: {path}: {reason}.")
        self.trouble = say(sentence, path=str(self.path), reason=str(error))
        if self._file is not None:
            self._file.close()
            self._file = None

    def get(self, job: Job) -> Done | None:
        """Return what came of a job; None where it is not known."""
        key = f"{code_version()}.{job.key}"
        found = self._kept.get(key)
        if found is not None or self._file is None:
            return found
        try:
            row = self._file.execute("select data from work where key = ?", (key,)).fetchone()
            found = None if row is None else unpacked(row[0])
        except (sqlite3.Error, ValueError, KeyError, OSError) as error:
            self._give_up(error)
            return None
        if found is not None:
            self._remember(key, found)
        return found

    def put(self, job: Job, done: Done) -> None:
        """Keep what came of a job."""
        key = f"{code_version()}.{job.key}"
        self._remember(key, done)
        if self._file is None:
            return
        data = packed(done)
        try:
            self._file.execute("begin immediate")
            self._file.execute("insert or replace into work values (?, ?, ?)", (key, data, len(data)))
            self._file.execute(
                "insert or replace into age values (?, 1 + coalesce((select max(at) from age), 0))", (key,)
            )
            self._shrink()
            self._file.execute("commit")
        except sqlite3.Error as error:
            self._give_up(error)

    def _shrink(self) -> None:
        """Forget the oldest tenth where the file holds too much."""
        assert self._file is not None
        held = self._file.execute("select coalesce(sum(size), 0), count(*) from work").fetchone()
        if held[0] > self.most_bytes:
            oldest = "select key from age order by at limit ?"
            few = max(1, held[1] // 10)
            self._file.execute(f"delete from work where key in ({oldest})", (few,))
            self._file.execute(f"delete from age where key in ({oldest})", (few,))

    def _remember(self, key: str, done: Done) -> None:
        self._kept[key] = done
        while len(self._kept) > IN_MEMORY:
            self._kept.popitem(last=False)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def packed(done: Done) -> bytes:
    """Return finished work as bytes."""
    out = io.BytesIO()
    np.savez_compressed(out, **{name: getattr(done, name) for name in _NAMES})
    return out.getvalue()


def unpacked(data: bytes) -> Done:
    """Return the work that was packed.

    Raises:
        ValueError: when the data is none.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            steps, curves, spent = (arrays[name] for name in _NAMES)
    except Exception as error:
        raise ValueError(f"not finished work: {error}") from None
    if steps.ndim != 1 or curves.shape != (len(spent), len(steps)):
        raise ValueError("not finished work: shapes differ")
    return Done(steps, curves, spent)
