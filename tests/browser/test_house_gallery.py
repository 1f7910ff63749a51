"""The front door, errors, and what an accessibility checker says of every page."""

from __future__ import annotations

from browser_kit import OpenPage, until
from playwright.sync_api import Page, expect

import engine


def plays(page: Page, name: str = "race") -> str:
    """Return the selector of a laboratory's preview, once it is drawn."""
    selector = f"[data-preview={name}]"
    page.locator(selector).scroll_into_view_if_needed()
    page.wait_for_selector(f"{selector}[data-playing=true]")
    return selector


def test_the_gallery_shows_every_laboratory_under_its_chapter(open_page: OpenPage) -> None:
    page = open_page("/")
    known = page.evaluate("fetch('/api/experiments').then((r) => r.json())")
    expect(page.locator(".gallery-card")).to_have_count(len(known))
    expect(page.locator(".chapter-title")).to_have_count(len({one["chapter"] for one in known}))
    for one in known:
        chapter = page.locator(".chapter", has=page.locator(f".gallery-link[href='/{one['name']}']"))
        expect(chapter.locator(".chapter-title")).to_contain_text(one["chapter"])
    claims = sum(len(engine.experiment(one["name"]).claims) for one in known)
    expect(page.locator(".hero")).to_contain_text(f"{claims} of")
    selector = plays(page)
    links = page.locator("a, button, select").count()
    for _ in range(links + 5):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('[data-preview]')")
    # Motion is not wanted here: the preview has held still all the time.
    assert page.locator(selector).get_attribute("data-step") is None, "the playhead stands at the end"
    page.locator(".gallery-link").first.click()
    page.wait_for_selector("html[data-lab=running]")


def test_previews_play_recordings_and_open_no_stream(open_page: OpenPage) -> None:
    page = open_page("/", reduced_motion="no-preference")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    for name in page.locator("[data-preview]").evaluate_all("(hosts) => hosts.map((one) => one.dataset.preview)"):
        selector = plays(page, name)
        before = page.locator(selector).get_attribute("data-step")
        until(
            page,
            "([selector, before]) => document.querySelector(selector).dataset.step !== before",
            arg=[selector, before],
        )
        drawn = page.locator(f"{selector} :is(canvas, svg, pre)")  # whatever the panel draws on
        assert drawn.count(), name
    assert sockets == []


def test_an_unknown_address_says_so_and_leads_back(open_page: OpenPage) -> None:
    open_page.watch.expect("404")
    page = open_page("/no-such-laboratory", laboratory=False)
    expect(page.locator("main h1")).not_to_be_empty()
    page.locator("main a.button").click()
    expect(page.locator(".gallery-card").first).to_be_visible()


def test_without_javascript_the_page_says_what_is_missing(open_page: OpenPage) -> None:
    open_page.watch.expect(r"\(csp\)")  # how Chromium calls a preload that it has no use for
    page = open_page("/?x", java_script_enabled=False)
    page.goto(page.url.split("/?")[0] + "/race")
    expect(page.locator(".banner-bad")).to_contain_text("JavaScript")
