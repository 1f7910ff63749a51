"""Who may talk to the server, and what pages may do: Host, Origin and the security headers, in one middleware.

Starlette's TrustedHostMiddleware and CORSMiddleware answer without a sentence, and the latter does not see
WebSockets. A page elsewhere must neither read from a laboratory on this machine (DNS rebinding: Host) nor drive
one (cross-site WebSocket and POST: Origin).
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import choose_language, translator
from app.jsonio import problems_json
from app.settings import Settings
from engine import message
from engine.message import _, say
from engine.params import Problem

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(:[0-9]{1,5})?")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """ASGI middleware: refuses foreign Hosts (400) and Origins (403), adds security headers to every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.listens_beyond = settings.host not in LOOPBACK
        self.hosts = LOOPBACK | {settings.host.lower(), *(name.lower() for name in settings.allowed_hosts)}
        if self.listens_beyond:
            self.hosts |= {socket.gethostname().lower()}
        self.origins = {origin.rstrip("/").lower() for origin in settings.allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ", ".join(hosts)  # several are as bad as a foreign one
        if not self._knows(host):
            sentence = say(
                _(
                    "This server does not answer for the host “{host}”. Its owner can allow it with "
                    "DESCENTLAB_ALLOWED_HOSTS."
                ),
                host=host[:100],
            )
            await _refuse(scope, send, 400, sentence, headers)
            return
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = headers.get("origin")
        if unsafe and origin is not None and not self._is_own(origin, host):
            sentence = say(
                _(
                    "Pages of “{origin}” may not use this server. Its owner can allow it with "
                    "DESCENTLAB_ALLOWED_ORIGINS."
                ),
                origin=origin[:100],
            )
            await _refuse(scope, send, 403, sentence, headers)
            return

        async def send_with_headers(event: Message) -> None:
            if event["type"] == "http.response.start":
                added = MutableHeaders(scope=event)
                for name, value in security_headers(host).items():
                    added.setdefault(name, value)
            await send(event)

        await self.app(scope, receive, send_with_headers)

    def _knows(self, host: str) -> bool:
        name = _host_name(host)
        return bool(name) and (name in self.hosts or (self.listens_beyond and _is_address(name)))

    def _is_own(self, origin: str, host: str) -> bool:
        lowered = origin.lower()
        return lowered in self.origins or _place(lowered) == host.lower()


def _place(origin: str) -> str:
    """Return the host and port of an origin; "" where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # a bracket that is never closed
        return ""


def _host_name(host: str) -> str:
    matched = HOST.fullmatch(host.lower())
    return (matched["address"] or matched["name"]) if matched else ""


def _is_address(name: str) -> bool:
    # An address cannot be rebound by a hostile name server, so it is as safe as the name that we know.
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def security_headers(host: str) -> Mapping[str, str]:
    """Return the headers of every answer; ``host`` is what the request called us (already checked)."""
    policy = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",  # plotly.js writes style sheets
        "img-src": "'self' data: blob:",
        "connect-src": f"'self' ws://{host} wss://{host}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }


async def _refuse(scope: Scope, send: Send, status: int, sentence: message.Message, headers: Headers) -> None:
    words = translator(choose_language(None, headers.get("accept-language")))
    body = json.dumps({"problems": problems_json([Problem("", sentence)], words)}, ensure_ascii=False).encode()
    kind = "http.response"
    if scope["type"] == "websocket":
        extensions: dict[str, Any] = scope.get("extensions") or {}
        if "websocket.http.response" not in extensions:
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    answer_headers = {
        **security_headers("localhost"),
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    raw = [(name.encode(), value.encode()) for name, value in answer_headers.items()]
    await send({"type": f"{kind}.start", "status": status, "headers": raw})
    await send({"type": f"{kind}.body", "body": body})
