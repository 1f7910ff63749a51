"""The playground: painted with mouse, finger and keys; a weight dragged, and set by keys."""

from __future__ import annotations

import re
from typing import Any

from browser_kit import (
    PHONE,
    OpenPage,
    at_step,
    box_of,
    kept,
    link,
    playhead,
    running,
    state,
    taken,
    until,
    violations,
)
from playwright.sync_api import Page, expect


def playground(params: dict[str, Any]) -> str:
    """Return the address of the playground with these parameters."""
    return link({"params": params}, "playground")


def painted(page: Page) -> list[list[float]]:
    """Return the points of the visitor's own in the address; none before they were taken."""
    data = state(page).get("params", {}).get("data")
    return list(data["points"]) if isinstance(data, dict) else []


def edits(now: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was set by hand as an address tells it: from the start, or by the latest change."""
    latest = [change for _step, change in now.get("changes", []) if "edits" in change][-1:]
    return list((latest or [now.get("params", {})])[0].get("edits", []))


def test_points_are_painted_by_mouse_finger_and_keys_and_erased(open_page: OpenPage) -> None:
    page = open_page(playground({"steps": 20, "samples": 40, "hidden": [3]}), has_touch=True)
    page.get_by_role("button", name="Paint", exact=True).click()
    pad = page.locator(".panel-field .scrub-pad").first
    box = box_of(pad)
    left, top, width, height = box["x"], box["y"], box["width"], box["height"]
    page.get_by_role("button", name="Clear all points").click()
    for label, y in ((1, 0.3), (2, 0.6)):
        page.get_by_role("button", name=f"Paint class {label}").click()
        page.mouse.move(left + 0.3 * width, top + y * height)
        page.mouse.down()
        page.mouse.move(left + 0.7 * width, top + y * height, steps=12)
        page.mouse.up()
    taken(page, lambda _now: {label for _x, _y, label in painted(page)} == {0, 1})
    by_mouse = painted(page)
    assert {label for _x, _y, label in by_mouse} == {0, 1}
    upper = [y for _x, y, label in by_mouse if label == 0]
    assert min(upper) > max(y for _x, y, label in by_mouse if label == 1), "the upper stroke is the first class"
    expect(page.locator(".panel-field .plot-frame").first).to_have_attribute("data-points", str(len(by_mouse)))

    finger = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 0.3), ("touchMove", 0.4), ("touchMove", 0.5), ("touchEnd", None)):
        points = [] if x is None else [{"x": left + x * width, "y": top + 0.8 * height}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    taken(page, lambda _now: len(painted(page)) > len(by_mouse))
    by_finger = painted(page)
    assert len(by_finger) >= len(by_mouse) + 2

    pad.focus()
    expect(page.locator(".brush-cross")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    taken(page, lambda _now: len(painted(page)) > len(by_finger))
    assert len(painted(page)) == len(by_finger) + 1

    page.get_by_role("button", name="Erase").click()
    page.mouse.move(left + 0.3 * width, top + 0.8 * height)
    page.mouse.down()
    page.mouse.move(left + 0.5 * width, top + 0.8 * height, steps=12)
    page.mouse.up()
    taken(page, lambda _now: len(painted(page)) <= len(by_mouse) + 1)
    assert len(painted(page)) == len(by_mouse) + 1, "the finger's stroke is gone, the rest is there"
    assert violations(page) == []


def test_a_weight_is_dragged_by_mouse_and_finger_and_set_by_keys(open_page: OpenPage) -> None:
    page = open_page(playground({"steps": 20, "samples": 40, "hidden": [3]}), has_touch=True)
    frame = page.locator(".plot-netgraph")
    grip = page.get_by_role("slider", name="A weight or a bias")
    grip.focus()
    page.keyboard.press("ArrowRight")  # from the first unit's bias to its first weight
    at = box_of(grip)
    text = grip.get_attribute("aria-valuetext") or ""
    assert "weight" in text
    before = float(grip.get_attribute("aria-valuenow") or 0)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    found = edits(taken(page, lambda now: any(abs(e["value"] - before - 0.2) < 1e-4 for e in edits(now))))
    assert [round(edit["value"] - before, 4) for edit in found] == [0.2], "two keys, one change"
    assert (found[0]["layer"], found[0]["unit"], found[0]["source"]) == (1, 0, 0)
    expect(page.locator(".readout")).to_have_text("1 / 20")  # the step after the change, and nothing plays

    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(x, y)
    expect(frame).to_have_class("plot-frame plot-netgraph can-drag")
    page.mouse.down()
    page.mouse.move(x, y - 30, steps=4)
    page.mouse.move(x, y - 60, steps=4)
    page.mouse.up()
    now = edits(taken(page, lambda now: any(e["value"] > before + 0.8 for e in edits(now))))
    assert any(e["value"] > before + 0.8 and (e["layer"], e["unit"], e["source"]) == (1, 0, 0) for e in now)

    page.set_viewport_size(PHONE)
    until(page, "document.querySelector('.overlay-net').clientWidth < 390")  # it is drawn for a phone
    grip.scroll_into_view_if_needed()
    grip.blur()
    grip.focus()
    box = box_of(grip)
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = page.context.new_cdp_session(page)
    for kind, moved in (
        ("touchStart", 0),
        ("touchMove", -20),
        ("touchMove", -60),
        ("touchMove", -100),
        ("touchEnd", None),
    ):
        points = [] if moved is None else [{"x": left + moved, "y": top}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    now = edits(taken(page, lambda now: any(e["value"] < before - 0.4 for e in edits(now))))
    assert (now[-1]["layer"], now[-1]["unit"], now[-1]["source"]) == (1, 0, 0), "sideways; up and down scrolls"


def test_a_reload_goes_on_where_the_nets_were(open_page: OpenPage) -> None:
    points = [[(i % 9) / 5 - 0.8, (i % 7) / 4 - 0.7, i % 2] for i in range(60)]
    page = open_page(playground({"data": {"points": points}, "hidden": [3], "steps": 50_000, "seed": 918_273}))
    grip = page.get_by_role("slider", name="A weight or a bias")
    grip.focus()
    page.keyboard.press("ArrowUp")
    taken(page, lambda now: bool(edits(now)))
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "Number(document.documentElement.dataset.drawn) >= 60")
    page.get_by_role("button", name="Pause", exact=True).click()
    kept(page)
    held, before, bias = playhead(page), state(page), grip.get_attribute("aria-valuenow")
    uploads: list[bytes] = []

    def watch(sent: str | bytes) -> None:
        if isinstance(sent, bytes):
            uploads.append(sent)

    page.on("websocket", lambda socket: socket.on("framesent", watch))
    page.reload()
    running(page)
    at_step(page, held[0])
    assert playhead(page) == held
    assert state(page) == before
    until(
        page,
        f"(one => (one.blur(), one.focus(), one.ariaValueNow === '{bias}'))(document.querySelector('.net-grip'))",
    )
    assert len(uploads) == 1, "the kept state went up, nothing was trained anew"
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, f"Number(document.documentElement.dataset.drawn) >= {held[0] + 40}")


def test_digits_show_images_filters_confusions_and_mistakes_of_the_net_in_focus(open_page: OpenPage) -> None:
    page = open_page(
        playground(
            {
                "data": "digits",
                "samples": 400,
                "noise": 0,
                "hidden": [12],
                "batch_size": 16,
                "steps": 60,
                "optimizer": {"rule": "adam", "learning_rate": 0.02},
                "compare": [{"hidden": [], "batch_size": 16}],
            }
        )
    )
    expect(page.locator(".panel-field").first).to_be_hidden()
    images = page.locator(".plot-images")
    expect(images).to_have_count(3)
    expect(images.nth(0)).to_have_attribute("data-images", "24")  # the first rows, before any batch
    page.get_by_role("button", name="Play", exact=True).click()
    at_step(page, 60)
    expect(images.nth(0)).to_have_attribute("data-images", "16")
    expect(images.nth(1)).to_have_attribute("data-images", "12")
    table = page.locator(".confusion")
    expect(table.locator("thead th")).to_have_text(["is", *map(str, range(10)), "found"])
    of_first = table.locator("tbody td.confusion-share").all_inner_texts()
    assert sum(int(text.split("/")[1]) for text in of_first) == 200, "of all that is held out"
    assert sum(int(text.split("/")[0]) for text in of_first) > 120
    expect(page.locator("[data-field=features]")).to_be_hidden()
    page.get_by_role("group", name="Whose images").first.get_by_role("button").nth(1).click()
    expect(images.nth(1)).to_have_attribute("data-images", "10")  # a net without hidden layer: ten classes
    assert table.locator("tbody td.confusion-share").all_inner_texts() != of_first
    assert violations(page) == []


def test_a_finding_has_its_cure_with_before_and_after(open_page: OpenPage) -> None:
    page = open_page(playground({"data": "circles", "hidden": [], "steps": 400}))
    doctor = page.locator(".findings-panel").first
    page.get_by_role("button", name="Play", exact=True).click()
    expect(doctor.locator(".illness")).to_have_text("underfitting")
    # As long as a finger takes, while the run goes on and the words with it.
    doctor.get_by_role("button", name="Take two layers of 16 units").click(delay=200)
    course = doctor.locator(".course")
    expect(course).to_contain_text("Done: Take two layers of 16 units")
    expect(course.locator("dd").first).to_contain_text(re.compile(r"Step \d+: loss"))  # wherever it was taken
    expect(course.locator(".course-after")).to_contain_text("Step 400")
    expect(doctor.locator(".illness")).to_have_text("nothing found")
    assert state(page)["params"]["hidden"] == [16, 16]
    course.get_by_role("button", name="Take it back").click()
    taken(page, lambda now: now.get("params", {}).get("hidden") == [])


def test_a_sweep_fills_in_and_a_click_opens_its_net(open_page: OpenPage) -> None:
    page = open_page(
        playground({"data": "moons", "noise": 0.3, "samples": 60, "hidden": [4], "l2": 0.01, "steps": 20})
    )
    page.get_by_role("tab", name="Sweeps").click()
    plots = page.locator(".plot-survey")
    for plot in (plots.nth(0), plots.nth(1)):
        expect(plot).to_have_attribute("data-done", "1")
        expect(plot).to_have_attribute("data-columns", "9")
    pad = plots.nth(0).locator(".map-pad")
    pad.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    now = taken(page, lambda now: now.get("params", {}).get("l2") not in (None, 0.01))
    assert 0.01 < now["params"]["l2"] < 0.2, "the next place to the right"


def test_a_sweep_waits_until_the_visitor_has_said_what_is_expected(open_page: OpenPage) -> None:
    page = open_page("/playground?claim=P3")
    plot = page.locator(".plot-survey").first
    box = page.locator(".survey-box").first
    expect(box).to_contain_text("Say first what you expect")
    assert not plot.get_attribute("data-done")
    page.locator(".claim-shown .claim-skip").click()
    expect(plot).to_have_attribute("data-done", re.compile(r"\d"))
    expect(box).not_to_contain_text("Say first what you expect")
