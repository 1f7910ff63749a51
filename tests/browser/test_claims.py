"""A claim opens as it should be seen, asks first, checks, and stands in a walk or a lecture."""

from __future__ import annotations

from browser_kit import OpenPage, box_of, until
from playwright.sync_api import expect

from engine.walks import WALKS

WALK = "/race?claim=R7&walk=optimizers"
STATIONS = next(walk.stations for walk in WALKS if walk.name == "optimizers")
PLACE, ALL = STATIONS.index("R7") + 1, len(STATIONS)


def test_a_claim_waits_at_the_start_until_the_visitor_has_predicted(open_page: OpenPage) -> None:
    page = open_page("/race?claim=R7", reduced_motion="no-preference")
    shown = page.locator('.claim[data-id="R7"]')
    expect(shown.locator(".claim-answer")).to_have_count(3)
    expect(page.locator(".scrubber")).to_have_value("0")
    expect(shown).to_have_attribute("data-state", "open")
    to_come = page.locator(".panel[data-kind=series] .overlay-faded").first
    expect(to_come).to_be_hidden()
    shown.locator(".claim-answer").nth(1).click()
    expect(shown).to_have_attribute("data-state", "yes")
    expect(shown.locator(".claim-headline")).to_contain_text("Overshoot")
    expect(shown.locator(".claim-answer").nth(1)).to_have_class("claim-answer is-wrong")
    expect(shown.locator(".claim-answer").nth(2)).to_have_class("claim-answer is-right")
    until(page, "Number(document.querySelector('.scrubber').value) > 0")
    expect(to_come).to_be_visible()


def test_the_prediction_is_kept_in_the_browser_and_details_name_equal_budgets_and_seeds(
    open_page: OpenPage,
) -> None:
    page = open_page("/race?claim=R7")
    page.locator(".claim-shown .claim-answer").nth(2).click()
    page.reload()
    expect(page.locator(".claim-shown .claim-answer").nth(2)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".claim-shown")).to_have_attribute("data-state", "yes")
    page.locator(".claim-shown details summary").click()
    details = page.locator(".claim-shown details")
    expect(details).to_contain_text("Equal budgets")
    expect(details).to_contain_text("Seeds 0, 1, 2, 3, 4")


def test_opening_a_claim_marks_the_panels_that_show_it(open_page: OpenPage) -> None:
    page = open_page("/race")
    page.locator('.claim[data-id="R10"] .claim-button').click()
    expect(page.locator(".panel-lit h2", has_text="Effective step size")).to_be_visible()
    assert "claim=R10" in page.url


def test_keys_walk_from_station_to_station(open_page: OpenPage) -> None:
    page = open_page(WALK)
    expect(page.locator(".walk")).to_contain_text(f"{PLACE} / {ALL}")
    page.evaluate("window.kept = true")
    page.keyboard.press("n")
    page.wait_for_url("**claim=R8**")
    expect(page.locator(".walk")).to_contain_text(f"{PLACE + 1} / {ALL}")
    expect(page.locator(".claim-shown .claim-id")).to_have_text("R8")
    page.keyboard.press("p")
    page.wait_for_url("**claim=R7**")
    page.go_back()
    expect(page.locator(".walk")).to_contain_text(f"{PLACE + 1} / {ALL}")
    assert page.evaluate("window.kept"), "a station of the same laboratory opens without a load"


def test_a_lecture_has_stage_and_caption_and_no_chrome(open_page: OpenPage) -> None:
    page = open_page(WALK + "&present=1", viewport={"width": 1024, "height": 768})
    for hidden in (".top-tools", ".lab-controls", ".lab-notes"):
        expect(page.locator(hidden)).to_be_hidden()
    caption = page.locator(".caption")
    expect(caption).to_contain_text("Momentum overshoots")
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.caption .claim-words')).fontSize)")
    assert size >= 20
    page.keyboard.press("3")
    expect(caption.locator(".claim-headline")).to_contain_text("Holds.")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    box = box_of(caption)
    assert box["y"] + box["height"] <= 768
    expect(page.locator(".transport")).to_have_css("opacity", "0")
    expect(page.locator(".lecture-legend")).to_contain_text("SGD")
    page.mouse.move(300, 300)
    expect(page.locator(".transport")).to_have_css("opacity", "1")
    page.keyboard.press("PageDown")
    page.wait_for_url("**claim=R8**present=1**")
    expect(caption).to_contain_text("Nesterov")
    assert caption.locator(".claim").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector(".top-tools:visible")


def test_the_page_of_claims_leads_into_a_walk(open_page: OpenPage) -> None:
    page = open_page("/claims", laboratory=False)
    page.locator('.walk-card[href*="walk=optimizers"]').click()
    page.wait_for_selector("html[data-lab=running]")
    expect(page.locator(".walk")).to_contain_text(f"1 / {ALL}")
    page.go_back()
    begun = page.locator('.walk-card[href*="claim=R2&walk=optimizers"]')
    expect(begun.locator(".walk-progress")).to_have_text(f"1 of {ALL} seen; it goes on at R2.")


def test_claims_speak_korean(open_page: OpenPage) -> None:
    page = open_page("/race?claim=R7&walk=optimizers&lang=ko")
    page.locator(".claim-shown .claim-skip").click()
    expect(page.locator(".claim-shown .claim-headline")).to_contain_text("지나친 거리")
    expect(page.locator(".walk strong")).to_have_text("옵티마이저")
