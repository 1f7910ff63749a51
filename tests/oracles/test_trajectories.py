"""Every rule walks the path that torch, optax, Keras or SciPy walks, to a relative difference under 1e-9."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.optimizers import RULES
from tests.extras import compares_with
from tests.oracles.cases import CASES, STARTS, STEPS, Case
from tests.oracles.replay import relative_difference, replay

DATA = np.load(Path(__file__).with_name("trajectories.npz"))
TOLERANCE = 1e-9
NAMES = [case.id for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_rule_walks_the_committed_path(case: Case) -> None:
    reference = DATA[case.id]
    assert reference.shape == (STEPS + 1, 2)
    assert np.isfinite(reference).all()
    assert relative_difference(replay(case), reference) < TOLERANCE


def test_data_and_cases_are_the_same_rows() -> None:
    assert set(DATA.files) - {"made_by"} == set(NAMES)


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_an_oracle_on_four_surfaces_by_default_and_otherwise(rule: str) -> None:
    surfaces: dict[bool, set[str]] = defaultdict(set)
    for case in CASES:
        if case.rule["rule"] == rule:
            surfaces[len(case.rule) == 1].add(case.surface)
    assert len(surfaces[True]) >= 4
    assert len(surfaces[False]) >= 4


@pytest.mark.parametrize("rule", RULES)
def test_every_hyperparameter_has_an_oracle_with_another_value(rule: str) -> None:
    model = RULES[rule]
    varied = {
        name
        for case in CASES
        if case.rule["rule"] == rule
        for name, value in case.rule.items()
        if name != "rule" and value != model.model_fields[name].default
    }
    assert varied == set(model.model_fields) - {"rule"}


@pytest.mark.parametrize(
    ("rule", "dialect"), [(name, dialect) for name, rule in RULES.items() for dialect in rule.dialects]
)
def test_every_dialect_has_an_oracle_from_that_library(rule: str, dialect: str) -> None:
    assert any(
        case.library == dialect and case.rule["rule"] == rule and case.rule.get("dialect") == dialect
        for case in CASES
    )


def test_paths_move_and_differ() -> None:
    """The data are paths, not the same numbers many times."""
    ends = {tuple(DATA[case.id][-1].round(12)) for case in CASES if case.rule["rule"] not in ("newton", "bfgs")}
    assert len(ends) > 180
    for case in CASES:
        assert np.linalg.norm(DATA[case.id][-1] - case.start) > 1e-4, case.id


LIVE = [case for case in CASES if case.library in ("torch", "torch-hessian", "scipy", "plain")]


@compares_with("torch", "scipy")
@pytest.mark.parametrize("surface", STARTS)
def test_torch_here_walks_the_committed_paths(surface: str) -> None:
    from tests.oracles.references import WALKERS

    for case in LIVE:
        if case.surface == surface:
            live = WALKERS[case.library](case)
            assert relative_difference(live, DATA[case.id]) < TOLERANCE, case.id
            assert relative_difference(replay(case), live) < TOLERANCE, case.id


@compares_with("torch", "optax")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", [c for c in CASES if c.library == "optax"], ids=lambda case: case.id)
def test_optax_here_walks_the_committed_paths(case: Case) -> None:
    from tests.oracles.references import WALKERS

    assert relative_difference(replay(case), WALKERS["optax"](case)) < TOLERANCE


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_race_walks_the_committed_path(case: Case) -> None:
    params = {
        "surface": case.surface,
        "start": case.start,
        "racers": [case.rule],
        "steps": STEPS,
        "schedule": case.schedule,
        "clip": case.clip,
    }
    frames = [frame["positions"][0] for frame in engine.run("race", params)]
    ours, reference = np.concatenate(frames), DATA[case.id]
    racing = np.isfinite(ours).all(axis=-1)  # one that is far beyond the picture is taken out
    assert racing.sum() > 5
    assert relative_difference(ours[racing], reference[racing]) < TOLERANCE
