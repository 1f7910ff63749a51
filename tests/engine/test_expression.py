"""Typed lines become a tape: values and gradients are NumPy's, SymPy's and torch's; misfits are told where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.autodiff.buffers import zeroed
from engine.autodiff.expression import MAX_SIDE, read_expression
from engine.autodiff.graph import FORMS, LOCAL_RULES, walk
from engine.autodiff.tape import Tensor, backward
from engine.params import Refusal
from engine.surfaces import SURFACES
from tests.extras import library
from tests.oracles.nn_cases import CASES

CELL = """h = tanh(Wx @ x + Wh @ h0)   # one step
z = V @ h
p = softmax(z)
loss = -sum(y*log(p))"""
RNG = np.random.default_rng(0)
SHAPES = {"Wx": (3, 2), "x": (2,), "Wh": (3, 3), "h0": (3,), "V": (4, 3)}
CELL_VALUES = {name: RNG.normal(size=shape) for name, shape in SHAPES.items()} | {"y": np.array([0.0, 1, 0, 0])}


def test_a_recurrent_step_has_torchs_gradients() -> None:
    torch = library("torch")
    recording = read_expression(CELL).record(CELL_VALUES)
    backward(recording.result)
    t = {name: torch.tensor(value, requires_grad=True) for name, value in CELL_VALUES.items()}
    h = torch.tanh(t["Wx"] @ t["x"] + t["Wh"] @ t["h0"])
    loss = -(t["y"] * torch.log(torch.softmax(t["V"] @ h, -1))).sum()
    loss.backward()
    np.testing.assert_allclose(recording.result.value, loss.item(), rtol=1e-12)
    for name, leaf in recording.inputs.items():
        np.testing.assert_allclose(leaf.gradient, t[name].grad.numpy(), rtol=1e-10, err_msg=name)


@pytest.mark.parametrize("name", [name for name, surface in SURFACES.items() if surface.text])
def test_every_surface_has_the_gradient_that_sympy_finds(name: str) -> None:
    formula = SURFACES[name].formula
    for point in RNG.uniform(0.3, 1.4, (5, 2)):
        recording = read_expression(formula.text).record(dict(zip("xy", point, strict=True)))
        backward(recording.result)
        value, gradient = formula.value_and_gradient(point)
        np.testing.assert_allclose(recording.result.value, value, rtol=1e-9, atol=1e-9)
        got = [float(recording.inputs[v].gradient) if v in recording.inputs else 0.0 for v in "xy"]
        np.testing.assert_allclose(got, gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "text",
    [
        "tan(x) + asin(y/9) - acos(x/9)*atan(y) + sinh(x)/cosh(y)",
        "mean(W @ x, 0) + max(W) * min(x)",
        "maximum(W, transpose(W))",
        "where(W > 0.1, W**2, x)",
        "log_softmax(W @ W, 0)",
        "softmax(W) @ x; ",
        "sum(max(W, 0), 1)",
        "abs(x)**y",
        "erf(W @ x)*erf(y)",
        "a = sum(x); b = a*a; b + sqrt(exp(a)) - softplus(y) + sigmoid(y)*relu(y)",
    ],
)
def test_gradients_are_the_numeric_ones(text: str) -> None:
    given = {"x": RNG.normal(size=3), "y": np.array(0.8), "W": RNG.normal(size=(3, 3))}
    expression = read_expression(text)
    recording = expression.record(given)
    projection = RNG.normal(size=recording.result.shape)
    backward(recording.result, projection)

    def moved(name: str, change: np.ndarray) -> float:
        value = expression.record({**given, name: given[name] + change}).result.value
        return float(np.sum(value * projection))

    for name in expression.inputs:
        step = 1e-5 * RNG.normal(size=given[name].shape)
        numeric = (
            8 * (moved(name, step) - moved(name, -step)) - moved(name, 2 * step) + moved(name, -2 * step)
        ) / 12
        exact = float(np.sum(recording.inputs[name].gradient * step))
        assert exact == pytest.approx(numeric, rel=1e-7, abs=1e-13)


def test_what_is_drawn_is_what_the_tape_holds() -> None:
    recording = read_expression(CELL).record(CELL_VALUES)
    backward(recording.result)
    nodes = recording.nodes()
    assert [node.index for node in nodes] == list(range(len(nodes)))
    assert all(operand < node.index for node in nodes for operand in node.operands)
    assert {node.label for node in nodes if node.label} == {*CELL_VALUES, "h", "z", "p", "loss"}
    assert nodes[-1].tensor is recording.result
    by_label = {node.label: node for node in nodes}
    assert by_label["p"].name == "softmax"
    assert [nodes[i].label for i in by_label["z"].operands] == ["V", "h"]
    arrived = [np.zeros(node.value.shape) for node in nodes]
    arrived[-1] += 1
    for node in nodes:
        for operand, flow in zip(node.operands, node.flows(), strict=False):
            if flow is not None and nodes[operand].tensor is not None:
                arrived[operand] = arrived[operand] + flow
    for node, gradient in zip(nodes, arrived, strict=True):
        if node.tensor is not None:
            np.testing.assert_allclose(node.gradient, gradient, rtol=1e-12, err_msg=node.name)


def test_looking_at_the_flows_leaves_the_gradients_as_they_are() -> None:
    buffer = np.zeros((3, 2))
    w, x = Tensor(RNG.normal(size=(3, 2)), buffer), Tensor(RNG.normal(size=(4, 3)))
    loss = CASES["affine_bare"].ours(x, w)
    backward(loss)
    kept = buffer.copy()
    zeroed([w])  # a fresh pass would now overwrite the buffer
    nodes = walk(loss)
    np.testing.assert_allclose(nodes[-1].flows()[1], kept, rtol=1e-12)
    np.testing.assert_array_equal(buffer, kept)


@pytest.mark.parametrize("name", LOCAL_RULES)
def test_every_local_rule_says_what_the_primitive_does(name: str) -> None:
    vector = name in ("softmax", "log_softmax")
    shape = (3,) if vector else (3, 3)
    values = {"a": RNG.uniform(0.2, 0.9, shape), "b": RNG.uniform(0.2, 0.9, shape)}
    recording = read_expression(FORMS[name]).record(values)
    node = recording.nodes()[-1]
    assert node.name == name
    upstream = RNG.normal(size=recording.result.shape)
    backward(recording.result, upstream)
    for rule, flow in zip(node.rules, node.flows(), strict=True):
        expression = read_expression(rule)
        known = {**values, "g": upstream, "y": recording.result.value, "n": 9 if name == "mean" else 1}
        told = expression.record({key: known[key] for key in expression.inputs}).result.value
        np.testing.assert_allclose(np.broadcast_to(told, flow.shape), flow, rtol=1e-10)


def test_a_name_may_be_given_anew_and_read_before_it_is_the_input() -> None:
    recording = read_expression("h = tanh(w*h); h = tanh(w*h); h").record({"w": 0.5, "h": 1.0})
    backward(recording.result)
    assert float(recording.result.value) == pytest.approx(np.tanh(0.5 * np.tanh(0.5)))
    assert recording.inputs["h"].gradient is not None
    assert [node.name for node in recording.nodes()].count("multiply") == 2


def refusal(text: str, **values: object) -> tuple[str, int | None]:
    with pytest.raises(Refusal) as caught:
        read_expression(text).record(values)
    return str(caught.value.message), caught.value.position


@pytest.mark.parametrize(
    ("text", "marked", "word"),
    [
        ("", 0, "Nothing"),
        ("y = ", 3, "missing"),
        ("a = 1\nz = tanh(x) @@ y", 19, "missing"),
        ("y = foo(x)", 4, "unknown"),
        ("y = sofmax(x)", 4, "softmax"),
        ("y = x.T", 5, "dot"),
        ("y = x[0]", 5, "round brackets"),
        ("1 = x", 0, "name"),
        ("tanh = x", 0, "given"),
        ("x + 1; y = 2", 0, "name"),
        ("y = (x < 1) + 2", 5, "comparison"),
        ("y = sum(x, 1, 2)", 4, "takes"),
        ("y = 1e101", 4, "large"),
        ("y = __import__(x)", 4, "unknown"),
        ("y = (lambda: x)", 5, "Python"),
        ("x" * 2501, 2500, "2500"),
        ("\n".join(f"a{i} = x" for i in range(51)), None, "lines"),
        ("y = " + "-" * 80 + "x", None, "deeply"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, marked: int | None, word: str) -> None:
    message, position = refusal(text)
    assert word in message
    if marked is not None:
        assert position == marked


@pytest.mark.parametrize(
    ("text", "marked", "words"),
    [
        ("h = tanh(W @ x)", 11, ["“W” is 3×2", "“x” is a vector of 4", "columns"]),
        ("a = 1\nh = a + W @ (x + v)", 21, ["“x” is a vector of 4", "“v” is a vector of 3", "+"]),
        ("h = s @ W", 6, ["“s” is a number", "write *"]),
        ("h = maximum(W, x)", 12, ["“W” is 3×2", "“x” is a vector of 4"]),
        ("h = where(x > v, 1, 0)", 4, ["4, 3"]),
        ("h = sum(x, 1)", 11, ["axis"]),
        ("h = sum(s, 0)", 11, ["single number"]),
        ("h = softmax(s)", 4, ["single number"]),
        ("h = softmax(c)", 4, ["softmax(…, 0)"]),
        ("h = q*2", 4, ["“q” has no value"]),
        ("h = t*2", 4, ["“t” must be"]),
        ("h = big*2", 4, [str(MAX_SIDE)]),
    ],
)
def test_shapes_that_do_not_fit_are_told_which_and_why(text: str, marked: int, words: list[str]) -> None:
    values = {"W": np.ones((3, 2)), "x": np.ones(4), "v": np.ones(3), "s": 1.0, "t": "text", "c": np.ones((3, 1))}
    message, position = refusal(text, **values, big=np.ones((MAX_SIDE + 1, 1)))
    assert all(word in message for word in words), message
    assert position == marked


@settings(max_examples=300)
@given(st.text(st.sampled_from("xyWgh=+-*/@()., 01e\n;#<>ß²\"'sumexptanhwherelog[]{}:_"), max_size=40))
def test_any_text_is_recorded_or_refused(text: str) -> None:
    try:
        expression = read_expression(text)
        recording = expression.record({name: [[0.5, -1.0], [2.0, 0.0]] for name in expression.inputs})
    except Refusal as error:
        refused, recording = error, None
    if recording is None:
        assert str(refused.message)
        assert refused.position is None or 0 <= refused.position <= len(text)
        return
    if recording.result.tracked:
        with np.errstate(all="ignore"):
            backward(recording.result)
    assert recording.nodes()
