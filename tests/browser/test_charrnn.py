"""The char-RNN laboratory in a browser: it trains while one watches, stops, goes on, resumes, takes any text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from browser_kit import OpenPage, Server, at_step, kept, link, playhead, running, taken, until
from playwright.sync_api import Page, expect

SMALL: dict[str, Any] = {
    "corpus": "brackets",
    "hidden_size": 24,
    "batch_size": 8,
    "sequence_length": 25,
    "steps": 20_000,
}
VIEWS = ("Learning", "Inside", "Next character", "Gradient through time", "“hello” by hand")


def address(params: dict[str, Any] | None = None, view: str = "", **query: str) -> str:
    """Return the laboratory's address with a small net, other parameters over it, and a view."""
    chosen: dict[str, Any] = {"params": {**SMALL, **(params or {})}}
    if view:
        chosen["view"] = {"tab": view}
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/charrnn?state={quote(json.dumps(chosen))}{more}"


def wait_for_step(page: Page, step: int) -> None:
    """Wait until the run has come as far as a step."""
    until(page, f"Number(document.documentElement.dataset.drawn) >= {step}")


def play(page: Page) -> None:
    """Press play; with reduced motion nothing starts by itself."""
    page.locator(".play-button").click()
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Pause")


def go_on(page: Page) -> None:
    """Press play unless it plays already."""
    if page.locator(".play-button").get_attribute("aria-label") == "Play":
        play(page)


def pause(page: Page) -> int:
    """Press pause and return the step at which the run stands."""
    page.locator(".play-button").click()
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Play")
    until(page, "document.documentElement.dataset.drawn === document.querySelector('.scrubber').value")
    return playhead(page)[0]


def quiet(page: Page) -> int:
    """Return the last step computed, once a paused run was kept: what was on its way came before that."""
    kept(page)
    page.keyboard.press("End")
    until(page, "document.documentElement.dataset.drawn === document.querySelector('.scrubber').value")
    return playhead(page)[0]


def learned(page: Page) -> str:
    """Return what the meters tell beside the speed, once they tell of the step on screen."""
    until(
        page, "document.querySelector('.panel-training').dataset.step === document.documentElement.dataset.drawn"
    )
    return page.locator(".meters").inner_text().split("Learned")[1]


def loss(page: Page) -> float:
    """Return the smoothed training loss that the page shows, in nats."""
    return float(page.locator(".meter dd").nth(2).inner_text().split()[0])


def test_it_trains_while_it_plays_and_the_loss_falls(open_page: OpenPage) -> None:
    page = open_page(address())
    until(page, "document.querySelector('.meter dd').parentElement.parentElement.innerText.includes('nats')")
    early = loss(page)
    play(page)
    until(page, f"parseFloat(document.querySelectorAll('.meter dd')[2].textContent) < {0.8 * early}")
    expect(page.locator(".meter dd").first).to_have_text(re.compile(r"characters/s"))
    expect(page.locator(".training-verdict")).to_contain_text("Better than")


def test_samples_appear_and_are_kept_as_a_timeline(open_page: OpenPage) -> None:
    page = open_page(address(), reduced_motion="no-preference")
    until(page, "document.querySelectorAll('.sample-row').length >= 4")
    expect(page.locator(".sample-text")).not_to_be_empty()
    page.locator(".sample-row").last.click()
    expect(page.locator(".sample-head")).to_have_text(re.compile("step 0,"))
    expect(page.locator(".play-button")).to_have_attribute("aria-label", "Play")


def test_pause_holds_one_step_forward_computes_and_play_goes_on(open_page: OpenPage) -> None:
    page = open_page(address())
    assert playhead(page)[0] == 0
    play(page)
    wait_for_step(page, 100)
    held = pause(page)
    page.wait_for_timeout(700)
    assert playhead(page)[0] == held
    end = quiet(page)
    assert end >= held
    page.keyboard.press("ArrowRight")
    wait_for_step(page, end + 1)
    assert playhead(page)[0] == end + 1
    play(page)
    wait_for_step(page, end + 50)


def timeline_to(page: Page, step: int) -> list[str]:
    """Return the samples up to a step: a frame that was on its way when it paused may bring more."""
    rows = page.locator(".sample-row").all_inner_texts()
    return [row for row in rows if int(row.split()[0].replace(",", "")) <= step]


def test_a_reload_resumes_where_the_run_stood(open_page: OpenPage) -> None:
    page = open_page(address())
    play(page)
    wait_for_step(page, 300)
    held = pause(page)
    kept(page)
    before = learned(page)
    text = page.locator(".sample-text").inner_text()
    timeline = timeline_to(page, held)
    page.reload()
    running(page)
    wait_for_step(page, held)
    assert playhead(page)[0] == held
    assert learned(page) == before
    assert page.locator(".sample-text").inner_text() == text
    assert len(timeline) >= 2
    assert timeline_to(page, held) == timeline
    play(page)
    wait_for_step(page, held + 50)
    assert loss(page) < 2


def text_taken(page: Page) -> None:
    """Wait until the server runs on a text of one's own: then the browser keeps it, and the address names it."""
    assert taken(page, lambda now: "text" in now.get("view", {}).get("kept", {}))["view"]["kept"]["text"]


def checkpoint(page: Page, path: Path) -> bytes:
    """Save a checkpoint and return its bytes."""
    with page.expect_download() as download:
        page.locator(".do-save").click()
    download.value.save_as(path)
    return path.read_bytes()


def test_a_checkpoint_round_trips_bit_for_bit(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(address())
    play(page)
    wait_for_step(page, 150)
    pause(page)
    first = checkpoint(page, tmp_path / "first.npz")
    at = quiet(page)
    other = open_page(address())
    other.set_input_files("input[accept='.npz']", tmp_path / "first.npz")
    wait_for_step(other, at)
    second = checkpoint(other, tmp_path / "second.npz")
    assert members(first) == members(second)
    for one in (page, other):  # and both go on alike
        for _ in range(3):
            one.keyboard.press("ArrowRight")
        wait_for_step(one, at + 3)
        assert playhead(one)[0] == at + 3
    assert learned(page) == learned(other)


def members(data: bytes) -> dict[str, bytes]:
    """Return the parts of an npz file (zip headers hold the time of day)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_broken_checkpoint_says_a_sentence_and_nothing_is_lost(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(address())
    held, broken = 20, tmp_path / "broken.npz"
    for content in (b"no zip at all", b"PK\x03\x04" + bytes(200), b""):
        go_on(page)
        wait_for_step(page, held + 60)
        held = pause(page)
        broken.write_bytes(content)
        page.set_input_files("input[accept='.npz']", broken)
        expect(page.locator(".banner-bad")).to_contain_text("checkpoint")
        page.locator(".banner-bad button").first.click()
        expect(page.locator(".banner-bad")).to_have_count(0)
        assert playhead(page)[0] == held
    play(page)
    wait_for_step(page, held + 60)


def test_hangul_is_learned_shown_and_written(open_page: OpenPage) -> None:
    text = "안녕하세요. 오늘은 날씨가 좋습니다. 내일도 그럴까요?\n" * 60
    page = open_page(address())
    page.locator("[data-field=text] textarea").fill(text)
    text_taken(page)
    go_on(page)
    wait_for_step(page, 220)
    assert re.search(r"[가-힣]", page.locator(".sample-text").inner_text())
    page.locator(".tab", has_text="Next character").click()
    expect(page.locator(".bar-name").first).not_to_be_empty()
    assert re.search(r"[가-힣]", page.locator(".bars").inner_text())


def test_a_long_text_of_ones_own_survives_a_reload_without_being_in_the_address(open_page: OpenPage) -> None:
    page = open_page(address())
    page.locator("[data-field=text] textarea").fill("the quick brown fox jumps over the lazy dog. " * 100)
    text_taken(page)
    assert len(page.url) < 1500
    page.reload()
    running(page)
    expect(page.locator("[data-field=text] .drop-words")).to_contain_text("4,500 characters")
    expect(page.locator("[data-field=text] textarea")).to_have_value(re.compile("^the quick brown"))


def test_a_text_that_is_too_short_or_none_says_so_and_the_run_is_not_lost(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(address())
    play(page)
    wait_for_step(page, 200)
    held = pause(page)
    for text, said in (("a", "only one character"), ("too short", "longer text")):
        page.locator("[data-field=text] textarea").fill(text)
        expect(page.locator(".banner")).to_contain_text(said)
        assert playhead(page)[0] == held
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"\xff\xfe\x00\x9f")
    page.set_input_files("[data-field=text] input[type=file]", bad)
    expect(page.locator("[data-field=text] .field-problem")).to_contain_text("UTF-8")
    go_on(page)
    wait_for_step(page, held + 60)


def test_the_learning_rate_changes_while_it_trains(open_page: OpenPage) -> None:
    page = open_page(address(), reduced_motion="no-preference")
    wait_for_step(page, 150)
    page.locator(".group-title, summary", has_text="Training").first.click()
    box = page.locator("[data-field=optimizer] [data-field=learning_rate] .number-box")
    box.fill("0.0001")
    box.press("Enter")
    until(page, "document.querySelector('.plot-lines')?.dataset.marks")
    mark = int(page.locator(".plot-lines").first.get_attribute("data-marks") or "0")
    assert mark >= 100
    wait_for_step(page, mark + 30)


def test_an_explosion_is_diagnosed_and_the_last_good_state_goes_on(open_page: OpenPage) -> None:
    wild = {
        "cell": "rnn",
        "activation": "linear",
        "hidden_size": 48,
        "steps": 20000,
        "clip": {"mode": "none"},
        "optimizer": {"rule": "sgd", "learning_rate": 0.02},
    }
    page = open_page(address(wild), reduced_motion="no-preference")
    wait_for_step(page, 120)
    page.locator(".group-title, summary", has_text="Training").first.click()
    box = page.locator("[data-field=optimizer] [data-field=learning_rate] .number-box")
    box.fill("3")
    box.press("Enter")
    expect(page.locator(".training-trouble")).to_contain_text("Stopped at step")
    page.locator(".do-recover").click()
    expect(page.locator(".training-trouble")).to_be_hidden()
    at = playhead(page)[0]
    play(page)
    wait_for_step(page, at + 20)


def test_a_run_that_is_reloaded_while_it_plays_plays_on(open_page: OpenPage) -> None:
    page = open_page(address(), reduced_motion="no-preference")
    wait_for_step(page, 200)
    held = pause(page)  # keeps it, and so does every tenth second of playing
    kept(page)
    play(page)
    wait_for_step(page, held + 100)
    page.reload()
    running(page)
    wait_for_step(page, held)
    expect(page.locator(".plot-lines").first).to_have_attribute("data-curves", "3")


def test_a_lost_server_is_said_and_costs_nothing(open_page: OpenPage, server: Server) -> None:
    open_page.watch.expect("WebSocket|ERR_CONNECTION|failed request|ws://")
    race = open_page(link({"params": {"steps": 150}, "step": 40}))
    at_step(race, 40)
    page = open_page(address())
    play(page)
    wait_for_step(page, 300)
    held = pause(page)
    kept(page)
    before = learned(page)
    server.stop()
    try:
        for one in (page, race):
            expect(one.locator(".banner")).to_contain_text("connection to the server is lost")
        assert playhead(race) == (40, 150)
    finally:
        server.start()  # the tests that follow need it
    race.evaluate("document.querySelector('.banner button')?.click()")  # "Try now", if it has not tried by itself
    for one in (page, race):
        expect(one.locator(".banner", has_text="connection")).to_have_count(0)
    race.locator("[data-field=steps] .number-box").fill("151")
    race.keyboard.press("Enter")
    expect(race.locator(".readout")).to_have_text("40 / 151")
    assert playhead(page)[0] == held
    assert learned(page) == before
    play(page)
    wait_for_step(page, held + 40)
