"""A net's loss on a plane: the paths of `torch.optim`, losses of single passes, and what the words promise."""

import json

import numpy as np
import pytest

from engine.experiments.race.net_plane import MOST_STEPS, SIZES
from engine.experiments.race.small_net import Lessons, SmallNet, train
from engine.nn.planes import Plane, filter_normalized, principal
from engine.optimizers import RULES, Clip
from engine.optimizers.schedules import Constant
from engine.params import InvalidParams, check
from engine.pieces import whole
from tests.engine.races import RACE, params_of
from tests.extras import compares_with, library

FIELD = [
    {"rule": "sgd", "learning_rate": 0.3},
    {"rule": "momentum", "learning_rate": 0.05},
    {"rule": "adam", "learning_rate": 0.02},
    {"rule": "newton"},
    {"rule": "bfgs", "line_search": "strong_wolfe"},
]


def began(**data):
    return RACE.begin(params_of({"racers": FIELD, "steps": 40, **data}), np.random.default_rng(0))


def asked(simulation, **question):
    *_, last = (frame for frame in RACE.answers(simulation, "net_plane", question) if frame is not None)
    return last


def walked(rules, seed=0, steps=40, activation="tanh", **lessons):
    net = SmallNet.made("moons", activation, seed)
    given = {"schedule": Constant(), "clip": Clip(), "noise": 0.0, "batch_size": 100, **lessons}
    return net, whole(train(net, [check(RULES[r["rule"]], r) for r in rules], Lessons(steps, seed=seed, **given)))


@compares_with("torch")
@pytest.mark.parametrize(("activation", "size"), [("tanh", 100), ("relu", 7)])
def test_the_paths_are_those_of_torch(activation, size):
    torch = library("torch")
    rules = [*FIELD[:3], {"rule": "rmsprop", "learning_rate": 0.01}]
    net, paths = walked(rules, activation=activation, batch_size=size)
    made = [torch.optim.SGD, torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop]
    more = [{}, {"momentum": 0.9}, {}, {}]
    inputs = torch.tensor(net.data.inputs)
    targets = torch.tensor(np.asarray(net.data.targets, float))
    act = {"tanh": torch.tanh, "relu": torch.relu}[activation]
    for path, rule, optimizer, others in zip(paths, rules, made, more, strict=True):
        theta = torch.tensor(net.start.copy(), requires_grad=True)
        walk = optimizer([theta], lr=rule["learning_rate"], **others)
        shuffle = np.random.default_rng([0, 12]).spawn(2)[1]
        for k in range(40):
            rows = shuffle.permutation(100)[:size] if size < 100 else slice(None)
            w1, b1, w2, b2, w3, b3 = torch.split(theta, [16, 8, 64, 8, 8, 1])
            h = act(act(inputs[rows] @ w1.view(2, 8) + b1) @ w2.view(8, 8) + b2)
            outputs = (h @ w3.view(8, 1) + b3)[:, 0]
            walk.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets[rows]).backward()
            walk.step()
            np.testing.assert_allclose(path[k + 1], theta.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_the_loss_on_the_plane_is_that_of_single_passes():
    """At every place of the grid, and at each path's nearest point."""
    simulation = began()
    shown = asked(simulation, racer=2)
    net, paths = walked(FIELD)
    end = paths[2, -1]
    whole = principal(paths[[0, 1, 2, 4]].reshape(-1, net.layout.size)).directions
    away = (net.start - end) @ whole.T
    plane = Plane(end, whole * np.where(away > 0, -1.0, 1.0)[:, None])
    x, y = shown["net_x"], shown["net_y"]
    for i, j in [(0, 0), (64, 64), (10, 50), (33, 7)]:
        single = net.value(plane.points(np.array([x[i], y[j]]))[None])[0]
        assert shown["net_loss"][j, i] == pytest.approx(single, rel=1e-6)  # sent as float32
    for k in (0, 17, 40):
        for i in (0, 1, 2, 4):
            assert shown["net_true"][i, k] == pytest.approx(net.value(paths[i, k : k + 1])[0], rel=1e-12)
            nearest = plane.points(plane.coordinates(paths[i, k]))
            assert shown["net_flat"][i, k] == pytest.approx(net.value(nearest[None])[0], rel=1e-12)
            assert shown["net_off"][i, k] == pytest.approx(np.linalg.norm(paths[i, k] - nearest), abs=1e-12)


@pytest.mark.parametrize("plane", ["paths", "path", "random"])
def test_the_plane_holds_the_last_point_so_both_losses_are_one_there(plane):
    shown = asked(began(noise=0.01), racer=1, plane=plane, data="xor", batch_size=9)
    np.testing.assert_allclose(shown["net_paths"][1, -1], 0.0, atol=1e-12)
    assert shown["net_off"][1, -1] == pytest.approx(0.0, abs=1e-12)
    assert shown["net_off_share"][1, -1] == 0.0
    assert shown["net_true"][1, -1] == pytest.approx(shown["net_flat"][1, -1], rel=1e-12)
    assert (shown["net_true"][:3, 0] == shown["net_true"][0, 0]).all()  # the same first weights
    assert shown["net_off"][1, 20] > 0
    on, off = shown["net_paths"][1, 20], shown["net_off"][1, 20]
    if plane != "random":  # directions of length 1 at right angles: Pythagoras
        assert shown["net_off_share"][1, 20] == pytest.approx(off**2 / (off**2 + on @ on), rel=1e-9)
        assert (shown["net_paths"][1, 0] <= 0).all()  # the start lies left and below


def test_principal_components_are_those_of_sklearn():
    decomposition = library("sklearn.decomposition")
    _net, paths = walked(FIELD[:3])
    points = paths.reshape(-1, paths.shape[-1])
    found = principal(points)
    theirs = decomposition.PCA(n_components=2, svd_solver="full").fit(points - points[-1])
    np.testing.assert_allclose(found.shares, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(np.abs((found.directions * theirs.components_).sum(-1)), 1.0, rtol=1e-9)
    _left, sizes, across = np.linalg.svd(points - points.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs((found.directions * across[:2]).sum(-1)), 1.0, rtol=1e-9)
    np.testing.assert_allclose(found.shares, (sizes**2 / (sizes**2).sum())[:2], rtol=1e-9)
    still = principal(np.ones((3, 4)))
    np.testing.assert_allclose(still.directions @ still.directions.T, np.eye(2), atol=1e-12)
    assert not still.shares.any()


def test_random_directions_are_normalized_by_filter_as_in_torch():
    torch = library("torch")
    net = SmallNet.made("circles", "relu", 4)
    found = net.layout.views(filter_normalized(net.layout, net.start, np.random.default_rng(5)))
    rng = np.random.default_rng(5)
    for name, weights in net.layout.views(net.start).items():
        if name.startswith("b"):
            assert not found[name].any()  # as the authors' program leaves them
            continue
        direction = torch.tensor(rng.standard_normal(weights.shape)).T.clone()  # torch: a row for each unit
        for d, w in zip(direction, torch.tensor(weights).T, strict=True):
            d.mul_(w.norm() / d.norm())
        np.testing.assert_allclose(found[name], direction.T.numpy(), rtol=1e-12)


def test_a_point_off_a_slanting_plane_has_its_nearest_point_on_it():
    rng = np.random.default_rng(0)
    plane, point = Plane(rng.normal(size=6), rng.normal(size=(2, 6))), rng.normal(size=6)
    apart = point - plane.points(plane.coordinates(point))
    np.testing.assert_allclose(plane.directions @ apart, 0.0, atol=1e-12)
    assert plane.distance(point) == pytest.approx(np.linalg.norm(apart), rel=1e-12)
    assert float(plane.share_off(plane.origin)) == 0.0


def test_the_answer_grows_and_says_what_it_shows():
    parts = [frame for frame in RACE.answers(began(), "net_plane", {"racer": 2}) if frame is not None]
    assert [frame["net_loss"].shape for frame in parts] == [(n, n) for n in SIZES]
    about = json.loads(parts[-1]["net_about"].text())
    assert "2-8-8-1 net of tanh units with 105 parameters" in about["remark"]
    assert "Newton is left out" in about["remark"]
    assert "BFGS goes farther than this picture shows" in about["remark"]
    assert np.isnan(parts[-1]["net_true"][3]).all()
    x, y, paths = parts[-1]["net_x"], parts[-1]["net_y"], parts[-1]["net_paths"]
    assert x[0] < paths[:3, :, 0].min() <= paths[:3, :, 0].max() < x[-1]
    assert y[0] < paths[:3, :, 1].min() <= paths[:3, :, 1].max() < y[-1]
    assert np.ptp(x) < 0.5 * np.ptp(paths[4], axis=0).max()  # whoever goes far leaves the picture
    fields = parts[-1]["net_fields"]
    assert fields.shape[:2] == (5, len(parts[-1]["net_moments"]))
    assert fields[[0, 1, 2, 4]].min() >= 1
    assert not fields[3].any()


@pytest.mark.parametrize("racer", [0, 4])
def test_the_paths_of_the_race_that_the_page_opens_on_lie_wholly_in_the_picture(racer):
    """Though the longest is many times the shortest, and whichever racer's last point the plane goes through."""
    simulation = RACE.begin(params_of({"steps": 120}), np.random.default_rng(0))
    shown = asked(simulation, racer=racer)
    paths, ends = shown["net_paths"][:5], np.array([shown["net_x"], shown["net_y"]])[:, [0, -1]]  # Newton has none
    assert ((paths > ends[:, 0]) & (paths < ends[:, 1])).all()
    sizes = np.ptp(paths, axis=1).max(-1)
    assert sizes.max() > 10 * sizes.min()
    assert "farther" not in json.loads(shown["net_about"].text())["remark"]


def test_who_diverges_leaves_the_others_alone():
    wild = [{"rule": "sgd", "learning_rate": 100, "weight_decay": 1}, *FIELD[1:3]]
    shown = asked(began(racers=wild), racer=1)
    assert np.isnan(shown["net_true"][0, -1])
    _net, paths = walked(wild)
    _net, alone = walked(wild[1:2])
    np.testing.assert_array_equal(paths[1], alone[0])
    assert np.isfinite(shown["net_loss"]).all()
    for plane in ("paths", "path", "random"):
        own = asked(began(racers=wild), racer=0, plane=plane)
        last = int(np.isfinite(own["net_true"][0]).sum()) - 1  # the plane goes through its last point all the same
        np.testing.assert_allclose(own["net_paths"][0, last], 0.0, atol=1e-9)
        assert own["net_off"][0, last] == pytest.approx(0.0, abs=1e-9)
        assert np.isfinite(own["net_loss"]).all()


def test_what_cannot_be_drawn_is_refused_with_the_remedy():
    with pytest.raises(InvalidParams, match="asks for a Hessian"):
        asked(began(), racer=3)
    with pytest.raises(InvalidParams, match="no racer 7"):
        asked(began(), racer=7)
    with pytest.raises(InvalidParams, match=f"{MOST_STEPS // 5:,} or fewer"):
        asked(began(steps=20_000), racer=0)
