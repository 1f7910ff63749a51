"""Serving: in this process, or in several that share the port."""

from __future__ import annotations

import errno
import functools
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.i18n import Translator
from app.main import create_app
from app.settings import Settings
from engine.message import Message, _, say

FAILED = 1
SHARES_PORTS = sys.platform == "linux"
"""The kernel deals visitors out evenly among the sockets of one port. Elsewhere all processes share one socket."""


def serve(settings: Settings, words: Translator, browser: bool) -> int:
    """Serve until told to stop; return the exit code (0 well, 1 could not).

    Args:
        browser: open one where there is a desktop.
    """
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        print(words.say(_why_not(settings.host, settings.port, error)), file=sys.stderr)
        return FAILED
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{shown}:{port}/"

    def ready() -> None:
        print(words.say(say(_("Descent Lab is at {url} (Ctrl+C stops it)"), url=url)), flush=True)
        if browser and has_desktop():
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    if settings.workers == 1:
        _Server(server_config(settings), ready).run(sockets=[listener])
    else:
        if SHARES_PORTS:
            listener.close()
            listener = _PortOfAll(listener.family, (host, port))
        _Servers(server_config(settings), [listener], ready).run()
    return 0


def server_config(settings: Settings) -> uvicorn.Config:
    """Return how the web server runs: quiet, and its WebSockets without compression (our arrays do not shrink)."""
    return uvicorn.Config(
        functools.partial(create_app, settings),
        factory=True,
        workers=settings.workers,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=settings.websocket_bytes,
        timeout_graceful_shutdown=2,
    )


class _Server(uvicorn.Server):
    """Says that it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._ready()


class _Servers(Multiprocess):
    """Several processes; a dead one is replaced. Says that they answer."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._ready = ready

    def init_processes(self) -> None:
        """Start them, and say so once all answer, however slow the machine is; a signal is obeyed meanwhile."""
        super().init_processes()
        while not self.should_exit.is_set() and all(one.process.is_alive() for one in self.processes):
            if all(one.wait_until_ready(1, self.should_exit) for one in self.processes):
                self._ready()
                return
            self.handle_signals()


class _PortOfAll(socket.socket):
    """An address that is taken but not listened at: each process that is handed it opens its own socket there."""

    def __init__(self, family: int, address: tuple[Any, ...]) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.bind(address)

    def __reduce__(self) -> tuple[Any, ...]:
        return _listen_too, (self.family, self.getsockname())


def _listen_too(family: int, address: tuple[Any, ...]) -> socket.socket:
    own = _PortOfAll(family, address)
    own.listen(512)
    return own


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _why_not(host: str, port: int, error: OSError) -> Message:
    if error.errno == errno.EADDRINUSE:
        return say(
            _("Port {port} is taken: perhaps Descent Lab is already running. Choose another with --port {next}."),
            port=port,
            next=port + 1,
        )
    if error.errno == errno.EACCES:
        sentence = _("Port {port} may not be used by this account. Choose one above 1023 with --port 8000.")
        return say(sentence, port=port)
    reason = error.strerror or str(error)
    return say(_("Cannot listen on {host}:{port}: {reason}."), host=host, port=port, reason=reason)


def has_desktop() -> bool:
    """True when a browser can be opened for the person who typed the command."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
