"""Who may talk to the server and what its pages may do."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.app.client import serving
from tests.timing import PATIENCE

ADDRESSES = [
    "/",
    "/race",
    "/nope",
    "/race?state=%7B",
    "/api/experiments",
    "/openapi.json",
    "/healthz",
    "/static/x/favicon.svg",
    "/static/x/none.js",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_the_policy(http: httpx.Client, url: str, address: str) -> None:
    headers = http.get(address).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == "'self'"
    assert policy["connect-src"] == f"'self' ws://{url[7:]} wss://{url[7:]}"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.7",
        "",
        "]",
        "a b",
        "localhost@evil.example:80",
    ],
)
def test_foreign_host_is_refused_with_a_sentence(http: httpx.Client, host: str) -> None:
    response = http.get("/", headers={"Host": host})
    assert response.status_code == 400
    if response.headers["content-type"] == "application/json":  # else refused by the web server itself
        assert "does not answer for the host" in response.json()["problems"][0]["sentence"]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "LOCALHOST", "[::1]:8000"])
def test_names_of_this_machine_are_admitted(http: httpx.Client, host: str) -> None:
    assert http.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "", "file://", "http://["]
)
def test_foreign_origin_may_not_post(http: httpx.Client, origin: str) -> None:
    response = http.post("/api/experiments/toy/run", json={}, headers={"Origin": origin})
    assert response.status_code == 403
    assert "may not use this server" in response.json()["problems"][0]["sentence"]


def test_own_origin_and_programs_may_post(http: httpx.Client, url: str) -> None:
    assert http.post("/api/experiments/toy/run", json={}, headers={"Origin": url}).status_code == 200
    assert http.post("/api/experiments/toy/run", json={}).status_code == 200


@pytest.fixture(scope="module")
def named() -> Iterator[httpx.Client]:
    """A client of a server that listens beyond this machine and goes by a name."""
    with (
        serving(
            host="0.0.0.0", allowed_hosts=["lab.example.org"], allowed_origins=["https://front.example.org"]
        ) as address,
        httpx.Client(base_url=address, timeout=PATIENCE) as client,
    ):
        yield client


def test_configured_hosts_and_addresses_are_admitted(named: httpx.Client) -> None:
    for host in ("lab.example.org", "LAB.example.org:8000", "192.168.1.5:8000", "[fe80::1]:8000", "127.0.0.1"):
        assert named.get("/healthz", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "192.168.1.5.evil.example"):
        assert named.get("/healthz", headers={"Host": host}).status_code == 400


def test_configured_origin_may_post(named: httpx.Client) -> None:
    address = "/api/experiments/toy/run"
    assert named.post(address, headers={"Origin": "https://front.example.org"}).status_code == 200
    assert named.post(address, headers={"Origin": "https://other.example.org"}).status_code == 403


def test_page_behind_a_proxy_with_tls_is_its_own_origin(named: httpx.Client) -> None:
    headers = {"Host": "lab.example.org", "Origin": "https://lab.example.org"}
    assert named.post("/api/experiments/toy/run", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "..%2f..%2fpyproject.toml",
        "%2e%2e/app/main.py",
        "js/../../app/main.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "js",
        "js/",
    ],
)
def test_static_gives_out_nothing_else(http: httpx.Client, path: str) -> None:
    assert http.get(f"/static/x/{path}", follow_redirects=True).status_code == 404
