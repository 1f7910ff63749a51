"""A real server, a real Chromium, and pages that fail their test when anything on them goes wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
)

from tests.address import address_of
from tests.timing import PATIENCE

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
SCREEN: ViewportSize = {"width": 1400, "height": 900}
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
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        """Any that is free, until it has started; then the one that it had."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return when it answers."""
        command = [sys.executable, "-m", "app.cli", "--port", str(self.port), "--no-browser"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(self._root)}
        self._process = subprocess.Popen(
            command, cwd=self._root, env=environment, stdout=subprocess.PIPE, text=True
        )
        self.port = int(address_of(self._process).rpartition(":")[2])

    @property
    def pid(self) -> int:
        """Number of the process, 0 where none runs."""
        return self._process.pid if self._process else 0

    def stop(self) -> None:
        """Stop it at once; open sockets break as in a crash."""
        if self._process:
            self._process.kill()
            self._process.communicate()
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
        """Fail with everything that went wrong since the last time."""
        wrong = [f for f in self.faults if not any(re.search(pattern, f) for pattern in self.expected)]
        self.faults, self.expected = [], []
        assert not wrong, "\n".join(wrong)


def _is_gpu_talk(text: str) -> bool:
    """Tell whether a console line is Chromium's remark on how WebGL and canvases read pixels back."""
    remarks = ("GPU stall due to ReadPixels", "Automatic fallback to software WebGL", "willReadFrequently")
    return any(remark in text for remark in remarks)


class Visitors:
    """Browser contexts, lent to one test after the other.

    One that comes back has forgotten all but the files that it was served: the next page need not fetch and
    compile them again. A page without any script stays open in each context, so that its process stays.

    Args:
        home: address of the server. late: a script that runs on every page before its own.
    """

    def __init__(self, browser: Browser, home: str, late: Path | None = None) -> None:
        self._browser = browser
        self._home = home
        self._late = late
        self._idle: list[BrowserContext] = []
        self._lent: list[BrowserContext] = []
        self._staying: dict[BrowserContext, Page] = {}

    def lend(self) -> BrowserContext:
        """Return a context that nobody else has."""
        context = self._idle.pop() if self._idle else self._new()
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(1000 * PATIENCE)
        self._lent.append(context)
        return context

    def _new(self) -> BrowserContext:
        context = self._browser.new_context(viewport=SCREEN, reduced_motion="reduce")
        if self._late:
            context.add_init_script(path=self._late)
        self._staying[context] = context.new_page()
        self._staying[context].goto(f"{self._home}/healthz")
        return context

    def take_back(self) -> None:
        """Close the pages of every context that is lent, and forget what they have kept."""
        while self._lent:  # whoever was lent first is lent first again
            context = self._lent.pop()
            context.unroute_all()
            staying = self._staying[context]
            for page in context.pages:
                if page != staying:
                    page.close()
            session = context.new_cdp_session(staying)
            session.send("Storage.clearDataForOrigin", {"origin": self._home, "storageTypes": KEPT})
            session.detach()
            context.clear_cookies()
            self._idle.append(context)


KEPT = "local_storage,indexeddb,cache_storage,service_workers"


class OpenPage:
    """Opens pages of one server, each watched."""

    def __init__(self, visitors: Visitors, server: Server) -> None:
        self._visitors = visitors
        self._server = server
        self._pages: list[Page] = []
        self.watch = Watch(server.url)

    def __call__(
        self,
        path: str = "/race",
        laboratory: bool = True,
        *,
        viewport: ViewportSize = SCREEN,
        has_touch: bool = False,
        java_script_enabled: bool = True,
        **media: Any,
    ) -> Page:
        """Open a path as a new visitor and, for a laboratory, wait until its run is on screen.

        Args:
            media: what Playwright's ``emulate_media`` takes; motion is reduced where nothing is said.
        """
        context = self._visitors.lend()
        page = context.new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(**media)
        if has_touch or not java_script_enabled:  # as Playwright does it for a whole context
            session = context.new_cdp_session(page)
            session.send("Emulation.setTouchEmulationEnabled", {"enabled": has_touch})
            session.send("Emulation.setScriptExecutionDisabled", {"value": not java_script_enabled})
        self._pages.append(page)
        self.watch.follow(page)
        page.goto(self._server.url + path)
        if laboratory and path.split("?", maxsplit=1)[0] != "/":
            running(page)
        return page

    def another(self, page: Page, address: str) -> Page:
        """Close a visitor's page, forget the visitor, and open an address of that page's as another."""
        path = address.removeprefix(str(page.evaluate("location.origin")))
        self.close()
        self.watch.over = False
        return self(path)

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


def once(page: Page, read: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Return what is read on the page once it is as wanted; fail with what it was last."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(now := read()):
        assert time.monotonic() < deadline, f"never as wanted: {now}"
        page.wait_for_timeout(50)
    return now


def until(page: Page, condition: str | Callable[[], bool], arg: Any = None) -> None:
    """Wait until a condition is true on the page (whose policy forbids Playwright's own way of waiting).

    Args:
        condition: an expression, or a function of ``arg``; or a function of ours that reads the page.
    """
    once(page, lambda: page.evaluate(condition, arg) if isinstance(condition, str) else condition(), bool)


def until_none(page: Page, read: Callable[[], list[T]]) -> None:
    """Wait until a list that is read on the page is empty; fail with what stays in it."""
    once(page, read, lambda found: not found)


def violations(page: Page, where: dict[str, Any] | None = None, how: dict[str, Any] | None = None) -> list[str]:
    """Return what axe, an accessibility checker, finds, of whatever impact.

    Args:
        where: a part of the page, as axe takes it. how: axe's options.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "async ([where, how]) => (await axe.run(where ?? document, how)).violations",
        [where, {"resultTypes": ["violations"], **(how or {})}],
    )
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for violation in found
        for node in violation["nodes"]
    ]


RESTS = """async (element) => {
  const place = () => JSON.stringify(element.getBoundingClientRect());
  for (let frame = 0, same = 0, before = ""; frame < 600 && same < 4; frame += 1) {
    await new Promise(requestAnimationFrame);
    same = place() === before ? same + 1 : 0;
    before = place();
  }
}"""


def box_of(locator: Locator) -> FloatRect:
    """Return where an element is, once it is seen and has rested there for some frames of the screen."""
    expect(locator).to_be_visible()
    locator.evaluate(RESTS)
    found = locator.bounding_box()
    assert found
    return found


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
    return once(page, lambda: state(page), wanted)
