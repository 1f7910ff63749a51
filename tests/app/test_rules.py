"""Rules by REST: read, refused in the visitor's language and in its place, handed out as code."""

from __future__ import annotations

import httpx


def test_the_rules_that_are_texts_are_listed(http: httpx.Client) -> None:
    listed = {one["rule"]: one["title"] for one in http.get("/api/rules").json()}
    assert listed["adam"] == "Adam"
    assert "newton" not in listed


def test_a_rule_is_read_and_may_be_gone_on_from(http: httpx.Client) -> None:
    told = http.post("/api/rules", json={"rule": "adam"}).json()
    assert all(line.startswith("<math") for line in told["equations"])
    assert "torch.optim.Optimizer" in told["code"]["torch"]
    again = http.post("/api/rules", json=told["own"]).json()
    assert again["own"] == told["own"]
    assert again["own"]["hyperparameters"]["beta2"]["value"] == 0.999


def test_a_new_name_gets_a_slider_to_begin_with(http: httpx.Client) -> None:
    told = http.post("/api/rules", json={"rule": "own", "text": "theta = theta - speed*g"}).json()
    assert told["own"]["hyperparameters"] == {"speed": {"value": 0.5, "low": 0.0, "high": 1.0, "scale": "linear"}}


def test_a_problem_has_its_place_and_is_said_in_the_visitors_language(http: httpx.Client) -> None:
    for language, word in (("en", "unknown"), ("ko", "theta")):
        told = http.post(f"/api/rules?lang={language}", json={"rule": "own", "text": "theta = thta"}).json()
        assert told["problems"][0]["position"] == 8
        assert word in told["problems"][0]["sentence"]
    for body in (
        {"rule": "nothing"},
        [],
        7,
        {"rule": "own", "text": 3},
        {"rule": "own", "text": "", "name": "x" * 99},
    ):
        assert http.post("/api/rules", json=body).json()["problems"]


def test_a_rule_that_is_code_has_equations_only(http: httpx.Client) -> None:
    told = http.post("/api/rules", json={"rule": "newton"}).json()
    assert told["equations"]
    assert told["own"] is None
    assert told["code"] == {}
