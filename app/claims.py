"""Claims by REST and as a page: all with their recorded verdicts, the walks, and a check here and now."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

import engine
from app import describe, verdicts
from app.api import json_response, problem_response, status_of
from app.assets import Assets
from app.desk import Desk, Full
from app.i18n import SOURCE_LANGUAGE, Translator
from app.pages import render, words_for
from app.turns import Seat
from engine.claim import IN_ALL, Claim
from engine.experiment import Experiment
from engine.message import _, say
from engine.params import InvalidParams, refused
from engine.walks import WALKS

HOLDS = {"yes": _("Holds."), "half": _("Half true."), "no": _("Does not hold.")}


def claims_router(assets: Assets, desk: Desk) -> APIRouter:
    """Return the routes of claims: under ``/api``, and the page ``/claims``."""
    router = APIRouter()
    known = verdicts.Verdicts(desk)

    @router.get("/api/claims", summary="All claims, with recorded verdicts", response_model=None)
    async def every_claim(request: Request) -> Response:
        words = words_for(request)
        return json_response(request, await desk.turns.call(Seat(), partial(claims_json, words)))

    @router.get("/api/walks", summary="The walks through the notes", response_model=None)
    async def walks(request: Request) -> Response:
        words = words_for(request)
        return json_response(request, [describe.walk(one, words) for one in WALKS])

    @router.get("/api/experiments/{name}/claims/{claim_id}", summary="The verdict on a claim", response_model=None)
    async def claim_verdict(request: Request, name: str, claim_id: str) -> Response:
        words = words_for(request)
        try:
            experiment = engine.experiment(name)
            claim = _find_claim(experiment, claim_id)
        except InvalidParams as error:
            return problem_response(error, words, 404)
        try:
            verdict = await known.verdict(claim, experiment)
        except Full as error:
            return problem_response(error, words, status_of(error))
        return json_response(
            request,
            {"id": claim.id, "statement": words.gettext(claim.statement), **verdicts.verdict_json(verdict, words)},
        )

    def page(request: Request) -> Response:
        words = words_for(request)
        rows = claims_json(words)
        labs = [
            {**describe.card(one, words), "rows": [row for row in rows if row["laboratory"] == one.name]}
            for one in engine.experiments().values()
            if one.claims
        ]
        counted = say(
            _(
                "{count} of {all} claims can be checked here; most come from the lecture notes, "
                "the others are marked."
            ),
            count=len(rows),
            all=IN_ALL,
        )
        return render(
            request,
            assets,
            "claims.html",
            boot={"language": words.language, "messages": words.page_messages()},
            labs=labs,
            walks=[describe.walk(one, words) for one in WALKS],
            counted=words.say(counted),
            words={name: words.gettext(word) for name, word in HOLDS.items()},
        )

    @router.api_route("/claims", methods=["GET", "HEAD"], include_in_schema=False)
    async def get_page(request: Request) -> Response:
        return await desk.turns.call(Seat(), partial(page, request))

    return router


def claims_json(words: Translator) -> list[dict[str, Any]]:
    """Return every claim: id, laboratory, sentence, page, and its recorded verdict (None where there is none)."""
    recorded = verdicts.recorded()
    language = "" if words.language == SOURCE_LANGUAGE else f"&lang={words.language}"
    return [
        {
            "id": claim.id,
            "laboratory": laboratory.name,
            "statement": words.gettext(claim.statement),
            "where": words.gettext(claim.where) if claim.where else "",
            "ours": claim.ours,
            "by_construction": claim.by_construction,
            "page": f"/{laboratory.name}?claim={claim.id}{language}",
            "verdict": verdicts.verdict_json(recorded[claim.id], words) if claim.id in recorded else None,
        }
        for laboratory, claim in engine.claims().values()
    ]


def _find_claim(experiment: Experiment, claim_id: str) -> Claim:
    for claim in experiment.claims:
        if claim.id == claim_id:
            return claim
    sentence = say(_("The laboratory “{name}” has no claim “{id}”."), name=experiment.name, id=claim_id[:40])
    raise refused(sentence)
