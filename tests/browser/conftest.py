"""Fixtures of the browser tests: one server, one Chromium, watched pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_kit import CHROMIUM, FLAGS, OpenPage, Server, Visitors
from playwright.sync_api import Browser, expect, sync_playwright

from tests.timing import PATIENCE

expect.set_options(timeout=1000 * PATIENCE)


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


@pytest.fixture(scope="session")
def visitors(browser: Browser, server: Server, pytestconfig: pytest.Config) -> Visitors:
    """Contexts that tests take turns with."""
    late = pytestconfig.getoption("--late")
    return Visitors(browser, server.url, Path(__file__).parent / f"late/{late}.js" if late else None)


@pytest.fixture
def open_page(visitors: Visitors, server: Server) -> Iterator[OpenPage]:
    """Open watched pages; the test fails when anything went wrong on one of them."""
    opener = OpenPage(visitors, server)
    yield opener
    opener.close()
    opener.watch.check()
