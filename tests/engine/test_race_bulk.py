"""Races in bulk: each of them is the single race, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import engine
from engine.experiments.race.bulk import Air, Bulk, can_bulk, with_arrays
from engine.experiments.race.params import RaceParams
from engine.formula import Formula, compile_formula
from engine.formula.memory import each
from engine.formula.terrain import terrain
from engine.optimizers import RULES
from engine.optimizers.formula_rule import FormulaRule
from engine.params import InvalidParams, check
from engine.surfaces import SURFACES, custom

TEXTS = sorted(name for name, rule in RULES.items() if issubclass(rule, FormulaRule))
STEPS = 60
SECOND = {"momentum": (0.0, 0.95), "beta1": (0.0, 0.95), "rho": (0.5, 0.99), "eps": (1e-8, 1e-2)}
"""Further hyperparameters and where they are drawn from."""


def single(params: dict[str, Any]) -> dict[str, np.ndarray]:
    """A race alone: losses (steps,), the path (steps, 2)."""
    frames = list(engine.run("race", params))
    joined = {name: np.concatenate([f[name] for f in frames], 1)[0, 1:] for name in ("losses", "positions")}
    return joined


def second(name: str) -> str:
    """A hyperparameter of a rule beside the learning rate."""
    return next((field for field in SECOND if field in RULES[name].model_fields), "weight_decay")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "air",
    [
        {"surface": "beale"},
        {"surface": "himmelblau", "noise": 0.5, "clip": {"mode": "norm", "threshold": 5.0}},
        {"surface": "valley", "schedule": {"schedule": "cosine"}, "weight_decay": 0.1},
        {"surface": "linear_regression"},
        {"surface": {"formula": "log(x**2 + y**2 + 0.1) + x*y/10", "domain": [[-3, 3], [-2, 2]]},
         "clip": {"mode": "value", "threshold": 0.5}},
    ],
    ids=["plain", "noise and clipping", "schedule and decay", "data", "own surface"],
)  # fmt: skip
def test_each_race_in_bulk_is_the_race_alone(name: str, air: dict[str, Any]) -> None:
    rng = np.random.default_rng(len(name))
    other = second(name)
    low, high = SECOND.get(other, (0.0, 0.1))
    rates = RULES[name]().learning_rate * 10 ** rng.uniform(-1, 1, (1, 4))
    others = rng.uniform(low, high, (3, 1))
    params = check(RaceParams, {**air, "steps": STEPS})
    domain = np.array(params.landscape.domain)
    starts = rng.uniform(domain[:, 0] / 2, domain[:, 1] / 2, (3, 4, 2)).transpose(2, 0, 1)
    rule = with_arrays(RULES[name](), {"learning_rate": rates, other: others})
    rule = with_arrays(rule, {"weight_decay": rule.weight_decay + params.weight_decay})
    assert can_bulk(rule)
    noise = np.random.default_rng(0).standard_normal((STEPS, 2)) * params.noise if params.noise else None
    bulk = Bulk(params.landscape, rule, starts, Air(STEPS, params.schedule, params.clip, noise))
    losses, last = np.empty((STEPS, 3, 4)), bulk.theta
    bulk.advance(STEPS, losses)
    for i, j in rng.permutation(list(np.ndindex(3, 4)))[:6]:
        racer = {"rule": name, "learning_rate": rates[0, j], other: others[i, 0]}
        alone = single({**air, "steps": STEPS, "racers": [racer], "start": starts[:, i, j].tolist()})
        out = bulk.out[i, j]
        steps = slice(0, STEPS if out < 0 else out - 1)
        scale = np.abs(alone["losses"][steps]).max(initial=1.0)
        assert_allclose(losses[steps, i, j], alone["losses"][steps], rtol=1e-12, atol=1e-12 * scale)
        assert np.isnan(alone["losses"]).any() == (out >= 0)
        if out < 0:
            assert_allclose(last[:, i, j], alone["positions"][-1], rtol=1e-12, atol=1e-12)
            assert_allclose(bulk.loss[i, j], losses[-1, i, j], rtol=1e-14)


@pytest.mark.parametrize(
    ("a", "b"), [((5, 1, 3), (4, 1)), ((1, 3), (5, 4, 1)), ((5, 4, 3), ()), ((), (5, 1, 1)), ((4, 3), (1, 1, 3))]
)
def test_a_number_of_many_runs_made_step_by_step_is_the_number_made_at_once(
    a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    rng, shape = np.random.default_rng(len(a)), (2, 4, 3)
    sides = rng.random(a), rng.random(b) + 1
    at_once = np.broadcast_to(sides[0] / sides[1], (5, 4, 3))
    made = [np.broadcast_to(value, shape).copy() for value in each((np.divide, *sides), 5, shape)]
    assert np.array_equal(made, np.broadcast_to(at_once[:, None], (5, *shape)))


def test_going_on_in_pieces_is_going_at_once() -> None:
    rule = with_arrays(RULES["nadam"](), {"learning_rate": np.logspace(-3, -1, 5)})
    made = [Bulk(SURFACES["beale"], rule, [1.0, 1.5], Air(50), (5,)) for _ in range(2)]
    made[0].advance(50)
    for steps in (1, 20, 29):
        made[1].advance(steps)
    assert np.array_equal(made[0].theta, made[1].theta)


def test_a_racer_that_diverges_is_out_at_the_step_of_the_race_alone() -> None:
    rates = np.array([0.01, 0.3, 1.0, 30.0])
    rule = with_arrays(RULES["sgd"](), {"learning_rate": rates})
    for surface in ("rosenbrock", "beale", {"formula": "log(x + 3) + y**2", "domain": [[-2, 2], [-2, 2]]}):
        params = check(RaceParams, {"surface": surface, "steps": 200, "start": [1.5, 1.5]})
        bulk = Bulk(params.landscape, rule, [1.5, 1.5], Air(200), (4,))
        bulk.advance(200)
        for i, rate in enumerate(rates):
            racer = {"rule": "sgd", "learning_rate": rate}
            alone = single({"surface": surface, "steps": 200, "start": [1.5, 1.5], "racers": [racer]})
            bad = ~np.isfinite(alone["losses"])
            near = (alone["positions"] ** 2).sum(-1) < (1e6 * max(np.ptp(params.landscape.domain, 1))) ** 2
            lost = np.flatnonzero(bad | ~near)
            assert bulk.out[i] == (lost[0] + 1 if lost.size else -1), (surface, rate)


def test_rules_of_one_s_own_race_in_bulk_with_their_own_hyperparameters() -> None:
    racer = {"rule": "own", "text": "m = keep*m + g\ntheta = theta - learning_rate*m",
             "hyperparameters": {"keep": {"value": 0.5}}}  # fmt: skip
    params = check(RaceParams, {"racers": [racer]})
    rule = with_arrays(params.racers[0], {"keep": np.array([0.0, 0.9]), "learning_rate": np.array([0.1, 0.02])})
    bulk = Bulk(SURFACES["matyas"], rule, [3.0, 4.0], Air(40), (2,))
    bulk.advance(40)
    momentum = with_arrays(
        RULES["momentum"](), {"momentum": np.array([0.0, 0.9]), "learning_rate": np.array([0.1, 0.02])}
    )
    known = Bulk(SURFACES["matyas"], momentum, [3.0, 4.0], Air(40), (2,))
    known.advance(40)
    assert_allclose(bulk.theta, known.theta, rtol=1e-12)
    with pytest.raises(InvalidParams, match="has no “beta1”"):
        with_arrays(params.racers[0], {"beta1": np.ones(2)})


@pytest.mark.parametrize("name", ["newton", "bfgs", "lbfgs"])
def test_rules_that_solve_systems_do_not_race_in_bulk(name: str) -> None:
    assert not can_bulk(RULES[name]())


@pytest.mark.parametrize("name", [name for name, surface in SURFACES.items() if surface.text])
def test_a_terrain_is_the_formula_s_value_and_gradient(name: str) -> None:
    surface = SURFACES[name]
    assert isinstance(surface.formula, Formula)
    made = terrain(surface.formula)
    assert made is not None
    (low, high), shape = np.array(surface.domain).T, (2, 7, 5)
    theta = low[:, None, None] + (high - low)[:, None, None] * np.random.default_rng(1).random(shape)
    value, slope, scratch = (
        np.empty(shape[1:]),
        np.empty(shape),
        [np.empty(shape[1:]) for _ in range(max(made.works))],
    )
    made.evaluate(theta, value, slope, scratch)
    expected, gradient = surface.formula.value_and_gradient(np.moveaxis(theta, 0, -1))
    assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
    assert_allclose(np.moveaxis(slope, 0, -1), gradient, rtol=1e-12, atol=1e-11)
    alone = np.empty(shape)
    made.evaluate(theta, None, alone, scratch)
    assert_allclose(alone, slope, rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("x**2*y**4 - 3*x", True),
        ("sin(x*y) + cos(x)**3", True),
        ("exp(x)", False),
        ("1/x", False),
        ("log(x)", False),
    ],
)
def test_a_terrain_is_sure_to_be_finite_only_where_it_is(text: str, sure: bool) -> None:
    made = terrain(compile_formula(text))
    assert made is not None
    assert made.within(1e7) is sure
    assert custom(text, ((-5.0, 5.0), (-5.0, 5.0))).formula is not None
