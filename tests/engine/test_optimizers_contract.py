"""What holds for every rule, whatever its formula."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import latex2mathml.converter
import numpy as np
import pytest
from pydantic import TypeAdapter

from engine.formula.arithmetic import ELEMENTWISE
from engine.formula.vectors import kernel
from engine.optimizers import RULES, AnyRule, Rule, formula_rule
from engine.params import InvalidParams, Params, check, choice

FIRST_ORDER = [name for name, rule in RULES.items() if rule.order == 1]


class Bowl:
    """f = x'Ax/2, for any number of stacked points."""

    def __init__(self, n: int, dtype: Any = np.float64) -> None:
        draw = np.random.default_rng(n)
        root = draw.normal(size=(n, n))
        self.matrix = (root @ root.T / n + np.eye(n)).astype(dtype)

    def value_and_gradient(self, theta: np.ndarray) -> tuple[Any, np.ndarray]:
        gradient = theta @ self.matrix
        return (gradient * theta).sum(axis=-1) / 2, gradient

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.matrix, (*theta.shape, theta.shape[-1]))


def walk(rule: Rule, theta: np.ndarray, steps: int, objective: Any, state: Any = None) -> Any:
    state = rule.init(theta) if state is None else state
    for step in range(steps):
        rule.update(state, theta, objective.value_and_gradient(theta)[1], 0.99**step, objective)
    return state


def variants(name: str) -> list[Rule]:
    """The rule by default, in every dialect, and with every further switch on."""
    rule = RULES[name]
    made = [check(rule, {"weight_decay": 0.05})]
    made += [check(rule, {"dialect": dialect}) for dialect in rule.dialects]
    if name == "rmsprop":
        made.append(check(rule, {"centered": True, "momentum": 0.5}))
    if "line_search" in rule.model_fields:
        made += [check(rule, {"line_search": search}) for search in ("none", "strong_wolfe")]
    return made


VARIANTS = [pytest.param(rule, id=f"{name}{i}") for name in RULES for i, rule in enumerate(variants(name))]


@pytest.mark.parametrize("rule", VARIANTS)
def test_stacked_runs_equal_separate_runs(rule: Rule) -> None:
    objective = Bowl(3)
    stack = np.random.default_rng(0).normal(size=(2, 4, 3))
    separate = stack.copy()
    walk(rule, stack, 12, objective)
    for run in np.ndindex(2, 4):
        walk(rule, separate[run], 12, objective)
    np.testing.assert_allclose(stack, separate, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", RULES)
def test_stacked_hyperparameters_equal_separate_runs(name: str) -> None:
    rule, objective, draw = RULES[name], Bowl(3), np.random.default_rng(1)
    ranges = {
        "learning_rate": (0.001, 0.1),
        "momentum": (0.1, 0.9),
        "dampening": (0.1, 0.5),
        "beta1": (0.5, 0.9),
        "beta2": (0.5, 0.999),
        "rho": (0.8, 0.99),
        "eps": (1e-6, 1e-2),
        "weight_decay": (0.01, 0.2),
        "initial_accumulator": (0.1, 1.0),
        "momentum_decay": (0.01, 0.5),
    }
    values = {field: draw.uniform(*ranges[field], (5, 1)) for field in rule.model_fields if field in ranges}
    stack = draw.normal(size=(5, 3))
    separate = stack.copy()
    walk(rule.stacked(**values), stack, 15, objective)
    for i in range(5):
        one = check(rule, {field: float(value[i, 0]) for field, value in values.items()})
        walk(one, separate[i], 15, objective)
    np.testing.assert_allclose(stack, separate, rtol=1e-11, atol=1e-14)


def test_stacked_numbers_are_validated() -> None:
    with pytest.raises(InvalidParams):
        RULES["adam"].stacked(beta1=2.0, learning_rate=np.array([[0.1]]))


@pytest.mark.parametrize("rule", VARIANTS)
def test_a_copy_of_the_state_has_the_same_future(rule: Rule) -> None:
    objective = Bowl(4)
    theta = np.random.default_rng(2).normal(size=(2, 4))
    state = walk(rule, theta, 7, objective)
    for make_copy in (copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))):
        again, again_state = theta.copy(), make_copy(state)
        walk(rule, again, 6, objective, again_state)
        once_more = theta.copy()
        walk(rule, once_more, 6, objective, copy.deepcopy(state))
        np.testing.assert_array_equal(again, once_more)
    whole = np.random.default_rng(2).normal(size=(2, 4))
    walk(rule, whole, 7, objective)
    np.testing.assert_array_equal(whole, theta)


@pytest.mark.parametrize("rule", VARIANTS)
def test_state_holds_only_arrays_and_numbers(rule: Rule) -> None:
    theta = np.ones(3)
    state = walk(rule, theta, 3, Bowl(3))
    assert state["step"] == 3
    assert all(isinstance(value, np.ndarray | int | float) for value in state.values())


@pytest.mark.parametrize("rule", VARIANTS)
def test_float32_stays_float32(rule: Rule) -> None:
    objective = Bowl(3, np.float32)
    theta = np.random.default_rng(3).normal(size=(2, 3)).astype(np.float32)
    double = theta.astype(float)
    state = walk(rule, theta, 10, objective)
    assert theta.dtype == np.float32
    vectors = {name: value for name, value in state.items() if np.shape(value) == theta.shape}
    assert all(value.dtype == np.float32 for value in vectors.values())
    walk(rule, double, 10, Bowl(3, np.float32))
    np.testing.assert_allclose(theta, double, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_no_array_of_a_step_is_float64_when_theta_is_float32(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upcasting on the way would cost the networks half their speed: no ufunc's loop may run in float64."""
    loops: list[str] = []

    def watched(ufunc: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            kinds = tuple(float if isinstance(a, float) else a.dtype for a in args[: ufunc.nin])
            loops.append(ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))[-1].char)
            return ufunc(*args, **kwargs)

        return call if isinstance(ufunc, np.ufunc) else ufunc

    rule, theta, objective = RULES[name](), np.ones(4, np.float32), Bowl(4, np.float32)
    watching = kernel(rule.lines(), functions={word: watched(ufunc) for word, ufunc in ELEMENTWISE.items()})
    monkeypatch.setattr(formula_rule, "_kernel", lambda *_given: watching)
    walk(rule, theta, 8, objective)
    assert len(loops) >= 8 * 2
    assert set(loops) == {"f"}


@pytest.mark.parametrize("rule", VARIANTS)
def test_the_gradient_is_only_read(rule: Rule) -> None:
    objective = Bowl(2)
    theta = np.array([1.0, -2.0])
    state = walk(rule, theta, 2, objective)
    gradient = objective.value_and_gradient(theta)[1]
    before = gradient.copy()
    gradient.flags.writeable = False
    rule.update(state, theta, gradient, 1.0, objective)
    np.testing.assert_array_equal(gradient, before)


@pytest.mark.parametrize("rule", VARIANTS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_no_error(rule: Rule, bad: float) -> None:
    objective = Bowl(2)
    theta = np.array([[1.0, -2.0], [0.5, 0.5]])
    state = rule.init(theta)
    with np.errstate(all="ignore"):
        for broken in (False, True, True, False):
            gradient = objective.value_and_gradient(theta)[1]
            if broken:
                gradient[0] = bad
            rule.update(state, theta, gradient, 1.0, objective)
    assert np.isfinite(theta[1]).all()


@pytest.mark.parametrize("rule", VARIANTS)
def test_a_factor_of_zero_moves_nothing(rule: Rule) -> None:
    objective = Bowl(2)
    theta = np.array([1.0, -2.0])
    state = rule.init(theta)
    with np.errstate(all="ignore"):
        rule.update(state, theta, objective.value_and_gradient(theta)[1], 0.0, objective)
    np.testing.assert_array_equal(theta, [1.0, -2.0])


@pytest.mark.parametrize("rule", VARIANTS)
def test_every_rule_descends_a_bowl(rule: Rule) -> None:
    objective = Bowl(3)
    theta = np.array([1.0, -2.0, 1.5])
    start = float(objective.value_and_gradient(theta)[0])
    walk(rule, theta, 60, objective)
    assert float(objective.value_and_gradient(theta)[0]) < start


@pytest.mark.parametrize("name", RULES)
def test_a_dialect_chosen_on_the_way_goes_on(name: str) -> None:
    """Live changes may turn every switch mid-run; the state must serve all of them."""
    objective, made = Bowl(2), variants(name)
    for first in made:
        for second in made:
            theta = np.array([1.0, -2.0])
            state = walk(first, theta, 3, objective)
            walk(second, theta, 3, objective, state)
            assert np.isfinite(theta).all()


class Racers(Params):
    """A model with a list of rules, as experiments have it."""

    racers: list[AnyRule] = choice([{"rule": "adam"}], "Racers", "Who runs.")


def test_any_rule_is_told_apart_by_its_name() -> None:
    racers = check(Racers, {"racers": [{"rule": name} for name in RULES]}).racers
    assert [type(rule) for rule in racers] == list(RULES.values())


@pytest.mark.parametrize(
    "bad",
    [
        {"rule": "adamant"},
        {"learning_rate": 0.1},
        {"rule": "adam", "learning_rate": -1},
        {"rule": "adam", "learning_rate": float("nan")},
        {"rule": "adam", "momentum": 0.9},
        {"rule": "adam", "dialect": "jax"},
        {"rule": "adam", "dialect": ["keras"]},
        {"rule": "sgd", "dialect": "keras"},
        {"rule": "lbfgs", "history_size": 0},
        {"rule": "momentum", "momentum": 1.5},
        7,
        None,
    ],
)
def test_bad_hyperparameters_are_refused_with_a_sentence(bad: Any) -> None:
    with pytest.raises(InvalidParams) as caught:
        check(Racers, {"racers": [bad]})
    assert caught.value.problems
    assert all(str(problem.message) for problem in caught.value.problems)


@pytest.mark.parametrize("name", RULES)
def test_a_dialect_fills_its_defaults_and_keeps_what_is_given(name: str) -> None:
    rule = RULES[name]
    for dialect, defaults in rule.dialects.items():
        spoken = check(rule, {"dialect": dialect}).model_dump()
        assert spoken == {**rule().model_dump(), **defaults, "dialect": dialect}
        assert check(rule, {"dialect": dialect, "learning_rate": 0.123}).learning_rate == 0.123
        assert rule.model_json_schema()["properties"]["dialect"]["defaults"][dialect] == dict(defaults)


@pytest.mark.parametrize("name", RULES)
def test_validation_of_a_dump_is_the_same_rule(name: str) -> None:
    adapter: TypeAdapter[Rule] = TypeAdapter(AnyRule)
    for rule in variants(name):
        assert adapter.validate_python(rule.model_dump()) == rule


@pytest.mark.parametrize("name", RULES)
def test_rule_states_its_source_and_convention(name: str) -> None:
    doc = RULES[name].__doc__ or ""
    assert re.search(r"^ *Source: \S", doc, re.MULTILINE)
    assert re.search(r"^ *Convention: \S", doc, re.MULTILINE)


@pytest.mark.parametrize("name", RULES)
def test_rule_has_a_title_a_year_and_equations_that_typeset(name: str) -> None:
    rule = RULES[name]
    assert rule.title
    assert 1600 < rule.year < 2030
    assert rule().equations()
    for line in rule().equations():
        mathml = latex2mathml.converter.convert(line)
        assert mathml.startswith("<math")
        assert "\\" not in mathml


def test_titles_are_unique_and_no_two_rules_share_colour_and_dash() -> None:
    assert len({rule.title for rule in RULES.values()}) == len(RULES)
    assert len({(rule.color, rule.dash) for rule in RULES.values()}) == len(RULES)
    palette = {"#E69F00", "#56B4E9", "#009E73", "#F5C710", "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F"}
    assert {rule.color for rule in RULES.values()} <= palette
    assert {rule.dash for rule in RULES.values()} <= {"solid", "dash", "dot", "dashdot", "longdash"}


@pytest.mark.parametrize("name", RULES)
def test_every_hyperparameter_is_a_live_slider_with_bounds_or_a_choice(name: str) -> None:
    for field, schema in RULES[name].model_json_schema()["properties"].items():
        if field == "rule":
            continue
        assert schema["title"], field
        assert schema["description"], field
        assert "effect" in schema or field == "initial_accumulator", field
        if schema.get("type") in ("number", "integer"):
            assert schema["minimum"] <= schema["default"] <= schema["maximum"]


@pytest.mark.parametrize("name", ["newton", "bfgs"])
def test_a_rule_without_its_objective_says_so(name: str) -> None:
    rule, theta = RULES[name](), np.array([1.0, 2.0])
    assert rule.needs
    with pytest.raises(ValueError, match="objective"):
        rule.update(rule.init(theta), theta, np.array([1.0, 1.0]))


def test_bfgs_refuses_a_matrix_that_would_not_fit() -> None:
    with pytest.raises(ValueError, match="L-BFGS"):
        RULES["bfgs"]().init(np.zeros(500_000, np.float32))
