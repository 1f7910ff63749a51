"""What a first visit fetches, and what waits for what."""

from __future__ import annotations

from typing import Any

from browser_kit import OpenPage, running
from playwright.sync_api import Route, expect

REQUESTS = 25
BYTES = 1_700_000


def test_a_first_visit_takes_few_requests_and_bytes_and_the_next_laboratory_fewer(open_page: OpenPage) -> None:
    page = open_page("/claims", laboratory=False)  # an address of ours; its files are not counted
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    asked: list[str] = []
    received: list[int] = []

    def ask(event: dict[str, Any]) -> None:
        asked.append(event["request"]["url"])

    def receive(event: dict[str, Any]) -> None:
        received.append(int(event["encodedDataLength"]))

    session.on("Network.requestWillBeSent", ask)
    session.on("Network.loadingFinished", receive)
    home = page.url.rpartition("/")[0]
    names = [one["name"] for one in page.request.get(f"{home}/api/experiments").json()]
    for name in names:
        session.send("Network.clearBrowserCache")
        asked.clear()
        received.clear()
        page.goto(f"{home}/{name}")
        running(page)
        ours = [url for url in asked if url.startswith(home)]
        assert any("shared" in url for url in ours)
        assert len(ours) <= REQUESTS, ours
        assert 20_000 < sum(received) <= BYTES
    page.goto(f"{home}/{names[0]}")
    entry = "performance.getEntriesByType('resource').find((one) => one.name.includes('shared')).transferSize"
    assert page.evaluate(entry) == 0  # the laboratory before has brought it


def test_what_needs_no_plotly_does_not_wait_for_it(open_page: OpenPage) -> None:
    page = open_page("/claims", laboratory=False)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/plotly.min.js", hold)
    home = page.url.rpartition("/")[0]
    page.goto(f"{home}/charrnn", wait_until="commit")
    expect(page.locator(".panel-samples")).to_contain_text("\n", use_inner_text=True)
    assert not held  # no panel there draws with it
    page.goto(f"{home}/race", wait_until="commit")
    expect(page.locator(".panel-equations math").first).to_be_visible()
    expect(page.locator(".panel-series .overlay").first).to_be_attached()
    assert len(held) == 1
    assert page.evaluate("'Plotly' in window") is False
    held[0].continue_()
    expect(page.locator(".panel-landscape .js-plotly-plot")).to_be_attached()
