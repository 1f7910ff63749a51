"""Every primitive, activation, layer and loss gives torch's value and torch's gradient, to 1e-10."""

from __future__ import annotations

import numpy as np
import pytest

from engine.autodiff.tape import Tensor, backward
from tests.extras import library
from tests.oracles.nn_cases import CASES
from tests.oracles.torch_nn import DATA, answers

REFERENCE = np.load(DATA)


def expected(name: str) -> list[np.ndarray]:
    count = 1 + len(CASES[name].shapes)
    return [REFERENCE[f"{name}.{position}"] for position in range(count)]


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients_are_torchs(name: str) -> None:
    case = CASES[name]
    leaves = [Tensor(array) for array in case.inputs(name)]
    result = case.ours(*leaves)
    value, *gradients = expected(name)
    np.testing.assert_allclose(result.value, value, rtol=1e-10, atol=1e-10)
    backward(result, case.projection(name, result.shape))
    for leaf, gradient in zip(leaves, gradients, strict=True):
        np.testing.assert_allclose(leaf.gradient, gradient, rtol=1e-10, atol=1e-10)


def test_the_reference_file_is_what_torch_says_here() -> None:
    library("torch")
    for name, case in CASES.items():
        for stored, fresh in zip(expected(name), answers(name, case), strict=True):
            np.testing.assert_allclose(stored, fresh, rtol=1e-12, atol=1e-12, err_msg=name)
