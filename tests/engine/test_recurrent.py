"""Laws of the recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.autodiff.arithmetic import add, multiply
from engine.autodiff.memory import StaleError
from engine.autodiff.operations import total
from engine.autodiff.tape import backward
from engine.nn.recurrent import RecurrentNet, Scratch, Window
from engine.nn.recurrent.cell import MATRIX_IS_QUICKER, sum_by_pick
from engine.nn.recurrent.initialize import initialize, orthogonal, rescale, singular_and_spectral
from engine.nn.recurrent.net import CellName
from engine.nn.recurrent.primitives import recur, weights_of
from engine.nn.recurrent.walker import Hold, Walker, draw, mean_loss

V, H, B, T = 6, 4, 3, 7
KINDS = [
    ("rnn", "tanh", "after"),
    ("rnn", "relu", "after"),
    ("rnn", "linear", "after"),
    ("lstm", "tanh", "after"),
    ("gru", "tanh", "after"),
    ("gru", "tanh", "before"),
]


def build(kind: Any, layers: int = 1, length: int = T, batch: int = B, dtype: Any = np.float64) -> Any:
    cell, activation, reset = kind
    architecture = RecurrentNet(cell, V, V, H, layers, activation, reset)
    theta = initialize(architecture, "torch", np.random.default_rng(3), dtype=dtype)
    return architecture, Window(architecture, batch, length, dtype), architecture.layout.parameters(theta)


def text(seed: int = 0, length: int = T) -> tuple[Any, Any]:
    ids = np.random.default_rng(seed).integers(0, V, (length + 1, B))
    return ids[:-1], ids[1:]


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
    Q = orthogonal(8, np.random.default_rng(0))
    np.testing.assert_allclose(Q @ Q.T, np.eye(8), atol=1e-12)
    Wh = np.random.default_rng(1).normal(size=(16, 8))
    rescale(Wh, 0.9)
    for block in Wh.reshape(2, 8, 8):
        singular, spectral = singular_and_spectral(block)
        assert spectral == pytest.approx(0.9)
        assert singular >= spectral


@pytest.mark.parametrize(("cell", "bias"), [("lstm", "forget_bias"), ("gru", "update_bias")])
def test_a_gates_bias_is_added_to_the_gate_that_keeps_the_state_alone(cell: CellName, bias: str) -> None:
    architecture = RecurrentNet(cell, V, V, H, 2)
    plain, biased = (
        architecture.layout.views(
            initialize(architecture, "torch", np.random.default_rng(0), **{bias: b})  # type: ignore[arg-type]
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
    scratch = Scratch()
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


# one cell, several windows


def twice(window: Window, parameters: Any, x: Any, second: Any) -> Any:
    """Return a loss of two windows that one net read on one tape."""
    return total(multiply(window.forward(parameters, x), window.forward(parameters, second)))


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_net_may_read_twice_on_one_tape(kind: Any, layers: int) -> None:
    _, window, parameters = build(kind, layers)
    x, second = text()[0], text(1)[0]
    loss = twice(window, parameters, x, second)
    apart = np.vdot(window.forward(parameters.views, x).value, window.forward(parameters.views, second).value)
    assert float(loss.value) == pytest.approx(float(apart), rel=1e-12)
    parameters.backward(loss)
    analytic, start = parameters.gradient.copy(), parameters.theta.copy()
    for d in np.random.default_rng(1).normal(size=(5, start.size)):
        values = []
        for sign in (1e-5, -1e-5):
            parameters.theta[...] = start + sign * d
            values.append(float(twice(window, parameters.views, x, second).value))
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(analytic @ d, rel=1e-6, abs=1e-8)


def test_two_losses_of_one_window_each_have_their_gradient() -> None:
    net, window, parameters = build(KINDS[3])
    x, targets = text()
    other, further = text(1)
    both = add(window.loss(parameters, x, targets), window.loss(parameters, other, further))
    parameters.backward(both)
    together = parameters.gradient.copy()
    alone = np.zeros_like(together)
    for pair in ((x, targets), (other, further)):
        parameters.backward(Window(net, B, T, np.float64).loss(parameters, *pair))
        alone += parameters.gradient
    np.testing.assert_allclose(together, alone, rtol=1e-10, atol=1e-14)


def test_what_was_read_with_plain_weights_is_not_overwritten_by_the_next_window() -> None:
    _, window, parameters = build(KINDS[4])
    h = window.forward(parameters.views, text()[0]).value
    kept = h.copy()
    window.forward(parameters, text(1)[0])
    np.testing.assert_array_equal(h, kept)


def test_a_cell_used_twice_by_hand_is_refused_on_the_way_back() -> None:
    _, window, parameters = build(KINDS[3])
    weights = weights_of(parameters, 0)
    first = recur(window.cells[0], text()[0], weights).h
    second = recur(window.cells[0], text(1)[0], weights).h
    with pytest.raises(StaleError, match="overwritten"):
        backward(total(multiply(second, first)))


def test_going_back_twice_through_one_window_is_refused() -> None:
    _, window, parameters = build(KINDS[3])
    loss = window.loss(parameters, *text())
    backward(loss)
    with pytest.raises(StaleError, match="overwritten"):
        backward(loss)


def test_training_needs_one_set_of_buffers() -> None:
    _, window, parameters = build(KINDS[3], 2)
    cells = window.cells
    for _ in range(3):
        loss = window.loss(parameters, *text())
        parameters.backward(loss)
    assert window.cells is cells
    first = window.forward(parameters, text()[0])
    second = window.forward(parameters, text()[0])
    assert window.cells is not cells
    del first, second
    window.forward(parameters, text()[0])
    assert window.cells is not None
    assert len(window._sets) == 1


# a state that a gradient flows into


def from_encoder_to_decoder(windows: Any, p: Any, q: Any, x: Any, y: Any) -> Any:
    """Return the loss of a decoder that begins with what an encoder ended with."""
    encoder, decoder = windows
    encoder.forward(p, x)
    return decoder.loss(q, y[:-1], y[1:], encoder.ends())


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_gradient_flows_from_a_decoder_into_its_encoder(kind: Any, layers: int) -> None:
    _, encoder, p = build(kind, layers)
    net, decoder, q = build(kind, layers)
    q.theta[...] = initialize(net, "torch", np.random.default_rng(8), dtype=np.float64)
    x, y = text()[0], text(1)[0]
    p.reset()
    q.backward(from_encoder_to_decoder((encoder, decoder), p, q, x, y))
    for parameters in (p, q):
        analytic, start = parameters.gradient.copy(), parameters.theta.copy()
        assert np.abs(analytic).max() > 1e-3
        for d in np.random.default_rng(1).normal(size=(5, start.size)):
            values = []
            for sign in (1e-5, -1e-5):
                parameters.theta[...] = start + sign * d
                values.append(float(from_encoder_to_decoder((encoder, decoder), p.views, q.views, x, y).value))
            parameters.theta[...] = start
            assert (values[0] - values[1]) / 2e-5 == pytest.approx(analytic @ d, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_encoder_and_decoder_are_torchs(cell: Any) -> None:
    torch = pytest.importorskip("torch")
    nets = [build((cell, "tanh", "after"), 2) for _ in range(2)]
    p, q = (parameters for _, _, parameters in nets)
    q.theta[...] = np.random.default_rng(8).uniform(-0.5, 0.5, q.theta.size)
    x, y = text()[0], text(1)[0]
    p.reset()
    loss = from_encoder_to_decoder((nets[0][1], nets[1][1]), p, q, x, y)
    q.backward(loss)
    names = {"Wx": "weight_ih_l", "Wh": "weight_hh_l", "bx": "bias_ih_l", "bh": "bias_hh_l"}
    modules, grown = [], []
    for parameters in (p, q):
        module = getattr(torch.nn, cell.upper())(V, H, 2, dtype=torch.float64)
        with torch.no_grad():
            for layer in range(2):
                for ours, theirs in names.items():
                    value = torch.from_numpy(parameters.views[f"{ours}{layer}"])
                    getattr(module, f"{theirs}{layer}").copy_(value)
        modules.append(module)
    eye = torch.eye(V, dtype=torch.float64)
    _, state = modules[0](eye[x])
    h, _ = modules[1](eye[y[:-1]], state)
    Wy, by = (torch.tensor(q.views[name]) for name in ("Wy", "by"))
    theirs = torch.nn.functional.cross_entropy((h @ Wy.T + by).reshape(-1, V), torch.from_numpy(y[1:]).reshape(-1))
    theirs.backward()
    assert float(loss.value) == pytest.approx(float(theirs.detach()), rel=1e-13)
    for parameters, module in zip((p, q), modules, strict=True):
        found = parameters.layout.views(parameters.gradient)
        for layer in range(2):
            for ours, name in names.items():
                expected = getattr(module, f"{name}{layer}").grad.numpy()
                np.testing.assert_allclose(found[f"{ours}{layer}"], expected, rtol=1e-9, atol=1e-14)
                grown.append(np.abs(expected).max())
    assert min(grown) > 1e-6
