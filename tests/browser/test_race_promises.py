"""What a visitor may count on from one race to the next: starts, looks, everybody in view, commands that run."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from browser_kit import ROOT, OpenPage, link, running, state, taken, until
from playwright.sync_api import Locator, Page, expect
from race_kit import standings_at

from engine.optimizers import RULES
from engine.surfaces import SURFACES

SGD = [{"rule": "sgd", "learning_rate": 0.001}]


def start_boxes(page: Page) -> Locator:
    """Return the boxes of the start."""
    return page.locator(".controls [data-field=start] .number-box")


def test_a_fresh_page_races_six(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator(".card")).to_have_count(6)
    expect(page.locator(".ranking tbody tr")).to_have_count(6)
    expect(page.locator(".controls [data-field=surface] select")).to_have_value("mccormick")


def test_another_surface_begins_at_its_own_start(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"start": [1, 1], "racers": SGD}}))
    page.locator(".controls [data-field=surface] select").select_option(value="rosenbrock")
    for box, own in zip(start_boxes(page).all(), SURFACES["rosenbrock"].start, strict=True):
        expect(box).to_have_value(f"{own:g}")
    assert "start" not in state(page)["params"]


def test_every_rule_fits_in_one_race_and_none_looks_like_another(open_page: OpenPage) -> None:
    racers = [*({"rule": rule} for rule in RULES), {"rule": "adam", "beta1": 0.5}]
    page = open_page(link({"params": {"surface": "booth", "racers": racers, "steps": 40}}))
    expect(page.locator(".ranking tbody tr")).to_have_count(len(RULES) + 1)
    lines = page.locator(".card .swatch line").all()
    looks = {(line.get_attribute("stroke"), line.get_attribute("stroke-dasharray")) for line in lines}
    assert len(looks) == len(RULES) + 1


@pytest.mark.parametrize("count", [1, 2])
def test_curves_have_the_colour_of_their_racer(open_page: OpenPage, count: int) -> None:
    page = open_page(link({"params": {"racers": SGD * count, "surface": "booth", "steps": 30}}))
    wanted = str(page.locator(".card .swatch line").first.get_attribute("stroke"))
    canvas = page.locator(".plot-lines").first
    canvas.scroll_into_view_if_needed()
    until(
        page,
        """(color) => {
          const wanted = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
          let found = 0;
          for (const canvas of document.querySelector(".plot-lines").querySelectorAll("canvas")) {
            if (!canvas.width) continue;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            for (let at = 0; at < data.length; at += 4) {
              if (data[at + 3] > 200 && wanted.every((part, i) => Math.abs(part - data[at + i]) < 14)) found += 1;
            }
          }
          return found > 50;
        }""",
        wanted,
    )


def test_a_prepared_run_hides_nobody(open_page: OpenPage) -> None:
    page = open_page()
    page.locator(".card-eye").nth(1).click()
    expect(page.locator(".card.is-hidden")).to_have_count(1)
    page.locator(".presets summary").click()
    page.locator(".preset").nth(1).click()
    expect(page.locator(".card.is-hidden")).to_have_count(0)
    now = taken(page, lambda now: "params" in now)  # the address follows when the server runs the preset
    assert "hidden" not in now.get("view", {})


def test_the_copied_command_runs_in_a_shell_and_gives_the_race_on_screen(open_page: OpenPage) -> None:
    surface = {"formula": "sin(x)*y**2 + x**2"}
    shared = {"start": [2, 1.5], "steps": 30, "noise": 0.1, "seed": 7}
    page = open_page(link({"params": {"surface": surface, "racers": SGD, **shared}}))
    page.locator("#export-button").click()
    page.get_by_role("menuitem", name="Copy as a command").click()
    command = page.evaluate("navigator.clipboard.readText()")
    here = f'descentlab() {{ {shlex.quote(sys.executable)} -m app.cli "$@"; }}; {command}'
    ran = subprocess.run(["sh", "-c", here], cwd=ROOT, check=True, capture_output=True, text=True)
    with page.expect_download() as coming:
        page.locator("#export-button").click()
        page.get_by_role("menuitem", name="JSON").click()
    with open(coming.value.path(), encoding="utf-8") as file:
        shown = json.load(file)
    printed = [loss for line in ran.stdout.splitlines() for loss in json.loads(line)["losses"][0]]
    assert printed == shown["losses"][0]
    assert len(printed) == 31


def test_two_pages_with_the_same_seed_race_the_same_race_and_another_seed_another(open_page: OpenPage) -> None:
    page = open_page()
    home = page.url.removesuffix("/race")

    def losses(seed: int) -> list[str]:
        noisy = {"surface": "booth", "racers": SGD, "noise": 9.0, "steps": 300, "seed": seed}
        page.goto(home + link({"params": noisy}))
        running(page)
        page.keyboard.press("End")
        standings_at(page, 300)
        return page.locator(".ranking td.is-number").all_inner_texts()

    once, again, other = losses(3), losses(3), losses(4)
    assert once == again
    assert once != other
