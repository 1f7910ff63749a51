"""Losses on rows of data: minima of other libraries, batches whose mean is the whole, scaling, sampling."""

import itertools

import numpy as np
import pytest

from engine.experiments.race.batches import RATES, SIZES, Contest, noise_of
from engine.experiments.race.saddles import GOE_MINIMA, SMOOTH_MINIMA, share_of_minima
from engine.experiments.race.scene import scene
from engine.experiments.race.simulation import RaceSimulation
from engine.optimizers import RULES
from engine.params import InvalidParams, check
from engine.pieces import whole
from engine.surfaces import FITS, ROWS, SURFACES
from tests.engine.races import ALL_RULES, GENTLE, RACE, joined, params_of, race
from tests.extras import compares_with, library

SCALINGS = ["none", "center", "standardize"]
EACH = [(name, scaling) for name in FITS for scaling in SCALINGS]


def fit_of(name, scaling="none"):
    return SURFACES[name].shaped({"scaling": scaling})


@compares_with("sklearn")
@pytest.mark.parametrize(("name", "scaling"), EACH)
def test_the_minimum_is_scikit_learns(name, scaling):
    models = library("sklearn.linear_model")
    fit = fit_of(name, scaling)
    formula, targets = fit.formula, fit.data.targets
    if formula.kind == "squares":
        found = models.LinearRegression(fit_intercept=False).fit(formula.design, targets).coef_
    else:
        model = models.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=5000)
        found = model.fit(formula.design, targets).coef_[0]
    np.testing.assert_allclose(fit.minima[0], found, rtol=2e-4)
    assert np.abs(formula.gradient(fit.minima[0])).max() < 1e-12


@compares_with("torch")
@pytest.mark.parametrize(("name", "scaling"), EACH)
def test_value_gradient_and_hessian_are_torchs(name, scaling):
    torch = library("torch")
    fit = fit_of(name, scaling)
    design, targets = torch.tensor(fit.formula.design), torch.tensor(np.asarray(fit.data.targets, np.float64))

    def loss(theta):
        z = design @ theta
        if fit.formula.kind == "squares":
            return torch.nn.functional.mse_loss(z, targets) / 2
        return torch.nn.functional.binary_cross_entropy_with_logits(z, targets)

    for at in np.random.default_rng(0).uniform(*np.array(fit.domain).T, (5, 2)):
        theta = torch.tensor(at, requires_grad=True)
        value, gradient = fit.formula.value_and_gradient(at)
        np.testing.assert_allclose(value, loss(theta).item(), rtol=1e-11)
        np.testing.assert_allclose(
            gradient, torch.autograd.grad(loss(theta), theta)[0].numpy(), rtol=1e-9, atol=1e-12
        )
        hessian = torch.autograd.functional.hessian(loss, theta)
        np.testing.assert_allclose(fit.formula.hessian(at), hessian.numpy(), rtol=1e-9, atol=1e-12)


def test_scaling_rounds_the_bowl_of_the_line():
    def condition(scaling):
        fit = fit_of("linear_regression", scaling)
        low, high = np.linalg.eigvalsh(fit.formula.hessian(fit.minima[0]))
        return high / low

    raw, centred, standardized = map(condition, SCALINGS)
    assert raw > 20 * centred > 100 * standardized
    assert standardized == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("name", FITS)
def test_the_rows_of_a_partition_have_the_gradient_as_their_mean(name):
    fit = fit_of(name)
    at = np.array([0.3, -0.2])
    parts = np.random.default_rng(1).permutation(ROWS).reshape(4, -1)
    whole = np.mean([fit.on(rows).gradient(at) for rows in parts], axis=0)
    np.testing.assert_allclose(whole, fit.formula.gradient(at), rtol=1e-12)
    np.testing.assert_allclose(fit.formula.gradients(at).mean(0), fit.formula.gradient(at), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 7, 30])
def test_a_race_on_batches_is_the_same_however_it_is_sliced(size):
    data = {"surface": "logistic_boundary", "racers": ALL_RULES, "steps": 40, "batch_size": 5, "noise": 0.1}
    whole, sliced = race(data), race(data, frames=(size,))
    for name in ("positions", "losses", "step_sizes"):
        np.testing.assert_array_equal(joined(whole, name), joined(sliced, name))


def test_all_rows_in_a_batch_are_the_full_batch_and_the_noise_is_gone():
    data = {"surface": "linear_regression", "racers": GENTLE, "steps": 30}
    full = race(data)
    np.testing.assert_array_equal(joined(full, "positions"), joined(race({**data, "seed": 5}), "positions"))
    theta = np.zeros(2)
    formula = fit_of("linear_regression").formula
    for k in range(1, 31):
        theta = theta - 1e-3 * formula.gradient(theta)
        np.testing.assert_allclose(joined(full, "positions")[0, k], theta, rtol=1e-12)


def test_racers_share_their_batches():
    twice = {"surface": "linear_regression", "racers": [GENTLE[0], GENTLE[0]], "steps": 30, "batch_size": 1}
    first, second = joined(race(twice), "positions")
    np.testing.assert_array_equal(first, second)
    assert (first != joined(race({**twice, "seed": 1}), "positions")[0]).any()


def test_a_batch_size_changed_on_the_way_leaves_the_later_draws_as_they_were():
    """The rows of a step depend on the seed and the step: a smaller batch is part of a larger one."""

    def rows(size):
        params = params_of({"surface": "linear_regression", "batch_size": size})
        return RaceSimulation(params, np.random.default_rng(0))._draw(
            9, np.random.default_rng(1), np.random.default_rng(2)
        )[1]

    np.testing.assert_array_equal(rows(3), rows(20)[:, :3])


def test_the_scene_shows_the_rows_as_the_model_sees_them():
    line = scene(params_of({"surface": "linear_regression", "scaling": "standardize"}))
    assert line["points"].shape == (ROWS, 2)
    np.testing.assert_allclose([line["points"][:, 0].mean(), line["points"][:, 0].std()], [0, 1], atol=1e-12)
    assert line["labels"].shape == (0,)
    assert '"kind": "line"' in line["model"]
    classes = scene(params_of({"surface": "logistic_boundary"}))
    assert set(classes["labels"]) == {0.0, 1.0}
    assert scene(params_of({}))["points"].shape == (0, 2)


@pytest.mark.parametrize("size", [0, 101, 2.5])
def test_a_batch_that_the_data_do_not_have_is_refused_with_a_sentence(size):
    with pytest.raises(InvalidParams, match="batch_size"):
        params_of({"surface": "linear_regression", "batch_size": size})


@pytest.mark.parametrize("name", FITS)
def test_the_noise_of_batches_is_the_closed_form_and_that_of_all_rows_is_none(name):
    fit = fit_of(name)
    measured, theory = noise_of(fit, np.array([0.1, 0.3]), (1, 3, 20, ROWS), 4_000, 0)
    np.testing.assert_allclose(measured, theory, rtol=0.06)
    assert measured[-1] == theory[-1] == 0.0
    own = fit.formula.gradients([0.1, 0.3])
    pairs = np.array(
        [own[[i, j]].mean(0) for i, j in itertools.combinations(range(ROWS), 2)]
    )  # every batch of two
    exact = np.square(pairs - own.mean(0)).sum(-1).mean()
    assert noise_of(fit, np.array([0.1, 0.3]), (2,), 10, 0)[1][0] == pytest.approx(exact, rel=1e-9)


def test_batches_of_a_stack_have_the_gradients_of_single_batches():
    fit, rng = fit_of("logistic_boundary"), np.random.default_rng(0)
    theta, rows = rng.standard_normal((4, 3, 2)), rng.integers(0, ROWS, (3, 7))
    stack = fit.formula.batch_gradients(theta, rows)
    for rate, draw in itertools.product(range(4), range(3)):
        single = fit.on(rows[draw]).gradient(theta[rate, draw])
        np.testing.assert_allclose(stack[rate, draw], single, rtol=1e-12)


def test_each_batch_size_is_tuned_alike_and_the_full_batch_knows_no_draws():
    fit = fit_of("linear_regression", "standardize")
    found = whole(Contest(fit, check(RULES["sgd"], {}), np.zeros(2), 300, 4).run(0))
    assert found.excess.shape == (len(SIZES), 4)
    np.testing.assert_array_equal(found.excess[-1], found.excess[-1, 0])
    assert found.excess[-1, 0] < 1e-12  # a round bowl: one step at the rate 1
    assert np.isclose(found.rates[:, None], RATES).any(1).all()  # the largest curvature is 1
    theta = np.zeros(2)
    for _step in range(3):
        theta = theta - found.rates[-1] * fit.formula.gradient(theta)
    np.testing.assert_allclose(fit.formula.value(theta) - fit.lowest, found.excess[-1, 0], atol=1e-12)


def test_a_comparison_of_batch_sizes_can_be_interrupted_after_a_hundred_steps(monkeypatch: pytest.MonkeyPatch):
    fit, steps = fit_of("linear_regression"), []
    gradients = type(fit.formula).batch_gradients
    monkeypatch.setattr(type(fit.formula), "batch_gradients", lambda *given: steps.append(1) or gradients(*given))
    contest = Contest(fit, check(RULES["sgd"], {}), np.zeros(2), 250, 2).run(0)
    counts = []
    for _ in contest:
        counts.append(len(steps))
        steps.clear()
    assert sum(counts) + len(steps) == 2 * sum(max(1, 250 // size) for size in SIZES)
    assert max(counts) == 100


@pytest.mark.parametrize("question", ["batch_noise", "batch_progress"])
@pytest.mark.parametrize(
    ("params", "asked", "path"),
    [
        ({"surface": "beale"}, {}, "surface"),
        ({"surface": "linear_regression"}, {"racer": 9}, "racer"),
        ({"surface": "linear_regression"}, {"racer": 99}, "racer"),
    ],
)
def test_questions_about_batches_refuse_with_a_sentence(question, params, asked, path):
    with pytest.raises(InvalidParams) as refusal:
        RACE.ask(RACE.begin(params_of(params), np.random.default_rng(0)), question, asked)
    assert refusal.value.problems[0].path == path


def test_of_a_racer_that_is_out_no_noise_is_told():
    params = {"surface": "linear_regression", "steps": 300, "racers": [{"rule": "sgd", "learning_rate": 10.0}]}
    race = RACE.begin(params_of(params), np.random.default_rng(0))
    race.advance(300)
    answer = RACE.ask(race, "batch_noise", {"racer": 0})
    assert np.isnan(answer["batch_noise"]).all()
    assert "is out" in str(answer["batch_noise_remark"])


def test_random_critical_points_are_minima_as_often_as_the_closed_forms_say():
    draws = 200_000
    for n in (1, 2, 3):
        goe, smooth = share_of_minima(n, draws, np.random.default_rng(n))
        assert abs(goe - GOE_MINIMA[n]) < 4 * np.sqrt(GOE_MINIMA[n] / draws)
        assert abs(smooth - SMOOTH_MINIMA[n]) < 12 * np.sqrt(SMOOTH_MINIMA[n] / draws)
