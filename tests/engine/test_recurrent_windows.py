"""Laws of recurrent nets that read several windows on one tape: twice over, or as encoder and decoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.autodiff.arithmetic import add, multiply
from engine.autodiff.memory import StaleError
from engine.autodiff.operations import total
from engine.autodiff.tape import backward
from engine.nn.recurrent import Window
from engine.nn.recurrent.initialize import initialize
from engine.nn.recurrent.primitives import recur, weights_of
from tests.engine.recurrent_nets import KINDS, B, H, T, V, build, text
from tests.extras import compares_with, library


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


@compares_with("torch")
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_encoder_and_decoder_are_torchs(cell: Any) -> None:
    torch = library("torch")
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
