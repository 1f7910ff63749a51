"""The depth laboratory's sweep of rates, and its cut through the loss."""

from __future__ import annotations

import numpy as np
import pytest

from engine.experiment import experiment
from engine.experiments.depth.dataset import dataset
from engine.experiments.depth.params import DepthParams
from engine.params import check
from tests.engine.small_depth import array


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_sweep_of_learning_rates_is_as_many_runs_of_the_page(batch_norm: bool) -> None:
    from engine.experiments.depth.claims.measure import run, sweep

    preset = {"width": 12, "depth": 2, "samples": 60, "steps": 15, "compare": [], "batch_norm": batch_norm}
    optimizer = {"rule": "momentum"}
    rates = (0.01, 0.1, 1e308)
    found = sweep({**preset, "optimizer": optimizer}, 3, rates)
    for i, rate in enumerate(rates[:2]):
        course = run(preset, 3, optimizer={**optimizer, "learning_rate": rate})
        np.testing.assert_allclose(found.losses[i], course.last["loss"][0], rtol=1e-12)
        np.testing.assert_allclose(found.ratios[i], course.last["update_ratio"][0], rtol=1e-9)
    assert found.final()[2] == np.inf
    assert np.isfinite(found.final()[:2]).all()


# -- the data view ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preprocessing", ["standardize", "whiten", "pca", "minmax"])
def test_the_cut_through_the_loss_is_as_stretched_as_the_condition_number_says(preprocessing: str) -> None:
    params = check(DepthParams, {"data": "clouds", "preprocessing": preprocessing, "compare": []})
    scene = experiment("depth").scene(params)
    axis, made = array(scene, "weight_axis"), dataset(params)
    for i, (name, rows) in enumerate((("before", made.raw), ("after", made.inputs))):
        cut, directions = array(scene, f"contour_{name}"), array(scene, f"directions_{name}")
        features = np.column_stack([rows, np.ones(len(rows))])
        for k, u in ((0, axis[-1]), (20, axis[3])):
            weights = u * directions[0] + axis[k] * directions[1]
            assert cut[k, list(axis).index(u)] == pytest.approx(np.mean((features @ weights) ** 2) / 2, rel=1e-9)
        bend = np.diff(cut, 2)[0, 0], np.diff(cut, 2, axis=0)[0, 0]
        assert bend[0] / bend[1] == pytest.approx(array(scene, "condition")[i], rel=1e-6)


def test_a_table_of_one_feature_has_a_condition_number_too() -> None:
    rows = "\n".join(f"{i % 7},{i % 2}" for i in range(40))
    params = check(DepthParams, {"data": {"csv": f"x,y\n{rows}\n"}, "compare": [], "samples": 30})
    scene = experiment("depth").scene(params)
    assert np.isfinite(array(scene, "condition")).all()
    assert not array(scene, "directions_after")[:, 1].any()
