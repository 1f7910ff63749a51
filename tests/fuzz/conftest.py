"""How many cases each fuzzer tries: a few in the suite, as many as ``--fuzz`` says by hand."""

from __future__ import annotations

import random
import resource
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from engine.pieces import Pieces

T = TypeVar("T")
MOST_SECONDS = 1.0
"""Of the processor's time, for what cannot be interrupted."""
MOST_KILOBYTES = 200 * 1024


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> Callable[[int], Iterator[random.Random]]:
    """Return ``cases(few)``: so many seeded generators, or those of ``--fuzz``."""
    wanted: range = request.config.getoption("--fuzz")

    def seeded(few: int) -> Iterator[random.Random]:
        for seed in wanted or range(few):
            yield random.Random(seed)

    return seeded


class Watch:
    """Runs cases; warnings are errors, and with ``--fuzz`` time and memory of each piece count."""

    def __init__(self, measures: bool) -> None:
        self.faults: list[str] = []
        self._measures = measures
        self._longest = 0.0

    def piece(self, work: Callable[[], T]) -> T:
        """Do what cannot be interrupted."""
        began = time.process_time()
        try:
            return work()
        finally:
            self._longest = max(self._longest, time.process_time() - began)

    def pieces(self, work: Pieces[T]) -> T:
        """Do what can be interrupted, piece by piece."""
        end: list[T] = []

        def step() -> bool:
            try:
                next(work)
            except StopIteration as finished:
                end.append(finished.value)
            return not end

        while self.piece(step):
            pass
        return end[0]

    def case(self, work: Callable[[], object], what: object) -> None:
        """Try one case, which may consist of pieces; what goes wrong is noted."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._longest = 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                work()
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                self.faults.append(f"{type(error).__name__}: {error} in {place} at {what!r}")
        if self._measures:
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak  # of the process, so a lower bound
            if self._longest > MOST_SECONDS:
                self.faults.append(f"{self._longest:.2f} s at {what!r}")
            if grown > MOST_KILOBYTES:
                self.faults.append(f"{grown / 1024:.0f} MB at {what!r}")


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """Return a watch over many cases; whatever went wrong is told at the end."""
    watch = Watch(bool(request.config.getoption("--fuzz")))
    yield watch
    assert not watch.faults, f"{len(watch.faults)} faults:\n" + "\n".join(watch.faults[:30])
