"""The tape gives the right gradient or refuses: every way found so far to make one lie."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest

from engine.autodiff import operations as op
from engine.autodiff import products, shapes
from engine.autodiff.arithmetic import add, power
from engine.autodiff.memory import Memory, StaleError
from engine.autodiff.tape import Tensor, backward, constant, primitive
from engine.nn import DenseNet, Trainer, Workspace
from engine.nn.activations import activate, dense
from engine.nn.losses import softmax_cross_entropy
from engine.optimizers import RULES
from tests.engine.gradients import check_gradients
from tests.engine.nets import Held
from tests.extras import library


def plain_net() -> tuple[Held, np.ndarray]:
    rng = np.random.default_rng(0)
    net = Held(DenseNet.uniform(inputs=3, depth=3, width=5, outputs=2))
    net.initialize("xavier_normal", rng)
    return net, rng.normal(size=(7, 3))


def test_a_loss_on_a_plain_nets_pre_activation_reaches_the_weights() -> None:
    net, x = plain_net()
    theta = net.theta.copy()

    def loss_at(values: np.ndarray) -> float:
        z = net.net.forward(net.net.layout.views(values), x).layers[1].pre.value
        return float((z * z).sum())

    pre = net.forward(x).layers[1].pre
    assert pre.tracked
    net.parameters.reset()
    backward(op.total(pre * pre))
    direction = np.random.default_rng(1).normal(size=theta.shape)
    numeric = (loss_at(theta + 1e-6 * direction) - loss_at(theta - 1e-6 * direction)) / 2e-6
    assert net.parameters.gradient @ direction == pytest.approx(numeric, rel=1e-7)


def test_a_second_backward_gives_inner_gradients_of_its_own_and_adds_to_leaves() -> None:
    x = Tensor(np.array([2.0]))
    inner = x * 3.0
    loss = inner * inner
    backward(loss)
    np.testing.assert_array_equal(inner.gradient, [12.0])
    backward(loss)
    np.testing.assert_array_equal(inner.gradient, [12.0])
    np.testing.assert_array_equal(x.gradient, [72.0])
    backward(loss, 2.0 * np.ones(1))
    np.testing.assert_array_equal(inner.gradient, [24.0])


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_every_use_counts(shape: tuple[int, ...]) -> None:
    x = Tensor(np.full(shape, 2.0))
    inner = x * 1.0
    backward(op.total(inner + inner * inner + op.exp(inner) + inner / 4.0 + op.relu(inner)))
    np.testing.assert_allclose(x.gradient, np.full(shape, 1 + 4 + np.exp(2) + 0.25 + 1))


def test_two_losses_share_a_trunk() -> None:
    x = Tensor(np.array([2.0]))
    trunk = x * x
    first, second = trunk * 3.0, trunk * 5.0
    backward(first)
    backward(second)
    np.testing.assert_array_equal(trunk.gradient, [5.0])
    np.testing.assert_array_equal(x.gradient, [32.0])


def test_recorded_values_cannot_be_overwritten() -> None:
    x = Tensor(np.ones(3))
    y = op.exp(x)
    with pytest.raises(ValueError, match="read-only"):
        y.value[0] = 5.0
    linear = activate("linear", Tensor(np.ones((2, 2))))
    assert linear.value is not x.value
    x.value[0] = 2.0  # a leaf's array stays its owner's


def test_a_pass_that_a_workspace_overwrote_is_refused() -> None:
    net, x = plain_net()
    workspace = Workspace()
    first = net.forward(x, workspace=workspace)
    loss = softmax_cross_entropy(first.outputs, np.zeros(7, int))
    net.forward(x + 1.0, workspace=workspace)
    with pytest.raises(StaleError, match="overwritten"):
        backward(loss)
    with pytest.raises(StaleError, match="overwritten"):
        op.total(first.layers[0].post)


def test_the_inputs_gradient_outlives_the_workspace() -> None:
    net, x = plain_net()
    inputs, workspace = Tensor(x), Workspace()
    net.parameters.backward(net.forward(inputs, workspace=workspace).outputs, np.ones((7, 2)))
    kept = inputs.gradient.copy()
    net.forward(x + 1.0, workspace=workspace)
    net.forward(x - 1.0, workspace=workspace)
    np.testing.assert_array_equal(inputs.gradient, kept)


def test_what_an_owner_overwrote_is_stale() -> None:
    class Buffers(Memory):
        pass

    owner, x = Buffers(), Tensor(np.ones(2))
    y = primitive(x.value * 2, (x,), lambda g: (2 * g,), "twice", owner)
    loss = op.total(y)
    owner.generation += 1
    for use in (lambda: backward(loss), lambda: y * 2.0):
        with pytest.raises(StaleError):
            use()


def test_a_leaf_that_is_the_loss_receives_its_gradient_in_its_buffer() -> None:
    buffer = np.zeros(2)
    x = Tensor(np.ones(2), buffer)
    backward(x)
    backward(x)
    np.testing.assert_array_equal(buffer, [2, 2])
    assert x.gradient is buffer


def test_a_loss_of_constants_is_refused() -> None:
    with pytest.raises(ValueError, match="constants alone"):
        backward(op.exp(np.ones(3)))
    with pytest.raises(ValueError, match="constants alone"):
        backward(constant(Tensor(np.ones(3))) * 2.0)


@pytest.mark.parametrize("upstream", [np.ones(2), np.ones((3, 1)), np.ones((1, 3)), 1.0])
def test_upstream_of_another_shape_is_refused(upstream: np.ndarray) -> None:
    x = Tensor(np.ones(3))
    with pytest.raises(ValueError, match="upstream"):
        backward(x * 2.0, upstream)


def test_the_callers_upstream_may_be_reused() -> None:
    x = Tensor(np.ones(3))
    upstream, inner = np.ones(3), x * 2.0
    backward(inner, upstream)
    upstream[:] = 7
    np.testing.assert_array_equal(inner.gradient, [1, 1, 1])
    np.testing.assert_array_equal(x.gradient, [2, 2, 2])


def test_a_rule_that_returns_another_shape_is_refused() -> None:
    x = Tensor(np.ones((2, 3)), np.zeros((2, 3)))
    wrong = primitive(x.value * 2, (x,), lambda g: (g[0],), "wrong")
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        backward(wrong)


@pytest.mark.parametrize("value", [np.ones(3, int), np.ones(3, bool), np.ones(3, complex), np.array(["a"])])
def test_leaves_of_anything_but_floats_are_refused(value: np.ndarray) -> None:
    with pytest.raises(TypeError, match="floats"):
        Tensor(value)


def test_a_buffer_that_cannot_hold_the_gradient_is_refused() -> None:
    value = np.ones((2, 3))
    with pytest.raises(ValueError, match="shape"):
        Tensor(value, np.zeros(3))
    with pytest.raises(ValueError, match="memory"):
        Tensor(value, value)


def test_a_buffer_handed_over_dirty_is_zeroed() -> None:
    buffer = np.full((3, 2), 9.0)
    w = Tensor(np.ones((3, 2)), buffer)
    backward(products.affine(np.ones((4, 3)), w) + products.affine(np.ones((4, 3)), w))
    np.testing.assert_array_equal(buffer, np.full((3, 2), 8.0))


def test_what_a_penalty_wrote_into_the_buffer_is_added_to() -> None:
    buffer = np.zeros((3, 2))
    w = Tensor(np.ones((3, 2)), buffer)
    w.reset()
    buffer += 0.5
    backward(products.affine(np.ones((4, 3)), w))
    np.testing.assert_array_equal(buffer, np.full((3, 2), 4.5))


def test_one_leaf_as_input_and_weight_and_bias_receives_all_three() -> None:
    check_gradients(
        lambda w: products.affine(w, w, shapes.take(w, 0)), np.random.default_rng(0).normal(size=(3, 3))
    )
    buffer = np.zeros((3, 3))
    value = np.random.default_rng(0).normal(size=(3, 3))
    owned, free = Tensor(value, buffer), Tensor(value)
    for w in (owned, free):
        backward(products.affine(products.affine(w, w), w))
    np.testing.assert_allclose(buffer, free.gradient, rtol=1e-14)


@pytest.mark.parametrize("other", [np.full((2, 1, 3), 3.0), np.float64(3.0), 3, np.full(3, 3)])
def test_mixtures_of_types_keep_each_leafs_own(other: np.ndarray) -> None:
    x = Tensor(np.ones((4, 3), np.float32))
    inner = x * other
    backward(op.total(inner + inner * other))
    assert x.gradient.dtype == np.float32
    copies = 2 if np.ndim(other) == 3 else 1
    np.testing.assert_array_equal(x.gradient, np.full((4, 3), copies * 12.0))


def test_narrow_times_wide_gives_each_leaf_a_gradient_of_its_own_type() -> None:
    narrow, wide = Tensor(np.ones((2, 3), np.float32)), Tensor(np.ones((3, 4)))
    product = products.affine(narrow, wide)
    assert product.value.dtype == np.float64
    backward(op.mean(product * product))
    assert (narrow.gradient.dtype, wide.gradient.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize(
    "call",
    [np.sum, np.mean, np.exp, np.asarray, lambda x: np.concatenate([x, x]), lambda x: np.where(True, x, x), float],
)
def test_numpy_functions_refuse_a_tensor(call: Callable[[Tensor], object]) -> None:
    with pytest.raises(TypeError):
        call(Tensor(np.ones(1)))


def test_a_tensor_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="true"):
        bool(Tensor(np.zeros(1)))


def test_a_deep_copy_of_a_computed_tensor_is_a_constant() -> None:
    x = Tensor(np.ones(2))
    copied = copy.deepcopy({"x": x, "loss": op.total(x * x)})
    with pytest.raises(ValueError, match="constants"):
        backward(copied["loss"])
    backward(op.total(copied["x"] * 3.0))
    assert x.gradient is None
    np.testing.assert_array_equal(copied["x"].gradient, [3, 3])


def test_index_arrays_may_be_reused_by_their_owner() -> None:
    x, rows = Tensor(np.arange(4.0)), np.array([0, 1])
    y, table = shapes.take(x, rows), shapes.gather(shapes.reshape(x, (4, 1)), rows)
    rows[:] = 3
    backward(op.total(y))
    backward(op.total(table))
    np.testing.assert_array_equal(x.gradient, [2, 2, 0, 0])


@pytest.mark.parametrize("targets", [[0, 3], [-1, 0]])
@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_a_target_that_is_no_class_is_refused(targets: list[int], dtype: type) -> None:
    with pytest.raises(IndexError, match="classes"):
        softmax_cross_entropy(Tensor(np.zeros((2, 3))), np.array(targets, dtype))


def test_an_embedding_index_outside_the_table_is_refused() -> None:
    for index in (-1, 4):
        with pytest.raises(IndexError, match="table of 4"):
            shapes.gather(Tensor(np.zeros((4, 2))), np.array([index]))


def test_a_power_of_zero_has_torchs_gradients() -> None:
    torch = library("torch")
    base, exponent = np.array([0.0, 0.0, 2.0, 2.0, 0.0]), np.array([0.0, 2.0, 0.0, -1.5, 1.0])
    ours = Tensor(base), Tensor(exponent)
    theirs = [torch.tensor(array, requires_grad=True) for array in (base, exponent)]
    with np.errstate(all="ignore"):
        backward(power(*ours))
    (theirs[0] ** theirs[1]).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.gradient, b.grad.numpy())


def test_dense_is_on_the_tape_twice() -> None:
    rng = np.random.default_rng(0)
    check_gradients(
        lambda x, w, b: add(*dense(x, w, b, "tanh")), *(rng.normal(size=shape) for shape in ((5, 3), (3, 4), (4,)))
    )


def test_a_graph_from_before_an_update_of_the_parameters_is_refused() -> None:
    held, x = plain_net()
    trainer = Trainer(held.parameters, RULES["sgd"](learning_rate=0.1))
    before = op.total(held.forward(x).outputs)
    with_workspace = op.total(held.forward(x, workspace=Workspace()).outputs)
    trainer.step(held.loss(x, np.zeros(7, int)))
    for loss in (before, with_workspace):
        with pytest.raises(StaleError, match="update"):
            backward(loss)
    held.parameters.backward(op.total(held.forward(x).outputs))
