"""A net's loss on a plane, on the screen: it fills in, follows playhead and focus, says how far off a path is."""

from __future__ import annotations

from browser_kit import OpenPage, box_of, link, until
from playwright.sync_api import expect

RACERS = [{"rule": "sgd", "learning_rate": 0.5}, {"rule": "adam", "learning_rate": 0.02}, {"rule": "newton"}]
NET = {"params": {"steps": 60, "racers": RACERS, "seed": 411}, "view": {"tab": "A net's loss"}, "step": 60}


def test_a_nets_loss_is_drawn_on_a_plane_with_the_paths_and_their_distance(open_page: OpenPage) -> None:
    page = open_page(link(NET))
    flat = ".netplane-stage[data-columns='65']"
    until(page, f"document.querySelector(\"{flat}\")?.dataset.through === '0'")
    panel = page.locator(".panel[data-kind=netplane]")
    expect(panel.locator(".inquiry-remark")).to_contain_text("105 parameters")
    expect(panel.locator(".inquiry-remark")).to_contain_text("Newton is left out")
    above, below = (box_of(panel.locator(one)) for one in (".netplane-stage", ".inquiry-remark"))
    assert above["y"] < below["y"]  # the picture, then the words
    expect(page.locator(".panel[data-kind=ranking]")).to_be_hidden()  # the standings are those of the race
    rows = panel.locator(".netplane-board tbody tr")
    expect(rows).to_have_count(2)  # Newton has no path
    expect(panel.locator(".netplane-board")).to_contain_text("Share off")
    until(page, "document.querySelector('.netplane-board').dataset.step === '60'")
    expect(rows.first.locator("td").nth(2)).to_have_text("0")  # the plane goes through SGD's last point
    expect(panel.locator(".plot-lines")).to_have_attribute("data-curves", "3")  # SGD's pair, and Adam's loss

    page.get_by_role("button", name="Back to the start").click()
    until(page, "document.querySelector('.netplane-board').dataset.step === '0'")
    off = [row.locator("td").nth(2).inner_text() for row in rows.all()]
    assert off[0] == off[1] != "0"  # both begin with the same weights

    panel.locator(".net-choice").nth(1).press("Enter")
    until(page, f"document.querySelector(\"{flat}\")?.dataset.through === '1'")
    expect(panel.locator(".net-choice").nth(1)).to_be_focused()  # and goes on from there
    program = page.locator(".panel[data-kind=code]:visible")
    program.get_by_role("button", name="Show").click()
    expect(program.locator(".code-text")).to_contain_text("RACER = 1")
    panel.locator(".tool-row select").first.select_option(label="random directions")
    expect(panel.locator(".inquiry-remark")).to_contain_text("filter normalization")
    expect(program.locator(".code-text")).to_contain_text("filter-normalized random directions")
    panel.locator(".net-choice").nth(2).click()
    expect(panel.locator(".refusal")).to_contain_text("asks for a Hessian")

    page.get_by_role("button", name="3D", exact=True).click()
    until(page, "document.querySelector('.netplane-stage').dataset.space === '3d'")
    page.wait_for_selector(".netplane-stage .plot-relief canvas")

    page.get_by_role("tab", name="Many dimensions").click()
    minima = page.locator(".panel[data-kind=inquiry]:visible .inquiry-remark", has_text="random Hessian")
    expect(minima).to_contain_text("in two dimensions (theory 14.6%)")
