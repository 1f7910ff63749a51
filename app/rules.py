"""Update rules by REST: which there are, what a typed one says, and each as a program."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import jsonio
from app.api import json_response, problem_response, read_body, status_of
from app.desk import Desk, Full
from app.pages import words_for
from engine.message import _, say
from engine.optimizers.reading import read_rule, starting_points
from engine.params import InvalidParams


def rules_router(desk: Desk) -> APIRouter:
    """Return the routes under ``/api/rules``."""
    router = APIRouter()

    @router.get("/api/rules", summary="The update rules that are texts", response_model=None)
    async def known_rules(request: Request) -> Response:
        words = words_for(request)
        told = [{"rule": name, "title": words.gettext(rule.title)} for name, rule in starting_points().items()]
        return json_response(request, told)

    @router.post("/api/rules", summary="Read an update rule: equations, code, or problems", response_model=None)
    async def read_rules(request: Request) -> Response:
        words = words_for(request)
        try:
            with desk.visit() as seat:
                body = await read_body(request, desk.settings.message_bytes)
                data = jsonio.parse(body, say(_("The request")))
                try:
                    reading = await desk.turns.call(seat, lambda: read_rule(data))
                except Full:
                    raise
                except InvalidParams as error:  # what is wrong with a rule is what was asked
                    return json_response(request, {"problems": jsonio.problems_json(error.problems, words)})
        except InvalidParams as error:
            return problem_response(error, words, status_of(error))
        told = {
            "title": called if isinstance(called := reading.rule.called, str) else words.say(called),
            "rule": reading.rule.model_dump(mode="json"),
            "equations": reading.equations,
            "own": reading.own,
            "code": reading.code,
        }
        return json_response(request, told)

    return router
