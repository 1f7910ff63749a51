"""Hands for a crew: processes on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from app.settings import Settings
from app.trainers.crew import Hands, TrainingCrew
from app.trainers.store import Store
from app.trainers.worker import begin
from engine.message import _, say
from engine.params import refused

DASK_SECONDS = 5
"""So long one waits for a scheduler."""


def crew_of(settings: Settings) -> TrainingCrew:
    """Return the crew that a server or a command uses; nobody is hired before there is work."""
    path = Path(settings.trials_file).expanduser() if settings.trials_file else None
    store = Store(path, settings.trials_mb * 1_000_000)
    hire: Callable[[], Hands] = (
        (lambda: dask(settings.dask)) if settings.dask else (lambda: pool(settings.trainer_count))
    )
    return TrainingCrew(hire, store)


def pool(places: int) -> Hands:
    """Return processes on this machine; they begin with nothing of this one (forking its threads would hang)."""
    executor = ProcessPoolExecutor(places, mp_context=multiprocessing.get_context("spawn"), initializer=begin)

    def close() -> None:
        processes = list((executor._processes or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()

    return Hands(executor, places, close)


def dask(address: str) -> Hands:
    """Return the workers of a Dask scheduler.

    Raises:
        InvalidParams: where the library is missing, or the scheduler does not answer.
    """
    try:
        from distributed import Client
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError
    except ImportError:
        raise refused(
            say(_("A Dask scheduler is set, but Dask is not installed: “pip install 'descentlab[dask]'”."))
        ) from None
    gone = say(
        _("The Dask scheduler at {address} does not answer. Start it again, or unset DESCENTLAB_DASK."),
        address=address,
    )
    try:
        make: Any = Client
        client = make(address, timeout=DASK_SECONDS, set_as_default=False)
        workers = max(1, sum(client.nthreads().values()))
    except (OSError, ValueError, TimeoutError, RuntimeError):
        raise refused(gone) from None
    lost = (BrokenExecutor, CommClosedError, OSError, CancelledError, FutureCancelledError, TimeoutError)
    return Hands(
        client.get_executor(pure=False, retries=2),
        workers,
        client.close,
        lost,
        gone,
        lambda: client.status == "running",
    )
