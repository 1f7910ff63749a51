"""The HTML pages: the gallery at ``/``, a laboratory at ``/{lab}``, and the page for what does not exist.

What templates get: ``language``, ``languages`` [(code, own name)], ``static`` ("/static/<version>"), ``boot``
(plain data, written into the page as JSON by `tojson`, which escapes ``</script>``), ``math`` (LaTeX -> MathML);
gallery.html: ``chapters`` [(title, [{name, title, summary, preview, claims, presets}])]; lab.html: ``lab``
{name, title, summary}, ``reference`` (rows of title and LaTeX), ``plotly`` (whether a panel draws with it);
error.html: ``status``, ``sentence``. All of them: ``page``, the name of the page's joined files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from functools import cache, lru_cache, partial
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from latex2mathml.converter import convert
from markupsafe import Markup
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import engine
from app import describe, joined, jsonio
from app.assets import Assets, compressed, folder
from app.desk import Desk
from app.i18n import LANGUAGES, Translator, choose_language, translator
from app.previews import preview_json
from app.turns import Seat
from engine.claim import IN_ALL
from engine.experiment import Experiment
from engine.message import _, say
from engine.params import InvalidParams, Params, Problem, check, refused
from engine.walks import WALKS

STATE_LIMIT = 20_000


class PageState(Params):
    """What a page's address says under ``state``: the run and how it is looked at."""

    params: dict[str, Any] = Field({})
    changes: list[tuple[int, dict[str, Any]]] = Field([], max_length=500)
    view: dict[str, Any] = Field({})
    step: int = Field(0, ge=0)


@cache
def environment(language: str) -> Environment:
    """Return the templates in one language."""
    words = translator(language)
    made = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
    # newstyle gettext would read every "%" in a sentence as a placeholder.
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=False)  # type: ignore[attr-defined]  # of the extension
    made.globals["math"] = math
    made.globals["languages"] = list(LANGUAGES.items())
    return made


@lru_cache(maxsize=4096)
def math(latex: str, display: str = "inline") -> Markup:
    """Return MathML for a formula in LaTeX; ``display`` is "inline" or "block"."""
    element = convert(latex, display=display)
    ElementTree.fromstring(element)  # our own formulas only; malformed markup is a bug in the template
    return Markup(element)


def read_state(experiment: Experiment, text: str | None) -> tuple[dict[str, Any], list[Problem]]:
    """Validate the state of an address against the experiment's own model.

    Returns:
        {params, changes, view, step} for the page (``params`` holds what the address names, completed by the
        model) and the problems; where there are any, params and changes are the defaults.
    """
    state, problems = PageState(), []
    params: dict[str, Any] = {}
    if text:
        try:
            if len(text) > STATE_LIMIT:
                raise refused(say(_("The state in the address is too long.")))
            state = check(PageState, jsonio.parse(text, say(_("The state in the address"))))
            checked = check(experiment.Params, state.params)
            complete = checked.model_dump(mode="json")
            params = {name: complete[name] for name in complete if name in state.params}
            current = checked
            for _step, changes in sorted(state.changes, key=lambda change: change[0]):
                current = experiment.altered(current, changes)
        except InvalidParams as error:
            problems = error.problems
            params, state = {}, PageState(view=state.view)
    plain = state.model_dump(mode="json")
    return {**plain, "params": params}, problems


def open_claim(
    experiment: Experiment, name: str | None, text: str | None
) -> tuple[dict[str, Any] | None, str | None]:
    """Return what the page is told about the claim that its address names, and the state to begin with.

    A state in the address goes before the claim's own: it is what the visitor made of it.
    """
    claim = next((one for one in experiment.claims if one.id == name), None)
    if claim is None:
        return None, text
    if text is None:
        look = claim.look
        text = json.dumps({"params": dict(claim.params), "view": look.choices, "step": look.step or 0})
        return {"id": claim.id, "fresh": True}, text
    return {"id": claim.id, "fresh": False}, text


def moved(experiment: Experiment, address: Mapping[str, str]) -> str | None:
    """Return where the claim that an address names is shown, if that is another laboratory; else None.

    A state is left out: it is the former laboratory's.
    """
    laboratory, _claim = engine.claims().get(address.get("claim", ""), (experiment, None))
    if laboratory is experiment:
        return None
    return f"/{laboratory.name}?{urlencode({name: value for name, value in address.items() if name != 'state'})}"


def boot_lab(experiment: Experiment, words: Translator, static: str, address: Mapping[str, str]) -> dict[str, Any]:
    """Return the data that a laboratory's page starts from.

    Args:
        address: of the page: ``state`` as JSON, ``claim`` an id, ``walk`` a name, each or none.
    """
    opened, text = open_claim(experiment, address.get("claim"), address.get("state"))
    state, problems = read_state(experiment, text)
    return {
        **describe.experiment_json(experiment, words),
        **state,
        "claim": opened,
        "walk": next((describe.walk(one, words) for one in WALKS if one.name == address.get("walk")), None),
        "problems": jsonio.problems_json(problems, words),
        "pace": experiment.pace,
        "tempo": experiment.tempo,
        "language": words.language,
        "version": static.rpartition("/")[2],
        "static": static,
        "stream": f"/stream/{experiment.name}?lang={words.language}",
        "messages": words.page_messages(experiment.name),
    }


def words_for(request: Request) -> Translator:
    """Return the translator for a request: ``?lang=`` first, then Accept-Language."""
    wanted = request.query_params.get("lang")
    return translator(choose_language(wanted, request.headers.get("accept-language")))


def render(
    request: Request,
    assets: Assets,
    template: str,
    code: int = 200,
    /,
    kinds: Set[str] = frozenset(),
    **context: Any,
) -> Response:
    """Return a page in the visitor's language.

    Args:
        template: its name without the ending is the entry of the page's files (`app.joined`).
        kinds: of the panels that the page shows.
    """
    words = words_for(request)
    html = (
        environment(words.language)
        .get_template(template)
        .render(
            language=words.language,
            static=f"/static/{assets.version}",
            page=joined.page(template.removesuffix(".html"), kinds),
            **context,
        )
    )
    return compressed(request, html.encode(), "text/html; charset=utf-8", code)


def error_page(request: Request, assets: Assets, code: int, sentence: str) -> Response:
    """Return the page that says what could not be shown."""
    words = words_for(request)
    boot = {"language": words.language, "messages": words.page_messages()}
    return render(request, assets, "error.html", code, boot=boot, status=code, sentence=sentence, remedy="")


def chapters(laboratories: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the laboratories by the chapter that each declares, chapters in the order of their first one.

    >>> [title for title, _ in chapters([{"chapter": "A"}, {"chapter": "B"}, {"chapter": "A"}])]
    ['A', 'B']
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for laboratory in laboratories:
        found.setdefault(laboratory["chapter"], []).append(laboratory)
    return list(found.items())


def page_router(assets: Assets, desk: Desk) -> APIRouter:
    """Return the routes of the pages; each is made in a turn, for a link may hold much to check."""
    router = APIRouter(include_in_schema=False)

    def gallery(request: Request) -> Response:
        words = words_for(request)
        known = list(engine.experiments().values())
        laboratories = [
            {
                **describe.card(one, words),
                "preview": preview_json(one, words),
                "claims": len(one.claims),
                "presets": len(one.presets),
            }
            for one in known
        ]
        boot = {
            "language": words.language,
            "version": assets.version,
            "static": f"/static/{assets.version}",
            "gallery": laboratories,
            "messages": words.page_messages(),
        }
        previews: list[Any] = [one["preview"] for one in laboratories]
        kinds = {preview["panel"]["kind"] for preview in previews if preview}
        return render(
            request,
            assets,
            "gallery.html",
            kinds=kinds,
            boot=boot,
            chapters=chapters(laboratories),
            all_claims=IN_ALL,
        )

    def lab(request: Request, name: str) -> Response:
        words = words_for(request)
        try:
            experiment = engine.experiment(name)
        except InvalidParams:
            sentence = words.gettext(_("There is no page at this address."))
            return error_page(request, assets, 404, sentence)
        if (address := moved(experiment, request.query_params)) is not None:
            return RedirectResponse(address)
        boot = boot_lab(experiment, words, f"/static/{assets.version}", request.query_params)
        card = describe.card(experiment, words)
        kinds = {panel.kind for panel in experiment.panels}
        return render(
            request,
            assets,
            "lab.html",
            boot=boot,
            lab=card,
            kinds=kinds,
            reference=experiment.reference,
            notation=experiment.notation,
            plotly=joined.needs_plotly(kinds, assets.text),
        )

    @router.api_route("/", methods=["GET", "HEAD"])
    async def get_gallery(request: Request) -> Response:
        return await desk.turns.call(Seat(), partial(gallery, request))

    @router.api_route("/{name}", methods=["GET", "HEAD"])
    async def get_lab(request: Request, name: str) -> Response:
        return await desk.turns.call(Seat(), partial(lab, request, name))

    return router
