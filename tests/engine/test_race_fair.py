"""A fair race: equal evaluations with line searches counted, equal tuning, curves that single races draw."""

import json

import numpy as np
import pytest

from engine.experiments.race.fair import RATES, TUNING, Counter, Ground, Result, raced, wins
from engine.pieces import whole
from tests.engine.races import RACE, joined, params_of, race

FIELD = [{"rule": "sgd"}, {"rule": "adam"}, {"rule": "newton"}, {"rule": "bfgs", "line_search": "strong_wolfe"}]


def began(**data):
    return RACE.begin(params_of({"surface": "booth", "racers": FIELD, **data}), np.random.default_rng(0))


def test_a_curve_is_that_of_the_single_race():
    simulation = began()
    ground = Ground.of(simulation, 30, 8)
    rate = RATES[5]
    for i in (0, 1):
        curves = whole(ground.curves(simulation.rules[i], np.array([rate]), tuning=False))[:, 0]
        for j in (0, 7):
            racer = {**FIELD[i], "learning_rate": float(rate)}
            single = {
                "surface": "booth",
                "start": ground.race.starts[:, j].tolist(),
                "racers": [racer],
                "steps": 30,
            }
            np.testing.assert_allclose(curves[:, j], joined(race(single), "losses")[0], rtol=1e-9, atol=1e-12)


def test_every_start_has_noise_of_its_own_the_same_for_all_racers():
    simulation = began(noise=0.5)
    ground = Ground.of(simulation, 30, 8)
    curves = whole(ground.curves(simulation.rules[0], np.array([0.01]), tuning=False))[:, 0]
    formula = simulation.surface.formula
    for j in (0, 7):
        theta = ground.race.starts[:, j].copy()
        for k in range(30):
            theta -= 0.01 * (formula.gradient(theta) + ground.race.noise[k, :, j])
            assert curves[k + 1, j] == pytest.approx(formula.value(theta), rel=1e-9)
    assert (ground.race.noise[:, :, 0] != ground.race.noise[:, :, 1]).all()


def test_rules_that_ask_for_more_are_charged_for_it():
    simulation = began()
    ground = Ground.of(simulation, 30, 8)
    newton = whole(ground.curves(simulation.rules[2], np.array([1.0]), tuning=False))[:, 0, 0]
    assert newton[2] == newton[0] > 1
    assert newton[3] < 1e-12  # a gradient and a Hessian of two columns: one step of three evaluations
    asked = Counter(simulation.surface.formula)
    rule, theta = simulation.rules[3], ground.race.starts[:, 0].copy()
    state, costs, heights = rule.init(theta), [], [float(asked.loss.value(theta))]
    while asked.spent < 30:
        rule.update(state, theta, asked.value_and_gradient(theta)[1], 1.0, asked)
        costs.append(asked.spent)
        heights.append(float(asked.loss.value(theta)))
    assert max(np.diff([0, *costs])) > 1  # the line search did cost something
    curve = whole(ground.curves(rule, np.array([rule.learning_rate]), tuning=False))[:, 0, 0]
    for cost, before, after in zip(costs, heights, heights[1:], strict=False):
        if cost <= 30:
            assert curve[cost] == pytest.approx(after, abs=1e-12)
            assert curve[cost - 1] == pytest.approx(before, abs=1e-12)


def test_every_racer_has_the_same_budgets_and_starts_that_were_not_tuned_on():
    simulation = began()
    ground = Ground.of(simulation, 25, 12)
    assert ground.tuning.starts.shape == (2, TUNING)
    assert not np.isin(ground.tuning.starts, ground.race.starts).any()
    for rule in simulation.rules:
        result = whole(raced(ground, rule))
        assert result.excess.shape == (26, 12)
        assert result.rate in RATES
        assert result.tuned.shape == RATES.shape
        assert result.tuned.min() == result.tuned[list(RATES).index(result.rate)]


def test_wins_go_to_the_first_at_the_finish_else_to_the_lowest_and_a_tie_is_nobodys():
    quick = np.array([[4.0, 4.0, 4.0], [0.0, 3.0, 3.0], [0.0, 3.0, 3.0]])
    slow = np.array([[4.0, 4.0, 4.0], [1.0, 2.0, 3.0], [0.0, 2.0, 3.0]])
    np.testing.assert_array_equal(wins([Result(1.0, quick), Result(1.0, slow)], 0.1), [1, 1])
    lost = np.full((3, 1), np.inf)
    np.testing.assert_array_equal(wins([Result(1.0, lost), Result(1.0, lost)], 0.1), [0, 0])


def test_each_answer_has_one_racer_more_and_the_last_says_what_was_done():
    parts = [frame for frame in RACE.answers(began(), "fair", {"budget": 20, "starts": 8}) if frame is not None]
    assert len(parts) == len(FIELD)
    for i, frame in enumerate(parts):
        assert np.isfinite(frame["fair_median"][: i + 1, 0]).all()
        assert np.isnan(frame["fair_median"][i + 1 :]).all()
    table = json.loads(parts[-1]["fair_table"].text())
    assert [len(row["cells"]) for row in table["rows"]] == [len(table["head"])] * len(FIELD)
    remark = str(parts[-1]["fair_remark"].content)
    assert f"{len(RATES) * TUNING * 20:,} evaluations of tuning" in remark
    low, middle, high = (parts[-1][f"fair_{name}"] for name in ("low", "median", "high"))
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_lower_than_the_lowest_minimum_is_out_of_the_picture_and_no_win():
    simulation = began(surface="mccormick")
    result = whole(raced(Ground.of(simulation, 200, 8), simulation.rules[0]))
    assert (result.excess >= 0).all()


def test_every_racer_sees_the_same_batches_and_pays_by_the_row():
    """Each step's gradient is that of its batch, alone as in bulk; a line search sees its step's batch."""
    field = [*FIELD[:2], {"rule": "bfgs", "line_search": "strong_wolfe"}]
    simulation = began(surface="linear_regression", scaling="standardize", batch_size=4, racers=field)
    ground = Ground.of(simulation, 50, 8)
    surface, batches = simulation.surface, ground.race.batches
    curves = whole(ground.curves(simulation.rules[0], np.array([0.1, 0.2]), tuning=False))[:, 0]
    for j in (0, 7):
        theta = ground.race.starts[:, j].copy()
        for k in range(50):
            rows = batches.piece(k)[k % len(batches.piece(k)), j]
            assert len(set(rows.tolist())) == 4
            theta -= 0.1 * surface.on(rows).gradient(theta)
            assert curves[k + 1, j] + surface.lowest == pytest.approx(surface.formula.value(theta), rel=1e-9)
    single = whole(ground._alone(simulation.rules[1], ground.race, 3))
    rate = np.array([simulation.rules[1].learning_rate])
    together = whole(ground.curves(simulation.rules[1], rate, tuning=False))
    np.testing.assert_allclose(together[:, 0, 3], single - surface.lowest, rtol=1e-9)
    shown = RACE.ask(simulation, "fair", {"budget": 50, "starts": 8})
    assert "a batch of 4 rows, the same batches for all: 200 rows a run" in str(shown["fair_remark"].content)
    assert np.isfinite(shown["fair_median"]).all()
