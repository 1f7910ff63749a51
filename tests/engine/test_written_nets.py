"""A net written out as an expression computes the net's own loss and gradients."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import engine
from engine.autodiff.tape import Tensor, backward, read
from engine.experiment import experiment
from engine.experiments.graph.walked import Walked, walked
from engine.nn import written
from engine.nn.activations import ACTIVATIONS
from engine.nn.dense import DenseNet
from engine.nn.losses import LOSSES, sigmoid_cross_entropy
from engine.nn.recurrent import RecurrentNet
from engine.nn.recurrent.written import recurrent
from engine.params import InvalidParams, Refusal, check
from engine.replay import Run

RNG = np.random.default_rng(0)


def parameters(net: Any) -> dict[str, np.ndarray]:
    """Random values for every parameter, far from where nets start."""
    theta = RNG.normal(size=net.layout.size) * 0.6
    return {name: view.copy() for name, view in net.layout.views(theta).items()}


def drawn(net: written.Written) -> Walked:
    """Walk it as the graph's laboratory would, with its values after a way through JSON."""
    checked = check(experiment("graph").Params, net.plain())
    return walked(checked.expression, checked.values)


def gradients(seen: Walked) -> dict[str, np.ndarray]:
    return {node.label: seen.of(node, seen.gradients) for node in seen.leaves}


def compare(net: DenseNet, rows: int, loss: str, **views: np.ndarray) -> None:
    """Hold loss and gradients against those of the net's own tape."""
    values = {**parameters(net), **views}
    inputs = RNG.normal(size=(rows, net.inputs))
    targets = RNG.integers(0, net.outputs, rows)
    if loss == "squared_error":
        targets = RNG.normal(size=(rows, net.outputs))
    leaves = {name: Tensor(value) for name, value in values.items()}
    result = LOSSES[loss].function(net.forward(leaves, inputs).outputs, targets)
    backward(result)
    seen = drawn(written.dense(net, values, inputs, targets, loss))
    assert float(seen.output.value) == pytest.approx(float(result.value), rel=1e-12)
    found = gradients(seen)
    wanted = {name: leaf.gradient for name, leaf in leaves.items() if leaf.gradient is not None}
    for name in wanted.keys() - found.keys():  # of Maxout: its two pieces, column beside column
        letter, place = re.fullmatch(r"([A-Za-z]+)(\d+)", name).groups()
        found[name] = np.concatenate([found.pop(f"{letter}{piece}{place}") for piece in "ab"], axis=-1)
    assert set(found) - {"x", "t"} == set(wanted)
    for name, gradient in wanted.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_a_dense_net_of_any_activation_is_written_as_it_computes(activation: str) -> None:
    compare(DenseNet.uniform(3, 3, 4, 3, activation), 1, "cross_entropy")


@pytest.mark.parametrize("rows", [1, 4])
def test_two_classes_with_one_output_are_written_as_they_compute(rows: int) -> None:
    net = DenseNet.uniform(3, 2, 5, 1)
    values, inputs, targets = parameters(net), RNG.normal(size=(rows, 3)), RNG.integers(0, 2, rows)
    leaves = {name: Tensor(value) for name, value in values.items()}
    result = sigmoid_cross_entropy(net.forward(leaves, inputs).outputs, targets)
    backward(result)
    seen = drawn(written.dense(net, values, inputs, targets, "sigmoid_cross_entropy"))
    assert float(seen.output.value) == pytest.approx(float(result.value), rel=1e-12)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(gradients(seen)[name], leaf.gradient, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("rows", [1, 3])
def test_every_loss_of_one_row_or_more_is_written_as_it_computes(loss: str, rows: int) -> None:
    compare(DenseNet.uniform(3, 2, 5, 4), rows, loss)


@pytest.mark.parametrize("activation", ["relu", "maxout"])
@pytest.mark.parametrize("skip", ["residual", "polynet"])
@pytest.mark.parametrize(("normalization", "rows"), [("none", 1), ("batch", 3), ("layer", 1), ("layer", 3)])
def test_skips_and_normalization_are_written_as_they_compute(
    skip: Any, normalization: Any, rows: int, activation: str
) -> None:
    net = DenseNet.uniform(3, 4, 4, 2, activation, skip=skip, normalization=normalization)
    compare(net, rows, "cross_entropy")


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("rnn", {}),
        ("rnn", {"activation": "relu"}),
        ("rnn", {"activation": "linear", "layers": 2}),
        ("lstm", {}),
        ("lstm", {"layers": 2}),
        ("gru", {}),
        ("gru", {"reset": "before", "layers": 2}),
    ],
)
def test_a_recurrent_net_is_written_as_it_computes(cell: Any, options: dict[str, Any]) -> None:
    net = RecurrentNet(cell, 5, 5, 3, **options)
    views = parameters(net)
    ids = RNG.integers(0, 5, 4)
    leaves = {name: Tensor(value) for name, value in views.items()}
    result = net.window(1, 3, np.float64).loss(leaves, ids[:-1, None], ids[1:, None])
    backward(result)
    seen = drawn(recurrent(net, views, ids.tolist()))
    assert float(seen.output.value) == pytest.approx(float(read(result)), rel=1e-12)
    found = gradients(seen)
    np.testing.assert_allclose(found["Wy"], leaves["Wy"].gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["by"], leaves["by"].gradient, rtol=1e-9, atol=1e-12)
    for layer in range(net.layers):
        mark = "abcd"[layer] if net.layers > 1 else ""
        for kind, name in (("x", f"Wx{layer}"), ("h", f"Wh{layer}")):
            theirs = np.split(leaves[name].gradient, len(net.gates))
            for gate, part in zip(net.gates, theirs, strict=True):
                letter = "" if cell == "rnn" else gate
                np.testing.assert_allclose(found[f"W{letter}{kind}{mark}"], part, rtol=1e-9, atol=1e-12)


MIXED = DenseNet(3, (4, 2), 2, ("tanh", "maxout"), skip="residual")


@pytest.mark.parametrize(
    ("net", "rows", "word"),
    [
        (DenseNet.uniform(3, 2, 200, 2), 1, "narrower"),
        (DenseNet.uniform(3, 12, 40, 2), 1, "shallower"),
        (DenseNet.uniform(3, 60, 2, 2), 1, "too deep"),
        (MIXED, 1, "one activation for both"),
        (DenseNet.uniform(3, 2, 4, 2, normalization="batch"), 1, "two rows"),
    ],
)
def test_a_net_that_cannot_be_drawn_says_why(net: DenseNet, rows: int, word: str) -> None:
    with pytest.raises(Refusal, match=word):
        written.dense(net, parameters(net), np.ones((rows, 3)), np.zeros(rows, int), "cross_entropy")


SMALL = {
    "depth": {"depth": 3, "width": 8, "samples": 64, "steps": 4},
    "charrnn": {"steps": 3, "hidden_size": 8, "cell": "lstm"},
    "playground": {"samples": 40, "hidden": [3], "steps": 12},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_net_in_training_opens_in_the_graphs_laboratory(name: str) -> None:
    laboratory = experiment(name)
    run = Run(laboratory, check(laboratory.Params, SMALL[name]))
    run.first()
    opens = run.ask("graph", {})["opens"].content
    assert opens["laboratory"] in engine.experiments()
    target = experiment(opens["laboratory"])
    before = next(engine.run(opens["laboratory"], check(target.Params, opens["params"])))
    run.advance(3)
    after = next(engine.run(opens["laboratory"], run.ask("graph", {})["opens"].content["params"]))
    assert np.isfinite(before["outputs"]).all()
    assert after["outputs"][0] != before["outputs"][0]


LARGE: dict[str, dict[str, Any]] = {
    "depth": {},
    "charrnn": {"layers": 2, "hidden_size": 300},
    "playground": {"hidden": [64] * 8},
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_net_names_the_smaller_one_that_opens(name: str) -> None:
    laboratory = experiment(name)
    told = opens(name, LARGE[name])
    assert "narrower" in str(told["problem"])
    numbers = [part for width in told["set"].values() for part in (width if isinstance(width, list) else [width])]
    assert str(max(numbers[-1:])) in str(told["title"])
    smaller = opens(name, {**LARGE[name], **told["set"]})
    target = experiment(smaller["laboratory"])
    assert np.isfinite(next(engine.run("graph", check(target.Params, smaller["params"])))["outputs"]).all()
    assert laboratory.Params.model_fields.keys() >= told["set"].keys()


def opens(name: str, params: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """Return what a laboratory's net is opened with, before any step."""
    laboratory = experiment(name)
    run = Run(laboratory, check(laboratory.Params, {**params, "steps": 1}))
    run.first()
    content: dict[str, Any] = run.ask("graph", asked)["opens"].content
    return content


def test_a_net_that_no_size_would_help_is_refused_where_it_is_asked_for() -> None:
    row, classes = np.ones((1, 3)), np.zeros(1, int)
    with pytest.raises(InvalidParams, match="one activation for both"):
        written.opened(lambda: written.dense(MIXED, parameters(MIXED), row, classes, "cross_entropy"))


@pytest.mark.parametrize(
    "more", [{"activation": "gelu"}, {"activation": "maxout"}, {"batch_norm": True}, {"layer_norm": True}]
)
def test_whatever_net_is_small_opens_without_being_asked_for_anything(more: dict[str, Any]) -> None:
    for rows in (1, 3):
        assert "problem" not in opens("depth", {"depth": 2, "width": 4, **more}, rows=rows)
