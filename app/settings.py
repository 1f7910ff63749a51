"""Everything that a deployment may set: from the environment (``DESCENTLAB_PORT=9000``) or from flags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.params import InvalidParams, explain

_CORES = os.cpu_count() or 2


class Settings(BaseSettings):
    """The knobs of a server process; each is read from ``DESCENTLAB_<NAME>`` unless given.

    >>> Settings(port=9000).port
    9000
    """

    model_config = SettingsConfigDict(env_prefix="DESCENTLAB_", extra="forbid", use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address to listen on. Anything but a loopback address also admits requests by IP address."""
    port: int = Field(8000, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    allowed_hosts: list[str] = []
    """Further host names that requests may name, for example ``["lab.example.org"]`` behind a proxy."""
    allowed_origins: list[str] = []
    """Further origins whose pages may open a stream or POST, for example ``["https://lab.example.org"]``."""

    workers: int = Field(1, ge=1, le=64)
    """How many processes serve; each holds its own visitors."""
    threads: int = Field(0, ge=0, le=64)
    """How many slices of computing run at once in a process; further ones wait. 0: as the cores allow."""
    blas_threads: int = Field(0, ge=0, le=256)
    """Threads of one matrix product; workers times threads times this should not exceed the cores. 0: as many."""
    slice_ms: float = Field(40.0, gt=0, le=1000)
    """Aimed length of one slice of computing; between slices others have their turn."""
    budget_ms: float = Field(500.0, gt=0, le=10_000)
    """The longest that one request for frames may compute before it is answered with what there is."""

    memory_mb: int = Field(2000, ge=50)
    """Memory that the runs of a process may hold; beyond it idle ones are dropped, and replayed when wanted."""
    sessions: int = Field(500, ge=1)
    """How many visitors (streams, runs over REST, checks of claims) a process has at once."""
    idle_minutes: float = Field(30.0, gt=0)
    """A stream without a message for so long is closed; the page opens another when needed."""
    message_bytes: int = Field(12_000_000, ge=1_000)
    """The largest text message on the stream, and the largest body of a POST (a visitor's own text included)."""
    upload_bytes: int = Field(48_000_000, ge=1_000)
    """The largest checkpoint on the stream."""
    frame_bytes: int = Field(16_000_000, ge=1_000)
    """A frame on the stream is sent when it has grown so large, whatever was asked for."""

    trainers: int = Field(0, ge=0, le=256)
    """Processes that train the trials of searches, started when the first search is; 0: as the cores allow."""
    dask: str = ""
    """Address of a Dask scheduler (``tcp://...``) whose workers train them instead."""
    trials_file: str = str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "descentlab" / "trials.sqlite")
    """Where finished trials are kept, so that none is trained twice; empty: in memory only."""
    trials_mb: int = Field(200, ge=1)
    """What that file may hold; the oldest trials go first."""

    @property
    def trainer_count(self) -> int:
        """How many processes train."""
        return self.trainers or max(1, _CORES // self.workers)

    @property
    def places(self) -> int:
        """How many slices run at once in a process: two at most unless said otherwise, for Python's sake."""
        return self.threads or max(1, min(2, _CORES // self.workers))

    @property
    def product_threads(self) -> int:
        """Threads of one matrix product."""
        return self.blas_threads or max(1, _CORES // (self.workers * self.places))

    @property
    def memory_bytes(self) -> int:
        """Memory that the runs of a process may hold."""
        return self.memory_mb * 1_000_000

    @property
    def websocket_bytes(self) -> int:
        """What the web server accepts at all: more than we do, so that the refusal can be a sentence."""
        return 2 * max(self.message_bytes, self.upload_bytes)


def settings_of(given: dict[str, Any]) -> Settings:
    """Return the settings of the environment with those of a command line over them.

    Raises:
        InvalidParams
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise InvalidParams(explain(error)) from None
