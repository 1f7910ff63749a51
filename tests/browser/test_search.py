"""The search laboratory's page: trials come in, one is chosen everywhere, and opens in its laboratory."""

from __future__ import annotations

import json
import urllib.parse

from browser_kit import OpenPage, state, taken
from playwright.sync_api import Page, expect

SMALL = {"budget": 9, "repeats": 1, "updates": 20}


def opened(open_page: OpenPage, params: dict[str, object]) -> Page:
    said = urllib.parse.quote(json.dumps({"params": params}))
    page = open_page(f"/search?state={said}")
    page.get_by_role("button", name="Play", exact=True).click()
    finished(page)
    return page


def finished(page: Page) -> None:
    """Wait for the end of the search; the processes that train may still have to start."""
    expect(page.locator("progress.searching-bar")).to_have_attribute("value", "1", timeout=300_000)


def test_trials_fill_every_view_and_a_chosen_one_opens_in_its_laboratory(open_page: OpenPage) -> None:
    page = opened(open_page, SMALL)
    expect(page.locator(".searching-words")).to_contain_text("18 of 18")
    response = page.locator(".response-box .plot-frame")
    expect(response).to_have_attribute("data-trials", "18")
    best = response.get_attribute("data-chosen")
    response.locator(".scrub-pad").focus()
    page.keyboard.press("ArrowRight")
    expect(response).not_to_have_attribute("data-chosen", str(best))
    second = str(response.get_attribute("data-chosen"))
    line, trial = second.split(".")
    expect(page.locator(".trial-who")).to_contain_text(f"trial {trial}")
    expect(page.locator(".trial-word").first).not_to_be_empty()
    whose = page.get_by_role("radiogroup", name="Whose trials").or_(page.get_by_role("group", name="Whose trials"))
    whose.get_by_text("Random", exact=True).click()
    expect(response).to_have_attribute("data-trials", "9")
    whose.get_by_text("All", exact=True).click()
    page.get_by_role("tab", name="Axis by axis").click()
    expect(page.locator(".plot-parallel")).to_have_attribute("data-chosen", second)
    expect(page.locator(".marginals")).to_have_attribute("data-trials", "18")
    expect(page.locator(".marginal-count").first).to_contain_text("Grid: 3 values")
    page.get_by_role("tab", name="All trials").click()
    expect(page.locator(".trials tbody tr")).to_have_count(18)
    expect(page.locator(".trials tr.is-focus [data-trial]")).to_have_attribute("data-trial", second)
    page.locator(".trials [data-trial]").first.click()
    expect(page.locator(".trials tr.is-focus [data-trial]")).to_have_attribute("data-trial", str(best))
    sampler, number = page.locator(".trials tr.is-focus [data-trial]").inner_text().rsplit(" ", 1)
    page.get_by_role("tab", name="Search").click()
    expect(page.locator(".trial-who")).to_have_text(f"{sampler}, repeat 1, trial {number}")  # its answer has come
    settings = page.locator(".trial-settings dd").all_text_contents()
    page.get_by_role("button", name="Open this trial").click()
    page.wait_for_url("**/playground**")
    expect(page.locator("h1")).to_have_text("Playground")
    page.wait_for_url("**state=**")
    params = state(page)["params"]
    assert params["steps"] == 20
    assert f"{params['optimizer']['learning_rate']:.4g}" == settings[0]
    assert line in {"0", "1"}


def test_axes_are_set_on_the_page_and_a_bad_one_is_a_sentence(open_page: OpenPage) -> None:
    page = opened(open_page, {**SMALL, "samplers": ["random"]})
    page.get_by_role("button", name="Add an axis").click()
    expect(page.get_by_label("Axis 3", exact=True)).to_be_focused()
    expect(page.locator(".axes .axis")).to_have_count(3)
    taken(page, lambda now: len(now["params"].get("axes", [])) == 3)
    expect(page.locator(".trial-settings dt")).to_have_count(3, timeout=300_000)  # the next search plays by itself
    finished(page)
    page.get_by_label("L2: from").fill("0.5")
    page.keyboard.press("Enter")
    expect(page.get_by_label("L2: from")).to_be_focused()
    page.get_by_label("L2: to").fill("0.1")
    page.keyboard.press("Enter")
    expect(page.locator(".field-axes .field-problem").first).to_contain_text("must be less than")
    page.get_by_label("L2: to").fill("0.9")
    page.keyboard.press("Enter")
    expect(page.locator(".field-axes .field-problem").first).to_be_hidden()
    page.get_by_label("Laboratory", exact=True).select_option(label="Depth")
    expect(page.locator(".axes .axis").nth(1)).to_have_attribute("data-setting", "width")
