"""A rule's PyTorch and NumPy code, run as it is exported, walks the engine's path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.optimizers import RULES, OwnRule
from engine.optimizers.formula_rule import FormulaRule
from engine.params import check
from tests.extras import compares_with, library

STEPS = 60


def variants() -> list[FormulaRule]:
    made: list[FormulaRule] = []
    for rule in RULES.values():
        if issubclass(rule, FormulaRule):
            made.append(check(rule, {"weight_decay": 0.05}))
            made += [check(rule, {"dialect": dialect}) for dialect in rule.dialects]
    made.append(RULES["rmsprop"](centered=True, momentum=0.5))  # type: ignore[arg-type]  # a FormulaRule
    functions = ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "sqrt", "abs"]
    functions += ["sigmoid", "softplus", "relu", "sign"]
    every = " + ".join(f"{name}(a)" for name in functions)
    numbers = " + ".join(f"{name}(s)" for name in functions)
    text = (
        "a = 0.1 + 0.2*sin(g)**2; s = 0.5 + 0.1/t\n"
        "m = max(m, g) + min(0.1, g) - max(k, 0.2)*min(t, 3)\n"
        f"c = where(g > m, {every}, {numbers})\n"
        "state = where(t > 3, state, 1)*0.9\n"
        "theta = theta - learning_rate*c*state"
    )
    own = {"text": text, "name": 'A "strange\\" one\n"""', "hyperparameters": {"k": {"value": 0.3}}}
    return [*made, check(OwnRule, own)]


VARIANTS = [pytest.param(rule, id=f"{rule.rule}{i}") for i, rule in enumerate(variants())]


def slope(theta: np.ndarray) -> np.ndarray:
    """The gradient of a bowl with ripples."""
    return np.array([1.0, 5.0, 0.3]) * theta + np.sin(3 * theta)


def engine_path(rule: FormulaRule) -> np.ndarray:
    theta = np.array([1.0, -2.0, 0.5])
    state, path = rule.init(theta), []
    for _ in range(STEPS):
        rule.update(state, theta, slope(theta))
        path.append(theta.copy())
    return np.array(path)


def exported(code: str) -> Any:
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(code, "exported.py", "exec"), space)
    return next(value for value in space.values() if isinstance(value, type) and value.__module__ == "exported")


@pytest.mark.parametrize("rule", VARIANTS)
def test_numpy_code_walks_the_same_path(rule: FormulaRule) -> None:
    optimizer, theta, path = exported(rule.code("numpy"))(), np.array([1.0, -2.0, 0.5]), []
    for _ in range(STEPS):
        optimizer.step(theta, slope(theta))
        path.append(theta.copy())
    np.testing.assert_allclose(path, engine_path(rule), rtol=1e-9, atol=1e-12)


@compares_with("torch")
@pytest.mark.parametrize("rule", VARIANTS)
def test_pytorch_code_walks_the_same_path(rule: FormulaRule) -> None:
    torch = library("torch")
    theta = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    optimizer, path = exported(rule.code("torch"))([theta]), []
    for _ in range(STEPS):
        theta.grad = torch.tensor(slope(theta.detach().numpy()))
        optimizer.step()
        path.append(theta.detach().numpy().copy())
    np.testing.assert_allclose(path, engine_path(rule), rtol=1e-9, atol=1e-12)


def test_pytorch_code_obeys_torch_schedulers() -> None:
    torch = library("torch")
    theta = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = exported(RULES["sgd"](learning_rate=1.0).code("torch"))([theta])  # type: ignore[attr-defined]  # a FormulaRule
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        theta.grad = torch.ones(1, dtype=torch.float64)
        optimizer.step()
        scheduler.step()
    assert float(theta.detach()) == -1.75


def test_an_exported_adam_is_a_class_of_twenty_lines() -> None:
    code = check(RULES["adam"], {}).code("torch")  # type: ignore[attr-defined]  # a FormulaRule
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) - lines.index("class Adam(torch.optim.Optimizer):") <= 20
    assert max(map(len, lines)) <= 115
