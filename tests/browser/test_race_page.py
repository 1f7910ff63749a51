"""The race on the screen: trails, curves, standings, and what one does to them with pointer and keys."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from browser_kit import OpenPage, at_step, link, playhead, state
from playwright.sync_api import Locator, Page, expect

BOWL = {"surface": "quadratic", "condition": 1.0, "start": [4.0, 2.0]}
SGD_AND_ADAM = [{"rule": "sgd", "learning_rate": 0.1}, {"rule": "adam", "learning_rate": 0.1}]


def runs(page: Page) -> int:
    """Return how many races the map has shown so far."""
    return int(page.locator(".overlay-trails").get_attribute("data-run") or 0)


def wait_for_run(page: Page, after: int) -> None:
    """Wait until the map shows a later race than the ``after``-th."""
    until(page, f"Number(document.querySelector('.overlay-trails').dataset.run) > {after}")


def until(page: Page, condition: str) -> None:
    """Wait until an expression is true on the page (Playwright's own wait needs eval, which the page forbids)."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never true: {condition}")


def box(locator: Locator) -> dict[str, float]:
    """Return where an element is."""
    found = locator.bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}


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


def slide(page: Page, slider: Locator, steps: int = 6, press: str = "ArrowRight") -> None:
    """Move a slider by keys."""
    slider.focus()
    for _ in range(steps):
        page.keyboard.press(press)


def first_slider(page: Page) -> Locator:
    """Open the first racer's card and return its learning rate's slider."""
    page.locator(".card-fold").first.click()
    return page.locator(".card").first.locator("[data-field=learning_rate] .slider")


def test_a_race_draws_every_racer_and_ranks_them_all(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM}}))
    assert min(pixels_of(page, color_of(page, i)) for i in range(2)) > 50
    rows = page.locator(".ranking tbody tr")
    expect(rows).to_have_count(2)
    assert rows.locator(".rank").all_inner_texts() == ["1", "2"]
    expect(page.locator(".plot-lines")).to_have_count(4)
    assert {plot.get_attribute("data-curves") for plot in page.locator(".plot-lines").all()} == {"2"}


def test_the_finish_line_makes_a_podium(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM, "tolerance": 0.01}}))
    expect(standing(page, "SGD").locator(".outcome")).to_contain_text("finished at step")
    expect(page.locator(".podium-1 .podium-name")).to_have_text("SGD")
    page.keyboard.press("Home")
    at_step(page, 0)
    expect(page.locator(".podium")).to_be_hidden()
    expect(standing(page, "SGD").locator(".outcome")).to_have_text("running")


def test_sgd_on_a_round_bowl_shows_its_exact_loss(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM[:1], "steps": 20}, "step": 3}))
    at_step(page, 3)
    loss = (4.0**2 + 2.0**2) / 2 * 0.9**6  # each step multiplies both coordinates by 1 - 0.1
    expect(standing(page, "SGD").locator("td.is-number")).to_have_text(f"{loss:.3g}")


def test_a_slider_runs_the_race_again_and_enters_the_address(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 100}}))
    before = runs(page)
    loss = page.locator(".card-loss").first.inner_text()
    slide(page, first_slider(page))
    wait_for_run(page, before)
    expect(page.locator(".card-loss").first).not_to_have_text(loss)
    assert state(page)["params"]["racers"][0]["learning_rate"] > 0.01


def test_a_slider_runs_the_race_while_it_is_dragged(open_page: OpenPage) -> None:
    page = open_page()
    slider = box(first_slider(page))
    before = runs(page)
    page.mouse.move(slider["x"] + slider["width"] * 0.4, slider["y"] + slider["height"] / 2)
    page.mouse.down()
    page.mouse.move(slider["x"] + slider["width"] * 0.5, slider["y"] + slider["height"] / 2, steps=4)
    wait_for_run(page, before)
    page.mouse.up()


def test_a_live_change_keeps_the_past_changes_the_rest_and_marks_the_moment(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 200}, "step": 80}))
    at_step(page, 80)
    loss_then = standing(page, "SGD").locator("td.is-number").inner_text()
    before = runs(page)
    slide(page, first_slider(page), 12)
    wait_for_run(page, before)
    page.wait_for_selector(".plot-lines[data-marks='80']")
    assert {plot.get_attribute("data-marks") for plot in page.locator(".plot-lines").all()} == {"80"}
    expect(page.locator(".scrubber-mark")).to_have_count(1)
    expect(standing(page, "SGD").locator("td.is-number")).to_have_text(loss_then)
    [[step, changed]] = state(page)["changes"]
    assert step == 80
    assert changed["racers"][0]["learning_rate"] > 0.01
    page.keyboard.press("Escape")
    page.locator(".readout").click()
    page.keyboard.press("End")
    at_step(page, 200)
    unchanged = 10 * 0.99**400
    expect(standing(page, "SGD").locator("td.is-number")).not_to_have_text(f"{unchanged:.3g}")


def test_shift_runs_the_race_again_from_its_start(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 200}, "step": 80}))
    at_step(page, 80)
    slider = first_slider(page)
    before = runs(page)
    slide(page, slider, 3, "Shift+ArrowRight")
    wait_for_run(page, before)
    now = state(page)
    assert not now.get("changes")
    assert now["params"]["racers"][0]["learning_rate"] > 0.01


def test_a_press_on_a_curve_moves_the_playhead_there(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM, "steps": 200}}))
    pad = page.locator(".scrub-pad").first
    pad.scroll_into_view_if_needed()
    place = box(pad)
    page.mouse.click(place["x"] + place["width"] * 0.25, place["y"] + place["height"] / 2)
    at_step(page, 50)
    assert playhead(page)[0] == 50
    assert {line.get_attribute("data-step") for line in page.locator(".playhead-line").all()} == {"50"}


def test_dragging_the_ring_moves_the_start_and_races_on_the_way(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM}}))
    ring = box(page.locator(".start-handle"))
    target = on_map(page, -3.0, -1.0)
    before = runs(page)
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.mouse.down()
    page.mouse.move((ring["x"] + target[0]) / 2, (ring["y"] + target[1]) / 2, steps=3)
    wait_for_run(page, before)
    page.mouse.move(*target, steps=3)
    page.mouse.up()
    expect(page.locator("[data-field=start] .number-box").first).to_have_value("-3")
    for _ in range(100):
        start = state(page)["params"]["start"]
        if start != BOWL["start"]:
            break
        page.wait_for_timeout(100)
    assert start == pytest.approx([-3.0, -1.0], abs=0.06)


def test_a_click_on_the_map_sets_the_start(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM}}))
    before = runs(page)
    page.mouse.click(*on_map(page, 2.0, 3.0))
    wait_for_run(page, before)
    assert state(page)["params"]["start"] == pytest.approx([2.0, 3.0], abs=0.06)


def test_arrow_keys_on_the_ring_move_the_start_and_not_the_playhead(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM, "steps": 100}, "step": 40}))
    at_step(page, 40)
    before = runs(page)
    page.locator(".start-handle").focus()
    page.keyboard.press("ArrowLeft")
    wait_for_run(page, before)
    start = state(page)["params"]["start"]
    assert start[0] < 4.0
    assert start[1] == pytest.approx(2.0, abs=0.01)


def test_the_pointer_on_a_trail_tells_racer_step_point_and_loss(open_page: OpenPage) -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.05}]
    page = open_page(link({"params": {**BOWL, "racers": racers, "steps": 60}}))
    x, y = on_map(page, 4.0 * 0.95**10, 2.0 * 0.95**10)
    page.mouse.move(x, y - 3)
    tip = page.locator(".plot-flat .plot-tip")
    expect(tip.locator(".tip-title")).to_contain_text("SGD")
    told = dict(
        zip(tip.locator(".tip-name").all_inner_texts(), tip.locator(".tip-value").all_inner_texts(), strict=True)
    )
    assert told["step"] == "10"
    assert told["point"] == f"({4 * 0.95**10:.4g}, {2 * 0.95**10:.4g})"
    assert told["loss"] == f"{10 * 0.95**20:.5g}"


def test_the_zoom_survives_a_new_race(open_page: OpenPage) -> None:
    page = open_page()
    home = view_of_map(page)
    page.mouse.move(*on_map(page, 1.0, 1.0))
    page.mouse.wheel(0, -400)
    axis = "document.querySelector('.plot-flat .plot')._fullLayout.xaxis"
    until(page, f"Math.abs({axis}.range[0] - ({home[0][0]})) > 0.2")
    page.wait_for_timeout(300)  # the wheel has its own end of gesture
    zoomed = view_of_map(page)
    before = runs(page)
    slide(page, first_slider(page), 4)
    wait_for_run(page, before)
    assert view_of_map(page) == zoomed
    page.get_by_role("button", name="The whole surface").click()
    assert view_of_map(page) == home


def test_a_diverging_racer_is_drawn_to_the_edge_and_said_so_the_others_unharmed(open_page: OpenPage) -> None:
    racers: list[dict[str, Any]] = [{"rule": "sgd", "learning_rate": 2.5}, {"rule": "adam", "learning_rate": 0.1}]
    page = open_page(link({"params": {**BOWL, "racers": racers}}))
    expect(standing(page, "SGD").locator(".outcome")).to_contain_text("diverged at step")
    expect(standing(page, "SGD").locator(".rank")).to_have_text("–")
    assert pixels_of(page, color_of(page, 0), edge=14) > 20
    expect(standing(page, "Adam").locator(".outcome")).to_contain_text("finished")
    expect(page.locator(".card").first).to_have_class(re.compile("is-out"))


def test_two_and_three_dimensions_are_a_choice_that_the_link_keeps(open_page: OpenPage) -> None:
    open_page.watch.expect("willReadFrequently")  # Plotly's own remark on how it measures letters
    page = open_page()
    page.get_by_role("button", name="3D", exact=True).click()
    page.wait_for_selector(".plot-relief canvas")
    expect(page.locator(".plot-flat")).to_be_hidden()
    assert state(page)["view"] == {"space": "3d"}
    page.get_by_role("button", name="Both").click()
    expect(page.locator(".plot-flat")).to_be_visible()
    expect(page.locator(".plot-relief")).to_be_visible()
    page.get_by_role("button", name="2D", exact=True).click()
    expect(page.locator(".plot-relief")).to_be_hidden()


TWO = [{"rule": "adam", "learning_rate": 0.05}, {"rule": "momentum", "learning_rate": 0.0005}]


@pytest.mark.parametrize(
    "more",
    [{"surface": "rosenbrock"}, {"surface": "beale", "steps": 300, "racers": TWO}],
    ids=["rosenbrock with the six", "beale"],
)
def test_every_trail_lies_on_the_relief_and_is_seen_over_its_hills(
    open_page: OpenPage, more: dict[str, Any]
) -> None:
    open_page.watch.expect("willReadFrequently")
    page = open_page(link({"params": {"start": [-1.5, 2.0], **more}, "view": {"space": "3d"}}))
    page.wait_for_function(
        """() => {
          const { data } = document.querySelector(".plot-relief .plot") ?? {};
          return data?.some(({ mode, x }) => mode === "lines" && x.length > 120);
        }""",
        timeout=40_000,
    )
    drawn = page.evaluate(
        """() => {
          const { data, _fullLayout: { scene } } = document.querySelector(".plot-relief .plot");
          const axes = ["xaxis", "yaxis", "zaxis"].map((name) => scene[name].range);
          return { x: [...data[0].x], y: [...data[0].y], z: data[0].z.map((row) => [...row]), axes,
            eye: scene.camera.eye, size: scene.aspectratio,
            trails: data.filter((one) => one.mode === "lines").map(({ x, y, z }) => [[...x], [...y], [...z]]) };
        }"""
    )
    xs, ys, z = (np.array(drawn[axis]) for axis in "xyz")

    def height(x: Any, y: Any) -> Any:
        u = np.clip(np.interp(x, xs, np.arange(len(xs))), 0, len(xs) - 1.000001)
        v = np.clip(np.interp(y, ys, np.arange(len(ys))), 0, len(ys) - 1.000001)
        i, j = u.astype(int), v.astype(int)
        a, b = u - i, v - j
        low = z[j, i] * (1 - a) + z[j, i + 1] * a
        return low * (1 - b) + (z[j + 1, i] * (1 - a) + z[j + 1, i + 1] * a) * b

    low, high = np.array(drawn["axes"]).T
    size = np.array([drawn["size"][axis] for axis in "xyz"])
    eye = low + (np.array([drawn["eye"][axis] for axis in "xyz"]) / size + 0.5) * (high - low)
    depth = np.ptp(z)
    seen = []
    assert len(drawn["trails"]) == len(more.get("racers", range(6)))
    for trail in drawn["trails"]:
        points = np.array(trail, dtype=float)
        assert points.shape[1] >= 1
        # Between two points a trail is straight: it is above the surface there too.
        for share in (0.0, 0.25, 0.5, 0.75):
            x, y, up = points[:, :-1] * (1 - share) + points[:, 1:] * share
            assert (up > height(x, y) - 0.01 * depth).all()
        way = np.linspace(0.01, 1, 400)[:, None]
        rays = points[:, None, :] + (eye[:, None] - points)[:, None, :] * way
        inside = (rays[0] >= xs[0]) & (rays[0] <= xs[-1]) & (rays[1] >= ys[0]) & (rays[1] <= ys[-1])
        hidden = inside & (height(rays[0], rays[1]) > rays[2] + 0.01 * depth)
        seen.append(1 - hidden.any(axis=0).mean())
    assert min(seen) >= 0.8, seen


def test_colours_are_linear_or_logarithmic_and_arrows_come_on_demand(open_page: OpenPage) -> None:
    page = open_page(link({"params": {"surface": "beale"}}))  # its values reach far above ten
    top = "document.querySelector('.plot-flat .plot').data[0].zmax"
    logarithmic = page.evaluate(top)
    colours = page.get_by_role("group", name="Colour and height")
    colours.get_by_role("button", name="linear").click()
    until(page, f"{top} > 1000")
    assert logarithmic < 10
    arrows = page.get_by_role("button", name="Arrows")
    expect(arrows).to_have_attribute("aria-pressed", "false")
    arrows.click()
    expect(page.locator(".overlay-arrows")).to_have_attribute("data-arrows", "true")
    assert state(page)["view"] == {"color": "linear", "arrows": True}


def test_each_curve_is_linear_or_logarithmic(open_page: OpenPage) -> None:
    page = open_page()
    curves = page.locator(".plot-lines").first
    expect(curves).to_have_attribute("data-scale", "log")
    page.get_by_role("group", name="Scale of Loss").get_by_role("button", name="linear").click()
    expect(curves).to_have_attribute("data-scale", "linear")
    assert state(page)["view"] == {"scale:excess": "linear"}
    page.reload()
    page.wait_for_selector("html[data-lab=running][data-drawn]")
    expect(curves).to_have_attribute("data-scale", "linear")


def test_the_picture_of_the_map_can_be_saved(open_page: OpenPage) -> None:
    page = open_page()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save “The surface” as a picture").click()
    with open(coming.value.path(), "rb") as file:
        picture = file.read()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000
