"""Every kind of picture, drawn from recorded frames: it fits, it can be saved, it catches up, it ends cleanly."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from browser_kit import ROOT, OpenPage, Server, Visitors, Watch, box_of, until, until_none
from playwright.sync_api import Page, Route, ViewportSize, expect
from recordings import made_up, recorded

from engine.experiment import registry
from engine.frame import PANEL_KINDS

Bench = Callable[[str], Page]
WIDE: ViewportSize = {"width": 1440, "height": 900}
RUNS = (*registry(), "made_up")
SHOTS = os.environ.get("PANEL_SHOTS", "")
"""A folder for screenshots, for whoever wants to look."""


EMPTY = """async () => {
  const told = ({ panel }) => (!panel.needs || source.scene.arrays[panel.needs]?.values.length)
    && Object.values(panel.arrays).some((name) => (
      source.history.snapshots.has(name) || source.history.seriesByName.has(name)));
  const saved = await pictures();
  return saved.filter(([, colours], i) => told(cards[i]) && 0 <= colours && colours <= 3);
}"""
"""The pictures with next to nothing on them. One of what its run does not have may be empty."""


@cache
def recording(name: str) -> dict[str, Any]:
    """Return a recorded run as plain JSON, made once."""
    return (made_up() if name == "made_up" else recorded(name)).plain()


@pytest.fixture(scope="module")
def blank(visitors: Visitors, server: Server) -> Iterator[tuple[Page, OpenPage]]:
    """A page that draws what a recording holds, for all tests of this file, and who watches it."""
    opener = OpenPage(visitors, server)
    page = opener("/claims", laboratory=False, viewport=WIDE)
    static = re.search(r'/static/[^/"]+', page.request.get(f"{server.url}/race").text())
    assert static
    sheets = [
        p.relative_to(ROOT / "static")
        for p in sorted((ROOT / "static/css").rglob("*.css"))
        if "gallery" not in p.name
    ]
    styles = "\n".join(f'<link rel="stylesheet" href="{static[0]}/{sheet}">' for sheet in sheets)
    html = (Path(__file__).parent / "bench.html").read_text("utf-8")
    for word, value in {"STYLES": styles, "STATIC": static[0], "THEME": "light"}.items():
        html = html.replace(word, value)

    def fulfil(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route("**/bench", fulfil)
    page.goto(f"{server.url}/bench")
    page.wait_for_selector("html[data-bench=ready]", state="attached")
    yield page, opener
    opener.close()


@pytest.fixture
def watch(blank: tuple[Page, OpenPage]) -> Watch:
    """Who watches that page."""
    return blank[1].watch


@pytest.fixture
def bench(blank: tuple[Page, OpenPage]) -> Iterator[Callable[[str], Page]]:
    """Return ``bench(run)``: that page with nothing but a run's panels, made anew, all of them shown."""
    page, opener = blank

    def shown(run: str) -> Page:
        page.set_viewport_size(WIDE)
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        page.evaluate("window.cards?.forEach((card) => card.destroy())")
        page.evaluate("recording => show(recording)", recording(run))
        page.wait_for_timeout(300)  # what is asked has come
        drawn(page)
        return page

    yield shown
    opener.watch.check()


def drawn(page: Page) -> None:
    """Wait until what was measured is drawn: the frame after the one in which it was told of."""
    for _ in range(3):
        page.evaluate("new Promise((done) => requestAnimationFrame(done))")


def test_every_kind_is_drawn_by_some_recording() -> None:
    drawn = {panel["kind"] for run in RUNS for panel in recording(run)["panels"]}
    assert drawn == PANEL_KINDS


@pytest.mark.parametrize("run", RUNS)
def test_pictures_fit_in_every_size_and_theme_and_give_back_all_that_they_hold(bench: Bench, run: str) -> None:
    page = bench(run)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; happen('theme'); }", theme)
            page.wait_for_timeout(150)
            drawn(page)
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{run}-{width}-{theme}.png", full_page=True)
            expect(page.locator(".panel-failed")).to_have_count(0)
        until(page, f"document.documentElement.scrollWidth <= {width}")
        until_none(page, lambda: page.evaluate(EMPTY))
    page.evaluate("happen('playhead', 0)")
    expect(page.locator(".panel-failed")).to_have_count(0)
    page.evaluate("cards.forEach((card) => card.destroy())")
    assert page.evaluate("cards.every(({ host }) => host.childElementCount === 0)")
    page.evaluate("happen('theme'); happen('playhead', 1)")  # nobody is left to hear it
    asked = page.evaluate("source.asked.length")
    page.wait_for_timeout(300)
    assert page.evaluate("source.asked.length") == asked


def test_a_hidden_panel_catches_up_when_it_is_seen_again(bench: Bench) -> None:
    page = bench("race")
    standing = page.locator(".ranking-panel tbody tr").first
    page.evaluate("cards.forEach((card) => card.hide())")
    page.evaluate(
        """() => {
          const names = JSON.parse(source.scene.texts.series);
          names.forEach((one) => { one.name = `new ${one.name}`; });
          source.scene = { ...source.scene, texts: { ...source.scene.texts, series: JSON.stringify(names) } };
          happen("scene");
          document.documentElement.dataset.theme = "dark";
          happen("theme");
        }"""
    )
    page.evaluate("Promise.all(cards.map((card) => card.show()))")
    expect(standing).to_contain_text("new ")
    dark = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--rule').trim()")
    painted = page.evaluate(
        """() => {
          const canvas = document.querySelector('[data-kind=series] .overlay-axes');
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const found = new Map();
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) {
            const color = "#" + [0, 1, 2].map((c) => data[i + c].toString(16).padStart(2, "0")).join("");
            found.set(color, (found.get(color) ?? 0) + 1);
          }
          return [...found].sort((a, b) => b[1] - a[1])[0][0];
        }"""
    )
    assert painted == dark


def test_a_panel_that_fails_says_so_alone_and_can_be_tried_again(bench: Bench, watch: Watch) -> None:
    page = bench("race")
    watch.expect("broken on purpose")
    page.evaluate(
        """() => {
          const card = cards.find(({ panel }) => panel.kind === "series");
          card.picture.theme = () => Promise.reject(new Error("broken on purpose"));
          happen("theme");
        }"""
    )
    expect(page.locator(".panel-failed")).to_have_count(1)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".panel-failed")).to_have_count(0)
    expect(page.locator("[data-kind=series] .plot-lines")).to_have_count(
        page.evaluate("cards.filter(({ panel }) => panel.kind === 'series').length")
    )


def test_a_click_on_a_curve_or_a_trail_brings_its_racer_into_focus(bench: Bench) -> None:
    page = bench("race")
    page.wait_for_selector(".plot-flat .nsewdrag")
    head = page.evaluate(
        """() => {
          const gd = document.querySelector(".plot-flat .plot");
          const { xaxis, yaxis } = gd._fullLayout;
          const trail = source.history.series("positions");
          const row = 2, step = 6;
          const box = gd.getBoundingClientRect();
          return {
            x: box.left + xaxis._offset + xaxis.l2p(trail.at(row, step, 0)),
            y: box.top + yaxis._offset + yaxis.l2p(trail.at(row, step, 1)),
          };
        }"""
    )
    before = page.evaluate("source.changes.length")
    page.mouse.click(head["x"], head["y"])
    assert page.evaluate("source.focus") != 0
    assert page.evaluate("source.changes.length") == before  # the start stays where it is
    place = page.evaluate(
        """() => {
          const card = cards.find(({ panel }) => panel.kind === "series");
          const pad = card.host.querySelector(".scrub-pad").getBoundingClientRect();
          const canvas = card.host.querySelector(".overlay-bright");
          return { left: pad.left, top: pad.top, width: pad.width, height: pad.height };
        }"""
    )
    page.evaluate("source.setFocus(0)")
    steps = page.evaluate("source.step")
    for k in range(60):  # down a column of pixels until a curve is under the pointer
        x, y = place["left"] + place["width"] * 0.4, place["top"] + place["height"] * (k + 0.5) / 60
        page.mouse.move(x, y)
        if page.locator(".scrub-pad.on-curve").count():
            page.mouse.click(x, y)
            if page.evaluate("source.focus"):
                break
    assert page.evaluate("source.focus") != 0
    assert page.evaluate("source.step") == steps  # a click on a curve is no jump in time


def test_the_table_has_a_column_for_every_net(bench: Bench) -> None:
    page = bench("depth")
    nets = [net["name"] for net in page.evaluate("JSON.parse(source.scene.texts.series)")]
    panel = page.locator(
        ".panel", has=page.get_by_role("heading", name="Size of the activations", exact=True)
    ).first
    panel.get_by_role("button", name="Table of").click()
    heads = panel.locator("table.numbers").first.locator("th[scope=col]").all_inner_texts()
    assert heads[1:] == nets
    assert panel.locator("table.numbers").first.locator("tbody tr").count() == 8


def test_an_asked_spectrum_says_of_which_step_it_is(bench: Bench) -> None:
    page = bench("depth")
    page.evaluate(
        """() => {
          source.history.snapshots.delete("singular_values");
          source.history.lastStep = 20;
          const { ask } = source;
          source.ask = async (name) => ({ ...(await ask.call(source, name)), step: 10 });
          happen("playhead", 10);
        }"""
    )
    panel = page.locator(".panel", has=page.get_by_role("heading", name="Singular values of the weights")).first
    panel.get_by_role("button", name="Compute them now").click()
    expect(panel.locator(".plot-request")).to_be_hidden()
    page.evaluate("happen('playhead', 20)")
    expect(panel.locator(".request-note")).to_have_text("as it was at step 10")
    expect(panel.get_by_role("button", name="Compute them now")).to_be_visible()


def test_findings_are_written_anew_a_few_times_a_second_while_a_run_plays(bench: Bench) -> None:
    page = bench("depth")
    pauses = page.evaluate(
        """async () => {
          const written = [];
          const list = document.querySelector(".findings-panel .patients");
          new MutationObserver(() => written.push(performance.now())).observe(list, { childList: true });
          source.playing = true;
          while (written.length < 4) {
            source.focus = 1 - source.focus;  // something that is shown is another at each picture
            happen("playhead");
            await new Promise(requestAnimationFrame);
          }
          return written.slice(1).map((at, i) => at - written[i]);
        }"""
    )
    assert min(pauses) > 200


def test_a_question_that_meets_no_answer_says_so(bench: Bench) -> None:
    page = bench("charrnn")
    page.evaluate(
        """() => {
          window.tries = 0;
          const { setTimeout } = window;
          window.unhurried = setTimeout;
          window.setTimeout = (work, wait) => setTimeout(work, wait / 20);  // it tries again for six seconds
          source.ask = (name) => {
            window.tries += name === "next";
            return Promise.reject(new Error("nobody there"));
          };
          happen("playhead", 3);
        }"""
    )
    refusal = page.locator(".panel-nextchar .refusal", has_text="The server did not answer")
    expect(refusal).to_be_visible()
    tries = page.evaluate("window.tries")
    page.wait_for_timeout(300)  # which are six seconds to it
    assert page.evaluate("window.tries") == tries  # and asks no more by itself
    page.evaluate("window.setTimeout = window.unhurried")


def test_attention_colours_the_words_by_the_weights_of_the_chosen_one(bench: Bench) -> None:
    page = bench("made_up")
    words = page.locator(".attention-word")
    expect(words).to_have_count(6)
    words.nth(2).click()
    weights = page.evaluate("[...source.history.snapshot('attention', source.step).values.slice(12, 18)]")
    shown = page.evaluate(
        """[...document.querySelectorAll('.attention-word')].map(
          (word) => Number(/([\\d.]+)\\)$/.exec(word.style.backgroundColor)[1]))"""
    )
    assert max(range(6), key=shown.__getitem__) == max(range(6), key=weights.__getitem__)


def test_the_boundary_of_a_field_is_where_the_function_decides(bench: Bench) -> None:
    page = bench("made_up")
    page.locator(".panel-field").scroll_into_view_if_needed()
    pad = box_of(page.locator(".panel-field .scrub-pad"))
    page.mouse.move(pad["x"] + pad["width"] * (0.5 + 0.7 / 3), pad["y"] + pad["height"] / 2)
    value = page.locator(".panel-field .tip-line").nth(1).locator(".tip-value").inner_text()
    assert float(value) == pytest.approx(0.5, abs=0.06)
