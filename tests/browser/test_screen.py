"""How a page sits on a screen, a phone and on paper: what is seen first, and what never vanishes."""

from __future__ import annotations

from browser_kit import PHONE, OpenPage, until
from playwright.sync_api import Page, expect

import engine


def test_the_row_of_jumps_leads_to_each_part(open_page: OpenPage) -> None:
    page = open_page("/race", viewport=PHONE, has_touch=True)
    for target, selector in [("controls-column", "#controls-column"), ("rows", "#rows"), ("stage", "#stage")]:
        page.click(f"[data-jump={target}]")
        until(
            page,
            """(selector) => {
              const top = document.querySelector(selector).getBoundingClientRect().top;
              const under = document.querySelector(".jump").getBoundingClientRect().bottom;
              return under - 1 <= top && top < under + 120;
            }""",
            arg=selector,
        )
    page.click("[data-jump=controls-column]")
    copies = page.locator(".glance canvas")
    expect(copies).to_have_count(2)  # the stage and the first curve, beside what is set
    page.evaluate("window.seen = document.querySelector('.glance canvas').toDataURL()")
    page.locator("[data-field=start] .number-box").first.fill("-1")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.glance canvas').toDataURL() !== window.seen")
    page.get_by_role("button", name="Back to the picture").click()
    expect(page.locator(".panel[data-kind=landscape]")).to_be_in_viewport(ratio=0.9)


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
    expect(page.locator(".top-title h1")).to_be_visible()
    for selector in (".brand", ".top-tools", "#transport", ".panel-tools"):
        expect(page.locator(selector).first).to_be_hidden()


def test_a_switch_tells_its_state_where_the_system_chooses_the_colours(open_page: OpenPage) -> None:
    page = open_page("/depth", forced_colors="active")
    switch = page.locator(".controls .switch").first
    switch.scroll_into_view_if_needed()
    shown = switch.screenshot
    off = shown()
    page.evaluate("document.querySelector('.controls .switch').checked = true")
    for _ in range(50):  # it slides
        if (on := shown()) != off:
            break
        page.wait_for_timeout(50)
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
