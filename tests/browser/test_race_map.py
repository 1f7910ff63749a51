"""The race's surface: pointer and keys on the map, trails on the relief, colours and arrows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from browser_kit import OpenPage, at_step, box_of, link, playhead, state, taken, until
from playwright.sync_api import Page, expect
from race_kit import BOWL, SGD_AND_ADAM, first_slider, on_map, runs, slide, view_of_map, wait_for_run


def test_keys_on_the_ring_its_drag_and_a_click_on_the_map_move_the_start(open_page: OpenPage) -> None:
    page = open_page(link({"params": {**BOWL, "racers": SGD_AND_ADAM, "steps": 100}, "step": 40}))
    at_step(page, 40)
    before = runs(page)
    page.locator(".start-handle").focus()
    page.keyboard.press("ArrowLeft")
    wait_for_run(page, before)
    start = taken(page, lambda now: now["params"]["start"] != BOWL["start"])["params"]["start"]
    assert start[0] < 4.0
    assert start[1] == pytest.approx(2.0, abs=0.01)
    assert playhead(page)[0] == 40

    ring = box_of(page.locator(".start-handle"))
    target = on_map(page, -3.0, -1.0)
    before = runs(page)
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.mouse.down()
    page.mouse.move((ring["x"] + target[0]) / 2, (ring["y"] + target[1]) / 2, steps=3)
    wait_for_run(page, before)
    page.mouse.move(*target, steps=3)
    page.mouse.up()
    expect(page.locator("[data-field=start] .number-box").first).to_have_value("-3")
    start = taken(page, lambda now: now["params"]["start"][0] < -2.9)["params"]["start"]
    assert start == pytest.approx([-3.0, -1.0], abs=0.06)

    before = runs(page)
    page.mouse.click(*on_map(page, 2.0, 3.0))
    wait_for_run(page, before)
    now = taken(page, lambda now: now["params"]["start"][0] > 0)
    assert now["params"]["start"] == pytest.approx([2.0, 3.0], abs=0.06)


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


def test_the_picture_of_the_map_can_be_saved_and_its_zoom_survives_a_new_race(open_page: OpenPage) -> None:
    page = open_page()
    the_picture_of_the_map_can_be_saved(page)
    home = view_of_map(page)
    page.evaluate(
        "document.querySelector('.plot-flat .plot').on('plotly_relayout', () => { window.zoomed = true; })"
    )
    page.mouse.move(*on_map(page, 1.0, 1.0))
    page.mouse.wheel(0, -400)
    axis = "document.querySelector('.plot-flat .plot')._fullLayout.xaxis"
    until(page, f"Math.abs({axis}.range[0] - ({home[0][0]})) > 0.2")
    until(page, "window.zoomed")  # the wheel has its own end of gesture
    zoomed = view_of_map(page)
    before = runs(page)
    slide(page, first_slider(page), 4)
    wait_for_run(page, before)
    assert view_of_map(page) == zoomed
    page.get_by_role("button", name="The whole surface").click()
    assert view_of_map(page) == home


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
    until(
        page,
        """() => {
          const { data } = document.querySelector(".plot-relief .plot") ?? {};
          return data?.some(({ mode, x }) => mode === "lines" && x.length > 120);
        }""",
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


def the_picture_of_the_map_can_be_saved(page: Page) -> None:
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save “The surface” as a picture").click()
    with open(coming.value.path(), "rb") as file:
        picture = file.read()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000
