"""The graph: walked, dragged, folded, filled in, typed; opened from another laboratory; for every reader."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from browser_kit import PHONE, OpenPage, at_step, box_of, link, playhead, state, taken, until, violations
from playwright.sync_api import Locator, Page, expect

NEURON = {
    "expression": "1/(1 + exp(-(w0*x0 + w1*x1 + w2)))",
    "values": {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
}
SVG = "{http://www.w3.org/2000/svg}"
ACTS_IN_SIGHT = """() => {
  const frame = document.querySelector('.panel-graph .circuit-frame');
  const [room, gate] = [frame, frame.querySelector('.gate.is-acting')].map((one) => one?.getBoundingClientRect());
  const text = frame.querySelector('.gate.is-acting .gate-text');
  return gate && gate.left >= room.left && gate.right <= room.right
    && gate.top >= room.top && gate.bottom <= room.bottom && text.getBoundingClientRect().height > 7;
}"""
OVERLAPS = """() => {
  const parts = document.querySelectorAll('.panel-graph .gate-body, .panel-graph .wire-label .number');
  const boxes = [...parts].filter((one) => one.textContent || one.matches('.gate-body'))
    .map((one) => [one.parentNode.outerHTML.slice(0, 60), one.getBoundingClientRect()])
    .filter(([, box]) => box.width);
  const found = [];
  boxes.forEach(([a, one], i) => boxes.slice(i + 1).forEach(([b, other]) => {
    const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    if (across > 1.5 && down > 1.5) found.push(`${a} / ${b}: ${across} ${down}`);
  }));
  return found;
}"""


def graph(state: dict[str, Any]) -> str:
    """Return the address of the graph in a state."""
    return link(state).replace("/race", "/graph", 1)


def number(page: Page, wire: str, what: str) -> Locator:
    """Return the number at a wire: its value or its gradient."""
    return page.locator(f'.panel-graph [data-wire="{wire}"] .number-{what}')


def saved_drawing(page: Page) -> Element:
    """Save the drawing on the stage as SVG; return it, read as XML."""
    with page.expect_download() as saved:
        page.locator(".panel-at-stage").get_by_title("Save as a drawing (SVG)").locator("visible=true").click()
    return fromstring(saved.value.path().read_text("utf-8"))


def test_the_walk_shows_values_forward_then_gradients_backward(open_page: OpenPage) -> None:
    page = open_page("/graph")  # (x + y)*z at (-2, 5, -4)
    assert playhead(page) == (5, 5)
    expect(page.locator(".gate")).to_have_count(6)
    expect(number(page, "end", "value")).to_have_text("−12")
    for wire, value, gradient in (("0>2:0", "−2", "−4"), ("1>2:1", "5", "−4"), ("3>4:1", "−4", "3")):
        expect(number(page, wire, "value")).to_have_text(value)
        expect(number(page, wire, "gradient")).to_have_text(gradient)
    drawing = saved_drawing(page)
    assert {"x", "y", "z", "+", "×"} <= set(drawing.itertext())
    labels = {one.get("data-wire"): list(one.itertext()) for one in drawing.iter() if one.get("data-wire")}
    assert (labels["0>2:0"], labels["3>4:1"], labels["end"][0]) == (["−2", "−4"], ["−4", "3"], "−12")
    wires = [one.get("d") for one in drawing.iter(f"{SVG}path") if one.get("class") == "wire-line"]
    assert len(wires) == len(labels) == 5
    assert all(wires)
    page.keyboard.press("Home")
    at_step(page, 0)
    expect(number(page, "end", "value")).to_have_text("")
    expect(page.locator(".chain")).to_contain_text("holds 16 bytes for the way back")
    sum_gate = page.locator(".gate-gate").first
    sum_gate.press("Enter")
    expect(page.locator(".chain")).to_contain_text("this gate")  # chosen, it is told wherever the walk stands
    sum_gate.press("Enter")
    expect(page.locator(".chain")).to_contain_text("holds 16 bytes")
    expect(number(page, "0>2:0", "value")).to_have_text("−2")
    page.keyboard.press("ArrowRight")
    at_step(page, 1)
    expect(number(page, "2>4:0", "value")).to_have_text("3")
    expect(page.locator(".gate.is-acting .gate-text")).to_have_text("+")
    expect(page.locator(".chain")).to_contain_text("forward")
    expect(page.locator(".panel-chainrule [role=status]")).to_contain_text(
        "forward add x −2 y 5"
    )  # it is read out
    leaf = page.get_by_role("slider", name="x:")
    expect(leaf).to_have_attribute("aria-valuetext", "-2")
    expect(page.locator(".chain")).to_contain_text("keeps nothing")
    for step in (2, 3, 4):
        page.keyboard.press("ArrowRight")
        at_step(page, step)
        if step == 2:
            expect(page.locator(".chain")).to_contain_text("keeps +, z: 16 bytes")
    expect(page.locator(".chain")).to_contain_text("swaps")
    expect(number(page, "2>4:0", "gradient")).to_have_text("−4")
    expect(number(page, "0>2:0", "gradient")).to_have_text("")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".chain")).to_contain_text("distributes")
    expect(page.locator(".panel-chainrule [role=status]")).to_contain_text("to x −4 × 1 = −4")
    expect(leaf).to_have_attribute("aria-valuetext", "-2, gradient −4")
    page.locator(".panel-at-stage .panel-tools .icon-button").first.click()  # the table of nodes
    rows = page.locator(".panel-table tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(4)).to_contain_text("−12")
    assert violations(page) == []


def test_a_leaf_is_dragged_with_the_pointer_and_moved_by_keys(open_page: OpenPage) -> None:
    page = open_page("/graph")
    leaf = page.get_by_role("slider", name="z:")
    box = box_of(leaf)
    page.locator(".panel-graph:visible .circuit-frame").evaluate(
        """(frame) => {
          window.stepsSeen = [];
          new MutationObserver(() => window.stepsSeen.push(frame.dataset.step))
            .observe(frame, {attributeFilter: ["data-step"]});
        }"""
    )
    x, y = box["x"] + box["width"] / 2, box["y"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y)
    page.mouse.move(x + 44, y)
    expect(number(page, "3>4:1", "value")).not_to_have_text("−4")
    page.mouse.up()
    values = taken(page, lambda now: now.get("params", {}).get("values", {}).get("z") == -2)["params"]["values"]
    z = values["z"]
    shown = f"{3 * z:.3g}".replace("-", "−")
    expect(number(page, "end", "value")).to_have_text(shown)
    expect(page.locator(".field-leaves .leaf-row", has_text="z").locator(".number-box")).to_have_value(str(z))
    assert playhead(page) == (5, 5)
    assert set(page.evaluate("window.stepsSeen")) == {"5"}, "no picture went back to the start"
    leaf.focus()
    page.keyboard.press("ArrowUp")
    now = taken(page, lambda now: now["params"]["values"]["z"] != z)["params"]["values"]["z"]
    assert round(now - z, 6) == 0.01
    assert playhead(page) == (5, 5), "the key moved the leaf, not the playhead"
    page.get_by_role("button", name="Gradient mode").click()
    start = page.locator(".gate-leaf").evaluate_all("all => all.map((one) => +one.getAttribute('aria-valuenow'))")
    leaf.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".circuit-walked")).to_contain_text("the result falls")
    x, y, z = start
    moved = taken(page, lambda now: "x" in now["params"]["values"])["params"]["values"]
    length = 0.1 / max(abs(z), abs(x + y))  # a hundredth of the way on which the fastest crosses its range of 10
    for name, value, slope in (("x", x, z), ("y", y, z), ("z", z, x + y)):
        assert abs(moved[name] - (value - length * slope)) < 1e-6


def test_in_gradient_mode_a_drag_falls_and_too_long_a_step_is_told_to_rise(open_page: OpenPage) -> None:
    page = open_page(graph({"params": {"expression": "x**2", "values": {"x": 3}}}))
    page.get_by_role("button", name="Gradient mode").click()
    leaf, told = page.get_by_role("slider", name="x:"), page.locator(".circuit-walked")
    expect(told).to_contain_text("Drag a variable to the right")
    box = box_of(leaf)
    x, y = box["x"] + box["width"] / 2, box["y"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 44, y, steps=3)  # a fifth of the range of 10: from 3 to 1
    expect(told).to_have_text("Step of length 0.333: the result falls from 9 to 1.")
    expect(number(page, "end", "value")).to_have_text("1")
    page.mouse.move(x + 176, y, steps=3)  # to -5, over the valley
    expect(told).to_contain_text("the result does not fall, it goes from 9 to 25. The step is too long")
    page.mouse.move(x + 220, y)  # to -7, over the end of the slider: another range is told
    expect(told).to_contain_text("goes from 9 to 49")
    expect(leaf).to_have_attribute("aria-valuemin", "-10")
    leaf.evaluate("gate => gate.setAttribute('data-before', '')")
    page.set_viewport_size({"width": 900, "height": 900})
    expect(page.locator("[data-before]")).to_have_count(0)  # it is laid out anew
    page.mouse.move(x + 66, y, steps=3)
    expect(told).to_contain_text("falls from 9 to 0")
    page.mouse.up()
    assert taken(page, lambda now: now["params"]["values"]["x"] != 3)["params"]["values"]["x"] == 0
    assert playhead(page)[0] == playhead(page)[1]


def test_a_part_folds_into_one_gate_of_one_step_and_unfolds(open_page: OpenPage) -> None:
    page = open_page(graph({"params": NEURON}))
    gates = page.locator(".gate:not(.is-leaving)")
    expect(gates).to_have_count(16)
    expect(number(page, "end", "value")).to_have_text("0.731")
    expect(page.locator(".gate-leaf")).to_have_count(5)
    assert page.evaluate(OVERLAPS) == []
    chip = page.locator(".fold-chip", has_text="sigmoid")
    chip.focus()
    page.keyboard.press("Enter")
    expect(chip).to_be_focused()  # whoever has only keys goes on from here
    fold = page.locator(".gate-fold")
    expect(fold).to_have_text("sigmoid")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(gates).to_have_count(11)
    assert page.evaluate(OVERLAPS) == []
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".gate.is-acting")).to_have_text("sigmoid")
    expect(number(page, "end", "value")).to_have_text("0.731")
    assert state(page)["view"]["folded"]
    fold.focus()
    page.keyboard.press("Enter")
    expect(fold).to_have_count(0)
    expect(gates).to_have_count(16)
    expect(page.locator(".gate:focus .gate-text")).to_have_text("÷")  # the part's last gate stands for it


def test_an_exercise_says_what_is_wrong_and_keeps_what_was_done(open_page: OpenPage) -> None:
    page = open_page(graph({"view": {"tab": "Try it yourself"}}))
    page.locator(".task-step").first.click()
    blanks = page.locator(".blank")
    expect(blanks).to_have_count(2)
    x, y = (page.get_by_role("slider", name=f"{name}:").get_attribute("aria-valuenow") for name in "xy")
    expect(page.locator(".panel-graph:visible .wire-both.is-back")).to_have_count(1)  # only the result's
    blanks.nth(0).fill(str(x))
    blanks.nth(0).press("Enter")
    if x != y:
        expect(blanks.nth(0)).to_have_class("blank is-wrong")
        expect(page.locator(".task-hint")).to_contain_text("other")
        blanks.nth(0).fill(str(y))
        blanks.nth(0).press("Enter")
    expect(blanks.nth(0)).to_have_class("blank is-right")
    expect(blanks.nth(0)).to_have_value(f"✓ {float(y or 0):g}".replace("-", "−"))
    blanks.nth(1).evaluate(
        """(box, right) => {
          box.value = right;
          box.dispatchEvent(new Event("change"));
          box.value = "12345";
        }""",
        str(x),
    )  # the verdict is not about what is typed before it comes
    blanks.nth(1).fill(str(x))
    blanks.nth(1).press("Enter")
    expect(blanks.nth(1)).to_have_value(f"✓ {float(x or 0):g}".replace("-", "−"))
    expect(page.locator(".task-count")).to_have_text("2 of 2 right")
    expect(page.locator(".task-step.is-done")).to_have_count(1)
    assert json.loads(page.evaluate("localStorage.getItem('descentlab.tasks.graph')")) == ["multiply"]
    page.locator(".task-count").evaluate(
        """(count) => {
          window.countsSeen = [];
          new MutationObserver(() => window.countsSeen.push(count.textContent)).observe(count, {childList: true});
        }"""
    )
    page.locator(".task-step").nth(4).click()  # its blanks are its own, not those of the lines before
    expect(page.locator(".task-count")).to_have_text("0 of 3 right")
    assert {text for text in page.evaluate("window.countsSeen") if text} == {"0 of 3 right"}
    page.locator(".task-step").first.click()
    expect(page.locator(".task-step").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".task-count")).to_have_text("0 of 2 right")  # its numbers are there
    for name, factor in (("x", "y"), ("y", "x")):
        leaf = page.get_by_role("slider", name=f"{factor}:")
        page.get_by_label(f"Gradient by {name}").fill(str(leaf.get_attribute("aria-valuenow")))
        page.get_by_label(f"Gradient by {name}").press("Enter")
    page.get_by_role("button", name="Next exercise").click()
    expect(page.locator(".task-step").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".task-count")).to_contain_text("0 of")


def test_typed_lines_are_drawn_and_refused_under_their_character(open_page: OpenPage) -> None:
    page = open_page("/graph")
    box = page.locator(".program-text")
    box.fill("x*y + (")
    expect(page.locator(".field-program .field-problem")).to_be_visible()
    expect(page.locator(".field-program .rule-place")).to_contain_text("^")
    expect(page.locator(".banner[data-subject=problems]")).to_have_count(0)  # it is told where one types
    expect(number(page, "end", "value")).to_have_text("−12")  # the run before stays
    box.fill("x" + " + x*y" * 420)  # nothing that is pasted is cut off
    expect(page.locator(".field-program .field-problem")).to_contain_text("2521 characters; at most 2500")
    box.fill("h = tanh(W @ v + b)\nsum(h)")
    expect(page.locator(".field-program .field-problem")).to_be_hidden()
    expect(page.locator(".gate-leaf")).to_have_count(3)
    expect(page.locator(".map-picture").first).to_be_visible()
    expect(page.locator(".leaf-cells .number-box")).to_have_count(15)
    matrix, entry = page.get_by_role("slider", name="W:"), page.get_by_label("W, 1, 2")
    expect(matrix).to_have_accessible_description("Left and right choose an entry, up and down change it.")
    before = float(entry.input_value())
    matrix.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".map-hand[visibility=hidden]")).to_have_count(page.locator(".map-hand").count() - 1)
    page.keyboard.press("ArrowUp")
    expect(entry).to_have_value(f"{before + 0.01:g}")
    expect(matrix).to_have_attribute("aria-valuetext", re.compile(rf"^1, 2: {before + 0.01:g}"))
    page.get_by_label("Rows of W").fill("2")
    page.get_by_label("Rows of W").press("Enter")
    expect(page.locator(".field-program .field-problem, .banner").first).to_be_visible()  # b has three rows still
    for number_typed in ("2", "3"):  # another text of the same structure
        box.fill(f"x*{number_typed}")
        expect(page.locator(".gate-constant")).to_have_text(number_typed)


def test_a_net_of_another_laboratory_opens_as_a_graph_on_a_phone_too(open_page: OpenPage) -> None:
    params = {"depth": 3, "width": 40, "samples": 8, "steps": 2}  # too many numbers for an address
    page = open_page(link({"params": params}).replace("/race", "/depth", 1), viewport=PHONE)
    page.locator(".opener").click()
    page.wait_for_url("**/graph**")
    page.wait_for_selector("html[data-lab=running][data-drawn]")
    expect(page.locator(".gate-text", has_text="tanh").or_(page.locator(".gate-fold")).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    gates = page.locator('[role="button"].gate')
    expect(gates.first).to_have_attribute("aria-label", re.compile(r": value \d+ numbers, gradient \d+ numbers"))
    result = number(page, "end", "value").text_content()
    assert "values:json" in taken(page, lambda now: "kept" in now.get("view", {}))["view"]["kept"]
    assert len(page.url) < 8000
    page.reload()
    page.wait_for_selector("html[data-lab=running][data-drawn]")
    expect(number(page, "end", "value")).to_have_text(result or "")
    expect(page.locator("#banners")).not_to_contain_text("not in this browser")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast")).to_contain_text("in this browser only")


def test_a_net_that_reads_opens_as_a_graph_and_its_leaf_is_dragged_with_a_finger(open_page: OpenPage) -> None:
    params = {"hidden_size": 4, "steps": 2}
    page = open_page(link({"params": params}).replace("/race", "/charrnn", 1), viewport=PHONE, has_touch=True)
    page.locator(".opener").click()
    page.wait_for_url("**/graph**")
    page.wait_for_selector("html[data-lab=running][data-drawn]")
    assert "f1 = sigmoid(Wfx @ x1 + bf + Wfh @ h0)" in page.locator(".program-text").input_value()
    page.keyboard.press("Home")
    for _step in range(3):  # of so large a graph a readable part is seen, where the walk stands
        page.keyboard.press("ArrowRight")
        until(page, ACTS_IN_SIGHT)
    page.get_by_role("button", name="Show all of it").click()
    expect(page.locator(".panel-graph:visible .circuit-frame")).to_have_class(re.compile("is-zoomed"))
    page.goto(page.url.split("?")[0] + "?state=" + json.dumps({"params": {"expression": "x*y"}}))
    page.wait_for_selector("html[data-lab=running][data-drawn]")
    leaf = page.get_by_role("slider", name="x:")
    box = box_of(leaf)
    before = leaf.get_attribute("aria-valuenow")
    x, y = box["x"] + box["width"] / 2, box["y"] + 12
    finger = page.context.new_cdp_session(page)
    for kind, by in (("touchStart", 0), ("touchMove", 15), ("touchMove", 40), ("touchEnd", None)):
        points = [] if by is None else [{"x": x + by, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    values = taken(page, lambda now: "values" in now.get("params", {}))["params"]["values"]
    assert values["x"] > float(before or 0)
    expect(leaf).to_have_attribute("aria-valuenow", f"{values['x']:g}")
