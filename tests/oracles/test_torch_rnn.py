"""Recurrent nets agree with torch: values, gradients, and five training steps with clipping and Adam."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.autodiff.tape import backward
from engine.nn.layout import Parameters
from engine.nn.recurrent import RecurrentNet, Window
from engine.optimizers import RULES, Clip
from tests.extras import compares_with

_spec = importlib.util.spec_from_file_location("torch_rnn", Path(__file__).with_name("torch_rnn.py"))
assert _spec is not None
assert _spec.loader is not None
torch_rnn = importlib.util.module_from_spec(_spec)
sys.modules["torch_rnn"] = torch_rnn
_spec.loader.exec_module(torch_rnn)

CASES = torch_rnn.CASES
NAMES = [case.name for case in CASES]


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    with np.load(torch_rnn.DATA, allow_pickle=False) as data:
        return dict(data)


def window(case: Any, dtype: Any) -> tuple[Window, Parameters, dict[str, Any]]:
    given = torch_rnn.inputs(case)
    V, H, B, T = torch_rnn.V, torch_rnn.H, torch_rnn.B, torch_rnn.T
    architecture = RecurrentNet(case.cell, V, V, H, case.layers, case.activation, case.reset)
    net = Window(architecture, B, T, dtype)
    given["states"] = [tuple(part.astype(dtype) for part in layer) for layer in given["states"]]
    return net, architecture.layout.parameters(given["theta"].astype(dtype)), given


def relative_error(ours: Any, theirs: Any) -> float:
    return float(np.abs(ours - theirs).max() / max(1e-3, np.abs(theirs).max()))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_values_and_gradients_are_those_of_torch(case: Any, dtype: Any, tolerance: float, committed: Any) -> None:
    net, parameters, given = window(case, dtype)
    loss = net.loss(parameters, given["x"], given["targets"], given["states"])
    backward(loss)
    assert relative_error(loss.value, committed[f"{case.name}/loss"]) < tolerance
    assert relative_error(net.last_states()[-1][0], committed[f"{case.name}/last"]) < tolerance
    assert relative_error(parameters.gradient, committed[f"{case.name}/gradient"]) < tolerance
    assert relative_error(net.cells[0].DH[0], committed[f"{case.name}/first_h_gradient"]) < tolerance


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_five_steps_with_clipping_and_adam_are_those_of_torch(
    case: Any, dtype: Any, tolerance: float, committed: Any
) -> None:
    net, parameters, given = window(case, dtype)
    rule = RULES["adam"](learning_rate=torch_rnn.LEARNING_RATE)
    clip = Clip(mode="norm", threshold=torch_rnn.THRESHOLD)
    state = rule.init(parameters.theta)
    norms, losses = [], []
    for _ in range(torch_rnn.STEPS):
        parameters.reset()
        loss = net.loss(parameters, given["x"], given["targets"], given["states"])
        backward(loss)
        norms.append(float(clip.apply(parameters.gradient)))
        rule.update(state, parameters.theta, parameters.gradient)
        losses.append(float(loss.value))
    assert min(norms) > torch_rnn.THRESHOLD  # so that clipping had something to do
    assert relative_error(np.array(losses), committed[f"{case.name}/losses"]) < tolerance
    assert relative_error(parameters.theta, committed[f"{case.name}/trained"]) < tolerance


@compares_with("torch")
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_committed_data_is_what_torch_says_today(case: Any, committed: Any) -> None:
    for key, value in torch_rnn.reference(case).items():
        np.testing.assert_allclose(committed[f"{case.name}/{key}"], value, rtol=1e-10, atol=1e-12)
