"""How quick the page of the graph is: from a movement of a dragged leaf to the picture with all its new numbers.

    python -m tests.bench.graph

A command that prints a table, not a test: times depend on the machine and on what else it does.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession

from tests.bench.dragging import visited

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from browser_kit import link, running

LSTM = """f = sigmoid(Wf @ x + Uf @ h + bf)
i = sigmoid(Wi @ x + Ui @ h + bi)
g = tanh(Wg @ x + Ug @ h + bg)
o = sigmoid(Wo @ x + Uo @ h + bo)
c1 = f*c + i*g
h1 = o*tanh(c1)
4*sum(h1)"""
GRAPHS: dict[str, tuple[str, dict[str, Any], str]] = {
    "(x + y)*z": ("(x + y)*z", {"x": -2, "y": 5, "z": -4}, "x"),
    "a neuron": ("1/(1 + exp(-(w0*x0 + w1*x1 + w2)))", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}, "w2"),
    "softmax with its loss": ("p = softmax(W @ x + k*b)\n-sum(t*log(p))", {"k": 1}, "k"),
    "an LSTM step": (LSTM.replace("i*g", "k*i*g"), {"k": 1}, "k"),
    "an LSTM step, unfolded": (LSTM.replace("i*g", "k*i*g"), {"k": 1}, "k"),
}

# From here on, the milliseconds from each movement of the pointer (as the browser stamps it) until the frame with
# the new result is painted are kept in `window.taken`. What changes in a frame's callback is painted in it.
WATCH = """() => {
  window.taken = [];
  let [moved, inFrame] = [0, false];
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (act) => ask((time) => {
    inFrame = true;
    try { act(time); } finally { queueMicrotask(() => { inFrame = false; }); }
  });
  addEventListener("pointermove", (event) => { moved ||= event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!moved) return;
    const began = moved;
    moved = 0;
    const painted = () => setTimeout(() => window.taken.push(performance.now() - began), 0);
    if (inFrame) painted();
    else ask(painted);
  }).observe(document.querySelector('.panel-graph [data-wire="end"]'), {
     subtree: true, characterData: true, childList: true });
}"""


PAINTED = """count => new Promise((done) => {
  const look = () => (window.taken.length > count ? done() : setTimeout(look, 4));
  look();
})"""


def leaf_to_picture(browser: Browser, url: str, title: str, times: int = 60) -> tuple[list[float], float]:
    """Return the milliseconds from each movement of a leaf to the picture of the whole new walk.

    And the processor's milliseconds that the page spends on one: they hardly depend on what else goes on.
    """
    expression, values, name = GRAPHS[title]
    params = {"expression": expression, "values": values}
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    view = {"folded": []} if title.endswith("unfolded") else {}
    page.goto(url + link({"params": params, "view": view}).replace("/race", "/graph", 1))
    running(page)
    page.keyboard.press("End")
    page.wait_for_timeout(1500)
    leaf = page.get_by_role("slider", name=f"{name}:")
    leaf.focus()  # of a large graph a part is seen
    box = leaf.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y)
    page.evaluate(WATCH)
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable")
    before = _seconds(metrics)
    for i in range(times):
        count = page.evaluate("taken.length")
        page.mouse.move(x + (10 if i % 2 else 30) + i % 7, y)
        page.evaluate(PAINTED, count)
        page.wait_for_timeout(20)
    spent = (_seconds(metrics) - before) / times * 1000
    page.mouse.up()
    taken: list[float] = page.evaluate("taken")
    page.context.close()
    return taken[5:], spent


def _seconds(metrics: CDPSession) -> float:
    """Return the processor's seconds that the page has used."""
    told = metrics.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in told if metric["name"] == "ProcessTime"))


def main() -> None:
    """Measure and print."""
    with visited() as (url, browser):
        columns = "".join(f"{name:>10}" for name in ("median", "p90", "worst", "busy"))
        print(f"{'a dragged leaf to the picture (ms)':<40}{columns}   aim")
        for title in GRAPHS:
            taken, spent = leaf_to_picture(browser, url, title)
            taken.sort()
            found = (statistics.median(taken), taken[int(0.9 * len(taken))], taken[-1], spent)
            print(f"{title:<40}{''.join(f'{number:>10.1f}' for number in found)}   p90 <= 50")


if __name__ == "__main__":
    main()
