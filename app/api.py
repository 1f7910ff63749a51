"""REST: the laboratories as JSON, and a run as JSON Lines."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

import engine
from app import describe, jsonio, messages, wire
from app.answers import last_of
from app.assets import compressed
from app.desk import Desk, Full
from app.i18n import Translator, translator
from app.pages import words_for
from app.previews import Previews
from app.track import Track
from app.turns import Seat, Work
from engine.frame import Frame
from engine.message import _, say
from engine.params import InvalidParams, check, refused
from engine.replay import Run


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
                refused(
                    say(_("The request is too large; at most {limit:,} bytes are allowed."), limit=limit)
                ).problems
            )
        chunks.append(chunk)
    return b"".join(chunks)


class TooLarge(InvalidParams):
    """A body beyond the limit."""


def status_of(error: InvalidParams) -> int:
    """Return what a refusal is in HTTP."""
    return {TooLarge: 413, Full: 503}.get(type(error), 422)


def api_router(desk: Desk) -> APIRouter:
    """Return the routes under ``/api``, and ``/healthz``."""
    router = APIRouter()
    _add_previews(router, Previews(desk.turns))

    @router.get("/healthz", summary="Is the server alive?", response_model=None)
    async def healthz() -> dict[str, Any]:
        return {
            "status": "ok",
            "process": os.getpid(),
            "sessions": desk.open,
            "held_mb": desk.ledger.held // 10**6,
        }

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

        def told() -> Response:
            return json_response(request, describe.experiment_json(experiment, words))

        return await desk.turns.call(Seat(), told)

    @router.post(
        "/api/experiments/{name}/run", summary="Run a laboratory: JSON Lines, a frame a line", response_model=None
    )
    async def run(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = desk.experiment(name)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        visit = contextlib.ExitStack()
        try:
            seat = visit.enter_context(desk.visit())
            body = await read_body(request, desk.settings.message_bytes)

            def read() -> Run:
                data = jsonio.parse(body, say(_("The request"))) if body.strip() else {}
                return Run(experiment, check(experiment.Params, data))

            track = visit.enter_context(desk.private(await desk.turns.call(seat, read)))
        except InvalidParams as error:
            visit.close()
            return problem_response(error, words, status_of(error))
        except BaseException:
            visit.close()
            raise
        return Visit(visit, _lines(desk, seat, track, words))

    @router.post("/api/experiments/{name}/ask", summary="Ask a run a declared question", response_model=None)
    async def ask(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = desk.experiment(name)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        try:
            with desk.visit() as seat:
                body = await read_body(request, desk.settings.message_bytes)

                def read() -> tuple[messages.Inquiry, Run]:
                    inquiry = check(messages.Inquiry, jsonio.parse(body, say(_("The request"))))
                    return inquiry, inquiry.begin(experiment)

                inquiry, begun = await desk.turns.call(seat, read)
                with desk.private(begun) as track:

                    def answer() -> Work[Frame]:
                        yield from track.begin()
                        yield from track.travel(track.total if inquiry.at is None else inquiry.at)
                        yield
                        return (
                            yield from last_of(
                                experiment.answers(begun.simulation, inquiry.question, inquiry.params)
                            )
                        )

                    frame = await desk.turns.run(seat, answer())
                    return json_response(
                        request, await desk.turns.call(seat, functools.partial(wire.plain, frame, words.say))
                    )
        except InvalidParams as error:
            return problem_response(error, words, status_of(error))

    return router


def _add_previews(router: APIRouter, previews: Previews) -> None:
    @router.get("/api/experiments/{name}/preview", summary="The recorded preview (binary)", response_model=None)
    async def preview(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = engine.experiment(name)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        return await previews.respond(request, experiment, words)


class Visit(StreamingResponse):
    """JSON Lines, at whose end, however it comes, the visitor's place and memory are free again."""

    media_type = "application/jsonl"

    def __init__(self, visit: contextlib.ExitStack, lines: AsyncIterator[str]) -> None:
        super().__init__(lines, headers={"cache-control": "no-store"})
        self._visit = visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines."""
        with self._visit:
            await super().__call__(scope, receive, send)


async def _lines(desk: Desk, seat: Seat, track: Track, words: Translator) -> AsyncIterator[str]:
    """Yield the frames that `engine.run` would yield, computed in turns."""
    async for frame in desk.frames(seat, track, track.run.experiment.stride):
        yield await desk.turns.call(seat, functools.partial(wire.line, frame, words.say))


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
