"""Static files under ``/static/<version>/``: the version is a digest of all of them, so they never go stale.

A page names the present version, its files are cached for a year and the next edit makes another address.
Files are kept in memory, gzipped at level 9 the first time that they are asked for. plotly.js (4.8 MB, out of
the plotly wheel) takes 0.2 s to compress, in a thread, when the server starts: too little to keep it on disk.
Some files are made of others (`app.joined`); they are kept as long as the version holds.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

PACKAGE = Path(__file__).parent
PLOTLY = "plotly.min.js"
YEAR = 365 * 24 * 3600
MOST_MADE = 64
"""Made files that are kept at once: each sort of page has two, in all languages the same."""
COMPRESSIBLE = ("text/", "image/svg", "application/json", "application/manifest")
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
}


def folder(name: str) -> Path:
    """Return the folder of ``static`` or ``templates``: inside the package when installed, else the checkout's."""
    packaged = PACKAGE / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name


def plotly_path() -> Path:
    """Return the plotly.js that comes with the plotly wheel, without importing plotly (which takes a second)."""
    spec = importlib.util.find_spec("plotly")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("plotly is not installed")
    return Path(spec.origin).parent / "package_data" / PLOTLY


@dataclass
class Asset:
    """One file: its bytes, type, entity tag, and its gzipped bytes once someone asked for them."""

    content: bytes
    media_type: str
    etag: str
    stamp: tuple[int, int] = (0, 0)
    _gzipped: bytes | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def gzipped(self) -> bytes:
        """The content at gzip level 9, computed once; the content itself where gzip does not make it smaller."""
        with self._lock:
            if self._gzipped is None:
                squeezed = gzip.compress(self.content, 9, mtime=0) if self.compressible else self.content
                self._gzipped = min(squeezed, self.content, key=len)
            return self._gzipped

    @property
    def compressible(self) -> bool:
        """True for text."""
        return self.media_type.startswith(COMPRESSIBLE)


class Assets:
    """The static files of a process.

    Args:
        root: folder that holds them.
        make: gives the text of a file that is made of others by its name and `text`; None where it names none.
    """

    def __init__(
        self, root: Path, make: Callable[[str, Callable[[str], str | None]], str | None] | None = None
    ) -> None:
        self.root = root
        self._make = make
        self._lock = threading.Lock()
        self._files: dict[str, Asset] = {}
        self._made: dict[str, Asset] = {}
        self._version = ""

    @property
    def version(self) -> str:
        """Digest of all files. Looks at their times, so that an edit in a checkout shows at the next reload."""
        with self._lock:
            self._refresh()
            return self._version

    def find(self, name: str) -> Asset | None:
        """Return a file by its name below the folder, for example ``js/lab.js``, or None."""
        with self._lock:
            if not self._files:
                self._refresh()
            found = self._files.get(name) or self._made.get(name)
            version = self._version
        if found is not None or self._make is None:
            return found
        text = self._make(name, self.text)
        if text is None:
            return None
        made = _asset(name, text.encode())
        with self._lock:
            if self._version == version:
                if len(self._made) >= MOST_MADE:
                    self._made.clear()
                self._made[name] = made
        return made

    def text(self, name: str) -> str | None:
        """Return a text file of the folder by its name, or None."""
        with self._lock:
            found = self._files.get(name)
        return None if found is None else found.content.decode()

    def _refresh(self) -> None:
        paths = {path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*") if path.is_file()}
        paths[PLOTLY] = plotly_path()
        changed = self._files.keys() != paths.keys()
        for name, path in paths.items():
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._files.get(name)
            if known is None or known.stamp != stamp:
                self._files[name] = _asset(name, path.read_bytes(), stamp)
                changed = True
        for name in self._files.keys() - paths.keys():
            del self._files[name]
        if changed:
            tags = "".join(f"{name} {asset.etag}\n" for name, asset in sorted(self._files.items()))
            self._version = hashlib.sha256(tags.encode()).hexdigest()[:12]
            self._made.clear()

    async def respond(self, request: Request) -> Response:
        """Answer GET ``/static/{version}/{path}``; another version's address gets the present file, uncached."""
        asset = self.find(request.path_params["path"])
        if asset is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        current = request.path_params["version"] == self._version
        headers = {
            "cache-control": f"public, max-age={YEAR}, immutable" if current else "no-cache",
            "etag": asset.etag,
            "vary": "accept-encoding",
        }
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = asset.content
        if asset.compressible and accepts_gzip(request):
            content = await anyio.to_thread.run_sync(lambda: asset.gzipped)
            if content is not asset.content:  # a file of a line or two grows
                headers["content-encoding"] = "gzip"
        return Response(content, headers=headers, media_type=asset.media_type)


def _asset(name: str, content: bytes, stamp: tuple[int, int] = (0, 0)) -> Asset:
    suffix = PurePosixPath(name).suffix
    media_type = MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:20]}"', stamp)


def accepts_gzip(request: Request) -> bool:
    """True when the client takes gzip."""
    codings = [part.strip() for part in request.headers.get("accept-encoding", "").lower().split(",")]
    return any(coding.startswith(("gzip", "*")) and "q=0" not in coding.replace("q=0.", "") for coding in codings)


def compressed(request: Request, content: bytes, media_type: str, status: int = 200) -> Response:
    """Return a response that is made afresh for each request (a page, a JSON answer), gzipped where it pays."""
    headers = {"vary": "accept-encoding, accept-language", "cache-control": "no-cache"}
    if len(content) > 500 and accepts_gzip(request):
        content = gzip.compress(content, 6, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(content, status, headers, media_type)
