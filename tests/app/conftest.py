"""The toy laboratory in the registry, and one server for all tests that need no settings of their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

import engine
from app.listener import Listener, Order
from tests.app.client import Page, page, serving
from tests.app.toy import GATE, Toy
from tests.timing import PATIENCE


@pytest.fixture(scope="session", autouse=True)
def toy() -> Iterator[None]:
    """Register the toy laboratory."""
    engine.experiments()["toy"] = Toy()
    yield
    del engine.experiments()["toy"]


@pytest.fixture(scope="session")
def url(toy: None) -> Iterator[str]:
    """Address of a server that cuts no request short because the machine is busy.

    Its other settings are as they come. It lives as long as all tests of this process, and gives from its
    recording what it has computed once.
    """
    with serving(budget_ms=10_000) as address:
        yield address


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    """A client of that server."""
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def toy_page(url: str) -> Iterator[Page]:
    """An open stream of the toy laboratory."""
    with page(url) as opened:
        yield opened


Together = Callable[[Page], AbstractContextManager[None]]


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Together:
    """Nothing of the toy computes before the server has heard all that a page sends in a block of this."""
    heard = threading.Semaphore(0)
    hear = Listener._text

    async def counted(listener: Listener, text: str) -> Order | None:
        try:
            return await hear(listener, text)
        finally:
            heard.release()

    @contextlib.contextmanager
    def block(opened: Page) -> Iterator[None]:
        before = opened.sent
        GATE.clear()
        with monkeypatch.context() as patched:
            patched.setattr(Listener, "_text", counted)
            try:
                yield
                for _ in range(opened.sent - before):
                    assert heard.acquire(timeout=PATIENCE)
            finally:
                GATE.set()

    return block
