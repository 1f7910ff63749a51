"""Comparisons on the race's page: racers on data, a future beside the one that a change made, a fair race."""

from __future__ import annotations

from pathlib import Path

from browser_kit import OpenPage, at_step, link, running
from playwright.sync_api import Page, expect

RACERS = [{"rule": "sgd", "learning_rate": 0.03}, {"rule": "adam", "learning_rate": 0.2}]
FASTER = [{"rule": "sgd", "learning_rate": 0.06}, {"rule": "adam", "learning_rate": 0.2}]
LINE = {"surface": "linear_regression", "scaling": "standardize", "steps": 60, "fork": True, "racers": RACERS}


def rate_on_card(page: Page, rate: str) -> None:
    """Expect the first racer's card and its row in the standings to say a learning rate."""
    expect(page.locator(".card-summary").first).to_contain_text(rate)
    row = page.locator(".ranking tbody tr:not(.is-ghost)[data-index='0']")
    expect(row.locator(".row-about")).to_contain_text(rate)


def test_a_fork_travels_by_link_reload_and_file_and_cards_say_what_is_in_force(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**LINE, "fork": False}, "changes": [[30, {"racers": FASTER}]]}))
    at_step(page, 60)
    switch = page.get_by_role("switch", name="Keep the old future")
    switch.check()  # of a change that was made before
    switch.blur()
    expect(page.locator(".ranking tr.is-ghost")).to_have_count(2)
    at_step(page, 60)
    rate_on_card(page, "0.06")
    frame = page.locator(".panel[data-kind=fit] [data-fits]")
    expect(frame).to_have_attribute("data-points", "100")
    expect(frame).to_have_attribute("data-fits", "2")
    old = page.locator(".ranking tr.is-ghost .row-name")
    page.keyboard.press("Home")
    rate_on_card(page, "0.03")
    expect(old).to_have_count(0)  # not forked yet
    page.keyboard.press("End")
    rate_on_card(page, "0.06")
    page.reload()
    running(page)
    rate_on_card(page, "0.06")
    expect(old).to_have_count(2)
    assert sorted(old.all_inner_texts()) == ["Adam, unchanged", "SGD, unchanged"]
    page.locator("#export-button").click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name="Curves (CSV)").click()
    head, *lines = Path(found.value.path()).read_text().splitlines()
    at = head.split(",").index("ghost_losses")
    sgd = {int(line.split(",")[1]): line.split(",") for line in lines if line.startswith("SGD,")}
    assert sgd[30][at] == "nan"
    assert sgd[60][at] not in ("nan", sgd[60][head.split(",").index("losses")])


def test_a_fair_race_says_what_it_did_and_follows_its_settings_at_once(open_page: OpenPage) -> None:
    racers = [*RACERS, {"rule": "bfgs"}]
    params = {"surface": "quadratic", "condition": 20.0, "steps": 40, "racers": racers}
    page = open_page(link({"params": params, "view": {"tab": "Fair race"}}))
    panel = page.locator(".panel[data-kind=inquiry]", has=page.locator(".inquiry-board:visible"))
    remark = panel.locator(".inquiry-remark")
    expect(remark).to_contain_text("Every run had 200 gradient evaluations")
    page.get_by_role("slider", name="Gradient evaluations").press("Home")
    expect(remark).to_contain_text("Every run had 20 gradient evaluations")
    expect(remark).to_contain_text("of them.")  # who won how many of the starts
    expect(remark).not_to_contain_text("racers are done")
    expect(panel.locator(".inquiry-board th[scope=col]")).to_contain_text(["Racer", "Wins", "Arrived"])
    expect(panel.locator(".inquiry-board tbody tr")).to_have_count(3)
    wins = [int(text) for text in panel.locator(".inquiry-board tbody tr td:nth-child(2)").all_inner_texts()]
    assert 0 < sum(wins) <= 24
    expect(panel.locator("[data-curves]")).to_have_attribute("data-curves", "3")
