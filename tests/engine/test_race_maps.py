"""Maps of races: each cell is the race alone, borders are where theory has them, bad questions get a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import engine
from engine.experiments.race.course import RATE, Course
from engine.experiments.race.maps import finest_of
from engine.experiments.race.theory import Theory, optimum, quadratic_of, theory_of
from engine.formula import Formula, compile_formula
from engine.frame import Frame, Told
from engine.optimizers import RULES
from engine.params import InvalidParams, check
from engine.pieces import whole
from engine.replay import Run
from engine.surfaces import SURFACES, quadratic

RACE = engine.experiment("race")
BOWL = {"surface": "quadratic", "condition": 20, "start": [3, 2]}


def answers(params: dict[str, Any], question: str, asked: dict[str, Any]) -> list[Frame]:
    """All answers to a question at the start of a race."""
    run = Run(RACE, check(RACE.Params, params))
    return [frame for frame in RACE.answers(run.simulation, question, asked) if frame is not None]


def last(params: dict[str, Any], question: str, **asked: Any) -> dict[str, Any]:
    """The last answer, arrays and what is told."""
    frame = answers(params, question, asked)[-1]
    told = frame["survey"]
    assert isinstance(told, Told)
    return {**frame, "survey": told.content}


def excess(params: dict[str, Any]) -> float:
    """The loss above the minimum at the end of a race alone."""
    return float([frame["excess"] for frame in engine.run("race", params)][-1][0, -1])


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
@pytest.mark.parametrize("measure", ["rate", "loss"])
def test_a_stability_border_lies_within_a_pixel_of_theory(name: str, measure: str) -> None:
    params = {**BOWL, "steps": 400, "racers": [{"rule": name}]}
    up = "weight_decay" if name == "sgd" else "momentum"
    top = 1.0 if name == "sgd" else 0.95
    asked = {"y": up, "measure": measure, "x_range": [1e-3, 1.0], "y_range": [1e-3 if name == "sgd" else 0.0, top]}
    got = last(params, "map", **asked)
    across, values = got["across"], got["reached"]
    begin = 0.5 * (9 + 20 * 4)
    unstable = values > 1 if measure == "rate" else (values > begin) | np.isinf(values)
    border = np.array([np.argmax(row) for row in unstable])
    ends = [np.interp(y, got["line_y"][0], got["line_x"][0]) for y in got["up"]]
    expected = (np.log(ends) - np.log(1e-3)) / np.log(1e3) * len(across)
    assert unstable.any(1).all()
    assert np.abs(border - expected).max() <= 1.0


def test_the_fastest_setting_of_heavy_ball_is_where_theory_has_it() -> None:
    params = {
        "surface": "quadratic",
        "condition": 100,
        "start": [1, 1],
        "steps": 200,
        "racers": [{"rule": "momentum"}],
    }
    got = last(params, "map", y="momentum", measure="rate", x_range=[0.005, 0.1], y_range=[0.4, 0.9])
    j, i = np.unravel_index(np.argmin(got["reached"]), got["reached"].shape)
    (best,) = got["survey"]["dots"]
    assert_allclose([best["x"], best["y"]], [0.0330579, 0.6694215], rtol=1e-5)
    assert_allclose([got["across"][i], got["up"][j]], [best["x"], best["y"]], rtol=0.12)
    assert_allclose(got["reached"][j, i], 0.8181818, atol=0.02)


@pytest.mark.parametrize("racer", ["sgd", "momentum", "nesterov"])
def test_theory_s_rate_is_the_spectral_radius_of_the_rule_s_own_steps(racer: str) -> None:
    rng, eigenvalues = np.random.default_rng(4), np.array([1.0, 7.0])
    for _ in range(5):
        given = {"learning_rate": rng.uniform(0.01, 0.4), "weight_decay": rng.uniform(0, 0.5)}
        if racer != "sgd":
            given["momentum"] = rng.uniform(0, 0.95)
        if racer == "momentum":
            given["dampening"] = rng.uniform(0, 0.5)
        rule = RULES[racer](**given)
        theory = theory_of(rule)
        assert theory is not None
        moduli = []
        for eigenvalue in eigenvalues:
            columns = []
            for unit in np.eye(2)[: 1 if racer == "sgd" else 2]:
                theta = np.array([unit[0]])
                state = {**rule.init(theta), "step": 5}
                if racer != "sgd":
                    state["u"] = np.array([unit[1]])
                rule.update(state, theta, eigenvalue * theta)
                columns.append([theta[0]] + ([] if racer == "sgd" else [state["u"][0]]))
            moduli.append(np.abs(np.linalg.eigvals(np.array(columns).T)).max())
        assert_allclose(theory.rate(given["learning_rate"], eigenvalues), max(moduli), rtol=1e-9)
        border = float(theory.border(7.0))
        assert theory.rate(border * 0.999, eigenvalues) < 1 < theory.rate(border * 1.001, eigenvalues)


def test_newton_s_rate_and_border_are_the_same_for_every_curvature() -> None:
    got = last({**BOWL, "steps": 30, "racers": [{"rule": "newton"}]}, "map", measure="rate", cells=32)
    rates, across = got["reached"], got["across"]
    slow = (across > 0.01) & (across < 0.9)
    assert_allclose(rates[0, slow], 1 - across[slow], rtol=1e-6)
    border, best = got["line_x"]
    assert_allclose(border, 2.0)
    assert_allclose(best, 1.0, rtol=1e-4)
    assert (rates[:, across > 2] > 1).all()


def test_closed_forms_are_those_of_the_literature() -> None:
    kappa = 100.0
    eigenvalues = np.array([1.0, kappa])
    assert_allclose(Theory("descent").best(eigenvalues), 2 / (1 + kappa), rtol=1e-6)
    assert_allclose(Theory("descent").rate(2 / (1 + kappa), eigenvalues), (kappa - 1) / (kappa + 1))
    assert_allclose(optimum("heavy ball", eigenvalues), (0.0330579, 0.6694215), rtol=1e-5)
    assert_allclose(Theory("heavy ball", 0.6694215).rate(0.0330579, eigenvalues), 0.8181818, atol=3e-3)
    at = optimum("nesterov", eigenvalues)
    assert at is not None
    assert_allclose(Theory("nesterov", at[1]).rate(at[0], eigenvalues), 1 - 1 / np.sqrt(kappa), rtol=1e-6)
    assert quadratic_of(SURFACES["beale"]) is None
    found = quadratic_of(quadratic(50.0))
    assert found is not None
    assert_allclose(found, [1, 50], rtol=1e-9)


@pytest.mark.parametrize("racer", ["adam", "momentum", "radam"])
def test_a_cell_is_the_race_alone(racer: str) -> None:
    params = {"surface": "himmelblau", "noise": 0.3, "steps": 60, "seed": 3, "racers": [{"rule": racer}]}
    got = last(params, "map", cells=24, x_range=[1e-4, 1e-2])
    name, rng = got["survey"]["y"]["name"], np.random.default_rng(1)
    for j, i in rng.integers(0, 24, (6, 2)):
        alone = {"rule": racer, "learning_rate": got["across"][i], name: got["up"][j]}
        assert_allclose(got["reached"][j, i], excess({**params, "racers": [alone]}), rtol=1e-9)


@pytest.mark.parametrize("racer", ["adam", "momentum", "newton"])
@pytest.mark.parametrize("surface", ["linear_regression", "logistic_regression"])
def test_a_cell_of_a_mini_batch_race_is_the_race_alone(racer: str, surface: str) -> None:
    params = {
        "surface": surface,
        "scaling": "standardize",
        "batch_size": 7,
        "noise": 0.05,
        "steps": 25,
        "seed": 5,
        "racers": [{"rule": racer}],
    }
    got = last(params, "map", cells=8, x_range=[1e-3, 0.5], y="start.1")
    rng = np.random.default_rng(1)
    for j, i in rng.integers(0, 8, (4, 2)):
        alone = {
            "racers": [{"rule": racer, "learning_rate": float(got["across"][i])}],
            "start": [check(RACE.Params, params).origin[0], float(got["up"][j])],
        }
        end = excess({**params, **alone})
        assert_allclose(got["reached"][j, i], end if np.isfinite(end) else np.inf, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("racer", ["newton", "bfgs", "lbfgs"])
@pytest.mark.parametrize(
    "weather", [{}, {"noise": 0.3, "clip": {"mode": "norm", "threshold": 2.0}}], ids=["still", "noisy"]
)
def test_cells_of_rules_that_solve_systems_are_the_races_alone(racer: str, weather: dict[str, Any]) -> None:
    params = {"surface": "himmelblau", "steps": 30, "seed": 2, **weather, "racers": [{"rule": racer}]}
    second = "history_size" if racer == "lbfgs" else "weight_decay"
    got = last(params, "map", cells=8, x_range=[1e-2, 1.5], y=second)
    basin, minima = last(params, "basin", cells=8), SURFACES["himmelblau"].minima
    for j, i in np.random.default_rng(1).integers(0, 8, (5, 2)):
        other = round(got["up"][j]) if racer == "lbfgs" else float(got["up"][j])
        alone = {"rule": racer, "learning_rate": float(got["across"][i]), second: other}
        ends = list(engine.run("race", {**params, "racers": [alone]}))[-1]["excess"][0, -1]
        assert_allclose(got["reached"][j, i], ends if np.isfinite(ends) else np.inf, rtol=1e-12, atol=1e-15)
        start = [float(basin["across"][i]), float(basin["up"][j])]
        end = list(engine.run("race", {**params, "start": start}))[-1]["positions"][0, -1]
        near = [k for k, minimum in enumerate(minima) if np.abs(end - minimum).max() <= 0.02 * 12]
        expected = float(near[0] if near else len(minima)) if np.isfinite(end).all() else np.inf
        assert basin["reached"][j, i] == expected


@pytest.mark.parametrize(
    ("params", "finest"),
    [
        ({"surface": "linear_regression", "steps": 20_000, "racers": [{"rule": "adam"}]}, 54),
        ({"surface": "himmelblau", "steps": 20_000, "noise": 0.1, "racers": [{"rule": "bfgs"}]}, 17),
        ({"surface": "himmelblau", "steps": 20_000, "noise": 0.1, "racers": [{"rule": "lbfgs"}]}, 8),
        ({"surface": "himmelblau", "steps": 200, "racers": [{"rule": "bfgs"}]}, 128),
    ],
)
def test_a_map_of_dear_races_has_fewer_cells(params: dict[str, Any], finest: int) -> None:
    course = Course(Run(RACE, check(RACE.Params, params)).simulation, 0)
    assert finest_of(course, 128) == finest
    assert finest_of(course, 8) == 8


def test_a_strip_and_a_basin_hold_the_races_alone() -> None:
    racers = [{"rule": "sgd", "learning_rate": 0.01}, {"rule": "newton"}, {"rule": "adam", "learning_rate": 0.1}]
    params = {"surface": "himmelblau", "steps": 80, "racers": racers}
    strip = last(params, "strip", cells=32, x_range=[1e-3, 1e-2])
    assert [curve["series"] for curve in strip["survey"]["curves"]] == [0, 1, 2]
    rate = float(strip["across"][20])
    alone = excess({**params, "racers": [{"rule": "adam", "learning_rate": rate}]})
    assert_allclose(strip["reached"][2, 20], alone, rtol=1e-9)
    basin = last(params, "basin", racer=2, cells=16)
    minima = SURFACES["himmelblau"].minima
    for j, i in [(0, 0), (3, 12), (9, 9)]:
        start = [float(basin["across"][i]), float(basin["up"][j])]
        frames = list(engine.run("race", {**params, "racers": racers[2:], "start": start}))
        end = frames[-1]["positions"][0, -1]
        near = [k for k, minimum in enumerate(minima) if np.abs(end - minimum).max() <= 0.02 * 12]
        assert basin["reached"][j, i] == (near[0] if near else len(minima))


def test_a_map_grows_from_coarse_to_fine() -> None:
    frames = answers({**BOWL, "steps": 40, "racers": [{"rule": "adam"}]}, "map", {})
    sizes = [frame["reached"].shape[0] for frame in frames]
    done = [frame["survey"].content["done"] for frame in frames]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (16, 128)
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert not any(np.isnan(frame["reached"]).any() for frame in frames)


@pytest.mark.parametrize(
    ("params", "asked", "sentence"),
    [
        ({"racers": [{"rule": "sgd"}]}, {"y": "beta1"}, "has no setting “beta1”; there are learning_rate"),
        ({"racers": [{"rule": "adam"}]}, {"x": "beta1", "y": "beta1"}, "Both axes are the same setting"),
        ({"racers": [{"rule": "adam"}]}, {"x_range": [0.1, 1e6]}, "goes from 10⁻⁶ to 100"),
        ({"racers": [{"rule": "adam"}]}, {"x_range": [1, 0.1]}, "lower end first"),
        ({"racers": [{"rule": "adam"}]}, {"racer": 3}, "no racer 3"),
        ({"surface": "saddle", "racers": [{"rule": "adam"}]}, {"measure": "rate"}, "no lowest minimum"),
    ],
)  # fmt: skip
def test_a_map_that_cannot_be_drawn_says_why_before_anything_runs(
    params: dict[str, Any], asked: dict[str, Any], sentence: str
) -> None:
    run = Run(RACE, check(RACE.Params, params))
    with pytest.raises(InvalidParams) as refusal:
        next(RACE.answers(run.simulation, "map", asked))
    assert sentence in str(refusal.value)


def test_long_races_of_few_racers_are_interrupted_as_often_as_those_of_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A step of sixteen racers takes about as long as one of some hundred: only steps may be counted."""
    steps: list[int] = []
    advance = Course._advance
    monkeypatch.setattr(Course, "_advance", lambda *given: (steps.append(given[2]), advance(*given)))
    racers = [{"rule": "sgd"}, {"rule": "bfgs"}]
    race = Run(RACE, check(RACE.Params, {"surface": "beale", "steps": 2000, "racers": racers})).simulation
    for racer, most in ((0, 312), (1, 3)):
        steps.clear()
        whole(Course(race, racer).run({RATE: np.geomspace(1e-4, 1e-2, 16)}, (16,), "loss"))
        assert (sum(steps), max(steps)) == (2000, most)


def test_a_formula_seen_for_the_first_time_is_compiled_and_searched_between_places_to_interrupt() -> None:
    text = "sin(x)*y**2 + x**2 + exp(-x*y/9)*cos(x + y)**3 + 0.7391*y**4"
    surface = {"formula": text, "domain": [[-2, 2], [-2, 2]]}
    params = check(RACE.Params, {"surface": surface, "steps": 5, "racers": [{"rule": "adam"}]})
    starts, maps = [], []
    for _again in range(2):
        run = Run(RACE, params)
        starts.append(len(list(run.begun())))
        maps.append(len(list(RACE.answers(run.simulation, "map", {"cells": 8}))))
    assert starts[0] >= starts[1] + 8 + 30  # compilation, steps of Newton's method in search of minima
    assert maps[0] > maps[1]
    formula, points = compile_formula(text), np.random.default_rng(0).normal(size=(6, 2))
    fresh = Formula(text, formula.variables, formula.expression, formula.latex)
    assert_allclose(formula.hessian(points), fresh.hessian(points), rtol=1e-12)
    again = Formula(text, formula.variables, formula.expression, formula.latex)
    assert len(list(again.compile_in_pieces(hessian=True))) == 8
    assert not list(again.compile_in_pieces(hessian=True))
    assert np.array_equal(again.gradient(points), fresh.gradient(points))
    assert np.array_equal(again.hessian(points), fresh.hessian(points))
