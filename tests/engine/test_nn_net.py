"""Laws of the deep net: gradients of every kind of net, modes, copies, memory."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest

from engine.autodiff.tape import Tensor, backward
from engine.nn import ACTIVATIONS, LOSSES, DenseNet, Scales, Workspace
from tests.engine.gradients import check_gradients
from tests.engine.nets import Held

KINDS = list(itertools.product(("none", "batch", "layer"), ("none", "residual", "polynet")))


def build(
    normalization: str = "none", skip: str = "none", activation: str = "tanh", depth: int = 4, **more: object
) -> Held:
    net = Held(DenseNet.uniform(3, depth, 5, 4, activation, normalization=normalization, skip=skip, **more))
    rng = np.random.default_rng(1)
    net.initialize("lecun_normal", rng, Scales(sigma_b=0.3))
    for name, view in net.views.items():
        if name.startswith(("gamma", "beta", "slope")):
            view[...] += 0.2 * rng.normal(size=view.shape)
    return net


def batch(rows: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.normal(size=(rows, 3)), rng.integers(0, 4, rows)


@pytest.mark.parametrize(("normalization", "skip"), KINDS)
@pytest.mark.parametrize("activation", ["tanh", "prelu", "maxout"])
def test_gradient_of_theta_is_the_numeric_one(normalization: str, skip: str, activation: str) -> None:
    net = build(normalization, skip, activation)
    x, y = batch()

    def loss(theta: object) -> Tensor:
        if isinstance(theta, Tensor):  # the leaves' own gradient vector, handed on as theta's
            net.theta[...] = theta.value
            value = net.backward(net.forward(x), y)
            gradient = net.parameters.gradient.copy()
            result = Tensor(value.value)
            result.parents, result.pullback = (theta,), lambda g: (g * gradient,)
            return result
        views = net.net.layout.views(np.asarray(theta))
        return LOSSES["cross_entropy"].function(net.net.forward(views, x).outputs, y)

    check_gradients(loss, net.theta.copy(), step=1e-6, tolerance=2e-6)  # Maxout's kinks are near


@pytest.mark.parametrize(("normalization", "skip"), KINDS)
def test_gradient_of_the_input_is_the_numeric_one(normalization: str, skip: str) -> None:
    net = build(normalization, skip, "softplus")
    check_gradients(lambda x: net.forward(x).outputs, batch()[0], tolerance=2e-6)


@pytest.mark.parametrize(("normalization", "skip"), KINDS)
def test_gradients_of_signals_are_those_of_the_loss(normalization: str, skip: str) -> None:
    """The weight gradient of layer l is h_(l-1)' times the gradient of z_l's own branch."""
    net = build(normalization, skip)
    x, y = batch()
    signals = net.forward(x)
    net.backward(signals, y)
    gradients = net.gradients()
    below = [x, *(layer.output.value for layer in signals.layers)]
    for l in (1, 2, 4):
        g = signals.layers[l - 1].pre.gradient
        assert g is not None
        if skip != "polynet" or l == 1:
            np.testing.assert_allclose(gradients[f"W{l}"], below[l - 1].T @ g, rtol=1e-10)
            np.testing.assert_allclose(gradients[f"b{l}"], g.sum(axis=0), rtol=1e-9, atol=1e-15)


def test_the_fused_path_gives_what_the_general_one_gives() -> None:
    net, x = build(), batch()[0]
    assert net.net.is_plain
    fused = net.forward(x)
    h = x
    for l in range(1, 5):
        layer = net.net.layer(net.parameters, l, h, None)
        np.testing.assert_array_equal(layer.pre.value, fused.layers[l - 1].pre.value)
        np.testing.assert_array_equal(layer.post.value, fused.layers[l - 1].post.value)
        h = layer.output.value


def test_residual_stream_adds_the_branch() -> None:
    net = build(skip="residual")
    layers = net.forward(batch()[0]).layers
    h = layers[1].post.value
    expected = layers[1].pre.value + h @ net.views["W3"] + net.views["b3"]
    np.testing.assert_allclose(layers[2].pre.value, expected)


def test_a_skip_needs_equal_widths() -> None:
    a = DenseNet(3, (4, 4, 5, 5), 2, ("relu",) * 4, skip="residual")
    assert [a.skips(l) for l in (1, 2, 3, 4)] == [False, True, False, True]
    Held(a).forward(np.ones((2, 3)))


def test_polynet_is_identity_plus_f_plus_g_of_f() -> None:
    net = build(skip="polynet", activation="relu")
    layers = net.forward(batch()[0]).layers
    f = layers[0].post.value @ net.views["W2"] + net.views["b2"]
    g = np.maximum(f, 0) @ net.views["V2"] + net.views["c2"]
    np.testing.assert_allclose(layers[1].pre.value, layers[0].pre.value + f + g)


def test_test_mode_uses_running_statistics_and_train_mode_moves_them() -> None:
    net, (x, _) = build("batch"), batch()
    before = net.parameters.running.copy()
    net.forward(x)
    np.testing.assert_array_equal(net.parameters.running, before)
    net.forward(x, "train")
    z = x @ net.views["W1"] + net.views["b1"]
    np.testing.assert_allclose(net.views["mean1"], 0.1 * z.mean(axis=0))
    np.testing.assert_allclose(net.views["variance1"], 0.9 + 0.1 * z.var(axis=0, ddof=1))
    for _ in range(300):
        net.forward(x, "train")
    one_row = net.forward(x[:1], "test").outputs.value
    np.testing.assert_allclose(one_row, net.forward(x, "test").outputs.value[:1])
    net.net.calibrate(net.parameters, x)
    np.testing.assert_allclose(net.forward(x, "test").outputs.value, net.forward(x).outputs.value)


def test_batch_norm_makes_each_feature_mean_zero_variance_one() -> None:
    net = Held(DenseNet.uniform(3, 2, 5, 4, normalization="batch"))
    net.initialize("normal", np.random.default_rng(0), Scales(init_std=50.0))
    normalized = net.forward(batch(200)[0]).layers[0].normalized.value
    np.testing.assert_allclose(normalized.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(normalized.var(axis=0), 1, atol=1e-6)


def test_batch_norm_gradient_sums_to_zero_and_is_orthogonal_to_the_weights() -> None:
    net = Held(DenseNet.uniform(3, 1, 5, 4, normalization="batch"))
    net.initialize("normal", np.random.default_rng(0), Scales(init_std=1e3))  # eps is then nothing
    x, y = batch()
    signals = net.forward(x)
    net.backward(signals, y)
    dz = signals.layers[0].pre.gradient
    assert dz is not None
    scale = np.abs(dz).max()
    np.testing.assert_allclose(dz.sum(axis=0) / scale, 0, atol=1e-12)
    dw = net.gradients()["W1"]
    radial = np.einsum("io,io->o", net.views["W1"], dw) / np.linalg.norm(dw) / np.linalg.norm(net.views["W1"])
    np.testing.assert_allclose(radial, 0, atol=1e-9)


def test_dropout_keeps_the_expectation_with_the_stated_variance() -> None:
    net = Held(DenseNet.uniform(1, 1, 200_000, 0, "linear", dropout=0.25))
    net.theta[...] = 2.0
    dropped = net.forward(np.zeros((1, 1)), "train", np.random.default_rng(0)).layers[0].output.value
    keep = 0.75
    assert dropped.mean() == pytest.approx(2.0, rel=5e-3)
    assert dropped.var() == pytest.approx(4.0 * (1 - keep) / keep, rel=1e-2)
    assert net.forward(np.zeros((1, 1)), "test").outputs.value.mean() == 2.0


def test_plain_dropout_scales_at_test_time_instead() -> None:
    net = Held(DenseNet.uniform(1, 1, 200_000, 0, "linear", dropout=0.25, dropout_scaling="plain"))
    net.theta[...] = 2.0
    dropped = net.forward(np.zeros((1, 1)), "train", np.random.default_rng(0)).outputs.value
    assert dropped.mean() == pytest.approx(1.5, rel=5e-3)
    assert net.forward(np.zeros((1, 1)), "test").outputs.value.mean() == 1.5
    with pytest.raises(ValueError, match="random generator"):
        net.forward(np.zeros((1, 1)), "train")


@pytest.mark.parametrize("scaling", ["inverted", "plain"])
def test_dropouts_gradient_passes_where_the_mask_let_the_value_pass(scaling: str) -> None:
    net = build(dropout=0.4, dropout_scaling=scaling)
    x = batch()[0]
    check_gradients(lambda t: net.forward(t, "train", np.random.default_rng(5)).outputs, x, tolerance=1e-6)
    check_gradients(lambda t: net.forward(t, "test").outputs, x, tolerance=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_copy_is_independent_and_equal(activation: str) -> None:
    net, (x, y) = build("batch", activation=activation), batch()
    twin = copy.deepcopy(net)
    net.theta[...] += 1.0
    net.parameters.running += 1.0
    fresh = build("batch", activation=activation)
    np.testing.assert_array_equal(twin.forward(x, "test").outputs.value, fresh.forward(x, "test").outputs.value)
    twin.backward(twin.forward(x), y)
    fresh.backward(fresh.forward(x), y)
    np.testing.assert_array_equal(twin.parameters.gradient, fresh.parameters.gradient)
    assert not np.shares_memory(twin.theta, net.theta)
    assert np.shares_memory(twin.views["W1"], twin.theta)


def test_a_workspace_changes_no_number_and_takes_no_new_memory() -> None:
    net, (x, y), workspace = build(), batch(), Workspace()
    for scale in (1.0, 2.0, 3.0):
        signals = net.forward(scale * x, workspace=workspace)
        net.backward(signals, y)
        reused = net.parameters.gradient.copy()
        size = workspace.size
        pre = signals.layers[1].pre
        again = net.forward(scale * x)
        net.backward(again, y)
        np.testing.assert_array_equal(reused, net.parameters.gradient)
        np.testing.assert_array_equal(pre.gradient, again.layers[1].pre.gradient)
    net.backward(net.forward(x, workspace=workspace), y)
    assert workspace.size == size
    assert copy.deepcopy(workspace).size == 0


def test_a_diverging_net_gives_infinities_not_warnings() -> None:
    net = build(activation="relu", depth=100)
    net.theta[...] *= 1e9
    signals = net.forward(batch()[0])
    value = net.backward(signals, batch()[1])
    assert not np.isfinite(value.value)


def test_the_first_loss_of_a_silent_net_is_the_log_of_the_classes() -> None:
    net = Held(DenseNet.uniform(3, 2, 5, 7))
    assert float(net.backward(net.forward(np.ones((4, 3))), np.arange(4)).value) == pytest.approx(np.log(7))


def test_equal_weights_give_every_unit_the_same_gradient() -> None:
    net, (x, y) = build(), batch()
    net.initialize("constant", np.random.default_rng(0), Scales(constant=0.3))
    net.backward(net.forward(x), y)
    g = net.gradients()["W2"]
    np.testing.assert_allclose(g, np.broadcast_to(g[:1, :1], g.shape), rtol=1e-12)


def test_plain_arrays_record_nothing() -> None:
    net = build()
    outputs = net.net.forward(net.views, batch()[0]).outputs
    assert not outputs.tracked
    with pytest.raises(ValueError, match="constants alone"):
        backward(outputs)
    assert not net.parameters.gradient.any()


def test_float32_agrees_with_float64_to_its_digits() -> None:
    x, y = batch()
    a = DenseNet.uniform(3, 4, 5, 4)
    wide, narrow = Held(a), Held(a, np.float32)
    for net in (wide, narrow):
        net.initialize("xavier_normal", np.random.default_rng(0))
        net.backward(net.forward(x), y)
    assert narrow.parameters.gradient.dtype == np.float32
    np.testing.assert_allclose(narrow.theta, wide.theta, rtol=1e-6)
    np.testing.assert_allclose(narrow.parameters.gradient, wide.parameters.gradient, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    "fields",
    [
        {"inputs": 0},
        {"widths": ()},
        {"widths": (3, 0)},
        {"activations": ("tanh",)},
        {"dropout": 1.0},
        {"activations": ("tanh", "swoosh")},
    ],
)
def test_impossible_architectures_are_refused(fields: dict[str, object]) -> None:
    good = {"inputs": 2, "widths": (3, 3), "outputs": 1, "activations": ("tanh", "tanh")}
    DenseNet(**good)
    with pytest.raises(ValueError, match=r".+"):
        DenseNet(**{**good, **fields})


def test_memory_is_told_before_any_is_taken() -> None:
    a = DenseNet.uniform(500, 10, 500, 10)
    parameters, signals = a.layout.size, 1000 * 500 * 10
    assert a.memory(1000) > 8 * (2 * parameters + 4 * signals)
    huge = DenseNet.uniform(1000, 200, 1000, 10)
    assert huge.memory(10**6) > 6e12
    assert a.multiplications(1000) == 3 * 1000 * (10 * 500 * 500 + 500 * 10)
