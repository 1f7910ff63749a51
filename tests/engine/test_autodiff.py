"""The tape: gradients of every primitive against central differences, and the rules of the graph."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from engine.autodiff import operations as op
from engine.autodiff import products, shapes
from engine.autodiff.arithmetic import multiply, unbroadcast
from engine.autodiff.tape import Tensor, backward, ordered, primitive
from tests.engine.gradients import check_gradients
from tests.oracles.nn_cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_central_differences(name: str) -> None:
    case = CASES[name]
    check_gradients(case.ours, *case.inputs(name))


@pytest.mark.parametrize("name", CASES)
def test_float32_in_gives_float32_out_and_back(name: str) -> None:
    case = CASES[name]
    leaves = [Tensor(array.astype(np.float32)) for array in case.inputs(name)]
    result = case.ours(*leaves)
    assert result.value.dtype == np.float32
    backward(result)
    assert result.pullback(result.gradient)[0].dtype == np.float32
    assert all(leaf.gradient.dtype == np.float32 for leaf in leaves)


@pytest.mark.parametrize("name", CASES)
def test_a_primitive_has_a_name_and_gives_the_same_gradient_twice(name: str) -> None:
    case = CASES[name]
    leaves = [Tensor(array) for array in case.inputs(name)]
    result = case.ours(*leaves)
    assert result.name
    backward(result)
    once = [leaf.gradient.copy() for leaf in leaves]
    backward(result)
    for leaf, gradient in zip(leaves, once, strict=True):
        np.testing.assert_allclose(leaf.gradient, 2 * gradient, rtol=1e-13)


def test_a_wrong_gradient_rule_is_caught() -> None:
    def wrong(x: object) -> Tensor:
        value = x.value if isinstance(x, Tensor) else np.asarray(x)
        return primitive(np.sin(value), (x,), lambda g: (g * np.cos(value) * (1 + 1e-5),))

    with pytest.raises(AssertionError):
        check_gradients(wrong, np.array([0.3, 0.7]))


def test_branches_sum() -> None:
    x = Tensor(np.array([3.0]))
    backward(x * x + x)
    np.testing.assert_array_equal(x.gradient, [7.0])


def test_a_diamond_is_walked_once_per_node() -> None:
    x = Tensor(np.array([2.0]))
    calls = 0

    def counted(value: Tensor) -> Tensor:
        def pullback(g: np.ndarray) -> tuple[np.ndarray]:
            nonlocal calls
            calls += 1
            return (g,)

        return primitive(value.value.copy(), (value,), pullback)

    y = counted(x)
    backward((y * 2.0) * (y * 3.0))
    assert calls == 1
    np.testing.assert_array_equal(x.gradient, [24.0])


def test_no_gradient_is_changed_after_it_was_handed_on() -> None:
    x, y = Tensor(np.ones(3)), Tensor(np.ones(3))
    total = x + y  # both receive the very same upstream array
    backward(total * 2.0 + x, np.ones(3))
    np.testing.assert_array_equal(x.gradient, [3, 3, 3])
    np.testing.assert_array_equal(y.gradient, [2, 2, 2])
    np.testing.assert_array_equal(total.gradient, [2, 2, 2])


def test_the_neuron_of_the_notes() -> None:
    """w0 x0 + w1 x1 + w2 through a sigmoid: .73, dw (-.20, -.39, .20), dx (.39, -.59)."""
    w, x = Tensor(np.array([2.0, -3.0, -3.0])), Tensor(np.array([-1.0, -2.0]))
    s = op.sigmoid(op.total(shapes.take(w, slice(0, 2)) * x) + shapes.take(w, 2))
    backward(s)
    assert float(s.value) == pytest.approx(0.73, abs=0.005)
    np.testing.assert_allclose(w.gradient, [-0.20, -0.39, 0.20], atol=0.005)
    np.testing.assert_allclose(x.gradient, [0.39, -0.59], atol=0.005)


def test_constants_are_not_recorded() -> None:
    constant = op.exp(np.ones(3)) * 2.0
    assert not constant.tracked
    assert constant.parents == ()
    x = Tensor(np.ones(3))
    product = x * constant
    assert ordered(product) == [product]
    backward(x * constant)
    assert constant.gradient is None


def test_what_the_loss_does_not_use_has_no_gradient() -> None:
    x, y = Tensor(np.ones(2)), Tensor(np.ones(2))
    _ = x * y
    backward(x * 3.0)
    assert y.gradient is None


def test_the_graph_is_freed_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        x = Tensor(np.ones((1, 3)))
        inner = op.exp(x)
        watch = weakref.ref(inner.value)
        loss = op.total(products.affine(op.tanh(inner), Tensor(np.ones((3, 2))), np.ones(2)))
        backward(loss)
        del inner, loss
        assert watch() is None
    finally:
        gc.enable()


def test_float32_stays_float32() -> None:
    x = Tensor(np.ones((2, 3), np.float32))
    y = op.mean(op.exp(x * 2.0) / 3.0 + 1.0)
    backward(y)
    assert y.value.dtype == np.float32
    assert x.gradient is not None
    assert x.gradient.dtype == np.float32


def test_a_thousand_layers_do_not_recurse() -> None:
    x = Tensor(np.array([1.0]))
    y = x
    for _ in range(5000):
        y = multiply(y, 1.0)
    backward(y)
    np.testing.assert_array_equal(x.gradient, [1.0])


def test_ties_share_the_gradient_equally() -> None:
    x = Tensor(np.array([1.0, 1.0, 0.0]))
    backward(op.largest(x))
    np.testing.assert_array_equal(x.gradient, [0.5, 0.5, 0])


def test_unbroadcast_sums_over_new_and_stretched_axes() -> None:
    assert unbroadcast(np.ones((2, 5, 3)), (5, 1)).tolist() == [[6.0]] * 5


def test_room_is_given_once_and_then_gradients_add() -> None:
    buffer = np.zeros((3, 2))
    w = Tensor(np.ones((3, 2)), buffer)
    x = np.ones((4, 3))
    backward(products.affine(x, w) + products.affine(x, w), np.ones((4, 2)))
    np.testing.assert_array_equal(buffer, np.full((3, 2), 8.0))
    w.reset()
    backward(products.affine(x, w), np.ones((4, 2)))
    np.testing.assert_array_equal(buffer, np.full((3, 2), 4.0))
    assert w.gradient is buffer
