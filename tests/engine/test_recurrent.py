"""Laws of the recurrent layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.autodiff.tape import backward
from engine.nn.recurrent import RecurrentNet, SharedBuffers, Window
from engine.nn.recurrent.cell import MATRIX_IS_QUICKER, sum_by_pick
from engine.nn.recurrent.initialize import initialize, orthogonal, rescale, singular_and_spectral, spectral_radius
from engine.nn.recurrent.net import CellName
from engine.nn.recurrent.walker import Hold, Walker, draw, mean_loss
from engine.pieces import whole
from tests.engine.recurrent_nets import KINDS, B, H, T, V, build, text


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@pytest.mark.parametrize("layers", [1, 3])
def test_gradient_of_the_whole_window_is_the_numeric_one(kind: Any, layers: int) -> None:
    _, net, parameters = build(kind, layers)
    x, targets = text()
    states = [tuple(np.random.default_rng(9).normal(size=(H, B)) for _ in state) for state in net.zero_state()]
    backward(net.loss(parameters, x, targets, states))
    analytic, theta = parameters.gradient.copy(), parameters.theta
    direction = np.random.default_rng(1).normal(size=(20, len(theta)))
    start = theta.copy()
    for d in direction:
        values = []
        for sign in (1e-5, -1e-5):
            theta[...] = start + sign * d
            values.append(float(net.loss(parameters, x, targets, states).value))
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(analytic @ d, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_gradient_of_the_inputs_and_the_first_state_is_the_numeric_one(kind: Any) -> None:
    _, net, parameters = build(kind)
    cell, rng = net.cells[0], np.random.default_rng(5)
    weights = [parameters[f"{name}0"].value for name in ("Wx", "Wh", "bx", "bh")]
    x, upstream = rng.normal(size=(T, V, B)), rng.normal(size=(T, H, B))
    state = tuple(rng.normal(size=(H, B)) for _ in range(cell.states))
    ends = tuple(rng.normal(size=(H, B)) for _ in range(cell.states))
    from engine.nn.recurrent import Weights

    def objective() -> float:
        h = cell.forward(x, Weights(*weights), state)
        return float(
            (h * upstream).sum() + sum((a * b).sum() for a, b in zip(cell.last_state(), ends, strict=True))
        )

    objective()
    dx = cell.backward(upstream, Weights(*(np.empty_like(w) for w in weights)), upstream_state=ends)
    gradients = [(x, dx), (state[0], cell.DH[0].copy())]
    if cell.states > 1:
        gradients.append((state[1], cell.DC[0].copy()))
    for array, gradient in gradients:
        index = tuple(rng.integers(0, n) for n in array.shape)
        values = []
        for sign in (1e-6, -2e-6):
            array[index] += sign
            values.append(objective())
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(gradient[index], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_windows_with_the_state_carried_are_one_long_window(kind: Any, dtype: Any) -> None:
    _, net, parameters = build(kind, 2, 2 * T, dtype=dtype)
    x, _ = text(length=2 * T)
    whole = net.forward(parameters, x).value.copy()
    first = net.forward(parameters, x[:T]).value.copy()
    second = net.forward(parameters, x[T:], net.last_states()).value
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_picking_a_column_is_multiplying_by_a_one_hot_vector(kind: Any) -> None:
    _, net, parameters = build(kind)
    x, targets = text()
    one_hot = np.eye(V)[x].transpose(0, 2, 1)
    results = []
    for inputs in (x, np.ascontiguousarray(one_hot)):
        parameters.reset()
        loss = net.loss(parameters, inputs, targets)
        backward(loss)
        results.append(np.append(parameters.gradient, loss.value))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("characters", [5, MATRIX_IS_QUICKER * 4])
def test_sum_by_pick_adds_what_np_add_at_adds(characters: int) -> None:
    rng = np.random.default_rng(0)
    columns, picks = rng.normal(size=(8, 900)), rng.integers(0, characters, 900)
    out, expected = np.full((8, characters + 2), np.nan), np.zeros((8, characters + 2))
    np.add.at(expected.T, picks, columns.T)
    sum_by_pick(columns, picks, out)
    np.testing.assert_allclose(out, expected, atol=1e-12)


def test_first_loss_is_ln_of_the_vocabulary_with_a_silent_readout() -> None:
    _, net, parameters = build(KINDS[3])
    parameters["Wy"].value.fill(0)
    parameters["by"].value.fill(0)
    assert float(net.loss(parameters, *text()).value) == pytest.approx(np.log(V), rel=1e-14)


@pytest.mark.parametrize("init", ["torch", "orthogonal", "identity", "xavier", "small_normal", "zeros"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_first_loss_is_near_ln_of_the_vocabulary_under_every_initialization(init: Any, cell: Any) -> None:
    architecture = RecurrentNet(cell, 65, 65, 100)
    theta = initialize(architecture, init, np.random.default_rng(0), forget_bias=1.0)
    ids = np.random.default_rng(1).integers(0, 65, (21, 4))
    loss = Window(architecture, 4, 20).loss(architecture.layout.views(theta), ids[:-1], ids[1:])
    assert float(loss.value) == pytest.approx(np.log(65), rel=0.12 if init == "xavier" else 0.1)


def test_dropout_is_off_at_zero_and_its_gradient_is_the_numeric_one() -> None:
    _, net, parameters = build(KINDS[3], 2)
    x, targets = text()
    plain = float(net.loss(parameters, x, targets).value)
    assert float(net.loss(parameters, x, targets, dropout=0.0, rng=np.random.default_rng(0)).value) == plain
    backward(net.loss(parameters, x, targets, dropout=0.5, rng=np.random.default_rng(0)))
    analytic, theta = parameters.gradient.copy(), parameters.theta
    d, values = np.random.default_rng(2).normal(size=len(theta)), []
    for sign in (1e-6, -2e-6):
        theta += sign * d
        values.append(float(net.loss(parameters, x, targets, dropout=0.5, rng=np.random.default_rng(0)).value))
    assert values[0] != plain
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(analytic @ d, rel=1e-6)


def test_the_nets_own_forward_is_that_of_a_window() -> None:
    for kind in KINDS:
        net, window, parameters = build(kind, 2)
        x = text()[0]
        np.testing.assert_array_equal(net.forward(parameters, x).value, window.forward(parameters, x).value)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_reading_character_by_character_gives_the_window_again(kind: Any) -> None:
    architecture, net, parameters = build(kind, 2)
    x, _ = text()
    h = net.forward(parameters, x).value
    scores = net.scores(parameters, h)[:, :, 0]
    walker = Walker(architecture, architecture.layout.views(parameters.theta), dtype=np.float64)
    np.testing.assert_allclose(walker.read(x[:, 0]), scores, atol=1e-12)


def test_a_held_unit_stays_and_changes_what_follows() -> None:
    architecture, _, parameters = build(KINDS[3], 2)
    views = architecture.layout.views(parameters.theta)
    free, held = Walker(architecture, views), Walker(architecture, views, [Hold(0, 2, 1.5)])
    for character in (1, 2, 3):
        a, b = free.step(character), held.step(character)
        assert held.states[0][1][2, 0] == np.float32(1.5)
    assert np.abs(a - b).max() > 1e-4


def test_mean_loss_over_windows_is_that_of_one_long_window() -> None:
    architecture, net, parameters = build(KINDS[4])
    ids = np.random.default_rng(0).integers(0, V, (3 * T + 3, B))
    views = architecture.layout.views(parameters.theta)
    long = Window(architecture, B, len(ids) - 1, np.float64)
    assert mean_loss(net, views, ids) == pytest.approx(float(long.loss(views, ids[:-1], ids[1:]).value), rel=1e-12)


def test_draw_follows_the_distribution() -> None:
    rng, scores = np.random.default_rng(0), np.log(np.array([0.5, 0.3, 0.2]))
    counts = np.bincount([draw(scores, 1.0, rng) for _ in range(4000)], minlength=3) / 4000
    np.testing.assert_allclose(counts, [0.5, 0.3, 0.2], atol=0.03)
    assert {draw(scores, 0.0, rng) for _ in range(10)} == {0}


def test_orthogonal_matrix_is_orthogonal_and_rescale_sets_the_spectral_radius() -> None:
    Q = orthogonal(8, 8, np.random.default_rng(0))
    np.testing.assert_allclose(Q @ Q.T, np.eye(8), atol=1e-12)
    Wh = np.random.default_rng(1).normal(size=(16, 8))
    whole(rescale(Wh, 0.9))
    for block in Wh.reshape(2, 8, 8):
        singular, spectral = whole(singular_and_spectral(block))
        assert spectral == pytest.approx(0.9)
        assert singular >= spectral


@pytest.mark.parametrize("kind", ["Gaussian", "orthogonal", "nilpotent", "Jordan", "zero", "not finite"])
def test_a_large_matrixs_spectral_radius_is_its_largest_eigenvalue(kind: str) -> None:
    rng, size = np.random.default_rng(3), 300
    matrix = {
        "Gaussian": rng.standard_normal((size, size)),
        "orthogonal": 0.7 * orthogonal(size, size, rng),
        "nilpotent": np.triu(rng.standard_normal((size, size)), 1),
        "zero": np.zeros((size, size)),
        "Jordan": 0.9 * np.eye(size) + np.eye(size, k=1),
        "not finite": np.full((size, size), np.inf),
    }[kind]
    known = {"nilpotent": 0.0, "not finite": math.nan}
    expected = known[kind] if kind in known else np.abs(np.linalg.eigvals(matrix)).max()
    assert whole(spectral_radius(matrix)) == pytest.approx(expected, rel=1e-10, nan_ok=True)


@pytest.mark.parametrize(("cell", "bias"), [("lstm", "forget_bias"), ("gru", "update_bias")])
def test_a_gates_bias_is_added_to_the_gate_that_keeps_the_state_alone(cell: CellName, bias: str) -> None:
    architecture = RecurrentNet(cell, V, V, H, 2)
    plain, biased = (
        architecture.layout.views(
            initialize(architecture, "torch", np.random.default_rng(0), **{bias: b})  # type: ignore[arg-type]  # by name
        )
        for b in (0.0, 2.0)
    )
    for name in plain:
        difference = biased[name] - plain[name]
        if name.startswith("bx"):
            np.testing.assert_allclose(difference[H : 2 * H], 2, rtol=1e-6)
            difference[H : 2 * H] = 0
        assert not difference.any()


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_resized_net_has_nearly_the_same_number_of_parameters(cell: Any) -> None:
    size = RecurrentNet("lstm", 65, 65, 128).layout.size
    other = RecurrentNet("rnn", 65, 65, 10).resized(cell, size)
    assert abs(other.layout.size / size - 1) < 0.01


def test_a_window_longer_than_the_buffers_is_refused() -> None:
    _, net, parameters = build(KINDS[0])
    with pytest.raises(ValueError, match="made for 1 to 7"):
        net.forward(parameters, np.zeros((T + 1, B), int))


def test_layers_share_scratch_memory() -> None:
    architecture = RecurrentNet("lstm", V, V, H, 3)
    scratch = SharedBuffers()
    cells = [architecture.make(layer, B, T, np.float32, scratch) for layer in range(3)]
    assert cells[0].P is cells[1].P is cells[2].P


def test_three_layers_of_256_for_100_steps_of_32_stay_under_200_megabytes() -> None:
    architecture = RecurrentNet("lstm", 65, 65, 256, 3)
    net = Window(architecture, 32, 100)
    ids = np.zeros((101, 32), int)
    parameters = architecture.layout.parameters(architecture.layout.zeros(np.float32))
    backward(net.loss(parameters, ids[:-1], ids[1:]))
    buffers = {
        id(array): array.nbytes
        for cell in net.cells
        for array in vars(cell).values()
        if isinstance(array, np.ndarray)
    }
    buffers |= {id(array): array.nbytes for array in net.cells[0].scratch._buffers.values()}
    assert sum(buffers.values()) < 200e6
