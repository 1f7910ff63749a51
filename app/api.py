"""REST: the laboratories as JSON, and a run as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

import engine
from app import describe, jsonio, messages, wire
from app.assets import compressed
from app.i18n import Translator, translator
from app.pages import words_for
from app.slices import Pace, compute, travel
from app.stream import Desk
from engine.experiment import Run
from engine.message import _, say
from engine.params import InvalidParams, check


def problem_response(error: InvalidParams, words: Translator, status: int = 422) -> Response:
    """Return a refusal: ``{"problems": [{"path", "sentence", "position"}]}``."""
    return JSONResponse({"problems": jsonio.problems_json(error.problems, words)}, status)


def json_response(request: Request, content: Any) -> Response:
    """Return plain JSON, gzipped where it pays."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return compressed(request, body.encode(), "application/json")


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body of a request, refused as soon as it is known to be larger than ``limit`` bytes.

    Raises:
        TooLarge
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(
                jsonio.refused(
                    say(_("The request is too large; at most {limit:,} bytes are allowed."), limit=limit)
                ).problems
            )
        chunks.append(chunk)
    return b"".join(chunks)


class TooLarge(InvalidParams):
    """A body beyond the limit: status 413."""


def api_router(desk: Desk) -> APIRouter:
    """Return the routes under ``/api``, and ``/healthz``."""
    router = APIRouter()

    @router.get("/healthz", summary="Is the server alive?", response_model=None)
    async def healthz() -> dict[str, Any]:
        return {"status": "ok", "sessions": desk.open}

    @router.get("/api/experiments", summary="The laboratories", response_model=None)
    async def experiments(request: Request) -> Response:
        words = words_for(request)
        cards = [
            {**describe.card(one, words), "page": f"/{one.name}", "url": f"/api/experiments/{one.name}"}
            for one in engine.experiments().values()
        ]
        return json_response(request, cards)

    @router.get(
        "/api/experiments/{name}", summary="A laboratory: schema, panels, presets, claims", response_model=None
    )
    async def one_experiment(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = engine.experiment(name)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        return json_response(request, describe.experiment_json(experiment, words))

    @router.post(
        "/api/experiments/{name}/run", summary="Run a laboratory: JSON Lines, a frame a line", response_model=None
    )
    async def run(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = engine.experiment(name)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        try:
            body = await read_body(request, desk.settings.message_bytes)
            data = jsonio.parse(body, say(_("The request"))) if body.strip() else {}

            def begin() -> Run:
                return Run(experiment, check(experiment.Params, data))

            begun = await anyio.to_thread.run_sync(begin, limiter=desk.limiter)
        except TooLarge as error:
            return problem_response(error, words, 413)
        except InvalidParams as error:
            return problem_response(error, words)
        return StreamingResponse(
            _lines(begun, desk), media_type="application/jsonl", headers={"cache-control": "no-store"}
        )

    @router.post("/api/experiments/{name}/ask", summary="Ask a run a declared question", response_model=None)
    async def ask(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = engine.experiment(name)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        try:
            body = await read_body(request, desk.settings.message_bytes)
            data = jsonio.parse(body, say(_("The request")))
            inquiry = check(messages.Inquiry, data)
            asked = await anyio.to_thread.run_sync(inquiry.begin, experiment, limiter=desk.limiter)
            to = asked.simulation.total if inquiry.at is None else inquiry.at
            await travel(asked, to, Pace(desk.settings.slice_ms / 1000), desk.limiter)
            answer = await anyio.to_thread.run_sync(
                asked.ask, inquiry.question, inquiry.params, limiter=desk.limiter
            )
        except TooLarge as error:
            return problem_response(error, words, 413)
        except InvalidParams as error:
            return problem_response(error, words)
        return json_response(request, wire.plain(answer))

    return router


async def _lines(run: Run, desk: Desk) -> AsyncIterator[str]:
    """Yield the frames that `engine.run` would yield, computed in slices."""
    pace = Pace(desk.settings.slice_ms / 1000)
    yield wire.line(await anyio.to_thread.run_sync(run.first, limiter=desk.limiter))
    while not run.done:
        frame = await compute(run, pace, desk.limiter, steps=run.experiment.stride)
        yield await anyio.to_thread.run_sync(wire.line, frame, limiter=desk.limiter)


def describe_api(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document: every laboratory's run with the schema of its own parameters."""
    document: dict[str, Any] = get_openapi(title=app.title, version=app.version, routes=app.routes)
    known = engine.experiments()
    references, definitions = models_json_schema(
        [(one.Params, "validation") for one in known.values()], ref_template="#/components/schemas/{model}"
    )
    document.setdefault("components", {}).setdefault("schemas", {}).update(definitions.get("$defs", {}))
    general = document["paths"].pop("/api/experiments/{name}/run")["post"]
    english = translator("en")
    for name, one in known.items():
        document["paths"][f"/api/experiments/{name}/run"] = {
            "post": {
                "summary": f"Run {english.gettext(one.title)}: JSON Lines, a frame a line",
                "operationId": f"run_{name}",
                "requestBody": {
                    "content": {"application/json": {"schema": references[(one.Params, "validation")]}}
                },
                "responses": {
                    "200": {"description": "A frame a line", "content": {"application/jsonl": {}}},
                    "413": {"description": "The body is too large"},
                    "422": general["responses"].get(
                        "422", {"description": "Problems, each with path and sentence"}
                    ),
                },
            }
        }
    return document
