"""The exported training, run in PyTorch, walks the laboratory's path: every option alone, and ten mixtures."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from engine.data.toys import TOYS
from engine.experiments.playground.export import training_script
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.optimizers import RULES
from engine.optimizers.formula_rule import FormulaRule
from engine.params import InvalidParams, check
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
SEARCH = {"rule": "lbfgs", "line_search": "strong_wolfe", "history_size": 5}
"""On all points and without hidden layer: elsewhere its decisions hang on the last digit, and 200 steps part."""
EDITS = [
    {"step": 0, "layer": 1, "unit": 1, "source": 0, "value": 2.0},
    {"step": 50, "layer": 2, "unit": 0, "value": -0.5},
    {"step": 200, "layer": 1, "unit": 2, "source": 1, "value": 0.25},
    {"step": 60, "layer": 8, "unit": 0, "value": 1.0},
]
PAINTED = [[(i % 5) / 4, (i % 7) / 6, i % 3] for i in range(40)]
OPTIONS: dict[str, list[Any]] = {
    "optimizer": [
        *({"rule": name} for name, rule in RULES.items() if issubclass(rule, FormulaRule)),
        {"rule": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
        OWN,
        {"rule": "lbfgs", "learning_rate": 0.1},
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
    "data": ["clouds", "regression", "spirals", "digits", {"points": PAINTED}],
    "augmentation": [{"noise": 0.2}, {"turn": 30, "shift": 0.4}, {"noise": 0.1, "turn": 90, "shift": 0.1}],
    "transfer": [{"keep": 1}, {"keep": 1, "freeze": True}],
    "edits": [EDITS],
    "ensemble": [3],
    "bagging": [True],
    "samples": [300],
    "noise": [0.5],
    "validation_share": [0.0],
    "features": [["x1", "x2_squared", "product", "sin_x1", "sin_x2"]],
    "standardize": [False],
    "wrong_labels": [0.2],
}


def mixture(seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    chosen = {name: rng.choice(values) for name, values in OPTIONS.items() if rng.random() < 0.6}
    if chosen.get("batch_norm") and chosen.get("batch_size") == 1:
        del chosen["batch_size"]  # torch refuses a variance of one row
    if not isinstance(data := chosen.get("data", "circles"), str) or data not in TOYS:
        chosen.pop("transfer", None)  # there is no related task
    return {**chosen, "seed": seed}


CASES = [
    {},
    {"bagging": True, "ensemble": 3},
    {"data": "digits", "augmentation": {"turn": 20, "shift": 0.3, "noise": 0.1}},
    {"optimizer": SEARCH, "batch_size": 2000, "hidden": [], "l2": 0.01},
    {"optimizer": {**SEARCH, "weight_decay": 0.01}, "batch_size": 2000, "hidden": []},
    {"optimizer": SEARCH, "batch_size": 2000, "hidden": [], "clip": {"mode": "norm", "threshold": 0.02}},
    *({name: value} for name, values in OPTIONS.items() for value in values),
    *map(mixture, range(10)),
]


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


def test_a_search_under_dropout_is_refused_with_a_sentence() -> None:
    params = check(PlaygroundParams, {**SMALL, "optimizer": SEARCH, "dropout": 0.2})
    with pytest.raises(InvalidParams, match="no such search under dropout"):
        training_script(params, 0)
