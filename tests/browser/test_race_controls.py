"""The race's controls: racers, surfaces, formulas of one's own, sliders and their boxes."""

from __future__ import annotations

import re

import pytest
from browser_kit import OpenPage, box_of, link, state, taken
from playwright.sync_api import Locator, Page, expect
from race_kit import runs, wait_for_run

SGD = [{"rule": "sgd", "learning_rate": 0.1}]


def field(page: Page, name: str) -> Locator:
    """Return a control by the name of its parameter."""
    return page.locator(f".controls [data-field={name}]")


def write_formula(page: Page, text: str) -> Locator:
    """Choose a formula of one's own and write it."""
    surface = field(page, "surface")
    if surface.locator(".formula-input").is_hidden():
        surface.locator("select").select_option(label="Your own formula…")
    box = surface.locator(".formula-input")
    box.fill(text)
    return box


def test_a_racer_can_race_against_itself_and_be_taken_out_again(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"racers": SGD}}))
    for count in (2, 3):
        page.locator(".cards-add").select_option(label="Adam")
        expect(page.locator(".card")).to_have_count(count)
        expect(page.locator(".ranking tbody tr")).to_have_count(count)
    expect(page.locator(".card-name")).to_have_text(["SGD", "Adam 1", "Adam 2"])
    dashes = [line.get_attribute("stroke-dasharray") for line in page.locator(".card .swatch line").all()]
    assert dashes[1] != dashes[2]
    page.locator(".card").nth(1).get_by_role("button", name="Remove").click()  # a card that is added opens
    expect(page.locator(".card-name")).to_have_text(["SGD", "Adam"])
    expect(page.locator(".ranking tbody tr")).to_have_count(2)
    assert [racer["rule"] for racer in state(page)["params"]["racers"]] == ["sgd", "adam"]


def test_the_last_racer_stays_and_a_duplicate_takes_its_hyperparameters_along(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"racers": [{"rule": "momentum", "learning_rate": 0.003, "momentum": 0.5}]}}))
    page.locator(".card-fold").click()
    expect(page.get_by_role("button", name="Remove")).to_be_disabled()  # the last one stays
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator(".ranking tbody tr")).to_have_count(2)
    first, second = state(page)["params"]["racers"]
    assert first == second
    assert second["momentum"] == 0.5


def test_an_eye_takes_a_racer_out_of_the_pictures_and_stays_with_it(open_page: OpenPage) -> None:
    page = open_page()
    count = page.locator(".card").count()
    curves = page.locator(".plot-lines").first
    expect(curves).to_have_attribute("data-curves", str(count))
    page.locator(".card-eye").nth(1).hover()
    page.mouse.down()
    page.evaluate("dispatchEvent(new Event('theme'))")  # the cards are drawn anew between press and release
    page.mouse.up()
    expect(curves).to_have_attribute("data-curves", str(count - 1))
    assert state(page)["view"] == {"hidden": [1]}
    page.locator(".card-fold").first.click()
    page.locator(".card").first.get_by_role("button", name="Remove").click()
    expect(page.locator(".card")).to_have_count(count - 1)
    expect(page.locator(".card").first).to_have_class(re.compile("is-hidden"))
    assert state(page)["view"] == {"hidden": [0]}


def test_the_racer_in_focus_shows_its_formula(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"racers": [*SGD, {"rule": "adam"}]}}))
    page.locator(".card-title").nth(1).click()
    expect(page.locator(".panel-equations .code-who")).to_contain_text("Adam")
    expect(page.locator(".panel-equations math").first).to_be_visible()
    expect(page.locator(".ranking tr.is-focus .row-name")).to_have_text("Adam")


def test_a_formula_of_ones_own_is_typeset_and_raced_on_and_a_bad_one_refused_under_its_character(
    open_page: OpenPage,
) -> None:
    page = open_page(link({"params": {"racers": SGD}}))
    write_formula(page, "(x-1)**2 + 2*(y+0.5)**2")
    expect(page.locator(".ranking .outcome")).to_contain_text("finished")
    expect(field(page, "surface").locator(".formula-typeset math")).to_have_count(2)  # its terms
    assert state(page)["params"]["surface"]["formula"] == "(x-1)**2 + 2*(y+0.5)**2"
    star = page.evaluate("(({ x, y }) => [x[0], y[0]])(document.querySelector('.plot-flat .plot').data[1])")
    assert star == pytest.approx([1.0, -0.5], abs=1e-6)
    for text, culprit in (("x**2 + foo*y", "foo"), ("x**2 + y.real", "."), ("2*x + 9**9**9", "9**9**9")):
        a_bad_formula_is_refused_under_the_character_at_fault(page, text, culprit)
    expect(page.locator(".ranking tbody tr")).to_have_count(1)  # the race before it is still there
    a_formula_that_is_mended_is_raced_on(page)


def a_bad_formula_is_refused_under_the_character_at_fault(page: Page, text: str, culprit: str) -> None:
    surface = field(page, "surface")
    write_formula(page, "x**2 + y**2")
    expect(surface.locator(".field-problem")).to_be_hidden()
    box = write_formula(page, text)
    expect(surface.locator(".field-problem")).to_be_visible()
    expect(surface.locator(".field-problem")).not_to_be_empty()
    caret = box_of(surface.locator(".formula-caret"))
    left, width = page.evaluate(
        """([input, before]) => {
          const style = getComputedStyle(input);
          const context = document.createElement("canvas").getContext("2d");
          context.font = style.font;
          const inset = parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth);
          const start = input.getBoundingClientRect().left + inset;
          return [start + context.measureText(before).width, context.measureText("x").width];
        }""",
        [box.element_handle(), text[: text.index(culprit)]],
    )
    within = len(culprit) * width
    assert left - 2 <= caret["x"] <= left + within


def a_formula_that_is_mended_is_raced_on(page: Page) -> None:
    before = runs(page)
    write_formula(page, "x**2 + 3*y**2")
    expect(field(page, "surface").locator(".field-problem")).to_be_hidden()
    wait_for_run(page, before)
    expect(page.locator(".ranking .outcome")).to_contain_text("finished")


def test_a_control_is_there_only_where_it_means_something(open_page: OpenPage) -> None:
    page = open_page()
    expect(field(page, "condition")).to_be_hidden()
    field(page, "surface").locator("select").select_option("quadratic")
    expect(field(page, "condition")).to_be_visible()
    field(page, "schedule").locator("select").select_option("cosine")
    expect(field(page, "floor")).to_be_visible()


def test_a_box_takes_exact_numbers_as_the_page_prints_them_too_and_says_what_it_does_with_others(
    open_page: OpenPage,
) -> None:
    page = open_page(link({"params": {"racers": SGD}}))
    page.locator(".card-fold").click()
    targets_are_large_enough_for_a_finger(page)
    a_tooltip_says_what_a_setting_does(page)
    a_box_reads_numbers_as_the_page_prints_them(page)
    rate = field(page, "learning_rate")
    box = rate.locator(".number-box")
    for typed, shown in (("1/8", "0.125"), ("3e-3", "0.003"), ("0,25", "0.25")):
        box.fill(typed)
        page.keyboard.press("Enter")
        expect(box).to_have_value(shown)
    box.fill("1e9")
    page.keyboard.press("Enter")
    expect(box).to_have_value("100")
    expect(rate.locator(".field-note")).to_contain_text("nearest")
    box.fill("quick")
    page.keyboard.press("Enter")
    expect(box).to_have_value("100")
    expect(rate.locator(".field-note")).to_contain_text("not a number")


def a_box_reads_numbers_as_the_page_prints_them(page: Page) -> None:
    steps = field(page, "steps")
    box = steps.locator(".number-box")
    for typed, value, told in [("1,500", 1500, True), ("1 200", 1200, False), ("1,234.0", 1234, False)]:
        box.fill(typed)
        box.press("Enter")
        expect(box).to_have_value(str(value))
        if told:  # it might have been one and a half: the page says how it was read
            expect(steps.locator(".field-note")).to_contain_text("1,500")
        else:
            expect(steps.locator(".field-note")).to_be_hidden()
    expect(page.locator(".readout")).to_contain_text("/ 1,234")


def test_the_default_is_one_click_away(open_page: OpenPage) -> None:
    page = open_page()
    a_logarithmic_slider_stops_at_zero_and_steps_evenly(page)
    field(page, "noise").get_by_role("button", name="Back to the default").click()
    steps = field(page, "steps")
    back = steps.get_by_role("button", name="Back to the default")
    default = steps.locator(".number-box").input_value()
    expect(back).to_be_hidden()
    steps.locator(".number-box").fill("123")
    page.keyboard.press("Enter")
    expect(page.locator(".readout")).to_have_text("123 / 123")
    back.click()
    expect(steps.locator(".number-box")).to_have_value(default)
    expect(page.locator(".readout")).to_have_text(f"{default} / {default}")
    assert state(page) == {}


def a_logarithmic_slider_stops_at_zero_and_steps_evenly(page: Page) -> None:
    noise = field(page, "noise")
    slider, box = noise.locator(".slider"), noise.locator(".number-box")
    slider.focus()
    page.keyboard.press("End")
    expect(box).to_have_value("100")
    page.keyboard.press("Home")
    expect(box).to_have_value("0")
    page.keyboard.press("ArrowRight")
    assert 0 < float(box.input_value()) < 1e-3


def test_another_dialect_brings_its_defaults_along(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"racers": [{"rule": "adam"}]}}))
    page.locator(".card-fold").click()
    page.locator(".card .group summary").click()
    expect(field(page, "eps").locator(".number-box")).to_have_value("1e-8")
    field(page, "dialect").locator("select").select_option(label="Keras")
    expect(field(page, "eps").locator(".number-box")).to_have_value("1e-7")
    racer = taken(page, lambda now: now["params"]["racers"][0]["dialect"] == "keras")["params"]["racers"][0]
    assert (racer["dialect"], racer["eps"]) == ("keras", 1e-7)


def a_tooltip_says_what_a_setting_does(page: Page) -> None:
    field(page, "learning_rate").get_by_role("button", name="About").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tip")).to_contain_text("the step is multiplied")
    page.keyboard.press("Escape")
    expect(page.locator(".tip")).to_be_hidden()


def targets_are_large_enough_for_a_finger(page: Page) -> None:
    small = page.evaluate(
        """() => [".controls button", ".controls input", ".controls select", ".panel button"]
          .flatMap((one) => [...document.querySelectorAll(one)])
          .map((element) => [element.className, element.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
          .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
    )
    assert small == []
