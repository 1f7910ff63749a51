"""How a page sits on a screen, a phone and on paper: what is seen first, and what never vanishes."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_kit import PHONE, OpenPage, state
from playwright.sync_api import Page, expect

import engine

LABORATORIES = list(engine.experiments())


def box(page: Page, selector: str) -> dict[str, float]:
    """Return where the first visible element that matches stands."""
    found = page.locator(f"{selector} >> visible=true").first.bounding_box()
    assert found, selector
    return dict(found)


def bottom(place: dict[str, float]) -> float:
    """Return the lower edge of a box."""
    return place["y"] + place["height"]


@pytest.mark.parametrize("name", LABORATORIES)
def test_stage_transport_and_a_curve_are_seen_together(open_page: OpenPage, name: str) -> None:
    page = open_page(f"/{name}", viewport={"width": 1440, "height": 900})
    curve = ".panel-lines, .panel-series, .panel-profile"
    for selector in ("#stage .panel-body", "#transport", curve):
        assert bottom(box(page, selector)) <= 900, selector


@pytest.mark.parametrize("name", LABORATORIES)
def test_a_phone_shows_the_picture_then_words_then_settings(open_page: OpenPage, name: str) -> None:
    page = open_page(f"/{name}", viewport=PHONE, has_touch=True)
    assert page.locator(".top-title h1").bounding_box(), "the title of the laboratory stays"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "nothing hangs over the edge"
    tops = [box(page, selector)["y"] for selector in ("#stage", ".prose > section", "#controls-column")]
    assert tops == sorted(tops)


@pytest.mark.parametrize("name", LABORATORIES)
def test_nothing_ends_under_the_fixed_transport_of_a_phone(open_page: OpenPage, name: str) -> None:
    page = open_page(f"/{name}", viewport=PHONE, has_touch=True)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(300)
    last = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("main.lab *")]
          .filter((one) => !one.closest("#transport, details:not([open])") && one.getClientRects().length)
          .map((one) => one.getBoundingClientRect().bottom))"""
    )
    assert last <= box(page, "#transport")["y"]


def test_the_row_of_jumps_leads_to_each_part(open_page: OpenPage) -> None:
    page = open_page("/race", viewport=PHONE, has_touch=True)
    for target, selector in [("controls-column", "#controls-column"), ("rows", "#rows"), ("stage", "#stage")]:
        page.click(f"[data-jump={target}]")
        page.wait_for_timeout(300)
        place = box(page, selector)
        under = bottom(box(page, ".jump"))
        assert under - 1 <= place["y"] < under + 120, target


def in_view_of_paper(page: Page, selector: str) -> bool:
    """Tell whether an element has a size that no ancestor cuts off."""
    return bool(
        page.evaluate(
            """(selector) => {
              const element = document.querySelector(selector);
              const place = element.getBoundingClientRect();
              for (let up = element.parentElement; up; up = up.parentElement) {
                const cut = getComputedStyle(up).overflowY !== "visible" && !up.matches("html, body");
                if (cut && up.getBoundingClientRect().bottom < place.bottom - 1) return false;
              }
              return place.height > 0;
            }""",
            selector,
        )
    )


def test_on_paper_the_prose_is_whole_and_the_tools_are_gone(open_page: OpenPage) -> None:
    page = open_page("/race")
    page.emulate_media(media="print")
    assert in_view_of_paper(page, ".prose > section:last-of-type p")
    assert in_view_of_paper(page, ".controls .field:last-of-type")
    for selector in (".top", "#transport", ".panel-tools"):
        expect(page.locator(selector).first).to_be_hidden()


def test_a_switch_tells_its_state_where_the_system_chooses_the_colours(open_page: OpenPage) -> None:
    page = open_page("/depth", forced_colors="active")
    switch = page.locator(".controls .switch").first
    switch.scroll_into_view_if_needed()
    shown = switch.screenshot
    off = shown()
    page.evaluate("document.querySelector('.controls .switch').checked = true")
    page.wait_for_timeout(200)
    on = shown()
    assert off != on
    page.evaluate("document.querySelector('.controls .switch').style.opacity = 0")
    assert off != shown(), "a switch that is off is seen at all"


def test_a_tab_names_the_panels_that_it_fills(open_page: OpenPage) -> None:
    page = open_page("/depth")
    for tab in page.locator("[role=tab]").all():
        tab.click()
        controlled = (tab.get_attribute("aria-controls") or "").split()
        assert controlled
        for panel in controlled:
            expect(page.locator(f"#{panel}[role=tabpanel]")).to_have_attribute(
                "aria-labelledby", str(tab.get_attribute("id"))
            )


def test_a_link_opens_the_same_tab_in_another_language(open_page: OpenPage) -> None:
    page = open_page("/depth")
    page.locator("[role=tab]").nth(2).click()
    tab = state(page)["view"]["tab"]
    korean = open_page(f"{page.url.removeprefix(open_page.watch.home)}&lang=ko")
    expect(korean.locator("[role=tab]").nth(2)).to_have_attribute("aria-selected", "true")
    assert state(korean)["view"]["tab"] == tab


def test_a_prepared_run_opens_on_the_tab_that_shows_it(open_page: OpenPage) -> None:
    page = open_page("/depth")
    presets = engine.experiment("depth").presets
    page.click(".presets summary")
    for place, preset in enumerate(presets):
        if preset.view:
            page.locator(".preset").nth(place).click()
            expect(page.locator(f"[role=tab][data-view='{preset.view}']")).to_have_attribute(
                "aria-selected", "true"
            )


def test_single_keys_can_be_switched_off(open_page: OpenPage) -> None:
    page = open_page("/race")
    page.keyboard.press("Home")
    expect(page.locator(".readout")).to_contain_text("0 /")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).to_contain_text("1 /")
    page.click(".help-button")
    page.locator(".key-switch .switch").uncheck()
    page.locator(".key-help .button").click()
    page.locator("body").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press(" ")
    page.wait_for_timeout(300)
    expect(page.locator(".readout")).to_contain_text("1 /")


def violations(page: Page) -> list[str]:
    """Return what axe finds, serious or critical."""
    found = Axe().run(page)
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LABORATORIES)
def test_axe_is_content_with_every_tab(open_page: OpenPage, name: str, scheme: str) -> None:
    page = open_page(f"/{name}", color_scheme=scheme)
    tabs = page.locator("[role=tab]")
    for i in range(max(1, tabs.count())):
        if tabs.count():
            tabs.nth(i).click()
            page.wait_for_timeout(700)
        assert violations(page) == [], f"tab {i}"


@pytest.mark.parametrize("path", ["/", "/race", "/depth", "/charrnn", "/claims"])
def test_axe_is_content_where_the_system_chooses_the_colours(open_page: OpenPage, path: str) -> None:
    page = open_page(path, laboratory=path not in ("/", "/claims"), forced_colors="active")
    page.wait_for_timeout(400)
    assert violations(page) == []
