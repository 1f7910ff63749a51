"""A laboratory of one file and one template has everything that a page gives: shown in a copy of the project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_kit import OpenPage, Server, Visitors, running, state
from playwright.sync_api import Browser, Page, expect

from tests.minimal import copy_with_additions


@pytest.fixture
def open_copy(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Open watched pages of a copy to which a laboratory was added."""
    copy_with_additions(tmp_path)
    server = Server(tmp_path)
    server.start()
    opener = OpenPage(Visitors(browser, server.url), server)
    yield opener
    opener.close()
    server.stop()
    opener.watch.check()


def exported(page: Page, name: str) -> str:
    page.click("#export-button")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=name).click()
    return download.value.path().read_text()


def test_a_laboratory_of_one_file_is_drawn_tabled_linked_and_exported(open_copy: OpenPage) -> None:
    page = open_copy("/ball")
    expect(page.locator("h1")).to_have_text("The rolling ball")
    panel = page.locator(".panel").first
    expect(panel).to_contain_text("The ball's height")
    expect(panel.locator("canvas").first).to_be_visible()
    panel.locator(".panel-tools button").first.click()
    expect(panel.locator(".panel-table td").first).to_be_visible()
    page.get_by_label("Ball's rate").last.fill("0.5")
    page.keyboard.press("Enter")
    page.wait_for_url("**rate**")
    assert state(page)["params"]["rate"] == 0.5
    page.reload()
    running(page)
    lines = exported(page, "Curves").splitlines()
    assert lines[0] == "series,step,height"
    assert float(lines[-1].split(",")[-1]) == pytest.approx(0.5**20)
    assert json.loads(exported(page, "Whole run"))["params"]["rate"] == 0.5
    page.goto(page.url.split("/ball")[0] + "/")
    page.locator("[data-preview=ball]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-preview=ball][data-playing]")
