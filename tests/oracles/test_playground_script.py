"""The exported training, run in PyTorch, walks the laboratory's path: every option alone, and ten mixtures."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from engine.experiments.playground.export import training_script
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.optimizers import RULES
from engine.optimizers.formula_rule import FormulaRule
from engine.params import check
from tests.extras import library

library("torch")
STEPS = 200
SMALL: dict[str, Any] = {"samples": 90, "hidden": [5, 4], "steps": STEPS, "batch_size": 7, "seed": 3}
OWN = {
    "rule": "own",
    "name": "signs",
    "text": "m = 0.9*m + 0.1*g\ntheta = theta - learning_rate*tanh(k*m)",
    "hyperparameters": {"k": {"value": 3.0, "high": 10.0}},
    "learning_rate": 0.01,
}
OPTIONS: dict[str, list[Any]] = {
    "optimizer": [
        *({"rule": name} for name, rule in RULES.items() if issubclass(rule, FormulaRule)),
        {"rule": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
        OWN,
    ],
    "schedule": [
        {"schedule": "step", "every": 30},
        {"schedule": "exponential"},
        {"schedule": "inverse_time"},
        {"schedule": "cosine", "floor": 0.1},
        {"schedule": "warmup"},
        {"schedule": "one_cycle"},
    ],
    "clip": [{"mode": "norm", "threshold": 0.1}, {"mode": "value", "threshold": 0.05}],
    "activation": ["relu", "sigmoid", "gelu", "selu", "prelu", "linear"],
    "hidden": [[], [3], [4, 4, 4, 4]],
    "init": ["he_uniform", "orthogonal", "normal"],
    "batch_norm": [True],
    "dropout": [0.3],
    "batch_size": [1, 40, 2000],
    "l1": [0.01],
    "l2": [0.05],
    "max_norm": [0.8],
    "data": ["clouds", "regression", "spirals"],
    "features": [["x1", "x2_squared", "product", "sin_x1", "sin_x2"]],
    "standardize": [False],
    "wrong_labels": [0.2],
}


def mixture(seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    chosen = {name: rng.choice(values) for name, values in OPTIONS.items() if rng.random() < 0.6}
    if chosen.get("batch_norm") and chosen.get("batch_size") == 1:
        del chosen["batch_size"]  # torch refuses a variance of one row
    return {**chosen, "seed": seed}


CASES = [{}, *({name: value} for name, values in OPTIONS.items() for value in values), *map(mixture, range(10))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_exported_training_gives_the_same_losses_and_weights(case: dict[str, Any]) -> None:
    import torch

    params = check(PlaygroundParams, {**SMALL, **case})
    simulation = PlaygroundSimulation(params, np.random.default_rng(params.seed))
    frame = simulation.advance(STEPS)
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(training_script(params, 0), "training.py", "exec"), space)
    before = torch.get_default_dtype()
    try:
        net, losses = space["train"]()
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_allclose(np.asarray(frame["batch_loss"])[0], losses, rtol=0, atol=1e-9)
    model, theta, running = simulation.net(0)
    ours = {**model.layout.views(theta), **model.layout.running.views(running)}
    theirs = net.state_dict()
    for (name, transposed), (here, mine) in zip(space["PLACES"], ours.items(), strict=True):
        value = theirs[name].numpy()
        if params.batch_norm and here[0] in "bm" and here != f"b{model.depth + 1}" and not here.startswith("beta"):
            continue  # batch normalization takes a bias away again: its gradient is rounding, which rules enlarge
        np.testing.assert_allclose(mine, value.T if transposed else value, rtol=0, atol=1e-9, err_msg=here)
