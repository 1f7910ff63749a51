"""Every page, in every view, on a screen and a phone, in light, dark and the system's own colours.

It is all there, it fits, and whoever cannot see or point can use it. A page is loaded once for many looks.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from browser_kit import PHONE, OpenPage, box_of, running, until, violations
from playwright.sync_api import Page, expect

import engine

SCREEN = {"width": 1440, "height": 900}
# Small enough for a test, and with much to see; other laboratories are looked at as they open.
PARAMS = {
    "depth": {"depth": 6, "width": 40, "samples": 120, "steps": 0, "data": "moons", "compare": [{}, {}, {}]},
    "charrnn": {"corpus": "brackets", "hidden_size": 16, "steps": 20000, "sequence_length": 20, "batch_size": 4},
}
COLOURS = {"runOnly": ["color-contrast"]}
DARK: dict[str, Any] = {"color_scheme": "dark", "forced_colors": "none"}
FORCED: dict[str, Any] = {"color_scheme": "light", "forced_colors": "active"}
LIGHT: dict[str, Any] = {"color_scheme": "light", "forced_colors": "none"}
PICTURES = {"include": [["#tabs"], ["#stage"], ["#rows"], ["#side"]]}
"""What a tab changes: words and settings are looked at once."""


def fits(page: Page) -> None:
    """Wait until nothing hangs over the edge."""
    until(page, "() => document.documentElement.scrollWidth <= innerWidth")


def bottoms(page: Page) -> list[float]:
    """Return the lower edges of the stage, the transport and the first curve in view, where there is one."""
    found = [page.locator(one) for one in ("#stage .panel-body:visible", "#transport", CURVES)]
    boxes = [box_of(one.first) for one in found if one.count()]
    return [box["y"] + box["height"] for box in boxes]


CURVES = ":is(.panel-series, .panel-profile):visible"


def settle(page: Page) -> None:
    """Wait until two frames were drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(150)


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_every_view_of_a_laboratory_is_whole_and_usable(open_page: OpenPage, name: str) -> None:
    state = json.dumps({"params": PARAMS.get(name, {})})
    page = open_page(f"/{name}?state={quote(state)}", viewport=SCREEN)
    tabs = page.locator("[role=tab]")
    count = tabs.count()
    seen = bottoms(page)
    assert len(seen) >= 2
    assert max(seen) <= SCREEN["height"], f"stage, transport and a curve are seen together: {seen}"
    for fold in page.locator(".card-fold").all()[:1]:
        fold.click()
    page.emulate_media(**FORCED)
    settle(page)
    assert violations(page) == [], "the system's colours"
    page.emulate_media(**LIGHT)
    settle(page)
    assert violations(page) == []
    for i in range(max(1, count)):
        if count:
            tabs.nth(i).click()
        settle(page)
        if i:
            assert violations(page, PICTURES) == [], f"tab {i}"
        page.emulate_media(**DARK)
        settle(page)
        assert violations(page, PICTURES if i else None, COLOURS) == [], f"tab {i} in the dark"
        page.emulate_media(**LIGHT)
        expect(page.locator(".panel-failed")).to_have_count(0)
    page.set_viewport_size(PHONE)
    for i in range(max(1, count)):
        if count:
            page.evaluate("(i) => document.querySelectorAll('[role=tab]')[i].click()", i)
        settle(page)
        fits(page)
    phone_is_in_order(page)


def phone_is_in_order(page: Page) -> None:
    """On a phone the title stays; picture, words, settings; nothing ends under the transport, always in reach."""
    expect(page.locator(".top-title h1")).to_be_visible()  # the title of the laboratory stays
    places = [box_of(page.locator(one).first)["y"] for one in ("#stage", ".prose > section", "#controls-column")]
    assert places == sorted(places)
    for share in (0.0, 0.4, 1.0):
        page.evaluate(f"scrollTo(0, {share} * document.documentElement.scrollHeight)")
        settle(page)
        expect(page.locator("#transport")).to_be_in_viewport()
    last = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("main.lab *")]
          .filter((one) => !one.closest("#transport, details:not([open])") && one.getClientRects().length)
          .map((one) => one.getBoundingClientRect().bottom))"""
    )
    transport = box_of(page.locator("#transport"))
    assert last <= transport["y"]
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, summary, input:not([type=hidden])")]
          .filter((e) => e.checkVisibility() && !e.closest(".js-plotly-plot, .hidden"))
          .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
          .filter(([, r]) => r.width > 1 && (r.width < 23.5 || r.height < 23.5))
          .map(([text, r]) => `${text} ${r.width}x${r.height}`)"""
    )
    assert small == [], "targets of 24 pixels and more"


@pytest.mark.parametrize("path", ["/", "/claims", "/no-such-page"])
def test_every_other_page_is_usable_and_fits(open_page: OpenPage, path: str) -> None:
    open_page.watch.expect("404")
    page = open_page(path, laboratory=False, viewport=SCREEN)
    for way, how in ((LIGHT, None), (DARK, COLOURS), (FORCED, None)):
        page.emulate_media(**way)
        settle(page)
        assert violations(page, how=how) == [], way
    page.set_viewport_size(PHONE)
    fits(page)


def test_a_walk_with_an_open_claim_and_a_lecture_are_usable(open_page: OpenPage) -> None:
    page = open_page("/race?claim=R7&walk=optimizers", viewport=SCREEN)
    assert violations(page) == []
    page.goto(f"{page.url}&present=1")
    running(page)
    assert violations(page) == []
    fits(page)


OPEN = {
    "the export menu": ("#export-button", "#export-list:popover-open"),
    "the help of the keyboard": (".help-button", "dialog[open]"),
    "a claim": (".claim-button", ".claim:has([aria-expanded=true])"),
    "a racer's card": (".card-fold", ".card"),
    "the table behind a picture": (".panel-tools button", ".panel-table"),
}


def test_whatever_opens_is_usable_while_it_is_open(open_page: OpenPage) -> None:
    page = open_page("/race", viewport=SCREEN)
    for what, (button, opened) in OPEN.items():
        page.locator(f"{button} >> visible=true").first.click()
        expect(page.locator(opened).first).to_be_visible()
        for way, how in ((LIGHT, None), (DARK, COLOURS), (FORCED, None)):
            page.emulate_media(**way)
            settle(page)
            assert violations(page, {"include": [[opened.split(":")[0]]]}, how) == [], f"{what}, {way}"
        if "menu" in what:
            assert violations(page) == [], "the whole page under a menu"
        page.emulate_media(**LIGHT)
        page.keyboard.press("Escape")
