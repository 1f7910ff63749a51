"""Everything that a deployment may set: from the environment (``DESCENTLAB_PORT=9000``) or from flags."""

from __future__ import annotations

import os

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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

    workers: int = Field(2, ge=1, le=64)
    """How many slices of computing run at once in this process; further ones wait their turn."""
    blas_threads: int = Field(max(1, (os.cpu_count() or 2) // 2), ge=1, le=256)
    """Threads of one matrix product; workers times this should not exceed the cores."""
    slice_ms: float = Field(40.0, gt=0, le=1000)
    """Aimed length of one slice of computing; between slices others have their turn."""
    budget_ms: float = Field(500.0, gt=0, le=10_000)
    """The longest that one request for frames may compute before it is answered with what there is."""

    sessions: int = Field(500, ge=1)
    """How many streams may be open at once in this process."""
    idle_minutes: float = Field(30.0, gt=0)
    """A stream without a message for so long is closed; the page opens another when needed."""
    message_bytes: int = Field(12_000_000, ge=1_000)
    """The largest text message on the stream, and the largest body of a POST (a visitor's own text included)."""
    upload_bytes: int = Field(48_000_000, ge=1_000)
    """The largest checkpoint on the stream."""
    frame_bytes: int = Field(16_000_000, ge=1_000)
    """A frame on the stream is sent when it has grown so large, whatever was asked for."""

    @property
    def websocket_bytes(self) -> int:
        """What the web server accepts at all: more than we do, so that the refusal can be a sentence."""
        return 2 * max(self.message_bytes, self.upload_bytes)
