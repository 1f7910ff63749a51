"""How many cases each fuzzer tries: a few in the suite, as many as ``--fuzz`` says by hand."""

from __future__ import annotations

import random
import resource
import time
import warnings
from collections.abc import Callable, Iterator

import pytest

MOST_KILOBYTES = 200 * 1024


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> Callable[[int], Iterator[random.Random]]:
    """Return ``cases(few)``: so many seeded generators, or ``--fuzz`` many."""
    wanted = request.config.getoption("--fuzz")

    def seeded(few: int) -> Iterator[random.Random]:
        for seed in range(wanted or few):
            yield random.Random(seed)

    return seeded


@pytest.fixture
def within(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return ``within(seconds, work)``: warnings are errors, under ``--fuzz`` CPU time and memory count."""
    wanted = request.config.getoption("--fuzz")

    def run(seconds: float, work: Callable[[], object], what: object) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                work()
            except Exception as error:
                raise AssertionError(f"{type(error).__name__} at {what!r}") from error
        if wanted:
            assert time.process_time() - began < seconds, what
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak  # of the process, so a lower bound
            assert grown < MOST_KILOBYTES, what

    return run
