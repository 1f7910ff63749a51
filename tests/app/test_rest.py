"""REST: the same params, the same frames, the same sentences as everywhere."""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import pytest

import engine
from app.wire import plain
from engine.params import InvalidParams, check
from engine.replay import Run
from tests.app.client import serving
from tests.timing import PATIENCE, within_seconds


def problems(response: httpx.Response) -> list[dict[str, Any]]:
    """The problems of a refusal; each must have a sentence."""
    found = response.json()["problems"]
    assert found
    assert all(problem["sentence"] for problem in found)
    return found


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_healthz_says_ok(http: httpx.Client) -> None:
    assert http.get("/healthz").json()["status"] == "ok"


def test_list_names_every_laboratory(http: httpx.Client) -> None:
    cards = http.get("/api/experiments").json()
    assert [card["name"] for card in cards] == list(engine.experiments())
    for card in cards:
        assert http.get(card["url"]).json()["name"] == card["name"]
        assert http.get(card["page"]).status_code in (200, 500 if card["name"] == "toy" else 200)


@pytest.mark.parametrize("name", [*engine.experiments()])
def test_declaration_is_complete(http: httpx.Client, name: str) -> None:
    experiment = engine.experiment(name)
    declared = http.get(f"/api/experiments/{name}").json()
    assert declared["schema"]["properties"].keys() == experiment.Params.model_fields.keys()
    assert declared["defaults"] == experiment.Params().model_dump(mode="json")
    assert [panel["kind"] for panel in declared["panels"]] == [panel.kind for panel in experiment.panels]
    assert [claim["id"] for claim in declared["claims"]] == [claim.id for claim in experiment.claims]
    assert declared["arrays"].keys() == experiment.arrays.keys()


def test_run_gives_the_frames_of_the_engine(http: httpx.Client) -> None:
    params = {"steps": 60, "noise": 0.2, "seed": 3}
    got = lines(http.post("/api/experiments/toy/run", json=params))
    assert got == [plain(frame) for frame in engine.run("toy", params)]
    assert [frame["step"] for frame in got] == [0, 25, 50, 60]


def test_race_runs_over_rest_as_in_the_engine(http: httpx.Client) -> None:
    params = {
        "surface": "beale",
        "start": [3, 3],
        "steps": 80,
        "racers": [{"rule": "adam", "learning_rate": 0.05}, {"rule": "sgd", "learning_rate": 100}],
    }
    got = lines(http.post("/api/experiments/race/run", json=params))
    assert got == [plain(frame) for frame in engine.run("race", params)]
    positions = np.concatenate([np.array(frame["positions"], dtype=object) for frame in got], axis=1)
    assert positions.shape == (2, 81, 2)
    assert np.isfinite(positions[0].astype(float)).all()  # the racer that diverges harms no other


def test_non_finite_numbers_are_null(http: httpx.Client) -> None:
    last = lines(http.post("/api/experiments/toy/run", json={"rate": 10, "steps": 1000}))[-1]
    assert last["values"][0][-1] is None


def test_empty_body_runs_the_defaults(http: httpx.Client) -> None:
    assert lines(http.post("/api/experiments/toy/run"))[-1]["step"] == 100


def test_lines_come_while_the_run_goes_on(http: httpx.Client) -> None:
    with http.stream("POST", "/api/experiments/toy/run", json={"burn": 0.002, "steps": 100_000}) as response:
        assert response.headers["content-type"].startswith("application/jsonl")
        steps = []
        for line in response.iter_lines():
            steps.append(json.loads(line)["step"])
            if len(steps) == 3:
                break
    assert steps == [0, 25, 50]


BAD_PARAMS: dict[str, tuple[dict[str, Any], str]] = {
    "out of bounds": ({"steps": 0}, "steps"),
    "unknown key": ({"stepz": 5}, "stepz"),
    "text for a number": ({"steps": "many"}, "steps"),
    "fraction for a whole number": ({"steps": 2.5}, "steps"),
    "unknown surface": ({"surface": "atlantis"}, "surface"),
    "unknown rule": ({"racers": [{"rule": "magic"}]}, "racers.0"),
    "no rule": ({"racers": [{}]}, "racers.0"),
    "no racers": ({"racers": []}, "racers"),
    "too many racers": ({"racers": [{"rule": "sgd"}] * 100}, "racers"),
    "racers no list": ({"racers": 7}, "racers"),
    "hyperparameter out of bounds": ({"racers": [{"rule": "sgd"}, {"rule": "adam", "beta1": 1.5}]}, "racers.1"),
    "hyperparameter of another rule": ({"racers": [{"rule": "sgd", "beta1": 0.9}]}, "racers.0"),
    "start of three": ({"start": [1, 2, 3]}, "start"),
}


@pytest.mark.parametrize(("params", "path"), BAD_PARAMS.values(), ids=BAD_PARAMS.keys())
def test_bad_params_are_422_with_path_and_sentence(http: httpx.Client, params: dict[str, Any], path: str) -> None:
    response = http.post("/api/experiments/race/run", json=params)
    assert response.status_code == 422, response.text[:200]
    assert problems(response)[0]["path"].startswith(path)


BAD_BODIES = {
    "half": b'{"steps":',
    "NaN": b'{"steps": NaN}',
    "infinity": b'{"steps": Infinity}',
    "list": b"[1]",
    "number": b"3",
    "not UTF-8": b'{"label": "\xff\xfe"}',
    "deep": b"[" * 100_000,
    "digits": b"9" * 9_000,
    "zeros": b"\0" * 50,
    "huge number": b'{"steps": 1e400}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bad_body_is_422_with_a_sentence(http: httpx.Client, body: bytes) -> None:
    response = http.post("/api/experiments/toy/run", content=body)
    assert response.status_code == 422, response.text[:200]
    problems(response)


# Nothing of these may be evaluated, however small it looks; each is refused with the place where it goes wrong.
BAD_FORMULAS = {
    "power tower": "9**9**9",
    "power tower with variable": "x**9**9**9",
    "import": "__import__('os')",
    "attribute": "x.real",
    "dunder": "x.__class__",
    "parentheses": "(" * 5_000 + "x" + ")" * 5_000,
    "half parentheses": "(" * 10_000,
    "minus signs": "-" * 10_000 + "x",
    "division by zero": "1/0",
    "logarithm of -1": "log(-1)",
    "unknown name": "z + 1",
    "unknown function": "eval(x)",
    "lambda": "lambda: x",
    "subscript": "x[0]",
    "comparison": "x < y",
    "string": "'x'",
    "comprehension": "[x for x in y]",
    "keyword argument": "sin(x=1)",
    "empty": "",
    "blank": "  ",
    "two lines": "x\ny",
    "zero byte": "x\0",
    "assignment": "x = 1",
    "walrus": "(y := x)",
    "complex": "1j*x",
    "huge number": "1e999*x",
    "long number": "9" * 4_000,
    "sum of thousands": "+".join(["x"] * 5_000),
    "f-string": "f'{x}'",
    "star": "*x",
    "matrix product": "x @ y",
    "too many arguments": "sin(x, y)",
    "none": "None",
    "true": "True",
}


@pytest.mark.parametrize("text", BAD_FORMULAS.values(), ids=BAD_FORMULAS.keys())
def test_bad_formula_is_refused_before_it_is_computed(http: httpx.Client, text: str) -> None:
    body = {"surface": {"formula": text}, "steps": 1}
    with within_seconds(), pytest.raises(InvalidParams):
        check(engine.experiment("race").Params, body)
    response = http.post("/api/experiments/race/run", json=body)
    assert response.status_code == 422, response.text[:300]
    first = problems(response)[0]
    assert first["path"].startswith("surface")
    if first["position"] is not None:
        assert 0 <= first["position"] <= len(text)


@pytest.mark.parametrize(("text", "position"), [("x + foo(y)", 4), ("x**2 + z", 7), ("x.real", 0), ("x + * y", 4)])
def test_refused_formula_says_where(http: httpx.Client, text: str, position: int) -> None:
    response = http.post("/api/experiments/race/run", json={"surface": {"formula": text}, "steps": 1})
    assert abs(problems(response)[0]["position"] - position) <= 1


def test_own_formula_runs(http: httpx.Client) -> None:
    body = {"surface": {"formula": "sin(x)*y**2 + x**2"}, "start": [1, 1], "steps": 5}
    frame0 = lines(http.post("/api/experiments/race/run", json=body))[0]
    assert frame0["losses"][0][0] == pytest.approx(np.sin(1) + 1, rel=1e-12)


def test_too_large_body_is_413(http: httpx.Client) -> None:
    with serving(message_bytes=2000) as url, httpx.Client(base_url=url, timeout=PATIENCE) as small:
        declared = small.post("/api/experiments/toy/run", content=b'"' + b"x" * 5000 + b'"')
        assert declared.status_code == 413
        problems(declared)
        chunked = small.post("/api/experiments/toy/run", content=(b"[" * 500 for _ in range(10)))
        assert chunked.status_code == 413


def test_what_does_not_exist_is_404_with_a_sentence(http: httpx.Client) -> None:
    for address in (
        "/api/experiments/nope",
        "/api/experiments/toy/claims/T9",
        "/api/nope",
        "/api/experiments/nope/claims/T1",
    ):
        response = http.get(address)
        assert response.status_code == 404
        problems(response)
    assert http.post("/api/experiments/nope/run").status_code == 404


def test_wrong_method_is_405_with_a_sentence(http: httpx.Client) -> None:
    response = http.delete("/api/experiments")
    assert response.status_code == 405
    problems(response)


def test_claim_verdict_is_computed_once(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = http.get("/api/experiments/toy/claims/T1").json()
    assert verdict == {
        "id": "T1",
        "statement": "It shrinks.",
        "holds": "yes",
        "headline": "",
        "budgets": [],
        "spent": "",
        "fair": True,
        "evidence": "it shrank under 5 seeds",
        "seeds": [0, 1, 2, 3, 4],
    }
    monkeypatch.setattr("tests.app.toy.Toy.claims", (_broken_claim(),))
    assert http.get("/api/experiments/toy/claims/T1").json()["holds"] == "yes"


def _broken_claim() -> Any:
    from engine.claim import Claim

    def fail(_seeds: Any) -> Any:
        raise AssertionError("asked twice")

    return Claim("T1", "It shrinks.", {}, fail)


def test_openapi_holds_every_parameter_of_every_laboratory(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for name, experiment in engine.experiments().items():
        body = document["paths"][f"/api/experiments/{name}/run"]["post"]["requestBody"]
        reference = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert schemas[reference]["properties"].keys() == experiment.Params.model_fields.keys()
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert reference in schemas


def test_no_page_loads_documentation_from_elsewhere(http: httpx.Client) -> None:
    assert http.get("/docs").status_code == 404
    assert http.get("/redoc").status_code == 404


def test_a_question_is_answered_as_the_engine_answers(http: httpx.Client) -> None:
    run = {"depth": 3, "width": 8, "samples": 64, "steps": 4}
    got = http.post("/api/experiments/depth/ask", json={"question": "spectrum", "run": run, "at": 2})
    assert got.status_code == 200, got.text
    experiment = engine.experiment("depth")
    here = Run(experiment, check(experiment.Params, run))
    here.go_to(2)
    assert got.json() == plain(here.ask("spectrum", {}))
    assert http.post("/api/experiments/depth/ask", json={"question": "spectrum", "run": run}).json()["step"] == 4


@pytest.mark.parametrize(
    ("inquiry", "path"),
    [
        ({"question": "love"}, "question"),
        ({"question": "state", "params": {"what": "love"}}, "params.what"),
        ({"question": "state", "run": {"rate": 99}}, "run.rate"),
        ({"question": "state", "changes": [[3, {"noise": 1}]]}, "changes.noise"),
        ({"question": "state", "at": -1}, "at"),
        ({}, "question"),
    ],
)
def test_a_bad_inquiry_names_the_field(http: httpx.Client, inquiry: dict[str, Any], path: str) -> None:
    response = http.post("/api/experiments/toy/ask", json=inquiry)
    assert response.status_code == 422
    assert [problem["path"] for problem in problems(response)] == [path]


def test_questions_are_declared_with_their_schemas(http: httpx.Client) -> None:
    for name, experiment in engine.experiments().items():
        declared = http.get(f"/api/experiments/{name}").json()["questions"]
        assert list(declared) == [question.name for question in experiment.questions]
        for question in experiment.questions:
            told = declared[question.name]
            assert told["schema"].get("properties", {}).keys() == question.Params.model_fields.keys()
            assert told["arrays"].keys() == question.arrays.keys()
