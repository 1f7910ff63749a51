"""How long tests wait, and what must not take long."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator

PATIENCE = 120
"""Seconds after which what was to come is given up: a busy machine is slow, not wrong."""
_FAR_TOO_LONG = 2
"""Seconds of a processor: more than a slow machine takes for milliseconds, less than what must not happen."""


@contextlib.contextmanager
def within_seconds() -> Iterator[None]:
    """Fail where a block keeps its thread busy for seconds.

    Others may have the processor meanwhile. The collector rests: it would look through what other tests have left.
    """
    gc.disable()
    began = time.thread_time()
    try:
        yield
    finally:
        gc.enable()
    assert time.thread_time() - began < _FAR_TOO_LONG
