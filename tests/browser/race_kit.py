"""The race on the screen: where its map, its trails and its controls are."""

from __future__ import annotations

from browser_kit import until
from playwright.sync_api import Locator, Page

BOWL = {"surface": "quadratic", "condition": 1.0, "start": [4.0, 2.0]}
SGD_AND_ADAM = [{"rule": "sgd", "learning_rate": 0.1}, {"rule": "adam", "learning_rate": 0.1}]


def runs(page: Page) -> int:
    """Return how many races the map has shown so far."""
    return int(page.locator(".overlay-trails").get_attribute("data-run") or 0)


def wait_for_run(page: Page, after: int) -> None:
    """Wait until the map shows a later race than the ``after``-th."""
    until(page, f"Number(document.querySelector('.overlay-trails').dataset.run) > {after}")


def on_map(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return the place on the screen of a point of the surface."""
    place = page.evaluate(
        """([x, y]) => {
          const gd = document.querySelector(".plot-flat .plot");
          const box = gd.getBoundingClientRect();
          const { xaxis, yaxis } = gd._fullLayout;
          return [box.left + xaxis._offset + xaxis.l2p(x), box.top + yaxis._offset + yaxis.l2p(y)];
        }""",
        [x, y],
    )
    return float(place[0]), float(place[1])


def view_of_map(page: Page) -> list[list[float]]:
    """Return the ranges of the map's axes."""
    ranges = page.evaluate(
        """() => {
          const { xaxis, yaxis } = document.querySelector(".plot-flat .plot")._fullLayout;
          return [[...xaxis.range], [...yaxis.range]];
        }"""
    )
    return [[float(end) for end in ends] for ends in ranges]


def pixels_of(page: Page, color: str, edge: int = 0) -> int:
    """Return how many pixels of the trails have about a colour; with ``edge`` only those so near the edge."""
    count = page.evaluate(
        """([color, edge]) => {
          const canvas = document.querySelector(".overlay-trails");
          const { xaxis, yaxis } = document.querySelector(".plot-flat .plot")._fullLayout;
          const ratio = canvas.width / canvas.clientWidth;
          const [left, top, width, height] = [
            xaxis._offset, yaxis._offset, xaxis._length, yaxis._length,
          ].map((v) => v * ratio);
          const { data } = canvas.getContext("2d").getImageData(left, top, width, height);
          const wanted = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
          const w = Math.floor(width), h = Math.floor(height);
          let found = 0;
          for (let y = 0; y < h; y += 1) for (let x = 0; x < w; x += 1) {
            if (edge && Math.min(x, y, w - x, h - y) > edge * ratio) continue;
            const at = 4 * (y * w + x);
            if (data[at + 3] > 200 && wanted.every((part, i) => Math.abs(part - data[at + i]) < 14)) found += 1;
          }
          return found;
        }""",
        [color, edge],
    )
    return int(count)


def color_of(page: Page, index: int) -> str:
    """Return the colour in which a racer is drawn."""
    return str(page.locator(".card").nth(index).locator(".swatch line").get_attribute("stroke"))


def standing(page: Page, name: str) -> Locator:
    """Return a racer's row in the standings."""
    return page.locator(".ranking tbody tr").filter(has=page.locator(".row-name", has_text=name))


def standings_at(page: Page, step: int) -> None:
    """Wait until the standings tell of a step: their numbers change only a few times a second."""
    page.wait_for_selector(f".ranking-panel[data-step='{step}']")


def slide(page: Page, slider: Locator, steps: int = 6, press: str = "ArrowRight") -> None:
    """Move a slider by keys."""
    slider.focus()
    for _ in range(steps):
        page.keyboard.press(press)


def first_slider(page: Page) -> Locator:
    """Open the first racer's card and return its learning rate's slider."""
    page.locator(".card-fold").first.click()
    return page.locator(".card").first.locator("[data-field=learning_rate] .slider")
