"""Whatever a header, address, body, message or checkpoint holds: an answer below 500, and the server lives."""

from __future__ import annotations

import contextlib
import json
import random
import socket
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.app.client import page, serving
from tests.fuzz.params import WRONG

Cases = Callable[[int], Iterator[random.Random]]
HEADERS = (
    "Host",
    "Origin",
    "Accept-Language",
    "Accept-Encoding",
    "Content-Type",
    "Content-Length",
    "Cookie",
    "Range",
)
PATHS = (
    "/",
    "/race",
    "/claims",
    "/healthz",
    "/api/experiments",
    "/api/experiments/race",
    "/static/x/y.js",
    "/api/experiments/race/run",
    "/api/experiments/depth/ask",
    "/race?state=",
    "/stream/race",
    "/openapi.json",
)
PIECES = (
    "http://[",
    "[::1",
    "]",
    "%",
    "%00",
    "%ff",
    "ko;q=",
    "x" * 3000,
    "ü",
    "\t",
    ",",
    ";",
    "=",
    "null",
    "../",
    "{",
    '{"params":',
    "[" * 50,
    "-1",
    "1e999",
    "gzip;q=x",
    "*",
    "0",
    "\x7f",
    "//",
    "?lang=",
    "a:b@",
    ":99999",
    "NaN",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of its own."""
    with serving() as url:
        yield url


def noise(rng: random.Random) -> str:
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 4)))


def ask(url: str, text: str) -> int:
    """Send raw bytes as a request; return the status of the answer, 0 where the connection was closed."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text.encode("utf-8", "surrogateescape"))
        with contextlib.suppress(ConnectionError, TimeoutError):
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(20)
            return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0
    return 0


def test_no_request_is_answered_with_a_fault(address: str, cases: Cases) -> None:
    for rng in cases(150):
        method = rng.choice(["GET", "POST", "HEAD", "OPTIONS", "PUT", "X"])
        lines = [f"{method} {rng.choice(PATHS)}{noise(rng).replace(chr(9), '')} HTTP/1.1"]
        headers = {"Host": address.removeprefix("http://")}
        headers |= {rng.choice(HEADERS): noise(rng) for _ in range(rng.randint(0, 3))}
        body = noise(rng) if method in {"POST", "PUT"} else ""
        headers.setdefault("Content-Length", str(len(body.encode())))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        text = "\r\n".join([*lines, "", body])
        assert ask(address, text) < 500, text
    assert ask(address, f"GET /healthz HTTP/1.1\r\nHost: {address.removeprefix('http://')}\r\n\r\n") == 200


def spoiled(rng: random.Random) -> dict[str, object]:
    """Return a message in which something is wrong, or everything."""
    kind = rng.choice(["start", "advance", "set", "rewind", "ask", "upload", "dance"])
    message: dict[str, object] = {"type": kind, "epoch": rng.randrange(1000)}
    for name in rng.sample(
        ["params", "changes", "step", "steps", "budget_ms", "id", "question", "at", "advance"], 3
    ):
        message[name] = rng.choice([*WRONG[:9], [[0, {"rate": 0.1}]], {"steps": 3}, {"seed": 1}, 5, "checkpoint"])
    return message


@pytest.mark.parametrize("name", ["race", "charrnn"])
def test_no_message_ends_a_stream(address: str, name: str, cases: Cases) -> None:
    epoch = 10_000
    generators = list(cases(60))
    for i in range(0, len(generators), 20):
        with page(address, name) as opened:
            for rng in generators[i : i + 20]:
                if rng.random() < 0.2:
                    opened.send(type="upload", epoch=epoch)
                    opened.socket.send(rng.randbytes(rng.randrange(300)))
                    epoch += 1
                else:
                    opened.socket.send(json.dumps(spoiled(rng)))
            opened.send(type="start", epoch=(epoch := epoch + 1), params={"steps": 3, "seed": 1})
            with contextlib.suppress(ConnectionClosed):
                while True:
                    answer = opened.receive(60)
                    if isinstance(answer, dict):
                        told = " ".join(one["sentence"] for one in answer.get("problems", ()))
                        assert "fault of ours" not in told
                        if answer["type"] == "ready" and answer["epoch"] == epoch:
                            break
            assert answer["type"] == "ready"
