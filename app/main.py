"""`create_app`: wiring only.

Several processes are ``descentlab --workers 4``. A run's whole state hangs on its socket, so any balancer in front
will do.
"""

from __future__ import annotations

import gc
import importlib.metadata
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket
from threadpoolctl import threadpool_limits

import engine
from app import joined, jsonio
from app.api import api_router, describe_api, json_response
from app.assets import PLOTLY, Assets, folder
from app.claims import claims_router
from app.desk import Desk
from app.pages import error_page, page_router, words_for
from app.rules import rules_router
from app.security import Guard
from app.settings import Settings
from app.stream import serve
from engine.message import _, say
from engine.params import refused

LOG = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application.

    Args:
        settings: None reads them from the environment.
    """
    chosen = settings or Settings()
    assets = Assets(folder("static"), joined.make)
    desk = Desk(chosen)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        leaving = threading.Event()
        warming = threading.Thread(target=_warm, args=(assets, leaving), daemon=True)
        warming.start()
        # The thread that talks to visitors waits so long for one that computes: 5 ms each time would add up.
        sys.setswitchinterval(0.001)
        try:
            with threadpool_limits(limits=chosen.product_threads, user_api="blas"):
                yield
        finally:
            leaving.set()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(desk.crew.close)
                await anyio.to_thread.run_sync(warming.join)

    # FastAPI's documentation pages load scripts from a CDN, which our policy forbids. Its openapi.json would be
    # made on the thread that talks to all visitors; ours, below, is made in another.
    app = FastAPI(
        title="Descent Lab",
        version=importlib.metadata.version("descentlab"),
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Guard, settings=chosen)
    app.include_router(api_router(desk))
    app.include_router(rules_router(desk))
    app.include_router(claims_router(assets, desk))

    @app.api_route("/static/{version}/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static(request: Request) -> Response:
        return await assets.respond(request)

    @app.websocket("/stream/{name}")
    async def stream(websocket: WebSocket, name: str) -> None:
        await serve(websocket, name, desk)

    @app.get("/openapi.json", include_in_schema=False)
    def document(request: Request) -> Response:
        return json_response(request, app.openapi())

    app.include_router(page_router(assets, desk))

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: HTTPException) -> Response:
        return await _explain(request, assets, error)

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = describe_api(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return app


def _warm(assets: Assets, leaving: threading.Event) -> None:
    """Do what the first visitor would wait for: squeeze plotly.js, join scripts, warm the laboratories.

    It ends before the server does, so that nothing is computed for a server that is gone. What cannot be warmed is
    told in the log, and is none of the others' business.
    """
    experiments = list(engine.experiments().values())  # others may register meanwhile
    pages = [joined.page("lab", {panel.kind for panel in experiment.panels}) for experiment in experiments]
    for name in (PLOTLY, "joined/shared.js", *(f"joined/{page}.js" for page in pages)):
        asset = assets.find(name)
        if asset is not None:
            asset.gzipped  # noqa: B018  # a cached property: made now
        if leaving.is_set():
            return
    for experiment in experiments:
        if leaving.is_set():
            return
        try:
            experiment.warm()
        except Exception:
            LOG.exception("laboratory %s could not be warmed", experiment.name)
    gc.collect()
    gc.freeze()  # what stays for good is not looked through again: that took 80 ms, on whatever thread


async def _explain(request: Request, assets: Assets, error: HTTPException) -> Response:
    words = words_for(request)
    if error.status_code == 404:
        sentence = say(_("There is no page at this address."))
    else:
        sentence = say(_("This address does not answer that: {reason}."), reason=str(error.detail))
    if request.url.path.startswith(("/api", "/static", "/stream")):
        problems = jsonio.problems_json(refused(sentence).problems, words)
        return JSONResponse({"problems": problems}, error.status_code, headers=error.headers)
    return error_page(request, assets, error.status_code, words.say(sentence))
