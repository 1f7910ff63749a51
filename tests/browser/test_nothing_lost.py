"""Nothing that a visitor did is lost, and nothing is shown or linked that the server did not take."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest
from browser_kit import OpenPage, at_step, link, playhead, running, state, taken, until
from playwright.sync_api import Page, Route, expect

SMALL = {"corpus": "brackets", "hidden_size": 16, "steps": 20000, "sequence_length": 20, "batch_size": 4}

# Whether the browser's database has a run whose playhead stands at a step.
KEPT = """(step) => new Promise((resolve) => {
  const opening = indexedDB.open("descentlab");
  opening.onsuccess = () => {
    const all = opening.result.transaction("runs").objectStore("runs").getAll();
    all.onsuccess = () => { opening.result.close(); resolve(all.result.some(({ at }) => at === step)); };
  };
})"""


def recurrent(**params: object) -> str:
    """Return the address of a small char-RNN."""
    return "/charrnn?state=" + quote(json.dumps({"params": SMALL | params}))


def count_starts(page: Page) -> None:
    """Count the runs that the page asks for from now on, in ``window.starts``."""
    page.evaluate(
        """() => {
          window.starts = 0;
          const { send } = WebSocket.prototype;
          WebSocket.prototype.send = function (data) {
            if (typeof data === "string" && JSON.parse(data).type === "start") window.starts += 1;
            return send.call(this, data);
          };
        }"""
    )


def test_the_skip_links_lead_on_and_leave_the_run_alone(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 90}, "step": 12}))
    at_step(page, 12)
    count_starts(page)
    for target in ("main", "controls-column"):
        page.locator(f"a.skip[href='#{target}']").focus()
        page.keyboard.press("Enter")
        until(page, f"document.activeElement.id === '{target}'")
    page.wait_for_timeout(300)  # a new run would be asked for in this time
    assert page.evaluate("window.starts") == 0
    assert playhead(page) == (12, 90)


def test_a_refused_setting_reaches_neither_address_nor_link(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 60, "surface": {"formula": "x**2 + y**2"}}}))
    before = state(page)
    box = page.locator("[data-field=surface] textarea, [data-field=surface] input[type=text]").first
    box.fill("x**2 + frog(y)")
    box.press("Enter")
    expect(page.locator("[data-field=surface] .field-problem")).to_be_visible()  # where he types
    expect(page.locator(".banner[data-subject=problems]")).to_have_count(0)
    assert state(page) == before
    page.locator("[data-field=steps] .number-box").fill("61")
    page.keyboard.press("Enter")
    expect(page.locator(".readout")).to_have_text("61 / 61")
    expect(box).to_have_value("x**2 + frog(y)")
    assert state(page)["params"]["surface"]["formula"] == "x**2 + y**2"
    page.reload()
    running(page)
    assert playhead(page)[1] == 61
    expect(page.locator(".banner-bad")).to_have_count(0)


def test_arrows_in_a_table_scroll_it_and_leave_the_playhead(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 200}, "step": 50}))
    at_step(page, 50)
    panel = page.locator(".panel").first
    panel.locator(".panel-tools button").first.click()
    table = panel.locator(".panel-table")
    table.evaluate("(table) => { table.style.maxHeight = '60px'; table.style.maxWidth = '60px'; }")
    table.focus()
    for key in ("End", "Home", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert playhead(page)[0] == 50
    page.locator(".play-button").focus()
    page.keyboard.press("ArrowRight")
    assert playhead(page)[0] == 51


def test_a_link_carries_a_long_text_to_another_browser(open_page: OpenPage) -> None:
    page = open_page(recurrent())
    text = "".join(f"line {i} of a text that no address can hold\n" for i in range(200))
    page.evaluate("() => { window.before = document.querySelector('.readout').textContent; }")
    page.locator("[data-field=text] textarea").fill(text)
    page.locator("[data-field=text] textarea").blur()
    until_kept(page)
    page.click("#copy-link")
    expect(page.locator("#toasts")).to_contain_text("exactly this")
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert "#texts=" in copied
    other = open_page.another(page, copied)
    expect(other.locator("[data-field=text] textarea")).to_have_value(text)
    assert "#texts=" not in other.url
    expect(other.locator(".banner")).to_have_count(0)


def until_kept(page: Page) -> None:
    """Wait until the address names a kept text."""
    for _ in range(100):
        if "kept" in state(page).get("view", {}):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the text was never kept: {page.url[:300]}")


def test_going_back_finds_the_trained_run_again(open_page: OpenPage) -> None:
    page = open_page(recurrent())
    page.locator(".play-button").click()
    until(page, "Number(document.documentElement.dataset.drawn) >= 60")
    page.locator(".play-button").click()
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Play")
    stood = playhead(page)[0]
    page.evaluate("document.querySelectorAll('#controls details').forEach((details) => { details.open = true; })")
    page.locator("[data-field=hidden_size] .number-box").fill("20")
    page.keyboard.press("Enter")
    expect(page.locator(".readout")).to_have_text("0 / 20,000")
    page.go_back()
    expect(page.locator("[data-field=hidden_size] .number-box")).to_have_value("16")
    expect(page.locator(".readout")).to_have_text(f"{stood} / 20,000")


FOX = "the quick brown fox jumps over the lazy dog. " * 100


def test_what_was_typed_just_before_a_reload_is_wanted_after_it(open_page: OpenPage) -> None:
    page = open_page(recurrent())
    area = page.locator("[data-field=text] textarea")
    area.focus()
    with page.expect_navigation():  # before the typing has paused: the server has heard nothing of it
        page.keyboard.insert_text(FOX)
        page.evaluate("location.reload()")
    running(page)
    expect(page.locator("[data-field=text] .drop-words")).to_contain_text("4,500 characters")
    until_kept(page)  # and now it runs
    page.goto(page.url.partition("?")[0])
    running(page)
    expect(area).to_have_value("")  # another address wants nothing of it


@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_a_reload_that_takes_long_loses_nothing_of_what_is_typed_or_taken_meanwhile(
    open_page: OpenPage, seconds: float
) -> None:
    page = open_page(recurrent())
    box = page.locator("[data-field=hidden_size] .number-box")
    page.evaluate("document.querySelectorAll('#controls details').forEach((details) => { details.open = true; })")

    def hold(route: Route) -> None:
        time.sleep(seconds)  # meanwhile the page lives, and brings its address up to date
        route.continue_()

    page.route("**/charrnn?*", hold)
    box.click()
    with page.expect_navigation():
        page.keyboard.press("Control+a")
        page.keyboard.insert_text("20")
        if seconds:
            page.keyboard.press("Enter")  # taken while the reload is on its way to the address before
        page.evaluate("location.reload()")
    running(page)
    expect(box).to_have_value("20")
    assert taken(page, lambda now: now["params"]["hidden_size"] == 20)["params"]["hidden_size"] == 20


def test_the_browser_keeps_the_latest_texts_only(open_page: OpenPage) -> None:
    page = open_page(recurrent())
    kept = """(fill) => new Promise((resolve) => {
      const opening = indexedDB.open("descentlab");
      opening.onsuccess = () => {
        const work = opening.result.transaction("texts", "readwrite");
        const table = work.objectStore("texts");
        for (let i = 0; i < fill; i += 1) table.put({ text: `${i}`, time: i }, `old ${i}`);
        const keys = table.getAllKeys();
        work.oncomplete = () => { opening.result.close(); resolve(keys.result); };
      };
    })"""
    assert len(page.evaluate(kept, 100)) == 100
    page.locator("[data-field=text] textarea").fill(FOX)
    until_kept(page)
    name = state(page)["view"]["kept"]["text"]
    for _ in range(50):
        names = page.evaluate(kept, 0)
        if len(names) == 1:
            break
        page.wait_for_timeout(100)
    assert names == [name]  # the others were last used in 1970


def test_two_tabs_of_one_laboratory_keep_their_own_runs(open_page: OpenPage) -> None:
    one = open_page(recurrent())
    other = one.context.new_page()
    other.goto(one.url)
    running(other)
    stood = [0]
    for page in (one, other):
        page.bring_to_front()
        page.locator(".play-button").click()
        until(page, f"Number(document.documentElement.dataset.drawn) >= {stood[-1] + 40}")
        page.locator(".play-button").click()
        expect(page.locator(".play-button")).to_have_attribute("aria-label", "Play")
        until(page, KEPT, arg=playhead(page)[0])
        stood.append(playhead(page)[0])
    for page, step in zip((one, other), stood[1:], strict=True):
        page.bring_to_front()
        page.reload()
        running(page)
        expect(page.locator(".readout")).to_have_text(f"{step:,} / 20,000")


def test_single_keys_can_be_switched_off_and_stay_off(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 90}, "step": 12}))
    at_step(page, 12)
    page.keyboard.press("?")
    page.locator(".key-switch input").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert playhead(page)[0] == 12
    page.reload()
    running(page)
    page.keyboard.press("ArrowRight")
    assert playhead(page)[0] == 12
    page.locator(".help-button").click()
    page.locator(".key-switch input").check()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert playhead(page)[0] == 13


def test_a_tab_in_a_link_is_the_same_tab_in_every_language(open_page: OpenPage) -> None:
    titles = {}
    for language in ("en", "ko"):
        page = open_page(f"/charrnn?lang={language}")
        tab = page.locator("[role=tab]").nth(1)
        tab.click()
        titles[language] = (state(page)["view"]["tab"], tab.inner_text())
    assert titles["en"][0] == titles["ko"][0]
    assert titles["en"][1] != titles["ko"][1]


def test_the_step_readout_is_no_live_region(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"steps": 30}}))
    assert page.locator(".readout").evaluate(
        "(e) => e.tagName !== 'OUTPUT' && !e.closest('[aria-live], [role=status]')"
    )
