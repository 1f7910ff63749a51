"""Pages: what they carry, what a link restores, what a bad link says, and how little travels the second time."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pytest

import engine
from app.assets import PLOTLY, Assets, folder
from app.i18n import translator


class Reader(HTMLParser):
    """Reads the boot block, what the page loads, and whether scripts stand in the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.boot: dict[str, Any] = {}
        self.loads: list[str] = []
        self.inline_scripts = 0
        self.language = ""
        self._open: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "link", "img"):
            self.loads += [link for key in ("src", "href") if (link := named.get(key))]
        if tag == "html":
            self.language = named["lang"] or ""
        if tag == "script":
            self._open = named
        assert not any(name.startswith("on") for name in named), "inline handlers are against the policy"

    def handle_data(self, data: str) -> None:
        if self._open is None:
            return
        if self._open.get("id") == "boot":
            self.boot = json.loads(data)
        elif self._open.get("type") != "application/json" and data.strip():
            self.inline_scripts += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._open = None


def read(http: httpx.Client, address: str, status: int = 200) -> Reader:
    response = http.get(address)
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(response.text)


def with_state(lab: str, state: Any) -> str:
    return f"/{lab}?state=" + quote(state if isinstance(state, str) else json.dumps(state))


def test_gallery_shows_every_laboratory(http: httpx.Client) -> None:
    html = http.get("/").text
    assert [card["name"] for card in Reader(html).boot["gallery"]] == list(engine.experiments())
    for name in engine.experiments():
        assert f'href="/{name}"' in html


@pytest.mark.parametrize("name", ["toy", *engine.experiments()])
def test_boot_block_is_what_the_page_needs(http: httpx.Client, name: str) -> None:
    experiment = engine.experiment(name)
    boot = read(http, f"/{name}").boot
    assert (boot["name"], boot["title"], boot["language"]) == (name, experiment.title, "en")
    assert boot["defaults"] == experiment.Params().model_dump(mode="json")
    assert (boot["params"], boot["changes"], boot["view"], boot["step"], boot["problems"]) == ({}, [], {}, 0, [])
    assert [panel["kind"] for panel in boot["panels"]] == [panel.kind for panel in experiment.panels]
    assert boot["arrays"].keys() == experiment.arrays.keys()
    assert boot["static"] == f"/static/{boot['version']}"
    assert boot["stream"].startswith(f"/stream/{name}")


@pytest.mark.parametrize("address", ["/", "/toy", "/race", "/race?lang=ko"])
def test_everything_that_a_page_loads_exists_and_is_ours(http: httpx.Client, address: str) -> None:
    page = read(http, address)
    assert page.inline_scripts == 0
    assert page.loads
    for link in page.loads:
        assert link.startswith("/static/"), link
        assert http.get(link).status_code == 200, link


def test_words_cannot_close_the_boot_block(http: httpx.Client) -> None:
    html = http.get("/toy").text
    assert "<script>alert(1)" not in html
    assert Reader(html).boot["summary"] == engine.experiment("toy").summary
    nasty = "</script><script>alert(2)</script><!--"
    html = http.get(with_state("toy", {"params": {"label": nasty}})).text
    assert "<script>alert(2)" not in html
    assert Reader(html).boot["params"] == {"label": nasty}


def test_link_restores_the_state(http: httpx.Client) -> None:
    state = {
        "params": {"steps": 40, "rate": 0.2},
        "changes": [[10, {"rate": 0.5}]],
        "view": {"log": True},
        "step": 7,
    }
    boot = read(http, with_state("toy", state)).boot
    assert {key: boot[key] for key in state} == state
    assert boot["problems"] == []


def test_claim_is_shown_where_it_lives_now(http: httpx.Client) -> None:
    state = json.dumps({"params": {"steps": 4}})
    moved = http.get("/depth", params={"claim": "D21", "state": state, "lang": "ko"}, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (307, "/race?claim=D21&lang=ko")
    assert read(http, moved.headers["location"]).boot["claim"] == {"id": "D21", "fresh": True}


BAD_STATES = {
    "no JSON": ("{", ""),
    "list": ([], ""),
    "unknown key": ({"parms": {}}, "parms"),
    "unknown parameter": ({"params": {"speed": 1}}, "speed"),
    "out of bounds": ({"params": {"rate": 99}}, "rate"),
    "NaN": ('{"params": {"rate": NaN}}', ""),
    "change of what is not live": ({"changes": [[3, {"noise": 0.5}]]}, "noise"),
    "change out of bounds": ({"changes": [[3, {"rate": -5}]]}, "rate"),
    "negative step": ({"step": -1}, "step"),
    "changes no pairs": ({"changes": [5]}, "changes.0"),
    "too long": ("[" * 20_001, ""),
}


@pytest.mark.parametrize(("state", "path"), BAD_STATES.values(), ids=BAD_STATES.keys())
def test_bad_link_explains_itself_and_loads_the_defaults(http: httpx.Client, state: Any, path: str) -> None:
    response = http.get(with_state("toy", state))
    assert response.status_code == 200
    boot = Reader(response.text).boot
    assert boot["problems"][0]["path"] == path
    assert boot["problems"][0]["sentence"]
    assert (boot["params"], boot["changes"], boot["step"]) == ({}, [], 0)


def test_unknown_page_is_a_friendly_404(http: httpx.Client) -> None:
    for address in ("/nope", "/nope/deeper", "/Race", "/favicon.ico"):
        response = http.get(address)
        assert response.status_code == 404
        assert "There is no page at this address." in response.text
        assert 'href="/"' in response.text


def test_head_is_answered_like_get_without_the_body(http: httpx.Client) -> None:
    for address in ("/", "/race", "/static/x/favicon.svg"):
        response = http.head(address)
        assert (response.status_code, response.content) == (200, b"")


def test_language_comes_from_the_address_then_the_browser(http: httpx.Client) -> None:
    assert read(http, "/").language == "en"
    assert read(http, "/race?lang=ko").language == "ko"
    korean = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}
    assert Reader(http.get("/", headers=korean).text).language == "ko"
    assert Reader(http.get("/?lang=en", headers=korean).text).language == "en"
    assert read(http, "/?lang=xx").language == "en"


def test_translated_words_reach_the_page(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    korean = translator("ko")
    monkeypatch.setitem(korean.messages, "Toy", "장난감")
    monkeypatch.setitem(korean.messages, "How much of the value a step takes away.", "한 걸음에 줄어드는 양")
    boot = read(http, "/toy?lang=ko").boot
    assert boot["title"] == "장난감"
    assert boot["schema"]["properties"]["rate"]["description"] == "한 걸음에 줄어드는 양"
    assert boot["messages"]["Play"] == "재생"


# -- what travels --------------------------------------------------------------------------------------------


def transferred(http: httpx.Client, address: str) -> int:
    """Bytes of a body as it travels."""
    with http.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as response:
        return sum(len(chunk) for chunk in response.iter_raw())


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_first_load_stays_below_1_7_megabytes_and_the_second_below_46_kilobytes(
    http: httpx.Client, name: str
) -> None:
    page = read(http, f"/{name}")
    links = set(page.loads)
    assert len(links) <= 10  # besides the page itself, its stream, and two questions or three
    html = transferred(http, f"/{name}")
    assert html < 46_000
    assert html + sum(transferred(http, link) for link in links) < 1_700_000
    for link in links:  # so the second load is the page alone
        assert "immutable" in http.get(link).headers["cache-control"]
        text = "" if link.endswith(PLOTLY) else http.get(link).text
        imported = {urljoin(link, path) for path in re.findall(r'^import .*from "(.*)";$', text, re.M)}
        assert imported <= links  # nothing is found late


def test_korean_page_travels_in_52_kilobytes(http: httpx.Client) -> None:
    assert transferred(http, "/race?lang=ko") < 52_000


def test_static_files_are_for_ever_under_their_version(http: httpx.Client) -> None:
    static = read(http, "/").boot["static"]
    response = http.get(f"{static}/favicon.svg")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("image/svg+xml")
    again = http.get(f"{static}/favicon.svg", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_old_version_gets_the_present_file_but_does_not_keep_it(http: httpx.Client) -> None:
    response = http.get("/static/0123456789ab/favicon.svg")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")


def test_client_without_gzip_is_served_plain(http: httpx.Client) -> None:
    address = f"/static/x/{PLOTLY}"
    plain = http.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    squeezed = http.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert squeezed.headers["content-encoding"] == "gzip"
    assert squeezed.content == plain.content
    assert "content-encoding" not in http.get("/race", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_version_changes_with_the_files(tmp_path: Any) -> None:
    (tmp_path / "a.js").write_text("1")
    assets = Assets(tmp_path)
    versions = [assets.version, assets.version]
    (tmp_path / "a.js").write_text("22")
    versions.append(assets.version)
    (tmp_path / "b.js").write_text("3")
    versions.append(assets.version)
    (tmp_path / "b.js").unlink()
    versions.append(assets.version)
    assert versions[0] == versions[1]
    assert versions[2] == versions[4]
    assert len(set(versions)) == 3


def test_squeezed_bytes_are_the_file() -> None:
    assets = Assets(folder("static"))
    assert assets.version
    asset = assets.find("css/base.css")
    assert asset is not None
    assert gzip.decompress(asset.gzipped) == asset.content


def test_a_file_too_small_to_shrink_arrives_as_it_is(http: httpx.Client) -> None:
    static = read(http, "/race").boot["static"]
    for kind in ("images", "ridge", "landscape"):
        answer = http.get(f"{static}/css/panels/{kind}.css")
        assert answer.status_code == 200
        assert ".plot" in answer.text or "panel" in answer.text
