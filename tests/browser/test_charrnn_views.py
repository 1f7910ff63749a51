"""The views of the char-RNN laboratory: what each shows, and that anyone can use it."""

from __future__ import annotations

import re

from browser_kit import OpenPage, playhead, until
from playwright.sync_api import Locator, Page, expect
from test_charrnn import address, pause, play, wait_for_step


def trained(open_page: OpenPage, view: str = "", steps: int = 120, **params: object) -> Page:
    """Open a view of a net that has trained for some steps and stands still."""
    page = open_page(address(dict(params), view))
    play(page)
    wait_for_step(page, steps)
    pause(page)
    return page


def test_learning_draws_losses_levels_and_norms(open_page: OpenPage) -> None:
    page = trained(open_page)
    frames = page.locator(".plot-lines:visible")
    expect(frames).to_have_count(3)
    expect(frames.first).to_have_attribute("data-curves", "3")
    until(
        page,
        """() => {
          const canvas = document.querySelector(".overlay-levels");
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          return data.filter((value, i) => i % 4 === 3 && value > 100).length > 500;
        }""",
    )


def thinking_colours_every_character(page: Page) -> None:
    text = page.locator("textarea.prime")
    a_text_beyond_what_a_box_takes_is_refused_in_words_and_kept(page, text, 2000)
    text.fill("((()))\n(())")
    expect(page.locator(".letter")).to_have_count(11)
    page.select_option("[aria-label='Coloured by']", "f")
    expect(page.locator(".letters")).to_have_attribute("data-what", "f")
    colours = page.evaluate(
        "new Set([...document.querySelectorAll('.letter')].map((x) => x.style.backgroundColor)).size"
    )
    assert colours > 4
    page.locator(".letter").nth(3).hover()
    expect(page.locator(".letter-note").first).to_contain_text("surprise")


def the_unit_finder_ranks_and_a_click_chooses(page: Page) -> None:
    page.locator(".find-units").click()
    unit = page.locator(".finder-unit").nth(1)
    expect(unit).to_have_text(re.compile(r"^[hc]\d+ "))
    name = unit.inner_text().split()[0]
    unit.click()
    expect(page.locator(".letters")).to_have_attribute("data-what", name[0])
    expect(page.locator("[aria-label=Unit]")).to_have_value(name[1:])
    expect(page.locator(".finder-unit[aria-pressed=true]").first).to_contain_text(name)


def a_held_unit_changes_loss_and_sample(page: Page) -> None:
    page.locator(".hold-unit").click()
    words = page.locator(".hold-words")
    expect(words).to_contain_text("the loss on held-out text goes from")
    before = words.inner_text()
    slider = page.locator("[aria-label='Value that the unit is held at']")
    slider.fill("1")
    expect(words).to_contain_text("held at 1.00")
    assert words.inner_text() != before
    expect(page.locator(".two-samples .sample-text").nth(1)).not_to_be_empty()
    page.locator(".hold-unit").click()
    expect(page.locator(".two-samples")).to_be_hidden()


def test_a_net_is_looked_into_now_and_in_its_past(open_page: OpenPage) -> None:
    page = trained(open_page, "Inside", 600)
    thinking_colours_every_character(page)
    the_unit_finder_ranks_and_a_click_chooses(page)
    a_held_unit_changes_loss_and_sample(page)
    page.locator(".play-button").focus()
    page.keyboard.press("Home")
    until(page, "Number(document.querySelector('.panel-thinking').dataset.step) < 300")


def the_bars_follow_the_temperature(page: Page) -> None:
    expect(page.locator(".bar")).not_to_have_count(0)
    heat = page.locator(".panel-nextchar [aria-label=Temperature]")
    heat.fill("0")
    expect(page.locator(".bar-number").first).to_have_text("100%")
    heat.fill("2")
    expect(page.locator(".bar-number").first).not_to_have_text("100%")


def a_sample_is_written_forked_and_loops_are_found(page: Page) -> None:
    prime = page.locator("textarea.prime").first
    a_text_beyond_what_a_box_takes_is_refused_in_words_and_kept(page, prime, 2000)
    prime.fill("(")
    letters = page.locator(".letters").first
    page.locator(".write-many").click()
    expect(letters).to_have_attribute("data-length", "121")
    letters.locator(".letter").nth(10).click()
    expect(letters).to_have_attribute("data-length", "10")
    page.locator(".bar").nth(2).click()
    expect(letters).to_have_attribute("data-length", "11")
    expect(page.locator(".branch")).to_have_count(1)
    page.locator(".panel-nextchar [aria-label=Temperature]").fill("0")
    page.evaluate("for (let i = 0; i < 5; i += 1) document.querySelector('.write-one').click()")
    expect(letters).to_have_attribute(
        "data-length", "16"
    )  # each is drawn after the one before, however fast one presses
    one_by_one = letters.inner_text()
    letters.locator(".letter").nth(11).click()
    expect(letters).to_have_attribute("data-length", "11")
    page.locator(".write-many").click()
    expect(letters).to_have_attribute("data-length", "131")
    assert letters.inner_text().startswith(one_by_one)
    expect(page.locator(".loop-note")).to_be_visible()


def a_text_beyond_what_a_box_takes_is_refused_in_words_and_kept(page: Page, box: Locator, most: int) -> None:
    typed = "(a)" * most
    box.fill(typed)
    refusal = page.locator(".refusal", has_text=f"at most {most} characters")
    expect(refusal).to_be_visible()
    expect(box).to_have_value(typed)
    for shorter in ("", typed, "(a)(b)"):
        box.fill(shorter)
        expect(refusal).to_have_count(int(shorter == typed))


def any_string_is_scored(page: Page) -> None:
    a_text_beyond_what_a_box_takes_is_refused_in_words_and_kept(page, page.locator("textarea.prime").nth(1), 5000)
    words = page.locator("p[data-total]")
    expect(words).to_contain_text("perplexity")
    likely = float(words.get_attribute("data-total") or "nan")
    assert 0 < likely < 60


def test_the_next_character_is_foretold_written_and_scored(open_page: OpenPage) -> None:
    page = trained(open_page, "Next character")
    any_string_is_scored(page)
    the_bars_follow_the_temperature(page)
    a_sample_is_written_forked_and_loops_are_found(page)


def test_gradient_through_time_draws_every_net(open_page: OpenPage) -> None:
    page = open_page(address({"compare": ["rnn", "gru"]}, "Gradient through time"))
    expect(page.locator(".panel-timeflow")).to_have_attribute("data-nets", "3")
    expect(page.locator(".flow-table tbody tr")).to_have_count(3)
    page.locator("[aria-label='Spectral radius of Whh, rescaled']").fill("0.5")
    radii = page.locator(".flow-table tbody td:nth-child(3)")
    expect(radii).to_have_text([re.compile(r"^0\.(5|50\d*|49\d*)$")] * 3)
    assert page.locator(".flow-legend .legend-entry").count() >= 5


def test_hello_by_hand_walks_through_all_steps_and_every_check_holds(open_page: OpenPage) -> None:
    page = open_page(address(view="“hello” by hand"))
    stage = page.locator(".hand-stage")
    expect(stage).to_have_attribute("data-at", "0")
    for at in range(1, 9):
        page.locator(".stepper-on").click()
        expect(stage).to_have_attribute("data-at", str(at))
        assert page.locator(".matrix").count() >= 5
    expect(page.locator(".check-good")).to_have_count(5)
    expect(page.locator(".check-bad")).to_have_count(0)
    page.select_option("[aria-label='after so many steps of descent']", "0")
    expect(stage).to_contain_text("5.5452")  # 4 ln 4


def test_the_page_speaks_korean(open_page: OpenPage) -> None:
    page = open_page(address(lang="ko"))
    for tab in page.locator(".tab").all():
        assert re.search(r"[가-힣]", tab.inner_text())
    assert re.search(r"[가-힣]", page.locator(".training-buttons").inner_text())
    assert playhead(page)[1] == 20_000
