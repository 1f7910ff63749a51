"""The playground beyond one net on its points: ensembles, points that are moved, digits, transfer."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from engine.data.digits import sampler
from engine.experiment import experiment
from engine.experiments.playground import ensemble
from engine.experiments.playground.augment import moved
from engine.experiments.playground.choice import Augmentation
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.team import teams_of
from engine.frame import Told
from engine.params import InvalidParams, check
from tests.engine.playgrounds import CSV, begin, last, theta


def test_members_of_an_ensemble_are_what_they_would_be_alone() -> None:
    """Each member's path is that of a team of its own: the same first weights, batches and masks."""
    together = begin(ensemble=5, dropout=0.3, bagging=True, augmentation={"noise": 0.2, "turn": 30})
    assert len(together.teams) == 1
    apart = copy.deepcopy(together)
    everybody = [*apart.learners, *apart.members]
    apart.teams[0].apart()
    for one in everybody[1:]:  # a deck and a die of each one's own, in the same state
        one.rows, one.moves = copy.deepcopy(one.rows), copy.deepcopy(one.moves)
    apart.teams = teams_of(everybody, apart.params, apart.params.optimizer)
    assert len(apart.teams) == 5
    together.advance(40)
    apart.advance(40)
    for run, team in enumerate(apart.teams):
        np.testing.assert_allclose(together.teams[0].theta[run], team.theta[0], rtol=0, atol=1e-12)


def test_the_first_member_is_the_net_itself_unless_bags_are_drawn() -> None:
    alone, crowd = begin(), begin(ensemble=4)
    alone.advance(40)
    frame = crowd.advance(40)
    np.testing.assert_allclose(theta(crowd), theta(alone), rtol=0, atol=1e-12)
    assert np.asarray(frame["member_fields"]).shape[:2] == (2, 4)
    thetas = crowd.teams[0].theta
    assert len(np.unique(thetas[:, 0])) == 4


def test_an_ensemble_of_probabilities_is_never_worse_than_its_members_on_average() -> None:
    """Jensen: -ln of a mean is at most the mean of -ln, at every point."""
    loss = np.asarray(last(ensemble=6, data="moons", noise=0.3, dropout=0.4)["vote_loss"])
    assert (loss[0] <= loss[1] + 1e-12).all()
    assert (loss[2] <= loss[3] + 1e-12).all()
    assert loss[1, -1] - loss[0, -1] > 1e-6


def test_nets_that_dropout_makes_agree_in_the_mean_where_the_net_is_linear() -> None:
    simulation = begin(activation="linear", dropout=0.5, data="regression", hidden=[40])
    simulation.advance(40)
    net = simulation.net(0)
    thetas, _kept = ensemble.thinned(net, np.random.default_rng(0), 0.5)
    many = np.concatenate([ensemble.thinned(net, np.random.default_rng(seed), 0.5)[0] for seed in range(200)])
    np.testing.assert_allclose(many.mean(axis=0), net[1], atol=0.1 * np.abs(net[1]).max())
    assert (thetas == 0).sum() > 100


def test_augmentation_moves_points_and_leaves_a_batch_that_is_not_moved() -> None:
    raw = np.random.default_rng(0).normal(size=(500, 2))
    turned = moved(raw, Augmentation(turn=180), np.random.default_rng(1))
    np.testing.assert_allclose(
        np.linalg.norm(turned - turned.mean(0), axis=1), np.linalg.norm(raw - raw.mean(0), axis=1)
    )
    shifted = moved(raw, Augmentation(shift=0.5), np.random.default_rng(1)) - raw
    np.testing.assert_allclose(shifted, np.broadcast_to(shifted[0], raw.shape))
    assert 0 < np.abs(shifted).max() <= 0.5
    shaken = moved(raw, Augmentation(noise=0.3), np.random.default_rng(1)) - raw
    assert shaken.std() == pytest.approx(0.3, rel=0.05)
    np.testing.assert_array_equal(moved(raw, Augmentation(), np.random.default_rng(1)), raw)


def test_images_turn_and_shift_as_wholes() -> None:
    corner = np.zeros((1, 64))
    corner[0, 7] = 1.0  # the right end of the top row
    quarter = corner @ sampler(np.pi / 2, 0.0, 0.0)
    assert quarter[0].argmax() == 0, "counterclockwise on the screen: to the left end"
    np.testing.assert_allclose(quarter.sum(), 1.0)
    right = np.eye(64)[[0]] @ sampler(0.0, 0.25, 0.5)  # one pixel to the right, two down
    np.testing.assert_allclose(right, np.eye(64)[[2 * 8 + 1]], atol=1e-12)
    assert not (corner @ sampler(0.0, 0.25, 0.0)).any(), "what leaves the image is gone"
    rows = np.random.default_rng(0).random((5, 64))
    np.testing.assert_array_equal(moved(rows, Augmentation(), np.random.default_rng(1), images=True), rows)


def test_digits_are_learned_and_their_pictures_are_counts_of_what_is_held_out() -> None:
    simulation = begin(
        data="digits",
        samples=1797,
        noise=0.0,
        hidden=[24],
        activation="relu",
        init="he_normal",
        batch_size=32,
        steps=300,
        optimizer={"rule": "adam", "learning_rate": 0.01},
        compare=[{"hidden": []}],
    )
    frame = simulation.advance(300)
    points = simulation.points
    accuracy = np.asarray(frame["test_accuracy"])[0, -1]
    assert accuracy > 0.93
    counts = np.asarray(frame["counts"])
    assert counts.shape == (2, 10, 10)
    held = points.targets[points.ends[0] :]
    np.testing.assert_array_equal(counts.sum(axis=2), np.tile(np.bincount(held, minlength=10), (2, 1)))
    parts = [np.asarray(frame[f"{name}_accuracy"])[0, -1] for name in ("validation", "test")]
    sizes = [rows.stop - rows.start for rows in points.parts[1:]]
    assert np.trace(counts[0]) == pytest.approx(np.dot(parts, sizes))
    worst, said = np.asarray(frame["worst"])[0], frame["worst_captions"]
    assert isinstance(said, Told)
    assert np.isfinite(worst[:, 0, 0]).sum() == len(said.content[0]) == min(12, len(held) - np.trace(counts[0]))
    theta = simulation.net(0)[1]
    np.testing.assert_allclose(
        np.asarray(frame["filters"])[0].reshape(24, 64).T, theta[: 64 * 24].reshape(64, 24), rtol=1e-6
    )
    assert "field" not in frame


def test_layers_that_are_kept_frozen_stay_and_others_learn() -> None:
    frozen = begin(data="moons", transfer={"keep": 1, "freeze": True}, compare=[{"hidden": [5, 3]}])
    start = theta(frozen).copy()
    frozen.advance(40)
    end = frozen.net(0)[0].layout.slices["W2"].start
    np.testing.assert_array_equal(theta(frozen)[:end], start[:end])
    assert not np.array_equal(theta(frozen)[end:], start[end:])
    assert not np.array_equal(start[:end], begin(data="moons").net(0)[1][:end])


def test_a_weight_of_a_frozen_layer_that_is_set_by_hand_stays_as_it_was_set() -> None:
    edit = {"step": 5, "layer": 1, "unit": 1, "source": 0, "value": 2.0}
    frozen = begin(data="moons", transfer={"keep": 1, "freeze": True}, edits=[edit])
    before = theta(frozen).copy()
    frozen.advance(30)
    net, after, _running = frozen.net(0)
    end = net.layout.slices["W2"].start
    assert np.flatnonzero(before[:end] != after[:end]).tolist() == [1]
    assert net.layout.views(after)["W1"][0, 1] == 2.0


def test_a_transfer_to_points_of_ones_own_is_refused() -> None:
    with pytest.raises(InvalidParams, match="no task related"):
        check(PlaygroundParams, {"data": {"csv": CSV}, "transfer": {"keep": 1}})


def test_an_ensemble_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(InvalidParams, match=r"about \d+ MB"):
        check(PlaygroundParams, {"hidden": [64] * 8, "ensemble": 32})


def test_the_plane_stands_still_while_it_is_painted_on() -> None:
    def plane(points: list[list[float]]) -> list[float]:
        laboratory = experiment("playground")
        scene = laboratory.scene(check(PlaygroundParams, {"data": {"points": points}}))
        return [float(end) for name in ("field_x", "field_y") for end in np.asarray(scene[name])[[0, -1]]]

    points = [[0.1 * i, 0.05 * i, i % 2] for i in range(-5, 6)]
    assert plane(points) == plane([*points, [1.5, -1.4, 0]]) == [-1.6, 1.6, -1.6, 1.6]
    assert plane([*points, [4.0, 0.0, 1]])[1] >= 4
