"""The toy laboratory in the registry, and one server for all tests that need no settings of their own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import engine
from tests.app.client import Page, page, serving
from tests.app.toy import Toy


@pytest.fixture(scope="session", autouse=True)
def toy() -> Iterator[None]:
    """Register the toy laboratory."""
    engine.experiments()["toy"] = Toy()
    yield
    del engine.experiments()["toy"]


@pytest.fixture(scope="session")
def url(toy: None) -> Iterator[str]:
    """Address of a server with settings as they come."""
    with serving() as address:
        yield address


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    """A client of that server."""
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def toy_page(url: str) -> Iterator[Page]:
    """An open stream of the toy laboratory."""
    with page(url) as opened:
        yield opened
