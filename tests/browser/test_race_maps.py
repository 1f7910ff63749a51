"""Maps on the screen: they fill in, follow the settings, read values, and a click or Enter opens a run."""

from __future__ import annotations

import re

from browser_kit import OpenPage, box_of, link, taken, until
from playwright.sync_api import Locator, Page, expect

RACERS = [{"rule": "momentum", "learning_rate": 0.01}, {"rule": "adam", "learning_rate": 0.1}, {"rule": "newton"}]
BOWL = {"surface": "quadratic", "condition": 20, "start": [3, 2], "steps": 60, "racers": RACERS}
MAP, STRIP, BASIN = range(3)


def survey(page: Page, which: int) -> Locator:
    """A survey's frame, once it is done."""
    until(page, f"document.querySelectorAll('.plot-survey')[{which}]?.dataset.done === '1'")
    return page.locator(".plot-survey").nth(which)


def click_at(frame: Locator, x: float, y: float) -> None:
    """Click at shares of the picture between its axes."""
    pad = frame.locator(".scrub-pad")
    box = box_of(pad)
    pad.click(position={"x": box["width"] * x, "y": box["height"] * (1 - y)})


def watched(page: Page) -> None:
    """Find the run that was opened on the race's tab, then go back to the maps."""
    expect(page.get_by_role("tab", name="The race")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".panel[data-kind=landscape]")).to_be_in_viewport()
    expect(page.locator(".play-button")).to_be_visible()
    page.get_by_role("tab", name="Maps").click()


def test_maps_fill_in_and_a_click_or_enter_opens_a_run(open_page: OpenPage) -> None:
    page = open_page(link({"params": BOWL, "view": {"tab": "Maps"}}))
    frame = survey(page, MAP)
    assert (frame.get_attribute("data-columns"), frame.get_attribute("data-rows")) == ("128", "128")
    ranks = page.locator(".card-rank")  # of the race, which is on another tab
    expect(ranks).to_have_text(["", "", ""])
    panel = page.locator(".panel[data-kind=survey]").first
    expect(panel.locator(".survey-entries")).to_contain_text("stable only on the left of it: theory")
    expect(panel.locator(".survey-entries")).to_contain_text("diverged")
    expect(panel.locator(".survey-progress")).to_have_text("16,384 runs")
    expect(page.locator(".idle-note")).to_be_visible()  # the playhead moves nothing here
    expect(page.locator(".play-button")).to_be_hidden()
    frame.locator(".scrub-pad").hover()
    expect(frame.locator(".plot-tip")).to_contain_text("loss above the minimum")

    click_at(frame, 0.5, 0.5)  # the middle of 1e-4 to 10 is 0.0316
    now = taken(page, lambda now: now["params"]["racers"][0]["learning_rate"] != 0.01)
    assert abs(now["params"]["racers"][0]["learning_rate"] / 0.0316 - 1) < 0.1
    assert abs(now["params"]["racers"][0]["momentum"] - 0.5) < 0.02
    expect(ranks).to_have_text([re.compile(r"\d")] * 3)
    watched(page)
    survey(page, MAP)
    expect(ranks).to_have_text(["", "", ""])
    frame.locator(".scrub-pad").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    before = now["params"]["racers"][0]["learning_rate"]
    taken(page, lambda now: now["params"]["racers"][0]["learning_rate"] < before * 0.8)
    watched(page)

    strip = survey(page, STRIP)
    assert strip.get_attribute("data-rows") == "3"
    basin = survey(page, BASIN)
    click_at(basin, 0.25, 0.75)
    now = taken(page, lambda now: now["params"]["start"] != [3, 2])
    assert now["params"]["start"][0] < 0 < now["params"]["start"][1]
    watched(page)


def test_what_a_claim_is_about_comes_into_view_below_a_picture_that_grows(open_page: OpenPage) -> None:
    page = open_page("/race?claim=R5", viewport={"width": 1440, "height": 900})
    page.locator(".claim-shown .claim-skip").click()
    survey(page, MAP)
    survey(page, BASIN)
    lit = page.locator(".panel-lit")
    expect(lit.locator("h2")).to_have_text("Where a racer ends, over where it starts")
    expect(lit).to_be_in_viewport(ratio=1)


def test_a_map_follows_what_is_chosen_and_says_what_it_cannot_draw(open_page: OpenPage) -> None:
    page = open_page(link({"params": BOWL, "view": {"tab": "Maps"}}))
    frame = survey(page, MAP)
    panel = page.locator(".panel[data-kind=survey]").first
    panel.locator(".survey-tools select").first.select_option("rate")
    expect(panel.locator(".survey-scale-title")).to_contain_text("rate")
    panel.locator(".survey-axis[data-axis=y] select").select_option("weight_decay")
    until(page, "document.querySelector('.survey-axis[data-axis=y] select').value === 'weight_decay'")
    assert taken(page, lambda now: "survey:map" in now["view"])["view"]["survey:map"] == {
        "measure": "rate",
        "y": "weight_decay",
    }
    ends = panel.locator(".survey-axis[data-axis=x] input")
    ends.first.fill("5")
    ends.last.fill("2")
    ends.last.press("Enter")
    expect(panel.locator(".field-problem")).to_contain_text("lower end first")
    panel.get_by_role("button", name="Usual ranges").click()
    expect(panel.locator(".field-problem")).to_be_empty()
    survey(page, MAP)
    panel.get_by_role("button", name="Newton").click()
    until(page, "document.querySelector('.plot-survey').dataset.done === '1'")
    until(page, "document.querySelector('.survey-axis[data-axis=y] select').value === 'weight_decay'")
    assert survey(page, MAP).get_attribute("data-here") is not None
    assert frame.is_visible()


def test_predicted_numbers_follow_the_playhead(open_page: OpenPage) -> None:
    page = open_page(
        link({"params": {**BOWL, "surface": "beale", "start": [2, 1], "racers": RACERS[:1]}, "step": 5})
    )
    panel = page.locator(".panel", has_text="Predicted beside measured")
    expect(panel.locator("dd")).to_have_count(8)
    least = panel.locator("dd").first  # the least curvature where the racer stands
    expect(least).to_have_text("0.9207")
    page.keyboard.press("End")
    expect(least).to_have_text("0.872")
