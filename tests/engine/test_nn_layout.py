"""One flat theta: named views, gradients that land in one vector."""

import copy

import numpy as np
import pytest

from engine.autodiff.products import affine
from engine.autodiff.tape import backward, primitive
from engine.nn.layout import Entry, Layout

LAYOUT = Layout([Entry("W", (2, 3)), Entry("b", (3,), "bias"), Entry("unused", (4,), "gain")])


def test_views_share_memory_with_theta() -> None:
    theta = LAYOUT.zeros()
    LAYOUT.views(theta)["b"][...] = 1
    np.testing.assert_array_equal(theta, [0] * 6 + [1] * 3 + [0] * 4)


def test_views_of_a_stack_keep_the_leading_axes() -> None:
    stack = np.zeros((5, LAYOUT.size))
    LAYOUT.views(stack)["W"][2] = 7
    assert stack[2, :6].tolist() == [7.0] * 6
    assert stack.sum() == 42


def test_a_strided_or_wrong_vector_is_refused() -> None:
    with pytest.raises(ValueError, match="contiguous"):
        LAYOUT.views(np.zeros(2 * LAYOUT.size)[::2])
    with pytest.raises(ValueError, match="entries"):
        LAYOUT.views(np.zeros(3))


def test_gradients_land_in_the_flat_vector_and_untouched_parameters_get_zero() -> None:
    theta = np.arange(LAYOUT.size, dtype=float)
    parameters = LAYOUT.parameters(theta, np.full(LAYOUT.size, np.nan))
    x = np.array([[1.0, 2.0]])
    backward(x @ parameters["W"] + parameters["b"], np.ones((1, 3)))
    np.testing.assert_array_equal(parameters.gradient, [1, 1, 1, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0])
    assert np.shares_memory(parameters["W"].gradient, parameters.gradient)
    parameters.reset()
    assert not parameters.gradient.any()


def test_a_pass_overwrites_what_the_one_before_left() -> None:
    parameters = LAYOUT.parameters(np.arange(LAYOUT.size, dtype=float))
    x = np.array([[1.0, 2.0]])
    for _ in range(2):
        parameters.gradient.fill(np.nan)
        parameters.backward(affine(x, parameters["W"], parameters["b"]), np.ones((1, 3)))
        np.testing.assert_array_equal(parameters.gradient, [1, 1, 1, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0])
    parameters.backward(parameters["b"] * 1.0 + parameters["b"], np.ones(3))
    np.testing.assert_array_equal(parameters.gradient, [0] * 6 + [2] * 3 + [0] * 4)


def test_a_pass_that_fails_leaves_nothing_of_the_one_before() -> None:
    parameters = LAYOUT.parameters(np.arange(LAYOUT.size, dtype=float))
    parameters.backward(parameters["W"] * 1.0, np.ones((2, 3)))

    def wrong(g: np.ndarray) -> tuple[np.ndarray]:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        parameters.backward(primitive(np.zeros((2, 3)), (parameters["W"],), wrong))
    assert not parameters.gradient.any()


def test_deepcopy_keeps_leaves_bound_to_the_copied_theta() -> None:
    theta = np.arange(LAYOUT.size, dtype=float)
    original = {"theta": theta, "parameters": LAYOUT.parameters(theta)}
    duplicate = copy.deepcopy(original)
    duplicate["theta"][:] = -1
    np.testing.assert_array_equal(duplicate["parameters"]["b"].value, [-1, -1, -1])
    assert theta[8] == 8
    backward(duplicate["parameters"]["b"] * 1.0, np.ones(3))
    np.testing.assert_array_equal(duplicate["parameters"].gradient[6:9], [1, 1, 1])
    assert not original["parameters"].gradient.any()


def test_kinds_name_stretches_and_say_where_they_start() -> None:
    assert LAYOUT.names("weight", "gain") == ("W", "unused")
    np.testing.assert_array_equal(LAYOUT.start(), [0] * 9 + [1] * 4)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="once"):
        Layout([Entry("W", (2, 2)), Entry("W", (3, 3))])
    with pytest.raises(ValueError, match="once"):
        Layout([Entry("W", (2, 2))], [Entry("W", (2,), "mean")])


def test_what_is_remembered_is_read_beside_what_is_learned() -> None:
    layout = Layout([Entry("W", (2,))], [Entry("m", (3,), "mean"), Entry("v", (3,), "variance")])
    parameters = layout.parameters(np.ones((5, 2)))
    assert parameters.running.shape == (5, 6)
    np.testing.assert_array_equal(parameters["v"], np.ones((5, 3)))
    assert set(parameters) == {"W", "m", "v"}
    duplicate = copy.deepcopy(parameters)
    duplicate.views["m"][...] = 7
    assert duplicate.running[0].tolist() == [7.0] * 3 + [1.0] * 3
    assert not parameters["m"].any()
