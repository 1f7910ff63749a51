"""The search laboratory: equal budgets, trials in the order of their numbers, the same numbers each time."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import re
import runpy
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import engine
from app.i18n import LANGUAGES, translator
from engine.axes import axes
from engine.crew import Done, Job, cost, rungs, train
from engine.experiments.search import samplers
from engine.experiments.search.line import Line
from engine.experiments.search.naming import CODES, outcome
from engine.experiments.search.params import SearchParams, base, searched
from engine.experiments.search.samplers import SAMPLERS
from engine.params import InvalidParams, check
from engine.replay import Run

SMALL: dict[str, Any] = {"budget": 9, "repeats": 2, "updates": 20}
SEARCH = engine.experiment("search")


def whole(params: dict[str, Any], stride: int = 100) -> dict[str, np.ndarray]:
    """Return a whole run's series."""
    run = Run(SEARCH, check(SEARCH.Params, params))
    frames = [run.first()]
    while not run.done:
        frames.append(run.advance(stride))
    series = {name for name, spec in SEARCH.arrays.items() if "step" in spec.axes}
    return {name: np.concatenate([np.asarray(one[name]) for one in frames], axis=1)[:, 1:] for name in series}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_search_is_the_same_each_time_however_it_is_cut(sampler):
    params = {**SMALL, "samplers": [sampler]}
    one, other = whole(params), whole(params, stride=2)
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])
    assert not np.array_equal(one["settings"], whole({**params, "seed": 1})["settings"])


def test_every_trial_is_the_ordinary_run_of_its_laboratory_with_these_settings():
    params = check(SEARCH.Params, {**SMALL, "samplers": ["random"], "repeats": 1})
    run = Run(SEARCH, params)
    run.go_to(9)
    for trial in (1, 5, 9):
        told = run.ask("trial", {"line": 0, "trial": trial})
        found = json.loads(told["trial"].text())["opens"]
        frames = list(engine.run(found["laboratory"], found["params"]))
        loss = np.concatenate([frame["validation_loss"][0] for frame in frames])
        np.testing.assert_allclose(told["curve"], loss[told["curve_steps"].astype(int)], rtol=1e-9)


def test_all_samplers_spend_the_same_and_stay_inside_the_box():
    axes = [
        {"setting": "optimizer.learning_rate", "low": 1e-3, "high": 0.1},
        {"setting": "batch_size", "low": 5, "high": 20},
        {"setting": "activation", "choices": ["tanh", "relu"]},
    ]
    found = whole({**SMALL, "budget": 12, "samplers": list(SAMPLERS), "axes": axes, "repeats": 1})
    assert (found["updates"].sum(axis=1) == 12 * 20).all()
    rates, sizes = found["settings"][..., 0], found["settings"][..., 1]
    assert ((rates >= 1e-3) & (rates <= 0.1)).all()
    assert ((sizes >= 5) & (sizes <= 20) & (sizes == sizes.round())).all()
    assert set(np.unique(np.floor(found["points"][..., 2] * 2))) == {0.0, 1.0}


def test_a_grid_of_nine_tries_three_values_an_axis_and_nine_random_trials_nine():
    run = Run(SEARCH, check(SEARCH.Params, SMALL))
    frame = run.first()
    while not run.done:
        frame = run.advance(9)
    assert frame["distinct"].tolist() == [[3, 3], [9, 9]]


@pytest.mark.parametrize(
    ("budget", "most"), [(36, [math.inf] * 3), (10, [2, math.inf]), (5, [2, 2]), (4, [1000, 3])]
)
def test_a_grid_uses_as_much_of_the_budget_as_fits(budget, most):
    counts = samplers.grid_counts(budget, most)
    assert math.prod(counts) <= budget
    assert all(count <= top for count, top in zip(counts, most, strict=True))
    assert all(math.prod(counts) // c * (c + 1) > budget or c == m for c, m in zip(counts, most, strict=True))


def test_best_so_far_is_the_median_over_repeats_of_each_ones_running_minimum():
    found = whole({**SMALL, "repeats": 5})
    best = np.fmin.accumulate(found["values"].reshape(2, 5, -1), axis=2)
    np.testing.assert_array_equal(found["best"], np.median(best, axis=1))
    np.testing.assert_array_equal(found["best_low"], np.quantile(best, 0.25, axis=1))


def test_successive_halving_spends_no_more_and_its_survivors_are_the_best_at_each_rung():
    params = {**SMALL, "budget": 8, "updates": 90, "halving": 3, "samplers": ["random"], "repeats": 1}
    found = whole(params)
    updates = found["updates"][0]
    assert len(updates) > 8
    assert updates.sum() <= 8 * 90
    assert (found["outcomes"][0][updates < 90] == CODES["stopped"]).all()
    together = engine.experiment("playground").objective.together
    assert rungs(together, 90, 3) == [10, 30]
    assert (updates.reshape(-1, together) == 90).sum(axis=1).tolist() == [2] * (len(updates) // together)
    assert updates.sum() == pytest.approx(cost(together, 90, 3) * len(updates) / together, rel=0.1)


def test_a_job_given_to_halving_keeps_the_curves_of_the_whole_training():
    base = SearchParams(updates=90).space.base
    texts = tuple(
        base.model_copy(update={"l2": l2}).model_dump_json()
        for l2 in (0.0, 0.01, 0.1, 0.5, 1.0, 0.02, 0.03, 0.3, 0.2)
    )
    short, long = train(Job("playground", texts, 3)), train(Job("playground", texts))
    for i, spent in enumerate(short.spent):
        end = int(np.searchsorted(short.steps, spent)) + 1
        np.testing.assert_allclose(short.curves[i, :end], long.curves[i, :end], rtol=1e-9)
    ranked = np.argsort(long.curves[:, int(np.searchsorted(long.steps, short.spent[short.spent < 90].min()))])
    assert set(np.flatnonzero(short.spent > short.spent.min())) == set(ranked[:3])


@pytest.mark.parametrize(
    ("curve", "name"),
    [
        (0.2 + 0.8 * np.exp(-np.arange(41) / 4), "good"),
        (1 - 0.3 * np.arange(41) / 40, "slow"),
        (np.where(np.arange(41) < 20, 1.0, np.nan), "wild"),
        (0.5 + 0.4 * (-1.0) ** np.arange(41), "wild"),
        (0.3 + 0.7 * np.exp(-np.arange(41) / 3) + 0.3 * np.maximum(0, np.arange(41) - 15) / 25, "rising"),
        (np.full(41, 0.7), "stuck"),
    ],
)
def test_a_loss_curve_is_named_by_its_shape(curve, name):
    assert outcome(curve) == name
    for size in (1e-300, 3, 1e300):
        assert outcome(size * curve) == name


def test_what_the_laboratory_refuses_is_a_trial_without_loss():
    shares = ({"setting": "test_share", "low": 0.1, "high": 0.7}, {"setting": "validation_share", "high": 0.7})
    found = whole({**SMALL, "samplers": ["random"], "axes": shares, "repeats": 1, "budget": 16})
    refused = found["outcomes"][0] == CODES["refused"]
    assert 0 < refused.sum() < 16
    assert (found["settings"][0].sum(axis=1)[refused] > 0.9).all()
    assert np.isnan(found["values"][0][refused]).all()
    assert (found["updates"][0][refused] == 0).all()


BAD = [
    ({"axes": [{"setting": "warmth"}, {"setting": "l2"}]}, "warmth"),
    ({"axes": [{"setting": "l2"}]}, "two axes"),
    ({"axes": [{"setting": "l2"}, {"setting": "l2"}]}, "already"),
    ({"axes": [{"setting": "l2", "low": 0.5, "high": 0.5}, {"setting": "l1"}]}, "less than"),
    ({"axes": [{"setting": "l2", "low": -1}, {"setting": "l1"}]}, "goes from"),
    ({"axes": [{"setting": "l2", "low": 0.0}, {"setting": "l1"}]}, "above 0"),
    ({"axes": [{"setting": "activation", "choices": ["warm"]}, {"setting": "l1"}]}, "at least two"),
    ({"axes": [{"setting": f"x{i}"} for i in range(7)]}, "at most 6"),
    ({"budget": 10**9}, "at most 400"),
    ({"budget": 400, "updates": 5000, "repeats": 10}, "too many"),
    ({"laboratory": "race"}, "race"),
    ({"settings": {"seed": 3}}, "seed"),
    ({"settings": {"warmth": 3}}, "warmth"),
    ({"settings": {"hidden": "x"}}, "must be a list"),
    ({"halving": 7}, "2, 3 or 4"),
    ({"samplers": []}, "at least 1"),
]


@pytest.mark.parametrize(("params", "said"), BAD, ids=lambda part: part if isinstance(part, str) else "")
def test_bad_input_is_refused_with_a_sentence(params, said):
    with pytest.raises(InvalidParams, match=said):
        check(SEARCH.Params, params)


@pytest.mark.parametrize("laboratory", searched())
def test_an_axis_that_there_is_not_is_told_the_nearest_and_how_many_there_are(laboratory):
    known = axes(base(laboratory))
    for setting in known:
        if len(setting) < 4:
            continue  # of “l1” and “l2” without a letter both are as near
        slip = setting[0] + setting[2:]
        with pytest.raises(InvalidParams) as refusal:
            check(SEARCH.Params, {"laboratory": laboratory, "axes": [{"setting": slip}, {"setting": slip}]})
        (problem,) = refusal.value.problems
        for language in LANGUAGES:
            said = translator(language).say(problem.message)
            assert next(name for name in re.findall("“(.*?)”", said) if name != slip) == setting
            assert str(len(known)) in said
            assert len(said) < 250


def test_a_sampler_whose_library_is_missing_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(SAMPLERS["tpe"], "needs", "a_library_that_nobody_has")
    with pytest.raises(InvalidParams, match=r"descentlab\[search\]"):
        check(SEARCH.Params, {"samplers": ["tpe"]})


def test_the_engine_starts_without_the_extras():
    code = (
        "import sys, importlib.abc\n"
        "class Missing(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name.split('.')[0] in ('scipy', 'optuna', 'distributed', 'dask', 'pandas'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import engine, app.trainers.hire\n"
        "frames = list(engine.run('search', {'budget': 4, 'repeats': 1, 'updates': 10}))\n"
        "print(frames[-1].step)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "4", done.stderr


def test_a_copy_goes_on_by_itself():
    run = Run(SEARCH, check(SEARCH.Params, {**SMALL, "samplers": ["tpe"], "repeats": 1}))
    run.go_to(4)
    other = copy.deepcopy(run.simulation)
    mine, its = run.advance(5), other.advance(5)
    np.testing.assert_array_equal(mine["values"], its["values"])


def test_the_exported_program_repeats_the_search_as_a_table(tmp_path, monkeypatch):
    run = Run(SEARCH, check(SEARCH.Params, {**SMALL, "samplers": ["random"]}))
    run.go_to(9)
    (tmp_path / "search.py").write_text(str(run.ask("script", {"which": "search"})["code"]), "utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("search.py", run_name="__main__")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "search.csv").read_text("utf-8"))))
    found = whole({**SMALL, "samplers": ["random"]})
    assert len(rows) == 18
    losses = {(int(row["repeat"]), int(row["trial"])): float(row["loss"]) for row in rows}
    assert losses == {(i + 1, j + 1): found["values"][i, j] for i in range(2) for j in range(9)}


@pytest.mark.parametrize(
    ("laboratory", "settings", "beside"),
    [("depth", {"depth": 2, "width": 6}, "l2"), ("charrnn", {"hidden_size": 6}, "clip.threshold")],
)
def test_the_best_trial_of_a_net_is_exported_with_the_weights_that_it_ended_with(laboratory, settings, beside):
    axes = [
        {"setting": "optimizer.learning_rate", "low": 1e-3, "high": 0.1},
        {"setting": beside, "low": 1e-3, "high": 1},
    ]
    few = {"laboratory": laboratory, "settings": settings, "axes": axes}
    run = Run(
        SEARCH, check(SEARCH.Params, {**few, "samplers": ["random"], "budget": 4, "repeats": 1, "updates": 20})
    )
    with pytest.raises(InvalidParams, match=r"No trial has finished yet"):
        run.ask("script", {"which": "best"})
    run.go_to(4)
    best = int(np.nanargmin([run.simulation.lines[0].value(trial) for trial in range(4)]))
    opens = json.loads(run.ask("trial", {"line": 0, "trial": best + 1})["trial"].text())["opens"]
    own = engine.experiment(laboratory)
    alone = Run(own, check(own.Params, opens["params"]))
    alone.go_to(20)
    assert opens["laboratory"] == laboratory
    assert str(run.ask("script", {"which": "best"})["code"]) == str(alone.ask("pytorch", {})["code"])


def sizes_of(line: Line) -> list[int]:
    return [len(piece.points) for piece in map(line.piece, range(40)) if piece]


def test_the_first_pieces_of_work_are_small_and_no_trial_is_left_out():
    for budget in (4, 7, 36):
        line = Line(SearchParams(budget=budget, updates=10), SearchParams(updates=10).space, "random", 0)
        sizes = sizes_of(line)
        assert sum(sizes) == budget
        assert sizes[:3] == [1, 1, 2]
        assert [line.number(trial) for trial in range(budget)] == [
            i for i, size in enumerate(sizes) for _ in range(size)
        ]


def test_the_last_pieces_are_small_where_one_line_has_all_the_work():
    one = SearchParams(samplers=["random"], budget=200, repeats=1, updates=10)
    alone, among = (sizes_of(Line(params, one.space, "random", 0)) for params in (one, SearchParams(budget=200)))
    assert max(alone) == max(among) == one.objective.together
    assert sum(alone) == sum(among) == 200
    assert alone[-4:] == sorted(alone[-4:], reverse=True)
    assert sum(alone[-3:]) < one.objective.together
    assert len(among) < len(alone)  # a small piece costs as much for each update as a large one


def test_a_crew_elsewhere_that_finishes_in_any_order_changes_no_number():
    class Slow:
        """Does one job a look, the last one first."""

        elsewhere = True
        trouble = None

        def __init__(self) -> None:
            self.done: dict[str, Done] = {}

        def look(self, jobs):
            waiting = [job for job in jobs if job.key not in self.done]
            if waiting:
                self.done[waiting[-1].key] = train(waiting[-1])
            return [self.done.get(job.key) for job in jobs]

        def get(self, job):
            raise AssertionError("the simulation said that it waits")

    params = {**SMALL, "samplers": ["grid", "tpe"]}
    run = Run(SEARCH.with_crew(Slow()), check(SEARCH.Params, params))
    found = [run.first()]
    while not run.done:
        while run.simulation.waiting:
            pass
        found.append(run.advance(3))
    values = np.concatenate([np.asarray(frame["values"]) for frame in found], axis=1)[:, 1:]
    np.testing.assert_array_equal(values, whole(params)["values"])
