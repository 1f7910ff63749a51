"""The front door, errors, and what an accessibility checker says of every page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_kit import PHONE, OpenPage
from playwright.sync_api import Page, expect


def painted(page: Page) -> int:
    """Return how many different colours the first miniature shows; 1 or 0 is a blank."""
    return int(
        page.evaluate(
            """() => {
              const canvas = document.querySelector("[data-miniature] canvas");
              if (!canvas?.width) return 0;
              const copy = document.createElement("canvas");
              [copy.width, copy.height] = [48, 24];
              const context = copy.getContext("2d", { willReadFrequently: true });
              context.drawImage(canvas, 0, 0, 48, 24);
              const pixels = new Uint32Array(context.getImageData(0, 0, 48, 24).data.buffer);
              return new Set(pixels).size;
            }"""
        )
    )


def wait_until_painted(page: Page) -> None:
    """Wait for a miniature with a picture in it."""
    for _ in range(80):
        if painted(page) > 20:
            return
        page.wait_for_timeout(100)
    pytest.fail("the miniature stays blank")


def test_the_gallery_shows_every_laboratory_with_a_live_miniature(open_page: OpenPage) -> None:
    page = open_page("/", reduced_motion="no-preference")
    wait_until_painted(page)
    names = page.evaluate("fetch('/api/experiments').then((r) => r.json())")
    expect(page.locator(".gallery-card")).to_have_count(len(names))
    page.locator(".gallery-card").first.click()
    page.wait_for_selector("html[data-lab=running]")


def test_the_miniature_moves_and_holds_still_when_asked_to(open_page: OpenPage) -> None:
    def changes(page: Page) -> bool:
        wait_until_painted(page)
        grab = "document.querySelector('[data-miniature] canvas').toDataURL()"
        page.wait_for_timeout(1200)
        before = page.evaluate(grab)
        page.wait_for_timeout(700)
        return bool(page.evaluate(grab) != before)

    assert changes(open_page("/", reduced_motion="no-preference"))
    assert not changes(open_page("/", reduced_motion="reduce"))


def test_the_gallery_loads_no_drawing_library(open_page: OpenPage) -> None:
    page = open_page("/")
    wait_until_painted(page)
    assert page.evaluate("'Plotly' in window") is False


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("path", "viewport"), [("/", None), ("/race", None), ("/race", PHONE)])
def test_axe_finds_no_serious_violation(
    open_page: OpenPage, path: str, viewport: dict[str, int] | None, scheme: str
) -> None:
    options = {"viewport": viewport} if viewport else {}
    page = open_page(path, color_scheme=scheme, **options)
    page.wait_for_timeout(400)
    if path == "/race":
        page.locator(".card-fold").first.click()
    found = Axe().run(page)
    serious = [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert serious == []
