"""How quick the page of the playground is: from a slider to the first picture of the new nets.

    python -m tests.bench.playground_page

A command that prints a table, not a test: times depend on the machine and on what else it does.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from browser_kit import CHROMIUM, FLAGS, Server, running

RUNS: dict[str, dict[str, Any]] = {
    "as the page opens": {},
    "four nets of 32-32": {"hidden": [32, 32], "compare": [{"hidden": [32, 32]}] * 3},
}

# Moves the slider as a hand; resolves with the milliseconds from each movement until the field of new nets
# is drawn and the browser has come round to its next frame. The findings' numbers tell one run from another.
DRAG = """async ({ times }) => {
  const slider = document.querySelector("[data-field=noise] .slider");
  const evidence = () => document.querySelector(".patient .patient-numbers p").textContent;
  const taken = [];
  const middle = Number(slider.max) / 2;
  for (let i = 0; i < times; i += 1) {
    const before = evidence();
    const began = performance.now();
    slider.value = String(i % 2 ? 0.2 * middle : middle); // far apart: the numbers differ
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


def slider_to_picture(browser: Browser, server: Server, params: dict[str, Any], times: int = 25) -> list[float]:
    """Return the milliseconds from each movement of the noise's slider to the new picture."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server.url}/playground?state={quote(json.dumps({'params': params}))}")
    running(page)
    page.wait_for_selector(".patient .patient-numbers p", state="attached")
    page.wait_for_timeout(1500)
    page.evaluate(DRAG, {"times": 4})
    taken: list[float] = page.evaluate(DRAG, {"times": times})
    context.close()
    return taken


def main() -> None:
    """Measure and print."""
    server = Server()
    server.start()
    try:
        with sync_playwright() as playwright:
            path = str(CHROMIUM) if CHROMIUM.exists() else None
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            print(f"{'slider to first picture (ms)':<58}{'median':>10}{'p95':>10}   aim")
            for title, params in RUNS.items():
                taken = sorted(slider_to_picture(browser, server, params))
                p95 = taken[int(0.95 * len(taken))]
                print(f"{title:<58}{statistics.median(taken):>10.1f}{p95:>10.1f}   median <= 60")
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
