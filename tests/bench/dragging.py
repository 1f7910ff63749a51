"""A slider moved as by a hand, and how long it takes until what depends on it is drawn."""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from browser_kit import CHROMIUM, FLAGS, running

from tests.load.__main__ import server

# Moves a slider as a hand does, to one place after the other (in shares of its range, from where it stands).
# Resolves with the milliseconds from each movement until the pictures show what is new, as a sign on the page says
# (an attribute of an element, or its text), and the browser has come round to its next frame.
DRAG = """async ({ selector, sign: [where, attribute], offsets }) => {
  const slider = document.querySelector(selector);
  const evidence = () => {
    const found = document.querySelector(where);
    return attribute ? found.getAttribute(attribute) : found.textContent;
  };
  const taken = [];
  const [start, range] = [Number(slider.value), slider.max - slider.min];
  for (const offset of offsets) {
    const before = evidence();
    const began = performance.now();
    slider.value = String(start + offset * range);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((resolve) => {
      const look = () => (evidence() === before ? requestAnimationFrame(look) : setTimeout(resolve, 0));
      requestAnimationFrame(look);
    });
    taken.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return taken;
}"""
WARM = 4
NUMBERS = ".patient .patient-numbers p"
"""The findings' numbers tell one net from another."""


def dragged(browser: Browser, address: str, field: str, offsets: Sequence[float]) -> list[float]:
    """Return the milliseconds from each movement of a field's slider to the new pictures.

    Args:
        address: of a laboratory's page. field: name of the parameter.
        offsets: where to, from where it stands, in shares of its range; each leads to other numbers than the last.
    """
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    running(page)
    page.wait_for_selector(NUMBERS, state="attached")
    page.wait_for_timeout(1500)
    how = {"selector": f"[data-field={field}] .slider", "sign": [NUMBERS, ""]}
    taken: list[float] = page.evaluate(DRAG, {**how, "offsets": [*offsets[:WARM], *offsets]})
    context.close()
    return taken[WARM:]


@contextlib.contextmanager
def visited() -> Iterator[tuple[str, Browser]]:
    """Run a server of its own until it is at rest; give its address and a browser."""
    with server(workers=1) as (url, _pid), sync_playwright() as playwright:
        path = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield url, browser
        browser.close()


def table(
    laboratory: str, runs: Mapping[str, Mapping[str, Any]], field: str, offsets: Sequence[float], aim: int
) -> None:
    """Measure each of some runs and print the median and the 95th percentile beside the aim, in milliseconds."""
    with visited() as (url, browser):
        print(f"{'slider to new picture (ms)':<58}{'median':>10}{'p95':>10}   aim")
        for title, params in runs.items():
            address = f"{url}/{laboratory}?state={quote(json.dumps({'params': params}))}"
            taken = sorted(dragged(browser, address, field, offsets))
            p95 = taken[int(0.95 * len(taken))]
            print(f"{title:<58}{statistics.median(taken):>10.1f}{p95:>10.1f}   median <= {aim}")
