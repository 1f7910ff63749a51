"""The race on the screen: curves, standings, and what the settings do to a run."""

from __future__ import annotations

import re
from typing import Any

from browser_kit import OpenPage, at_step, box_of, link, playhead, running, state, taken, until
from playwright.sync_api import Page, expect
from race_kit import (
    BOWL,
    SGD_AND_ADAM,
    color_of,
    first_slider,
    pixels_of,
    runs,
    slide,
    standing,
    standings_at,
    wait_for_run,
)


def test_a_race_draws_every_racer_ranks_them_all_and_a_press_on_a_curve_moves_the_playhead(
    open_page: OpenPage,
) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM, "steps": 200}}))
    until(page, lambda: min(pixels_of(page, color_of(page, i)) for i in range(2)) > 50)
    rows = page.locator(".ranking tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.locator(".rank")).to_have_text(["1", "2"])
    expect(page.locator(".plot-lines")).to_have_count(4)
    expect(page.locator(".plot-lines[data-curves='2']")).to_have_count(4)
    a_press_on_a_curve_moves_the_playhead_there(page)


def test_the_finish_line_makes_a_podium(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM, "tolerance": 0.01}}))
    expect(standing(page, "SGD").locator(".outcome")).to_contain_text("finished at step")
    expect(page.locator(".podium-1 .podium-name")).to_have_text("SGD")
    page.keyboard.press("Home")
    at_step(page, 0)
    expect(page.locator(".podium")).to_be_hidden()
    expect(standing(page, "SGD").locator(".outcome")).to_have_text("running")


def test_sgd_on_a_round_bowl_shows_its_exact_loss(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM[:1], "steps": 20}, "step": 3}))
    at_step(page, 3)
    loss = (4.0**2 + 2.0**2) / 2 * 0.9**6  # each step multiplies both coordinates by 1 - 0.1
    expect(standing(page, "SGD").locator("td.is-number")).to_have_text(f"{loss:.3g}")


def test_a_slider_runs_the_race_again_and_enters_the_address(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 100}}))
    before = runs(page)
    standings_at(page, 100)
    loss = page.locator(".card-loss").first.inner_text()
    slide(page, first_slider(page))
    wait_for_run(page, before)
    expect(page.locator(".card-loss").first).not_to_have_text(loss)
    now = taken(page, lambda now: now["params"]["racers"][0]["learning_rate"] > 0.01)
    assert now["params"]["racers"][0]["learning_rate"] > 0.01


def test_a_slider_runs_the_race_while_it_is_dragged(open_page: OpenPage) -> None:
    page = open_page()
    slider = box_of(first_slider(page))
    before = runs(page)
    page.mouse.move(slider["x"] + slider["width"] * 0.4, slider["y"] + slider["height"] / 2)
    page.mouse.down()
    page.mouse.move(slider["x"] + slider["width"] * 0.5, slider["y"] + slider["height"] / 2, steps=4)
    wait_for_run(page, before)
    page.mouse.up()


def test_a_live_change_keeps_the_past_changes_the_rest_and_marks_the_moment(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 200}, "step": 80}))
    standings_at(page, 80)
    loss_then = standing(page, "SGD").locator("td.is-number").inner_text()
    before = runs(page)
    slide(page, first_slider(page), 12)
    wait_for_run(page, before)
    page.wait_for_selector(".plot-lines[data-marks='80']")
    expect(page.locator(".plot-lines:not([data-marks='80'])")).to_have_count(0)
    expect(page.locator(".scrubber-mark")).to_have_count(1)
    expect(standing(page, "SGD").locator("td.is-number")).to_have_text(loss_then)
    [[step, changed]] = taken(page, lambda now: bool(now.get("changes")))["changes"]
    assert step == 80
    assert changed["racers"][0]["learning_rate"] > 0.01
    page.keyboard.press("Escape")
    page.locator(".readout").click()
    page.keyboard.press("End")
    standings_at(page, 200)
    unchanged = 10 * 0.99**400
    expect(standing(page, "SGD").locator("td.is-number")).not_to_have_text(f"{unchanged:.3g}")


def test_shift_runs_the_race_again_from_its_start(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 200}, "step": 80}))
    at_step(page, 80)
    slider = first_slider(page)
    before = runs(page)
    slide(page, slider, 3, "Shift+ArrowRight")
    wait_for_run(page, before)
    now = taken(page, lambda now: now["params"]["racers"][0]["learning_rate"] > 0.01)
    assert not now.get("changes")
    assert now["params"]["racers"][0]["learning_rate"] > 0.01


def a_press_on_a_curve_moves_the_playhead_there(page: Page) -> None:
    pad = page.locator(".scrub-pad >> visible=true").first
    pad.scroll_into_view_if_needed()
    place = box_of(pad)
    page.mouse.click(place["x"] + place["width"] * 0.25, place["y"] + place["height"] / 2)
    at_step(page, 50)
    assert playhead(page)[0] == 50
    expect(page.locator(".playhead-line[data-step='50']")).not_to_have_count(0)
    expect(page.locator(".playhead-line:not([data-step='50'])")).to_have_count(0)


def test_a_diverging_racer_is_drawn_to_the_edge_and_said_so_the_others_unharmed(open_page: OpenPage) -> None:
    racers: list[dict[str, Any]] = [{"rule": "sgd", "learning_rate": 2.5}, {"rule": "adam", "learning_rate": 0.1}]
    page = open_page(link({"params": {**BOWL, "racers": racers}}))
    expect(standing(page, "SGD").locator(".outcome")).to_contain_text("diverged at step")
    expect(standing(page, "SGD").locator(".rank")).to_have_text("–")
    until(page, lambda: pixels_of(page, color_of(page, 0), edge=14) > 20)
    expect(standing(page, "Adam").locator(".outcome")).to_contain_text("finished")
    expect(page.locator(".card").first).to_have_class(re.compile("is-out"))


def test_each_curve_is_linear_or_logarithmic(open_page: OpenPage) -> None:
    page = open_page()
    curves = page.locator(".plot-lines").first
    expect(curves).to_have_attribute("data-scale", "log")
    page.get_by_role("group", name="Scale of Loss").get_by_role("button", name="linear").click()
    expect(curves).to_have_attribute("data-scale", "linear")
    assert state(page)["view"] == {"scale:excess": "linear"}
    page.reload()
    running(page)
    expect(curves).to_have_attribute("data-scale", "linear")
