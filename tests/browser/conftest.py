"""A real server, a real Chromium, and pages that fail their test when anything on them goes wrong."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


class Server:
    """`descentlab` in a process of its own on a free port; it can be stopped and started again."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers."""
        command = [sys.executable, "-m", "app.cli", "--port", str(self.port), "--no-open"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with code {self._process.returncode}")
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not answer within a minute")

    def stop(self) -> None:
        """Stop it at once; open sockets break as in a crash."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@dataclass
class Watch:
    """Collects what must not happen on a page: console errors, CSP violations, failed or foreign requests."""

    home: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let faults that match a regular expression pass: a test that breaks something on purpose says so."""
        self.expected.append(pattern)

    def note(self, fault: str) -> None:
        """Keep a fault."""
        self.faults.append(fault)

    def follow(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"exception: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", lambda answer: answer.status >= 400 and self.note(f"{answer.status} {answer.url}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _is_gpu_talk(message.text):
            self.note(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, self.home.replace("http", "ws"), "blob:", "data:")):
            self.note(f"request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left the page while it loaded
            self.note(f"failed request: {request.url} ({request.failure})")

    def check(self) -> None:
        """Fail with everything that went wrong."""
        wrong = [f for f in self.faults if not any(re.search(pattern, f) for pattern in self.expected)]
        assert not wrong, "\n".join(wrong)


def _is_gpu_talk(text: str) -> bool:
    """Tell whether a console line is the software renderer's own remark on reading pixels back."""
    return "GPU stall due to ReadPixels" in text or "Automatic fallback to software WebGL" in text


class OpenPage:
    """Opens pages of one server, each watched; `context` options are Playwright's."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self._browser = browser
        self._server = server
        self._contexts: list[BrowserContext] = []
        self.watch = Watch(server.url)

    def __call__(self, path: str = "/race", **options: Any) -> Page:
        """Open a path in a new context and, for a laboratory, wait until its run is on screen."""
        options.setdefault("viewport", {"width": 1400, "height": 900})
        options.setdefault("reduced_motion", "reduce")
        context = self._browser.new_context(**options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        page = context.new_page()
        self.watch.follow(page)
        page.goto(self._server.url + path)
        if path.split("?")[0] != "/":
            running(page)
        return page

    def close(self) -> None:
        """Close every context."""
        for context in self._contexts:
            context.close()


def running(page: Page) -> None:
    """Wait until a laboratory has its run on screen and its pictures made."""
    page.wait_for_selector("html[data-lab=running][data-drawn]")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all browser tests."""
    running_server = Server()
    running_server.start()
    yield running_server
    running_server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium: Debian's where it is installed, else Playwright's own."""
    with sync_playwright() as playwright:
        path = str(CHROMIUM) if CHROMIUM.exists() else None
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[OpenPage]:
    """Open watched pages; the test fails when anything went wrong on one of them."""
    opener = OpenPage(browser, server)
    yield opener
    opener.close()
    opener.watch.check()


Opener = Callable[..., Page]
