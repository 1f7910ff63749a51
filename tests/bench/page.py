"""How quick the page of the race is: from slider to picture, frames a second, bytes over the wire.

    python -m tests.bench.page

A command that prints a table, not a test: times depend on the machine and on what else it does.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from browser_kit import link, running

import engine
from tests.bench.dragging import DRAG, visited

TEN = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam", "lion"]
RACERS = [{"rule": rule, "learning_rate": 1.0 if rule == "adadelta" else 0.0005} for rule in TEN]

# Plays the race from its start; resolves with the intervals between frames until it stands still.
PLAY = """async () => {
  const intervals = [];
  const readout = document.querySelector(".readout");
  document.querySelector(".play-button").click();
  let before = await new Promise(requestAnimationFrame);
  const until = before + 11000;
  for (;;) {
    const now = await new Promise(requestAnimationFrame);
    intervals.push(now - before);
    before = now;
    const [step, total] = readout.textContent.replaceAll(",", "").split(" / ").map(Number);
    if (step >= total || now > until) break;
  }
  return { intervals: intervals.slice(5), step: readout.textContent };
}"""


def centile(values: list[float], share: float) -> float:
    """Return the value below which a share of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def open_page(browser: Browser, url: str, **options: Any) -> Page:
    """Open a page in a context of its own and wait for its run."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}, **options).new_page()
    page.goto(url)
    running(page)
    page.wait_for_timeout(1500)
    return page


def slider_to_picture(browser: Browser, home: str, params: dict[str, Any], times: int = 40) -> list[float]:
    """Return the milliseconds from each movement of a learning rate's slider to the new race on the canvas."""
    page = open_page(browser, home + link({"params": params}), reduced_motion="reduce")
    page.locator(".card-fold").first.click()
    how = {"selector": ".card [data-field=learning_rate] .slider", "sign": [".overlay-trails", "data-run"]}
    offsets = [(i % 24 - 12) / 100 for i in range(times)]
    page.evaluate(DRAG, {**how, "offsets": offsets[:5]})
    taken: list[float] = page.evaluate(DRAG, {**how, "offsets": offsets})
    page.context.close()
    return taken


def frames(browser: Browser, home: str) -> tuple[list[float], str]:
    """Return the milliseconds between frames while ten racers run 1,000 steps, and how far they came."""
    page = open_page(browser, home + link({"params": {"racers": RACERS, "steps": 1000}}), reduced_motion="reduce")
    result = page.evaluate(PLAY)
    page.context.close()
    return result["intervals"], result["step"]


def bytes_of(act: Callable[[], object], page: Page) -> tuple[int, int, int, list[tuple[int, str]]]:
    """Return what a load receives: answers, bytes over HTTP, bytes over the stream, and the largest answers."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, int] = {}
    stream = [0]

    def answered(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["response"]["url"].rpartition("/")[2][:40]

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    def message(event: dict[str, Any]) -> None:
        payload = event["response"]["payloadData"]
        stream[0] += len(payload) * 3 // 4 if event["response"]["opcode"] == 2 else len(payload)

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.on("Network.webSocketFrameReceived", message)
    act()
    running(page)
    page.wait_for_timeout(1000)
    session.detach()
    largest = sorted(((size, urls.get(key, "")) for key, size in sizes.items()), reverse=True)[:4]
    return len(sizes), sum(sizes.values()), stream[0], largest


def main() -> None:
    """Measure and print."""
    with visited() as (home, browser):
        print(f"{'what':<58}{'median':>10}{'p95':>10}   aim")
        for title, params in {
            "slider to new race drawn, as the page opens (ms)": {},
            "slider to new race drawn, 10 racers x 1,000 steps (ms)": {"racers": RACERS, "steps": 1000},
        }.items():
            taken = slider_to_picture(browser, home, params)
            print(f"{title:<58}{statistics.median(taken):>10.1f}{centile(taken, 0.95):>10.1f}   median <= 100")
        intervals, step = frames(browser, home)
        title = f"between frames, 10 racers x 1,000 steps (ms), to {step}"
        print(f"{title:<58}{statistics.median(intervals):>10.1f}{centile(intervals, 0.95):>10.1f}   p95 <= 20")
        for name in engine.experiments():
            page = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce").new_page()
            address = f"{home}/{name}"
            for title, aim in (("first", "25 and 1,700,000"), ("second", "25 and 30,000")):
                requests, over_http, over_stream, largest = bytes_of(partial(page.goto, address), page)
                what = f"{name}, {title} load: requests, bytes over HTTP"
                print(f"{what:<58}{requests:>10}{over_http:>10,}   <= {aim}")
                print(f"{'   and over the stream':<58}{over_stream:>20,}")
                print("   largest: " + ", ".join(f"{url} {size:,}" for size, url in largest))
            page.context.close()


if __name__ == "__main__":
    main()
