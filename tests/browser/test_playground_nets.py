"""Nets of the playground: built on the picture, looked into, side by side, at their best, and as an ensemble."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from browser_kit import OpenPage, at_step, box_of, link, playhead, taken, until
from playwright.sync_api import Locator, Page, expect

from engine.experiment import experiment
from engine.frame import Frame
from engine.params import check

OVERFITTING: dict[str, Any] = {
    "data": "moons",
    "noise": 0.4,
    "samples": 60,
    "wrong_labels": 0.2,
    "hidden": [16],
    "optimizer": {"rule": "adam", "learning_rate": 0.03},
    "steps": 60,
    "seed": 918_276,
}

# Pixels in the colour of the text: nothing else on the canvas of the points is so dark.
DARK = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += data[i + 3] > 200 && Math.max(...data.subarray(i, i + 3)) < 90;
  return count;
}"""
COLORS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
# Plays, and resolves with how many points flash and how many pixels are dark then; after a minute with none.
FLASH = f"""async (frame) => {{
  document.querySelector(".play-button").click();
  for (let i = 0; i < 3600 && !Number(frame.dataset.flash); i += 1) await new Promise(requestAnimationFrame);
  return [Number(frame.dataset.flash), ({DARK})(frame.querySelector(".overlay-flash"))];
}}"""
# From now on: of each line drawn on a field its width and its number of pieces.
LINES = """(frame) => {
  const { lineTo } = Path2D.prototype;
  Path2D.prototype.lineTo = function (...place) {
    this.pieces = (this.pieces ?? 0) + 1;
    return lineTo.apply(this, place);
  };
  const canvas = frame.querySelector(".overlay-field");
  const context = canvas.getContext("2d");
  frame.lines = [];
  context.stroke = (path) => {
    frame.lines.push([context.lineWidth, path.pieces ?? 0]);
    CanvasRenderingContext2D.prototype.stroke.call(context, path);
  };
}"""


def ran(params: dict[str, Any]) -> Frame:
    """Return the whole run as one frame."""
    laboratory = experiment("playground")
    checked = check(laboratory.Params, params)
    return laboratory.begin(checked, np.random.default_rng(params["seed"])).advance(params["steps"])


def play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()


def middle(place: Locator) -> tuple[float, float]:
    """Return where the middle of an element is on the page."""
    box = box_of(place)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def hover_enlarges_the_field_of_each_unit(page: Page) -> None:
    lens, grip = page.locator(".net-lens"), page.get_by_role("slider", name="A weight or a bias")
    expect(lens).to_be_hidden()
    page.mouse.move(*middle(grip))  # its first place is the bias of the first unit
    expect(lens).to_be_visible()
    enlarged = lens.evaluate("(lens) => lens.toDataURL()")
    assert lens.evaluate(COLORS) > 20
    size = box_of(lens)
    assert size["width"] > 2 * 46, "no unit is larger than 46 pixels"
    grip.focus()
    for _place in range(3):
        page.keyboard.press("ArrowRight")  # over its two weights to the bias of the second
    page.mouse.move(*middle(grip))
    until(page, f"document.querySelector('.net-lens').toDataURL() !== '{enlarged}'")
    page.mouse.move(2, 2)
    expect(lens).to_be_hidden()


def test_nets_side_by_side_are_looked_into_their_batches_flash_and_they_are_built_on_the_picture(
    open_page: OpenPage,
) -> None:
    params = {
        "samples": 60,
        "hidden": [3],
        "batch_size": 8,
        "compare": [{"hidden": [5], "batch_size": 8}],
        "steps": 3000,
        "seed": 918_274,
    }
    page = open_page(link({"params": params}, "playground"))
    graph, nets = page.locator(".plot-netgraph"), page.locator(".field-net")
    counts = nets.locator(".field-net-about")
    expect(counts).to_have_text(["13 parameters", "21 parameters"])
    first, second = nets.locator("canvas").evaluate_all("(all) => all.map((one) => one.toDataURL())")
    assert first != second, "each with what it says"
    expect(graph).to_have_attribute("data-units", "6")
    nets.nth(1).click()
    expect(graph).to_have_attribute("data-units", "8")
    nets.nth(0).click()
    expect(graph).to_have_attribute("data-units", "6")

    hover_enlarges_the_field_of_each_unit(page)

    field = page.locator(".panel-field .plot-frame").first
    flashed, dark = field.evaluate(FLASH)
    assert flashed == 8, "as many points as a batch has"
    assert dark > 100
    page.get_by_role("button", name="Back to the start").click()
    expect(field).to_have_attribute("data-flash", "0")
    assert field.locator(".overlay-flash").evaluate(DARK) == 0

    page.get_by_role("button", name="Add a unit to layer 1").click()
    taken(page, lambda now: now.get("params", {}).get("hidden") == [4])
    expect(graph).to_have_attribute("data-units", "7")
    expect(counts.nth(0)).to_have_text("17 parameters")
    layers = page.locator(".net-layers")
    layers.get_by_role("button", name="Add a layer").click()
    expect(layers).to_have_text("2 layers")
    expect(graph).to_have_attribute("data-units", "11")
    page.get_by_role("button", name="Remove a unit from layer 2").click()
    expect(graph).to_have_attribute("data-units", "10")
    now = taken(page, lambda now: now.get("params", {}).get("hidden") == [4, 3])
    assert now.get("params", {}).get("hidden") == [4, 3]
    layers.get_by_role("button", name="Remove a layer").click()
    expect(graph).to_have_attribute("data-units", "7")
    nets.nth(1).click()
    expect(graph).to_have_attribute("data-units", "8")
    page.get_by_role("button", name="Add a unit to layer 1").click()
    expect(graph).to_have_attribute("data-units", "9")
    now = taken(page, lambda now: now["params"]["compare"][0]["hidden"] == [6])
    assert (now.get("params", {}).get("hidden"), now["params"]["compare"][0]["hidden"]) == ([4], [6]), (
        "the net in focus alone"
    )
    expect(counts).to_have_text(["17 parameters", "25 parameters"])
    what_is_typed_last_is_taken_and_so_is_the_press_that_ends_it(page)


def what_is_typed_last_is_taken_and_so_is_the_press_that_ends_it(page: Page) -> None:
    layers = page.locator(".controls [data-field=hidden]").first
    layers.locator(".count-box").fill("5")
    layers.get_by_role("button", name="Add one").click()
    expect(layers.locator(".count-box")).to_have_count(2)
    layers.locator(".count-box").nth(0).fill("2")
    layers.locator(".count-box").nth(0).press("Tab")
    expect(layers.locator(".count-box").nth(1)).to_be_focused()
    now = taken(page, lambda now: now["params"]["hidden"] == [2, 5])
    assert now["params"]["hidden"] == [2, 5]


def test_one_click_goes_back_to_the_best_step_and_an_ensemble_is_seen_beside_its_members(
    open_page: OpenPage,
) -> None:
    validation = np.asarray(ran(OVERFITTING)["validation_loss"])[0]
    best = int(validation.argmin()) + 1
    assert 5 < best < 50, "it overfits"
    page = open_page(link({"params": OVERFITTING}, "playground"))
    play(page)
    at_step(page, 60)
    back = page.get_by_role("button", name="Go back to the best step")
    expect(back).to_have_text(f"Go back to the best step, {best}")
    back.click()
    at_step(page, best)
    assert playhead(page) == (best, 60)
    until(page, f"document.querySelector('.panel-field .plot-frame').dataset.of === '{best}'")

    page.get_by_role("tab", name="Ensemble").click()
    votes = page.get_by_role("group", name="The ensemble: every member's boundary, and the mean's", exact=True)
    differ = page.get_by_role("group", name="How much the members differ", exact=True)
    offer = votes.get_by_role("button", name="Train five nets")
    expect(offer).to_be_visible()
    expect(differ.get_by_role("button", name="Train five nets")).to_be_visible()
    offer.click()
    expect(offer).to_be_hidden()
    at_step(page, 0)
    play(page)
    at_step(page, 60)
    votes.evaluate(LINES)
    page.get_by_role("button", name="One step back").click()
    at_step(page, 59)
    lines: list[list[float]] = votes.evaluate("({ lines }) => lines")
    widths = [width for width, _pieces in lines]
    assert min(pieces for _width, pieces in lines) > 5, "each is there"
    assert widths.count(min(widths)) == 5 * widths.count(max(widths)), "five members to a mean"
    assert max(widths) > 2 * min(widths)
    assert differ.locator(".overlay-field").evaluate(COLORS) > 20

    chart = page.get_by_role("group", name="Test loss, together and alone", exact=True)
    chart.scroll_into_view_if_needed()
    pad = chart.locator(".scrub-pad")
    box = box_of(pad)
    pad.hover(position={"x": box["width"] - 1, "y": box["height"] / 2})
    tip = chart.locator(".plot-tip")
    expect(tip.locator(".tip-title")).to_have_text("step 60")
    wanted = np.asarray(ran({**OVERFITTING, "ensemble": 5})["vote_loss"])[:2, -1]
    assert wanted[0] < wanted[1]
    for name, value in zip(("the ensemble", "its members, on average"), wanted, strict=True):
        line = tip.locator(".tip-line").filter(has=page.get_by_text(name, exact=True))
        assert float(line.locator(".tip-value").inner_text()) == pytest.approx(value, rel=1e-3)
