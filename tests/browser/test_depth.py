"""The page of the depth laboratory: its views, its doctor, its data, and how it behaves in the hand."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from browser_kit import OpenPage, at_step, box_of, playhead, running, state, taken, until
from playwright.sync_api import Page, expect

SMALL = {"depth": 6, "width": 40, "samples": 120, "steps": 0, "compare": []}
VIEWS = ("Signals", "Training", "Theory", "Data")
GOOD_CSV = "height,weight,kind\n" + "\n".join(f"{i % 7}.5,{i % 5},{i % 3}" for i in range(60)) + "\n"


def link(params: dict[str, Any], **rest: Any) -> str:
    """Return the address of a laboratory small enough for a test."""
    return f"/depth?state={quote(json.dumps({'params': {**SMALL, **params}, **rest}))}"


def view(page: Page, name: str) -> None:
    """Open a view and wait until its pictures are made."""
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def illnesses(page: Page) -> list[str]:
    """Return what the doctor of the view in front says, net by net."""
    return (page.locator(".patients:visible").get_attribute("data-illnesses") or "").split()


def test_every_view_draws_its_pictures(open_page: OpenPage) -> None:
    page = open_page(link({"steps": 12, "data": "moons", "preprocessing": "standardize"}))
    view(page, "Signals")
    expect(page.locator(".plot-ridge:visible").first).to_have_attribute("data-layers", "6")
    expect(page.locator(".plot-lines:visible").first).to_have_attribute("data-curves", "1")
    view(page, "Training")
    expect(page.locator(".plot-heatmap:visible").first).to_have_attribute("data-columns", re.compile(r"\d"))
    view(page, "Theory")
    expect(page.locator(".panel-map .plot-plane")).to_have_attribute("data-dots", "1")
    assert state(page)["view"] == {"tab": "Theory"}, "the view is kept in the address"
    view(page, "Data")
    expect(page.locator(".cloud-sides")).to_have_attribute("data-points", re.compile(r"[1-9]\d*"))
    assert page.locator(".panel-failed").count() == 0


def test_the_doctor_says_of_each_net_what_is_wrong_why_and_what_training_will_do(open_page: OpenPage) -> None:
    planted = [
        {"init": "constant", "constant": 0.1},
        {"init": "normal", "init_std": 0.01},
        {"init": "normal", "init_std": 1.0, "activation": "relu"},
    ]
    page = open_page(link({"compare": planted}))
    for net, illness in enumerate(("healthy", "symmetric", "vanishing", "exploding")):
        patient = page.locator(f".patient[data-net='{net}']:visible")
        expect(patient.locator(".finding")).to_have_attribute("data-illness", illness)
        expect(patient.locator(".finding-prediction")).to_contain_text("Training will")
        if net:
            expect(patient.locator(".finding math").first).to_be_visible()
            expect(patient.locator(".finding-fix")).to_be_visible()
    expect(patient.locator(".finding-consequences li").first).to_contain_text("grows")
    wide = """() => [...document.querySelectorAll(".finding-equation")]
      .filter((one) => one.scrollWidth > one.clientWidth).length"""
    assert page.evaluate(wide) == 0  # an equation breaks into lines where its column is narrow


def test_the_doctor_keeps_the_focus_while_the_run_plays(open_page: OpenPage) -> None:
    page = open_page(link({"init": "normal", "init_std": 0.01, "steps": 30}))
    page.keyboard.press("Home")
    at_step(page, 0)
    cure = page.locator(".finding-fix:visible").first
    cure.focus()
    cure.evaluate("button => { button.isOld = true; }")
    page.evaluate("document.querySelector('.play-button').click()")
    at_step(page, 30)
    # It is written anew meanwhile, and gets the focus back.
    until(page, lambda: not cure.evaluate("button => button.isOld"))
    expect(cure).to_be_focused()


def test_a_count_of_the_doctors_trial_opens_one_of_its_nets(open_page: OpenPage) -> None:
    page = open_page(link({}))
    row = page.locator(".confusion tbody tr").filter(has=page.locator(".confusion-count.is-off")).first
    said = row.locator(".illness").inner_text()
    row.locator(".confusion-count.is-off").first.click()
    expect(page.locator(".patient .illness:visible")).to_have_text([said])
    expect(page.locator(".confusion-news")).to_contain_text(said)


def test_a_cure_is_one_click_and_shows_before_and_after(open_page: OpenPage) -> None:
    page = open_page(link({"init": "normal", "init_std": 0.01}))
    expect(page.locator(".finding[data-illness=vanishing]").first).to_be_visible()
    page.locator(".finding-fix").first.click()
    expect(page.locator(".finding[data-illness=healthy]")).to_be_visible()
    expect(page.locator(".course dt")).to_have_text(["Before", "After"])
    before, after = page.locator(".course dd").all_inner_texts()
    assert before != after
    assert state(page)["params"].get("init", "xavier_normal") == "xavier_normal"
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".finding[data-illness=vanishing]").first).to_be_visible()
    assert page.locator(".course").count() == 0


def test_dragging_the_standard_deviation_moves_ridge_and_doctor_at_once(open_page: OpenPage) -> None:
    page = open_page(link({"init": "normal", "init_std": 0.01}))
    expect(page.locator(".finding[data-illness=vanishing]").first).to_be_visible()
    slider = page.locator("[data-field=init_std] .slider").first
    slider.evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input', { bubbles: true })); }")
    expect(page.locator(".finding[data-illness=exploding]")).to_be_visible()  # the finger is still down
    slider.evaluate("s => s.dispatchEvent(new Event('change', { bubbles: true }))")
    page.wait_for_url(re.compile("init_std%22%3A10"))


def test_a_click_in_the_phase_diagram_moves_the_net(open_page: OpenPage) -> None:
    page = open_page(link({}, view={"tab": "Theory"}))
    plane = page.locator(".map-pad")
    expect(page.locator(".panel-map .plot-plane")).to_have_attribute("data-dots", "1")
    box = box_of(plane)
    plane.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.5})
    expect(page.locator(".panel-map .plot-plane")).not_to_have_attribute("data-at", re.compile(r" 0$"))
    params = taken(page, lambda now: now.get("params", {}).get("init") == "mean_field")["params"]
    assert params["init"] == "mean_field"
    assert params["sigma_w"] == pytest.approx(1.5, abs=0.05)
    assert params["sigma_b"] == pytest.approx(1.0, abs=0.05)
    plane.focus()
    sigma = page.locator("[data-field=sigma_w] .number-box").first
    page.keyboard.press("ArrowRight")
    expect(sigma).to_have_value(re.compile(f"^{params['sigma_w'] + 0.02:.2f}".rstrip("0")))
    one = float(sigma.input_value()) - params["sigma_w"]
    page.evaluate(
        """() => {
          const key = new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
          for (let i = 0; i < 3; i += 1) document.querySelector(".map-pad").dispatchEvent(key);
        }"""
    )  # faster than the server answers, and each is a step
    assert float(sigma.input_value()) == pytest.approx(params["sigma_w"] + 4 * one, abs=one / 2)


def test_the_net_in_focus_is_the_one_that_moves(open_page: OpenPage) -> None:
    page = open_page(link({"compare": [{"init": "normal", "init_std": 0.05}]}, view={"tab": "Theory"}))
    expect(page.locator(".panel-map .plot-plane")).to_have_attribute("data-dots", "2")
    page.locator(".net-choice").nth(1).click()
    page.locator(".map-pad").click(position={"x": 60, "y": 60})
    expect(page.locator(".panel-map .plot-plane")).not_to_have_attribute("data-at", re.compile(r" 0$"))
    params = taken(page, lambda now: now["params"]["compare"][0]["init"] == "mean_field")["params"]
    assert "init" not in params
    assert params["compare"][0]["init"] == "mean_field"


def test_nets_are_added_copied_and_removed_as_cards(open_page: OpenPage) -> None:
    page = open_page(link({}))
    for count in (2, 3, 4):
        page.get_by_role("button", name="Add to “Compared with”").click()
        expect(page.locator(".patients .patient")).to_have_count(count)
    expect(page.get_by_role("button", name="Add to “Compared with”")).to_be_disabled()
    page.locator(".card").last.get_by_role("button", name="Remove").click()
    expect(page.locator(".patients .patient")).to_have_count(3)
    assert len(state(page)["params"]["compare"]) == 2
    cards = page.locator(".card .swatch line")
    assert cards.first.get_attribute("stroke") != cards.nth(1).get_attribute("stroke")


def test_hidden_nets_leave_every_picture(open_page: OpenPage) -> None:
    page = open_page(link({"compare": [{"init": "normal"}]}))
    expect(page.locator(".plot-lines:visible").first).to_have_attribute("data-curves", "2")
    page.locator(".card-eye").first.click()
    expect(page.locator(".plot-lines:visible").first).to_have_attribute("data-curves", "1")
    assert state(page)["view"]["hidden"] == [1]


def test_it_trains_as_it_plays_and_histograms_follow_back(open_page: OpenPage) -> None:
    page = open_page(link({"steps": 30, "data": "clouds"}), reduced_motion="no-preference")
    expect(page.locator(".readout")).to_have_text("30 / 30")
    ridge = page.locator(".plot-ridge:visible").first
    expect(ridge).to_have_attribute("data-step", "30")
    trained = ridge.locator("canvas").evaluate("c => c.toDataURL()")
    page.keyboard.press("Home")
    expect(ridge).to_have_attribute("data-step", "0")
    assert ridge.locator("canvas").evaluate("c => c.toDataURL()") != trained
    page.keyboard.press("End")
    expect(ridge).to_have_attribute("data-step", "30")
    assert ridge.locator("canvas").evaluate("c => c.toDataURL()") == trained


def test_a_click_on_a_map_goes_to_that_step(open_page: OpenPage) -> None:
    page = open_page(link({"steps": 40, "data": "clouds"}), reduced_motion="no-preference")
    expect(page.locator(".readout")).to_have_text("40 / 40")
    view(page, "Training")
    heatmap = page.locator(".plot-heatmap:visible").first
    expect(heatmap).to_have_attribute("data-columns", re.compile("[1-9]"))  # drawn: there are steps to press
    box = box_of(heatmap)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert 15 <= playhead(page)[0] <= 25


def test_a_net_that_breaks_is_named_and_the_others_go_on(open_page: OpenPage) -> None:
    params = {
        "steps": 25,
        "data": "clouds",
        "activation": "relu",
        "init": "he_normal",
        "optimizer": {"rule": "sgd", "learning_rate": 0.01},
        "compare": [{"activation": "relu", "init": "normal", "init_std": 10}],
    }
    page = open_page(link(params), reduced_motion="no-preference")
    expect(page.locator(".readout")).to_have_text("25 / 25")
    broken = page.locator(".patient[data-net='1'] .finding[data-illness=nan]:visible")
    expect(broken).to_contain_text("not a number")
    assert page.locator(".patient[data-net='0'] .finding[data-illness=nan]:visible").count() == 0


def test_a_long_table_stays_out_of_the_address_and_survives_a_reload(open_page: OpenPage) -> None:
    page = open_page(link({}, view={"tab": "Data"}))
    page.locator("details.group", has_text="Data").first.locator("summary").click()
    page.locator("[data-field=data] select").select_option("own")
    text = GOOD_CSV + GOOD_CSV.split("\n", 1)[1] * 9
    page.locator("[data-field=data] input[type=file]").set_input_files(
        {"name": "long.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.wait_for_url(re.compile("data.csv"))
    assert len(page.url) < 1500
    points = page.locator(".cloud-sides").get_attribute("data-points")
    page.reload()
    running(page)
    expect(page.locator("[data-field=data] .drop-words")).to_contain_text("characters")
    expect(page.locator(".cloud-sides")).to_have_attribute("data-points", points or "")


BAD_TABLES = {"text": "name,x,y\nanna,1,0\nbert,2,1\n", "gaps": "x,y\n1,2\n3\n4,5\n", "one column": "y\n1\n2\n3\n"}


def test_a_bad_table_is_refused_in_words_and_a_good_one_read(open_page: OpenPage) -> None:
    page = open_page(link({}))
    page.locator("details.group", has_text="Data").first.locator("summary").click()
    page.locator("[data-field=data] select").select_option("own")
    chosen = page.locator("[data-field=data] input[type=file]")
    told = set()
    problem = page.locator("[data-field=data] > .field-problem")
    for text in BAD_TABLES.values():
        before = problem.text_content() or ""
        chosen.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": text.encode()})
        expect(problem).to_contain_text(re.compile(r"\w+ \w+"))
        expect(problem).not_to_have_text(before)
        told.add(problem.text_content())
        expect(page.locator(".plot-ridge:visible").first).to_have_attribute("data-layers", "6")
    assert len(told) == len(BAD_TABLES)
    chosen.set_input_files({"name": "good.csv", "mimeType": "text/csv", "buffer": GOOD_CSV.encode()})
    expect(page.locator("[data-field=data] .drop-words")).to_contain_text("characters")
    expect(problem).to_be_hidden()
    view(page, "Data")
    expect(page.locator(".cloud-sides")).to_have_attribute("data-points", re.compile(r"^[1-6]\d?$"))
    assert page.locator(".banner-bad").count() == 0


def test_too_much_is_refused_with_the_number(open_page: OpenPage) -> None:
    page = open_page(link({"depth": 200, "width": 1000, "samples": 5000, "steps": 100}))
    expect(page.locator(".banner-bad")).to_contain_text(re.compile(r"\d.*(GB|billion)"))
    running(page)


def test_the_net_is_handed_out_as_pytorch_code(open_page: OpenPage) -> None:
    page = open_page(link({}))
    with page.expect_download() as got:
        page.locator(".panel-code").get_by_role("button", name="Download").click()
    code = got.value.path().read_text()
    assert "import torch" in code
    compile(code, "net.py", "exec")
