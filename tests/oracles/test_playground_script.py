"""The exported training, run in PyTorch, walks the laboratory's path: every option alone, and ten mixtures."""

from __future__ import annotations

import base64
import random
from typing import Any

import numpy as np
import pytest

from engine.data.toys import TOYS
from engine.experiment import experiment
from engine.experiments.playground.export import training_script
from engine.experiments.playground.params import PlaygroundParams
from engine.experiments.playground.past import Past
from engine.experiments.playground.simulation import PlaygroundSimulation
from engine.optimizers import RULES
from engine.optimizers.formula_rule import FormulaRule
from engine.params import InvalidParams, check
from engine.pieces import whole
from engine.replay import Change, Run
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
"""On all points, convex. On mini-batches the last digit grows tenfold every few steps: see the tests below."""
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
    {"optimizer": {**OWN, "text": "theta = theta - k*factor*g/99"}, "schedule": {"schedule": "cosine"}},
    {"data": "digits", "augmentation": {"turn": 20, "shift": 0.3, "noise": 0.1}},
    {"optimizer": SEARCH, "batch_size": 2000, "hidden": [], "l2": 0.01},
    {"optimizer": {**SEARCH, "weight_decay": 0.01}, "batch_size": 2000, "hidden": []},
    {"optimizer": SEARCH, "batch_size": 2000, "hidden": [], "clip": {"mode": "norm", "threshold": 0.02}},
    *({name: value} for name, values in OPTIONS.items() for value in values),
    *map(mixture, range(10)),
]


ADAM = {"rule": "adam", "learning_rate": 0.02}
FEWER = {"rule": "lbfgs", "learning_rate": 0.1, "history_size": 3}
LIVE: dict[str, tuple[dict[str, Any], dict[int, dict[str, Any]]]] = {
    "batch size": ({}, {40: {"batch_size": 3}, 90: {"batch_size": 2000}, 120: {"batch_size": 11}}),
    "learning rate": ({}, {1: {"optimizer": ADAM}, 70: {"optimizer": {**ADAM, "learning_rate": 0.001}}}),
    "a switch that counts the steps": (
        {"optimizer": {"rule": "momentum"}},
        {20: {"optimizer": {**ADAM, "bias_correction": False}}, 70: {"optimizer": ADAM}},
    ),
    "another rule and back": ({}, {30: {"optimizer": {"rule": "momentum"}}, 60: {"optimizer": ADAM}}),
    "a rule's text": ({"optimizer": OWN}, {50: {"optimizer": {**OWN, "text": "theta = theta - learning_rate*g"}}}),
    "a rule's hyperparameters": ({"optimizer": OWN}, {50: {"optimizer": {**OWN, "learning_rate": 0.002}}}),
    "to L-BFGS and back": ({}, {50: {"optimizer": FEWER}, 100: {"optimizer": ADAM}}),
    "L-BFGS's history": (
        {"optimizer": {**FEWER, "history_size": 8}},
        {40: {"optimizer": FEWER}, 80: {"optimizer": {**FEWER, "history_size": 6, "weight_decay": 0.01}}},
    ),
    "schedule": (
        {},
        {20: {"schedule": {"schedule": "cosine", "floor": 0.1}}, 99: {"schedule": {"schedule": "step"}}},
    ),
    "clipping": ({}, {20: {"clip": {"mode": "norm", "threshold": 0.05}}, 80: {"clip": {"mode": "value"}}}),
    "a frozen weight by hand": (
        {"data": "moons", "transfer": {"keep": 1, "freeze": True}},
        {
            30: {"edits": [{"step": 30, "layer": 1, "unit": 1, "source": 0, "value": 2.0}]},
            60: {"max_norm": 0.7},
            90: {"edits": [{"step": step, "layer": 1, "unit": 0, "value": 1.5} for step in (90, 110)]},
        },
    ),
    "penalties": (
        {"l2": 0.1},
        {50: {"l1": 0.01, "l2": 0.0}, 90: {"max_norm": 0.7}, 150: {"l1": 0.0, "max_norm": 0.0}},
    ),
    "dropout": ({"hidden": [6, 5]}, {20: {"dropout": 0.4}, 90: {"dropout": 0.0}, 130: {"dropout": 0.1}}),
    "augmentation": (
        {},
        {20: {"augmentation": {"noise": 0.2}}, 90: {"augmentation": {}}, 130: {"augmentation": {"turn": 9}}},
    ),
    "at the start": ({}, {0: {"l2": 0.3, "optimizer": {"rule": "nadam"}}}),
    "by hand": ({}, {50: {"edits": EDITS[1:2]}, 70: {"edits": [EDITS[1], {**EDITS[0], "step": 70}], "l2": 0.2}}),
    "all at once": (
        {"compare": [{"hidden": [3]}], "batch_norm": True, "dropout": 0.2},
        {
            60: {
                "batch_size": 20,
                "dropout": 0.5,
                "l1": 0.001,
                "clip": {"mode": "norm"},
                "optimizer": {"rule": "radam"},
            }
        },
    ),
}


@pytest.mark.parametrize("name", LIVE)
def test_what_was_changed_while_it_ran_is_in_the_script_at_its_step(name: str) -> None:
    case, changes = LIVE[name]
    params = check(PlaygroundParams, {**SMALL, **case})
    run = Run(experiment("playground"), params, [Change(step, values) for step, values in changes.items()])
    foretold = [run.ask("training", {"net": net})["code"] for net in range(len(params.nets))]
    losses: list[Any] = []
    while not run.done:
        losses.append(np.asarray(run.advance(STEPS)["batch_loss"]))
    simulation = run.simulation
    assert isinstance(simulation, PlaygroundSimulation)
    for net in range(len(params.nets)):
        code = run.ask("training", {"net": net})["code"]
        assert code == foretold[net], "what a link says is still to come is in it too"
        same(simulation, net, np.concatenate(losses, axis=1)[net], str(code))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_exported_training_gives_the_same_losses_and_weights(case: dict[str, Any]) -> None:
    params = check(PlaygroundParams, {**SMALL, **case})
    simulation = whole(PlaygroundSimulation.begin(params, np.random.default_rng(params.seed)))
    losses = np.asarray(simulation.advance(STEPS)["batch_loss"])[0]
    same(simulation, 0, losses, whole(training_script(Past.of(params), 0)))


def same(simulation: PlaygroundSimulation, place: int, ours_lost: Any, code: str) -> None:
    """Hold a script's losses and weights against those of a net."""
    import torch

    params = simulation.params
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(code, "training.py", "exec"), space)
    before = torch.get_default_dtype()
    try:
        net, losses = space["train"]()
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_allclose(ours_lost, losses, rtol=0, atol=1e-9)
    model, theta, running = simulation.net(place)
    ours = {**model.layout.views(theta), **model.layout.running.views(running)}
    theirs = net.state_dict()
    for (name, transposed), (here, mine) in zip(space["PLACES"], ours.items(), strict=True):
        value = theirs[name].numpy()
        if params.batch_norm and here[0] in "bm" and here != f"b{model.depth + 1}" and not here.startswith("beta"):
            continue  # batch normalization takes a bias away again: its gradient is rounding, which rules enlarge
        np.testing.assert_allclose(mine, value.T if transposed else value, rtol=0, atol=1e-9, err_msg=here)


@pytest.mark.parametrize("hidden", [[], [5, 4]])
def test_a_search_on_mini_batches_parts_from_pytorch_as_pytorch_parts_from_itself(hidden: list[int]) -> None:
    """PyTorch with one bit of one first weight changed is as far from itself as the laboratory is from PyTorch."""
    params = check(PlaygroundParams, {**SMALL, "optimizer": SEARCH, "hidden": hidden})
    simulation = whole(PlaygroundSimulation.begin(params, np.random.default_rng(params.seed)))
    ours = np.asarray(simulation.advance(STEPS)["batch_loss"])[0]
    code = whole(training_script(Past.of(params), 0))
    theirs, nudged = trained(code), trained(code, nudge=True)
    apart, itself = (np.maximum.accumulate(np.abs(other - theirs)) for other in (ours, nudged))
    assert (apart <= 1e4 * itself + 1e-14).all()
    assert apart[10] < 1e-12, "at first they agree"
    assert itself[-1] > 1e-3, "no program can promise 200 of these steps"


def test_a_search_on_all_points_gives_the_losses_of_pytorch_with_hidden_layers_too() -> None:
    params = check(PlaygroundParams, {**SMALL, "optimizer": SEARCH, "batch_size": 2000})
    simulation = whole(PlaygroundSimulation.begin(params, np.random.default_rng(params.seed)))
    ours = np.asarray(simulation.advance(STEPS)["batch_loss"])[0]
    np.testing.assert_allclose(ours, trained(whole(training_script(Past.of(params), 0))), rtol=0, atol=1e-9)


def trained(code: str, nudge: bool = False) -> Any:
    """Return the losses of an exported training, perhaps from a start one bit of which is another."""
    import torch

    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(code, "training.py", "exec"), space)
    if nudge:
        start = np.frombuffer(base64.b64decode(space["START"])).copy()
        start[0] = np.nextafter(start[0], np.inf)
        space["START"] = base64.b64encode(start.tobytes()).decode()
    before = torch.get_default_dtype()
    try:
        return np.array(space["train"]()[1])
    finally:
        torch.set_default_dtype(before)


def test_a_search_under_dropout_is_refused_with_a_sentence() -> None:
    params = check(PlaygroundParams, {**SMALL, "optimizer": SEARCH, "dropout": 0.2})
    with pytest.raises(InvalidParams, match="no such search under dropout"):
        whole(training_script(Past.of(params), 0))
