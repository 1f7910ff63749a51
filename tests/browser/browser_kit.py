"""A real server, a real Chromium, and pages that fail their test when anything on them goes wrong."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
PHONE: ViewportSize = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--process-per-site",  # pages of one visitor after the other share a process, and what it has compiled
    "--disable-gpu-compositing",  # the emulated GPU is for WebGL; putting the page together is quicker without
]


class Server:
    """`descentlab` in a process of its own on a free port; it can be stopped and started again.

    Args:
        root: of the project that it serves.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers."""
        command = [sys.executable, "-m", "app.cli", "--port", str(self.port), "--no-browser"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(self._root)}
        self._process = subprocess.Popen(command, cwd=self._root, env=environment)
        deadline = time.monotonic() + 300  # a busy machine is slow, not wrong
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with code {self._process.returncode}")
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not answer within five minutes")

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
    over: bool = False
    """The test is over: what its pages say while they are closed (a socket was just opening) is no fault."""

    def expect(self, pattern: str) -> None:
        """Let faults that match a regular expression pass: for what a test breaks on purpose."""
        self.expected.append(pattern)

    def note(self, fault: str) -> None:
        """Keep a fault."""
        if not self.over:
            self.faults.append(fault)

    def follow(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"exception: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._answer)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _is_gpu_talk(message.text):
            self.note(f"console {message.type}: {message.text}")

    def _answer(self, answer: Response) -> None:
        if answer.status >= 400:
            self.note(f"{answer.status} {answer.url}")

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
    """Tell whether a console line is Chromium's remark on how WebGL and canvases read pixels back."""
    remarks = ("GPU stall due to ReadPixels", "Automatic fallback to software WebGL", "willReadFrequently")
    return any(remark in text for remark in remarks)


class Visitors:
    """Browser contexts, lent to one test after the other.

    One that comes back has forgotten all but the files that it was served: the next page need not fetch and
    compile them again. A page without any script stays open in each context, so that its process stays.
    """

    def __init__(self, browser: Browser, home: str) -> None:
        self._browser = browser
        self._home = home
        self._idle: dict[str, list[BrowserContext]] = {}
        self._lent: list[tuple[str, BrowserContext]] = []
        self._staying: dict[BrowserContext, Page] = {}

    def lend(self, **options: Any) -> BrowserContext:
        """Return a context with these options of Playwright's that nobody else has."""
        key = json.dumps(options, sort_keys=True)
        idle = self._idle.setdefault(key, [])
        context = idle.pop() if idle else self._new(options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(60_000)
        self._lent.append((key, context))
        return context

    def _new(self, options: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(**options)
        self._staying[context] = context.new_page()
        self._staying[context].goto(f"{self._home}/healthz")
        return context

    def take_back(self) -> None:
        """Close the pages of every context that is lent, and forget what they have kept."""
        for key, context in self._lent:
            context.unroute_all()
            staying = self._staying[context]
            for page in context.pages:
                if page != staying:
                    page.close()
            session = context.new_cdp_session(staying)
            session.send("Storage.clearDataForOrigin", {"origin": self._home, "storageTypes": KEPT})
            session.detach()
            context.clear_cookies()
            self._idle[key].append(context)
        self._lent.clear()


KEPT = "local_storage,indexeddb,cache_storage,service_workers"


class OpenPage:
    """Opens pages of one server, each watched; options are those of Playwright's contexts."""

    def __init__(self, visitors: Visitors, server: Server) -> None:
        self._visitors = visitors
        self._server = server
        self._pages: list[Page] = []
        self.watch = Watch(server.url)

    def __call__(self, path: str = "/race", laboratory: bool = True, **options: Any) -> Page:
        """Open a path as a new visitor and, for a laboratory, wait until its run is on screen."""
        options.setdefault("viewport", {"width": 1400, "height": 900})
        options.setdefault("reduced_motion", "reduce")
        page = self._visitors.lend(**options).new_page()
        self._pages.append(page)
        self.watch.follow(page)
        page.goto(self._server.url + path)
        if laboratory and path.split("?", maxsplit=1)[0] != "/":
            running(page)
        return page

    def close(self) -> None:
        """Let what is on its way arrive, then let every visitor go."""
        for page in self._pages:
            if not page.is_closed():
                page.wait_for_timeout(50)
        self.watch.over = True
        self._visitors.take_back()


def running(page: Page) -> None:
    """Wait until a laboratory has its run on screen and its pictures made."""
    page.wait_for_selector("html[data-lab=running][data-drawn]")


def until(page: Page, condition: str, arg: Any = None, seconds: float = 60) -> None:
    """Wait until a condition is true on the page (whose policy forbids Playwright's own way of waiting).

    Args:
        condition: an expression, or a function of ``arg``. seconds: after which it is given up.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition, arg):
        assert time.monotonic() < deadline, f"never true: {condition}"
        page.wait_for_timeout(50)


def settled(page: Page, read: Callable[[], T]) -> T:
    """Return what is read on the page once it has stayed the same for half a second."""
    since, last = time.monotonic(), read()
    while time.monotonic() - since < 0.5:
        page.wait_for_timeout(50)
        if (now := read()) != last:
            since, last = time.monotonic(), now
    return last


def link(state: dict[str, Any], laboratory: str = "race", **query: str) -> str:
    """Return the address of a laboratory in a given state."""
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/{laboratory}?state={quote(json.dumps(state))}{more}"


def playhead(page: Page) -> tuple[int, int]:
    """Return the step that the page shows, and the run's total."""
    step, total = page.locator(".readout").inner_text().replace(",", "").split(" / ")
    return int(step), int(total)


def state(page: Page) -> dict[str, Any]:
    """Return the state in the page's address."""
    page.evaluate("dispatchEvent(new Event('leaving'))")  # writes at once what otherwise waits a moment
    found = re.search(r"[?&]state=([^&]*)", str(page.evaluate("location.href")))
    return dict(json.loads(unquote(found[1].replace("+", " ")))) if found else {}


def kept(page: Page) -> None:
    """Wait until the run has been kept in the browser's database at the step on screen."""
    until(
        page,
        """() => new Promise((resolve) => {
          const opening = indexedDB.open("descentlab");
          opening.onsuccess = () => {
            const request = opening.result.transaction("runs").objectStore("runs").getAll();
            request.onsuccess = () => {
              opening.result.close();
              const step = Number(document.documentElement.dataset.drawn);
              resolve(request.result.some(({ at, playing }) => at === step && !playing));
            };
          };
          opening.onerror = () => resolve(false);
        })""",
    )


def at_step(page: Page, step: int) -> None:
    """Wait until the pictures show a step."""
    page.wait_for_selector(f"html[data-drawn='{step}']")


def taken(page: Page, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the state in the address once it is as wanted: the server takes a change before the address does."""
    for _ in range(300):
        now = state(page)
        if wanted(now):
            break
        page.wait_for_timeout(100)
    return now
