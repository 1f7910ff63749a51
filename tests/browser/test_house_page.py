"""The page of a laboratory, whatever it shows: opening, playing, links, themes, phones, languages, export."""

from __future__ import annotations

import json
import re

from browser_kit import OpenPage, at_step, box_of, link, playhead, running, state, taken
from playwright.sync_api import Page, expect


def test_a_fresh_page_plays_the_run_once_and_stops_at_its_end(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 40}}), reduced_motion="no-preference")
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Play again")
    assert playhead(page) == (40, 40)


def test_with_reduced_motion_the_page_shows_the_finished_run_and_its_address_stays_short(
    open_page: OpenPage,
) -> None:
    page = open_page()
    step, total = playhead(page)
    assert step == total > 0
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Play again")
    assert state(page) == {}
    the_picture_of_the_stage_can_be_taken_away(page)
    a_claim_sets_the_page_up_and_gives_its_verdict(page)


def test_a_link_restores_params_and_playhead(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 120, "seed": 5}, "step": 37}))
    at_step(page, 37)
    assert playhead(page) == (37, 120)
    expect(page.locator("[data-field=seed] .number-box")).to_have_value("5")
    assert state(page) == {"params": {"steps": 120, "seed": 5}, "step": 37}


def test_copy_link_gives_the_address_of_this_very_state(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 90}, "step": 12}))
    at_step(page, 12)
    page.keyboard.press("ArrowRight")
    page.click("#copy-link")
    expect(page.locator("#toasts")).to_contain_text("Link copied")
    other = open_page.another(page, page.evaluate("navigator.clipboard.readText()"))
    at_step(other, 13)
    assert playhead(other) == (13, 90)


def test_a_bad_link_explains_itself_and_loads_the_defaults(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": -3}}))
    expect(page.locator(".banner-bad")).to_contain_text("at least")
    step, total = playhead(page)
    assert step == total > 0


def test_a_link_that_is_no_json_explains_itself(open_page: OpenPage) -> None:
    page = open_page("/race?state=%7Bnot")
    expect(page.locator(".banner-bad")).to_be_visible()
    assert playhead(page)[1] > 0


def test_keys_play_step_and_seek(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 200}, "step": 50}))
    at_step(page, 50)
    keys_typed_into_a_box_leave_the_playhead_alone(page)
    page.locator(".play-button").focus()
    moves = {"ArrowRight": 51, "ArrowLeft": 50, "Shift+ArrowRight": 60, "Shift+ArrowLeft": 50}
    moves |= {"Home": 0, "End": 200}
    for key, step in moves.items():
        page.keyboard.press(key)
        at_step(page, step)
        assert playhead(page)[0] == step
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Pause")
    page.keyboard.press("Space")
    expect(page.locator(".play-button")).to_have_attribute("aria-label", re.compile("^Play"))
    page.keyboard.press("+")
    expect(page.locator(".speed")).to_have_value("2")
    page.keyboard.press("-")
    page.keyboard.press("-")
    expect(page.locator(".speed")).to_have_value("0.5")
    page.keyboard.press("?")
    expect(page.locator("dialog.key-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.key-help")).to_be_hidden()


def keys_typed_into_a_box_leave_the_playhead_alone(page: Page) -> None:
    page.locator("[data-field=seed] .number-box").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert playhead(page)[0] == 50


def test_buttons_step_rewind_and_go_to_the_end_and_the_scrubber_anywhere(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 80}, "step": 30}))
    at_step(page, 30)
    moves = {"One step on": 31, "One step back": 30, "Back to the start": 0, "To the end": 80}
    for name, step in moves.items():
        page.get_by_role("button", name=name, exact=True).click()
        at_step(page, step)
    box = box_of(page.locator(".scrubber"))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert abs(playhead(page)[0] - 40) <= 2


def test_going_back_undoes_a_preset(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 77}}))
    page.locator(".claim-button").first.click()
    expect(page.locator(".readout")).not_to_have_text("77 / 77")
    page.go_back()
    expect(page.locator(".readout")).to_have_text("77 / 77")
    assert state(page) == {"params": {"steps": 77}}


def test_a_restart_setting_runs_again_enters_the_address_and_a_bare_visit_offers_to_continue_there(
    open_page: OpenPage,
) -> None:
    page = open_page()
    page.locator("[data-field=steps] .number-box").fill("63")
    page.keyboard.press("Enter")
    expect(page.locator(".readout")).to_have_text("63 / 63")
    assert state(page) == {"params": {"steps": 63}}
    page.goto(page.url.split("?")[0])
    running(page)
    assert playhead(page)[1] != 63
    page.get_by_role("button", name="Continue where you were").click()
    expect(page.locator(".readout")).to_have_text("63 / 63")


def test_dark_follows_the_system_and_the_switch_is_kept(open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    assert background_lightness(page) < 60
    switch = page.locator("#theme-switch")
    switch.click()
    expect(root).to_have_attribute("data-theme", "light")
    assert background_lightness(page) > 200
    page.reload()
    running(page)
    expect(root).to_have_attribute("data-theme", "light")
    switch.click()
    expect(root).to_have_attribute("data-theme", "dark")


def background_lightness(page: Page) -> float:
    """Return the mean of the body's background channels, 0 to 255."""
    channels = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number)")
    return float(sum(channels[:3])) / 3


def test_korean_keeps_the_state_and_translates_the_page(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 70}}))
    with page.expect_navigation():
        page.select_option("#language-switch", "ko")
    running(page)
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert playhead(page) == (70, 70)
    assert "lang=ko" in page.url
    assert state(page) == {"params": {"steps": 70}}


def test_a_table_stands_behind_every_picture(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 60}}))
    for panel in page.locator(".panel:visible").all():
        if panel.get_attribute("data-kind") in {"code", "equations", "inquiry"}:  # words: there is no table
            expect(panel.locator(".panel-tools button").first).to_be_hidden()
            continue
        panel.locator(".panel-tools button").first.click()
        expect(panel.locator(".panel-table td").first).to_be_visible()
    first = page.locator(".panel-table caption").first
    expect(first).to_have_text("At step 60")
    page.keyboard.press("Home")
    expect(first).to_have_text("At step 0")


def test_the_run_can_be_taken_away_as_csv_and_json_and_as_a_command(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 30, "seed": 4}}))
    the_copied_command_is_quoted_for_a_shell(page)

    def export(name: str) -> str:
        page.click("#export-button")
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=name).click()
        return download.value.path().read_text()

    lines = export("Curves").splitlines()
    columns = lines[0].split(",")
    assert columns[:2] == ["series", "step"]
    assert "losses" in columns
    assert {line.count(",") for line in lines} == {len(columns) - 1}
    whole = json.loads(export("Whole run"))
    assert whole["experiment"] == "race"
    assert whole["step"] == 30
    racers = len(whole["params"]["racers"])
    assert len(whole["losses"]) == racers
    assert len(lines) == 1 + racers * 31
    at_end = [line.split(",") for line in lines if line.split(",")[1] == "30"]
    assert [float(cells[columns.index("losses")]) for cells in at_end] == [row[30] for row in whole["losses"]]


def the_picture_of_the_stage_can_be_taken_away(page: Page) -> None:
    page.click("#export-button")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Picture").click()
    data = download.value.path().read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(data) > 10_000


def the_copied_command_is_quoted_for_a_shell(page: Page) -> None:
    opener, items = page.locator("#export-button"), page.get_by_role("menuitem")
    opener.focus()
    page.keyboard.press("Enter")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(items.first).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.locator(".stage h2").first.click()  # anywhere else
    expect(items.first).to_be_hidden()
    opener.click()
    page.get_by_role("menuitem", name="command").click()
    expect(page.locator("#toasts")).to_contain_text("Command copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == """descentlab run race '{"steps":30,"seed":4}'"""


def a_claim_sets_the_page_up_and_gives_its_verdict(page: Page) -> None:
    claim = page.locator(".claim").first
    claim.locator("button").click()
    claim.locator(".claim-skip").click()  # a prediction is asked for first
    expect(claim).to_have_attribute("data-state", re.compile("^(yes|half|no)$"))
    expect(claim.locator(".claim-headline strong")).to_have_text(re.compile("Holds|Half true|Does not hold"))
    assert len(claim.locator(".claim-verdict").inner_text()) > 20
    assert taken(page, lambda now: "params" in now)["params"]  # the verdict may be known before the run is taken
