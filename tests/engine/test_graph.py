"""The graph: its gradients are torch's and the numeric ones; what is drawn is what the tape holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine.autodiff.expression import read_expression
from engine.autodiff.tape import ordered
from engine.experiments.graph import groups
from engine.experiments.graph.exercises import EXERCISES
from engine.experiments.graph.questions.check import find
from engine.experiments.graph.remarks import remarks
from engine.experiments.graph.walked import NOWHERE, Walked, walked
from engine.frame import Told
from engine.params import InvalidParams, check
from tests.engine.graph_texts import program
from tests.engine.graphs import GRAPH, ask
from tests.extras import compares_with, library

SEEDS = range(300)


def seen(expression: str, **values: Any) -> Walked:
    return walked(expression, values)


# -- the truth ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="torch_words")
def _torch_words() -> dict[str, Any]:
    torch = library("torch")
    words = {
        name: getattr(torch, name)
        for name in ("tanh", "sigmoid", "sin", "cos", "exp", "sqrt", "log", "atan", "erf")
    }
    words |= {name: getattr(torch, name) for name in ("relu", "abs", "sum", "mean", "where")}
    words |= {"max": torch.maximum, "min": torch.minimum, "softmax": lambda x: torch.softmax(x, -1)}
    return {**words, "softplus": lambda x: torch.logaddexp(x, torch.zeros((), dtype=x.dtype)), "torch": torch}


@compares_with("torch")
@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_torchs(seed: int, torch_words: dict[str, Any]) -> None:
    text, values = program(seed)
    torch = torch_words["torch"]
    leaves = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in values.items()}
    scope = {**torch_words, **leaves}
    *lines, last = text.splitlines()
    exec("\n".join([*lines, f"result = {last}"]), scope)  # our own text
    scope["result"].backward()
    drawn = walked(text, values)
    np.testing.assert_allclose(drawn.output.value, scope["result"].item(), rtol=1e-12, atol=1e-12)
    for node in drawn.leaves:
        theirs = leaves[node.label].grad.numpy()
        np.testing.assert_allclose(drawn.of(node, drawn.gradients), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_the_numeric_ones(seed: int) -> None:
    drawn = walked(*program(seed))
    rng = np.random.default_rng(seed)
    way = {node.label: rng.normal(size=node.value.shape) for node in drawn.leaves}
    ends = [
        drawn.total(drawn.inputs | {k: drawn.inputs[k] + h * d for k, d in way.items()}) for h in (1e-5, -1e-5)
    ]
    exact = sum(float(np.vdot(drawn.of(node, drawn.gradients), way[node.label])) for node in drawn.leaves)
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(exact, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("seed", range(0, 300, 10))
def test_what_is_drawn_is_what_the_tape_holds(seed: int) -> None:
    text, values = program(seed)
    drawn = walked(text, values)
    computed = {id(node.tensor) for node in drawn.nodes if node.operands and node.tensor is not None}
    assert computed == {id(tensor) for tensor in ordered(drawn.recording.result)}, (
        "each operation is a node, no other is"
    )
    arrived = np.zeros(drawn.values.size)
    begin = drawn.at[drawn.output.index]
    arrived[begin : begin + drawn.output.value.size] = 1
    for node in drawn.nodes:
        np.testing.assert_array_equal(drawn.of(node, drawn.values), node.value)
        for place, operand in enumerate(node.operands):
            share = drawn.share(node, place, drawn.shares)
            assert (share is None) == (drawn.edges[node.index][place] == NOWHERE)
            if share is not None:
                at = drawn.at[operand]
                arrived[at : at + share.size] += share.ravel()
                slope = drawn.share(node, place, drawn.local)
                assert slope is not None
                upstream = (
                    np.broadcast_to(drawn.of(node, drawn.gradients), share.shape)
                    if node.value.ndim == 0
                    else (drawn.of(node, drawn.gradients))
                )
                known = np.isfinite(slope)
                if known.any():
                    np.testing.assert_allclose(share, upstream * slope, rtol=1e-12, atol=1e-14)
    tracked = np.isfinite(drawn.gradients)
    np.testing.assert_allclose(arrived[tracked], drawn.gradients[tracked], rtol=1e-11, atol=1e-13)


def test_the_walk_goes_forward_to_the_result_and_back_through_all_that_counts() -> None:
    drawn = seen("a = x*y\nb = sin(x)\na + b*x", x=2.0, y=3.0)
    turns = [turn.turn for turn in drawn.turns]
    assert turns == ["forward"] * 4 + ["seed"] + ["backward"] * 4
    done: set[int] = {node.index for node in drawn.nodes if not node.operands}
    for turn in drawn.turns[:4]:
        assert set(drawn.nodes[turn.node].operands) <= done
        done.add(turn.node)
    assert [turn.node for turn in drawn.turns[5:]] == [turn.node for turn in reversed(drawn.turns[:4])]


def test_a_run_shows_every_number_at_its_start_and_then_who_acts() -> None:
    frames = list(engine.run("graph", {"expression": "(x + y)*z", "values": {"x": -2, "y": 5, "z": -4}}))
    first = frames[0]
    assert first["outputs"].tolist() == [-12.0]
    names = {label: place for place, (_name, label, _operands) in enumerate(_operations(first))}
    assert [first["node_gradients"][names[name]] for name in "xyz"] == [-4.0, -4.0, 3.0]
    assert [step for frame in frames[1:] for step in frame["order"]] == [2, 4, 4, 4, 2]
    assert frames[-1].final


def _operations(frame: Any) -> Any:
    import json

    return json.loads(frame["operations"])


def leaf_of(params: Any) -> dict[str, Any]:
    """Return what the scene tells of the first leaf."""
    shown = GRAPH.scene(params)["graph"]
    assert isinstance(shown, Told)
    return dict(shown.content["leaves"][0])


@pytest.mark.parametrize("value", [0.0, 7.0, -1e6])
def test_a_slider_reaches_its_value_and_the_scene_stays_while_it_does(value: float) -> None:
    params = check(GRAPH.Params, {"expression": "x*y", "values": {"x": value}})
    leaf = leaf_of(params)
    assert leaf["low"] <= value <= leaf["high"]
    dragged = params.changed({"values": {"x": value / 2 if abs(value) > 5 else value + 1}})
    moved = leaf_of(dragged)
    assert (GRAPH.scene_key(dragged) == GRAPH.scene_key(params)) == (moved["high"] == leaf["high"])


# -- values that nobody set ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["log(x)*sqrt(y)", "W @ x + b", "softmax(transpose(W) @ x)", "1/(x + y)", "sum(A @ B)"]
)
def test_what_nobody_set_is_drawn_so_that_it_fits_and_is_finite(text: str) -> None:
    for seed in range(5):
        assert np.isfinite(walked(text, {}, {}, seed).values).all()


def test_a_variable_keeps_its_number_when_another_is_added() -> None:
    assert walked("x*y", {}, {}, 4).inputs["x"] == walked("x*y + z", {}, {}, 4).inputs["x"]


def test_a_value_left_from_other_lines_is_drawn_anew_where_it_does_not_fit() -> None:
    assert seen("sum((W @ x)**2)", x=-2.0).inputs["x"].shape == (3,)


# -- groups -------------------------------------------------------------------------------------------------------

KINDS = {
    "sigmoid": "1/(1 + exp(-x))*w",
    "softmax": "e0 = exp(u); p = e0/sum(e0); sum(p*v)",
    "affine": "sum((A @ B + C)**2)",
    "layer": "sum(tanh(A @ u + v))",
    "cell": "sum(tanh(A @ u + B @ v + k))",
    "cross_entropy": "y = softmax(A @ u); -3*-sum(v*log(softmax(u)))",
    "squared_error": "w*sum((u - v)**2)",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_group_is_found_and_folds_into_one_gate(kind: str) -> None:
    drawn = seen(KINDS[kind])
    found = [group for group in groups.find(drawn.nodes) if group.kind == kind]
    assert len(found) == 1
    inside = set(found[0].nodes)
    users = [
        node.index for node in drawn.nodes for operand in node.operands if operand in inside - {found[0].output}
    ]
    assert set(users) <= inside


@pytest.mark.parametrize("kind", groups.FORMS)
def test_a_groups_rule_is_what_its_nodes_send_together(kind: str) -> None:
    drawn = seen(KINDS[kind])
    group = next(group for group in groups.find(drawn.nodes) if group.kind == kind)
    assert group.rule
    output = drawn.nodes[group.output]
    form, shares = groups.FORMS[kind]
    letters = {letter: drawn.nodes[index].value for letter, index in zip("abc", group.inputs, strict=False)}
    known = {**letters, "y": output.value, "g": drawn.of(output, drawn.gradients)}

    def told(text: str) -> Any:
        expression = read_expression(text)
        return expression.record({name: known[name] for name in expression.inputs}).result.value

    np.testing.assert_allclose(told(form), output.value, rtol=1e-12)
    for text, index in zip(shares, group.inputs, strict=True):
        sent = np.zeros(drawn.nodes[index].value.shape)
        for inner in group.nodes:
            for place, operand in enumerate(drawn.nodes[inner].operands):
                share = drawn.share(drawn.nodes[inner], place, drawn.shares)
                if operand == index and share is not None:
                    sent = sent + share
        np.testing.assert_allclose(told(text), sent, rtol=1e-10, atol=1e-12)


# -- what is said -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "kinds", "word"),
    [
        ("x*log(x)", {"x": 0.0}, ["infinite", "undefined"], "log_softmax"),
        ("x/y", {"x": 1.0, "y": 0.0}, ["infinite"], "divided by 0"),
        ("x/y", {"x": 0.0, "y": 0.0}, ["undefined"], "0 is divided by 0"),
        ("max(x, y)*z", {"x": 2.0, "y": 2.0, "z": 3.0}, ["tie"], "half"),
        ("max(x)", {"x": [2.0, 2.0, 1.0]}, ["tie"], "share"),
        ("relu(x)", {"x": 0.0}, ["kink"], "0 is taken"),
        ("abs(x)", {"x": 0.0}, ["kink"], "0 is taken"),
        ("log(x)", {"x": -1.0}, ["undefined"], "negative"),
        ("sqrt(x)", {"x": 0.0}, ["steep"], "infinite"),
        ("exp(exp(x))", {"x": 10.0}, ["infinite"], "too large"),
        ("(0 - 2)**x", {"x": 0.5}, ["undefined"], "whole exponent"),
        ("W @ x", {}, ["sum"], "sum"),
        ("y = x*2; z*z", {}, ["unused"], "no way"),
        ("x*y", {}, [], ""),
    ],
)
def test_what_is_not_finite_or_not_smooth_is_said_with_its_place(
    text: str, values: dict[str, Any], kinds: list[str], word: str
) -> None:
    said = remarks(walked(text, values))
    assert [remark["kind"] for remark in said] == kinds
    assert word in " ".join(str(remark["sentence"]) for remark in said)
    assert all(remark["span"] for remark in said)


@pytest.mark.parametrize(
    ("params", "path", "position", "word"),
    [
        ({"expression": ""}, "expression", 0, "write for example"),
        ({"expression": "(x + y*z"}, "expression", 0, "never closed"),
        ({"expression": "x +* y"}, "expression", 3, "missing"),
        ({"expression": "W @ x", "values": {"W": [[1, 2, 3]], "x": [1, 2]}}, "expression", 2, "columns"),
        ({"expression": "x*u", "values": {"x": [1, 2], "u": [1, 2, 3]}}, "expression", 1, "entry by entry"),
        ({"expression": "2*3"}, "expression", 0, "no variable"),
        ({"expression": "__import__(x)"}, "expression", 0, "unknown"),
        ({"expression": "x.T"}, "expression", 1, "dot"),
        ({"expression": "+".join(["x"] * 400)}, "expression", None, "too long"),
        ({"expression": "\n".join(f"a{i} = x" for i in range(51))}, "expression", None, "lines"),
        (
            {
                "expression": "A @ A @ A @ A @ A @ A @ A @ A @ A @ A @ A @ A @ A @ A @ A @ A",
                "shapes": {"A": [64, 64]},
            },
            "expression",
            0,
            "smaller matrices",
        ),
        ({"expression": "x", "values": {"x": [[1], [1, 2]]}}, "values", None, "one length"),
        ({"expression": "x", "values": {"x": 1e300}}, "values", None, "million"),
        ({"expression": "x", "values": {"x": "1"}}, "values", None, "number"),
        ({"expression": "x", "shapes": {"x": [200]}}, "shapes.x.0", None, "128"),
        ({"expression": "x", "shapes": {"x": [1, 2, 3]}}, "shapes.x", None, "2"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    params: dict[str, Any], path: str, position: int | None, word: str
) -> None:
    with pytest.raises(InvalidParams) as caught:
        check(GRAPH.Params, {"values": {}, **params})
    problem = caught.value.problems[0]
    assert problem.path == path
    assert word in str(problem.message)
    if position is not None:
        assert problem.position == position


# -- questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_the_tapes_gradients_solve_every_exercise(exercise: Any) -> None:
    for seed in range(8):
        drawn = walked(exercise.lines, {}, exercise.shapes, seed)
        for node in drawn.nodes:
            if node.tensor is not None:
                for entry, number in enumerate(drawn.of(node, drawn.gradients).ravel()):
                    assert find(drawn, node, entry, float(f"{number:.3g}")) == ("", "")


@pytest.mark.parametrize(
    ("text", "values", "name", "answer", "mistake"),
    [
        ("x*y + x*z", {"x": 2.0, "y": 3.0, "z": 5.0}, "x", 3.0, "sum"),
        ("(x + y)*z", {"x": -2.0, "y": 5.0, "z": -4.0}, "x", 1.0, "upstream"),
        ("max(x, y)*z", {"x": 2.0, "y": 1.0, "z": 3.0}, "y", 3.0, "branch"),
        ("max(x, y)*z", {"x": 2.0, "y": 1.0, "z": 3.0}, "x", 0.0, "branch"),
        ("relu(x)*z", {"x": -2.0, "z": 3.0}, "x", 3.0, "branch"),
        ("2*x*y", {"x": 3.0, "y": 7.0}, "y", 100.0, "other"),
        ("(x + y)*z", {"x": -2.0, "y": 5.0, "z": -4.0}, "z", -4.0, "swap"),
        ("(x - y)*z", {"x": 1.0, "y": 5.0, "z": 3.0}, "y", 3.0, "sign"),
        ("tanh(x)*z", {"x": 0.5, "z": 3.0}, "x", 3.0, "local"),
        ("sigmoid(x)*z", {"x": 0.5, "z": 3.0}, "x", 3 * 0.62245933, "slope"),
        ("exp(x)*z", {"x": 0.7, "z": 3.0}, "x", 0.7, "forward"),
        ("x*y", {"x": 3.0, "y": 7.0}, "", 21.0, "seed"),
    ],
)
def test_a_wrong_gradient_gets_the_hint_that_fits_the_mistake(
    text: str, values: dict[str, Any], name: str, answer: float, mistake: str
) -> None:
    drawn = walked(text, values)
    node = next((node for node in drawn.leaves if node.label == name), drawn.output)
    found, hint = find(drawn, node, 0, answer)
    assert found == mistake
    assert str(hint)


def test_answers_are_checked_by_their_place_and_a_place_without_gradient_is_refused() -> None:
    answer = ask("check", blanks=[{"node": 0, "value": -4}, {"node": 3, "value": -4}])
    assert [verdict["right"] for verdict in answer["verdicts"].content] == [True, False]
    with pytest.raises(InvalidParams, match="no gradient"):
        ask("check", blanks=[{"node": 99, "value": 0}])
