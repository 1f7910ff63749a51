"""A page's side of the stream, with a decoder written from the description and not from `app.wire`."""

from __future__ import annotations

import contextlib
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx
import numpy as np
import uvicorn
from websockets.sync.client import ClientConnection, connect

from app.serve import server_config
from app.settings import Settings
from tests.timing import PATIENCE


@dataclass
class Picture:
    """A binary message, taken apart."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def kind(self) -> str:
        return self.header["kind"]

    @property
    def step(self) -> int:
        return self.header["step"]


def decode(message: bytes) -> Picture:
    """Take a binary message apart; everything must lie where the description says."""
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length].decode("utf-8"))
    data = -(-(4 + length) // 8) * 8
    arrays = {}
    for one in header["arrays"]:
        assert one["dtype"] in {"<f8", "<f4", "<i4", "u1", "i1"}
        assert one["offset"] % 8 == 0
        count = int(np.prod(one["shape"], dtype=int))
        flat = np.frombuffer(message, one["dtype"], count, data + one["offset"])
        arrays[one["name"]] = flat.reshape(one["shape"])
    return Picture(header, arrays)


class Page:
    """A connection to the stream of a laboratory."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.sent = 0
        """How many messages this page has sent by `send`."""

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))
        self.sent += 1

    def receive(self, timeout: float = PATIENCE) -> Any:
        """Return the next message: a dict, or a `Picture`."""
        message = self.socket.recv(timeout)
        return json.loads(message) if isinstance(message, str) else decode(message)

    def until(self, kind: str) -> list[Any]:
        """Return what comes up to and with the first message of a kind ("ready", "end", "error", "frame"...)."""
        got = []
        while True:
            message = self.receive()
            got.append(message)
            if (message.kind if isinstance(message, Picture) else message["type"]) == kind:
                return got

    def start(self, epoch: int = 0, **fields: Any) -> list[Any]:
        """Start a run and return the answers up to frame 0."""
        self.send(type="start", epoch=epoch, **fields)
        return self.until("frame")

    def error(self) -> dict[str, Any]:
        """Return the next message, which must be an error with a sentence."""
        message = self.receive()
        assert message["type"] == "error", message
        assert all(problem["sentence"] for problem in message["problems"])
        return message

    def frames_to_end(self) -> list[Picture]:
        """Pull until the run ends."""
        frames = []
        while True:
            self.send(type="advance", steps=37)
            message = self.receive()
            if isinstance(message, Picture):
                frames.append(message)
            if not isinstance(message, Picture) or message.header["final"]:
                return frames


@contextlib.contextmanager
def page(url: str, lab: str = "toy", **options: Any) -> Iterator[Page]:
    """Open a laboratory's stream."""
    address = url.replace("http", "ws", 1) + f"/stream/{lab}"
    always = {"compression": None, "max_size": None, "proxy": None, "ping_interval": None}  # whoever is slow stays
    with connect(address, open_timeout=PATIENCE, **always, **options) as socket:
        yield Page(socket)


def wait_for(condition: Callable[[], object]) -> None:
    """Return once something is so; fail where it never is."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def wait_for_nobody(url: str) -> None:
    """Return once a server has no stream open."""
    wait_for(lambda: httpx.get(f"{url}/healthz", timeout=PATIENCE).json()["sessions"] == 0)


@contextlib.contextmanager
def serving(warm: bool = False, **settings: Any) -> Iterator[str]:
    """Run a server as the command line does, but without pings, on a free port in a thread; give its address.

    Args:
        warm: let it also do at once, in a thread, what its first visitors would wait for.
    """
    server = uvicorn.Server(server_config(Settings(port=0, **settings)))
    server.config.port = 0
    server.config.ws_ping_interval = None
    thread = threading.Thread(target=server.run)
    with contextlib.nullcontext() if warm else patch("app.main._warm", lambda assets, leaving: None):
        thread.start()
        wait_for(lambda: server.started or not thread.is_alive())
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
