"""Make the pictures that README shows: ``.venv/bin/python tests/browser/screenshots.py``; or of some laboratories.

Each is the real page in a real browser, at a step that shows something.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from browser_kit import CHROMIUM, FLAGS, Server, at_step, running
from playwright.sync_api import FloatRect, sync_playwright

import engine

FOLDER = Path(__file__).parent / "screenshots"
SHOTS: dict[str, tuple[str, int]] = {
    "race": ("", 60),
    "depth": ("", 40),
    "charrnn": ("", 400),
    "graph": ("neuron", 13),
    "playground": ("spiral", 1500),
    "search": ("", 36),
}
"""Laboratory -> (name of a preset, or "" for the defaults; the step to show)."""


CLIPS: dict[str, FloatRect] = {
    "graph": {"x": 340, "y": 116, "width": 640, "height": 618},
    "playground": {"x": 340, "y": 116, "width": 640, "height": 428},
    "search": {"x": 340, "y": 116, "width": 640, "height": 394},
}
"""What is shown of the page, where that is not all of it."""


def state_of(name: str, preset: str, step: int) -> dict[str, Any]:
    """Return the state that a link to the picture carries."""
    presets = {one.name: dict(one.params) for one in engine.experiment(name).presets}
    params = presets[preset] if preset else {}
    return {"params": params, "step": step}


def main() -> None:
    """Write one PNG a laboratory."""
    FOLDER.mkdir(exist_ok=True)
    server = Server()
    server.start()
    try:
        with sync_playwright() as playwright:
            path = str(CHROMIUM) if CHROMIUM.exists() else None
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            for name in sys.argv[1:] or SHOTS:
                preset, step = SHOTS[name]
                page = browser.new_page(viewport={"width": 1360, "height": 850}, reduced_motion="reduce")
                page.set_default_timeout(120_000)  # the char-RNN trains up to its step first
                state = json.dumps(state_of(name, preset, step))
                page.goto(f"{server.url}/{name}?lang=en&state={quote(state)}")
                running(page)
                at_step(page, step)
                page.wait_for_timeout(1500)
                page.screenshot(path=FOLDER / f"{name}.png", clip=CLIPS.get(name))
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
