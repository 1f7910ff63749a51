"""A rule of one's own: typed, refused under its character, typeset, raced, changed, shared and handed out."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from browser_kit import OpenPage, link, state, taken, until
from playwright.sync_api import Page, Route, expect

RACE = {"params": {"racers": [{"rule": "adam", "learning_rate": 0.2}], "steps": 60}}


def with_own_rule(open_page: OpenPage) -> Page:
    page = open_page(link(RACE))
    page.locator(".cards-add").select_option(label="Your own rule")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".ranking tbody tr")).to_have_count(2)
    return page


def test_a_typed_rule_races_against_adam_and_travels_in_the_link(open_page: OpenPage) -> None:
    page = with_own_rule(open_page)
    an_error_stands_under_its_character_and_goes_when_mended(page)
    what_is_typed_on_while_a_rule_is_read_is_read_too(page)
    box = page.locator(".rule-text")
    box.fill("v = speed*v - learning_rate*g\ntheta = theta + v")
    expect(page.locator(".rule-typeset math")).to_have_count(2)
    expect(page.locator(".rule-hyperparameter")).to_have_count(1)
    expect(page.locator(".rule-hyperparameter")).to_contain_text("speed")
    until(page, "() => location.hash.includes('speed') || decodeURIComponent(location.href).includes('speed')")
    own = state(page)["params"]["racers"][1]
    assert own["text"] == "v = speed*v - learning_rate*g\ntheta = theta + v"
    assert own["hyperparameters"]["speed"]["value"] == 0.5
    again = open_page.another(page, page.url)
    expect(again.locator(".ranking tbody tr")).to_have_count(2)
    assert state(again)["params"]["racers"][1] == own


def what_is_typed_on_while_a_rule_is_read_is_read_too(page: Page) -> None:
    reading: list[Route] = []
    page.route("**/api/rules?*", lambda route: reading.append(route) if not reading else route.continue_())
    box = page.locator(".rule-text")
    with page.expect_request("**/api/rules?*"):
        box.fill("theta = theta - early*g")
    with page.expect_response("**/api/rules?*") as answered:
        box.press_sequentially("*late")
        reading[0].continue_()
    assert answered.value.ok
    expect(page.locator(".rule-hyperparameter")).to_have_count(2)
    until(page, "() => decodeURIComponent(location.href).includes('early*g*late')")
    assert set(state(page)["params"]["racers"][1]["hyperparameters"]) == {"early", "late"}
    bounds = page.locator(".rule-bounds").first
    bounds.locator("summary").click()
    bounds.get_by_label("to", exact=False).last.fill("4")
    bounds.get_by_label("logarithmic").click()  # the press that ends the typing counts, too
    expect(bounds).to_have_attribute("open", "")
    early = taken(page, lambda now: now["params"]["racers"][1]["hyperparameters"]["early"]["scale"] == "log")
    assert early["params"]["racers"][1]["hyperparameters"]["early"]["high"] == 4
    page.unroute("**/api/rules?*")


def an_error_stands_under_its_character_and_goes_when_mended(page: Page) -> None:
    box = page.locator(".rule-text")
    box.fill("m = g\ntheta = thta - m")
    place = page.locator(".rule-place")
    expect(place).to_have_text("theta = thta - m\n        ^")
    expect(page.locator(".field-rule .field-problem")).to_contain_text("theta")
    box.fill("m = g\ntheta = theta - learning_rate*m")
    expect(place).to_be_hidden()
    expect(page.locator(".field-rule .field-problem")).to_be_hidden()


def test_a_rule_starts_from_a_shipped_one_and_is_handed_out_as_code(open_page: OpenPage) -> None:
    page = with_own_rule(open_page)
    page.locator(".rule-start").select_option(label="Adam")
    until(page, "() => document.querySelector('.rule-text').value.includes('m_hat')")
    expect(page.locator(".card-name").nth(1)).to_have_text("Adam′")
    with page.expect_download() as caught:
        page.locator(".rule-tools").get_by_role("button", name="As PyTorch code").click()
    path = caught.value.path()
    assert "torch.optim.Optimizer" in Path(path).read_text("utf-8")


@pytest.mark.parametrize("name", ["depth", "charrnn"])
def test_a_net_trains_with_it(open_page: OpenPage, name: str) -> None:
    own = {"rule": "own", "text": "theta = theta - learning_rate*sign(g)", "learning_rate": 0.001}
    page = open_page(link({"params": {"optimizer": own}}).replace("/race", f"/{name}"))
    expect(page.locator(".rule-text")).to_have_value(own["text"])


def test_the_update_shows_the_numbers_of_the_playhead(open_page: OpenPage) -> None:
    page = open_page(link({**RACE, "view": {}}))
    numbers = page.locator(".equations .equation-numbers")
    expect(numbers.first).to_be_visible()
    assert numbers.count() == 2 * page.locator(".equations .equation").count()
    before = page.locator(".equations").inner_text()
    page.locator(".equations").scroll_into_view_if_needed()
    page.get_by_role("button", name="Play", exact=False).first.click()
    until(page, "(old) => document.querySelector('.equations').innerText !== old", arg=before)


def test_the_update_of_every_racer_fits_its_panel(open_page: OpenPage) -> None:
    page = open_page()
    who = page.locator(".equations-panel .code-who")
    for card, width in product(page.locator(".card-title").all(), (390, 1440)):
        page.set_viewport_size({"width": width, "height": 900})
        card.click()
        expect(who).to_have_text(card.locator(".card-name").inner_text())
        expect(page.locator(".equations .equation-symbols").first).to_be_visible()
        page.wait_for_timeout(600)  # what the focus asked has come
        cut = page.evaluate(
            """() => {
              const host = document.querySelector(".equations");
              const edge = host.getBoundingClientRect().right + 1;
              return [...host.querySelectorAll("math")].filter((one) => one.getBoundingClientRect().right > edge)
                .map((one) => one.textContent);
            }"""
        )
        assert cut == []
