"""What a process that trains does; it is also what a Dask worker runs."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

from engine.crew import Done, Job, train

NICE = 5
"""By so much a process that trains steps back behind those that serve.

Linux gives a process 1.25 times less for each step: at 5 a quarter of a processor that one other wants as well, so
that a page is answered at once. At 10 it is a tenth, and on a busy machine a search hardly goes on.
"""


def begin() -> None:
    """Prepare a process of the pool: low priority, and Ctrl+C is the server's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)


def _end_with_the_server() -> None:
    """Leave when the server is gone, also where it was killed and could say nothing."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(0)


@cache
def _one_thread() -> None:
    """Let a product take one thread for good: it sums in one order, whatever the machine has."""
    threadpool_limits(limits=1, user_api="blas")


def do(job: Job) -> Done:
    """Do a job in this process."""
    _one_thread()
    with np.errstate(all="ignore"):
        return train(job)
